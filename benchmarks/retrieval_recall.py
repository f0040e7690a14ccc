"""Share of the provisions that MIPLD-Eval's items rest on that is found, by who searches.

    python benchmarks/retrieval_recall.py

No pair that anything here learns from rests on those provisions.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial

from ecmiip.assistant.retrieve import MEANING, retrieve
from ecmiip.evaluation.items import Item
from ecmiip.evaluation.loading import load
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.document import Provision

DEPTHS = (3, 5, 8)
Search = Callable[[Item], Sequence[Provision]]


def search(db: Mipld, meaning: float, item: Item) -> list[Provision]:
    """MIPLD's own search, by words or by words and meaning."""
    hits = db.search(item.text, as_of=item.as_of, limit=max(DEPTHS), meaning=meaning)
    return [hit.provision for hit in hits]


def main() -> None:
    """Print a table: who searches, of which half, at which depth."""
    with Mipld.open() as db:
        items = [i for i in load("mipld-eval", None, db) if any(map(db.at, i.provisions))]
        searches: dict[str, Search] = {
            "words": partial(search, db, 0.0),
            "words and meaning": partial(search, db, MEANING),
            "assistant": lambda item: retrieve(db, item.text, item.as_of, max(DEPTHS)),
        }
        for name, find in searches.items():
            found = defaultdict(list)
            for item in items:
                gold = {p.address for a in item.provisions if (p := db.at(a))}
                read = [provision.address for provision in find(item)]
                for depth in DEPTHS:
                    share = len(gold & set(read[:depth])) / len(gold)
                    found[f"half {item.half}", depth].append(share)
                    found[f"{item.task} {'choice' if item.options else 'open'}", depth].append(
                        share
                    )
                    found["all", depth].append(share)
            for part in sorted({part for part, _ in found}):
                shares = [found[part, depth] for depth in DEPTHS]
                means = "  ".join(
                    f"@{d} {sum(s) / len(s):.3f}" for d, s in zip(DEPTHS, shares, strict=True)
                )
                print(f"{name:18} {part:16} {len(shares[0]):4}  {means}")


if __name__ == "__main__":
    main()
