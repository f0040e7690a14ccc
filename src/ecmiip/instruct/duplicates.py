"""Near-duplicates, by MinHash over runs of five characters (Broder 1997), verified exactly."""

from datasketch import MinHash, MinHashLSH

from ecmiip.mipld.quotation import plain

_SHINGLE = 5
_PERMUTATIONS = 64
# MinHash proposes what may be this alike; the sets themselves then decide.
_PROPOSED, _NEAR = 0.6, 0.75

Shingles = frozenset[str]


class NearDuplicates:
    """Entries seen so far, each of one or more texts; tells which of them a new one repeats.

    An entry is a near-duplicate of another if each text is near its counterpart: the same answer
    to another question is none.
    """

    def __init__(self, near: float = _NEAR) -> None:
        """``near`` is the Jaccard similarity from which two texts count as the same."""
        self._least = near
        # Weights that favour recall: what is proposed in vain is found out afterwards.
        self._index = MinHashLSH(threshold=_PROPOSED, num_perm=_PERMUTATIONS, weights=(0.3, 0.7))
        self._seen: dict[str, tuple[Shingles, ...]] = {}

    def add(self, name: str, *texts: str) -> None:
        """Remember the entry ``name``, which must be new."""
        entry = tuple(map(_shingles, texts))
        self._index.insert(name, _sketch(entry), check_duplication=False)
        self._seen[name] = entry

    def find(self, *texts: str) -> str | None:
        """The name of an entry that these texts nearly repeat."""
        entry = tuple(map(_shingles, texts))
        for name in sorted(self._index.query(_sketch(entry))):
            near = (_jaccard(a, b) for a, b in zip(entry, self._seen[name], strict=True))
            if all(similarity >= self._least for similarity in near):
                return str(name)
        return None


def _jaccard(one: Shingles, other: Shingles) -> float:
    """Shared over all; two empty texts are alike."""
    union = len(one | other)
    return len(one & other) / union if union else 1.0


def _shingles(text: str) -> Shingles:
    words = plain(text).lower()
    if len(words) < _SHINGLE:
        return frozenset([words] if words else [])
    return frozenset(words[i : i + _SHINGLE] for i in range(len(words) - _SHINGLE + 1))


def _sketch(entry: tuple[Shingles, ...]) -> MinHash:
    """Of the largest text: the one that tells entries apart best."""
    sketch = MinHash(num_perm=_PERMUTATIONS, seed=1)
    sketch.update_batch([shingle.encode() for shingle in max(entry, key=len)])
    return sketch
