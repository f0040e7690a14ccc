"""Which words of questions and of provisions mean alike: vectors of terms, learnt from pairs.

A text's vector is the weighted sum of its terms' vectors, of length 1. That costs a fraction of a
millisecond and knows that a 店主 who 摆放 something sells it, which a search by words does not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import as_file, files
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from ecmiip.errors import UserError
from ecmiip.files import replacing

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Embedding:
    """Vectors of ``terms``, [terms, size], and what each term weighs in a question (``asked``)
    and in a provision (``stated``, times its BM25 contribution)."""

    terms: tuple[str, ...]
    vectors: Floats
    asked: Floats
    stated: Floats

    @cached_property
    def row(self) -> dict[str, int]:
        """The row of each term."""
        return {term: number for number, term in enumerate(self.terms)}

    def question(self, terms: Mapping[str, float]) -> Floats:
        """The vector of a question by its weighted ``terms``; zeros if none of them is known."""
        known = [(self.row[term], weight) for term, weight in terms.items() if term in self.row]
        rows = [row for row, _ in known]
        weights = np.array([weight for _, weight in known], dtype=np.float32) * self.asked[rows]
        return unit(np.asarray(weights @ self.vectors[rows], dtype=np.float32))

    def save(self, path: Path) -> None:
        """Write the vectors, in whole numbers of eight bits with one scale for each term."""
        scale = np.abs(self.vectors).max(axis=1, keepdims=True) / 127
        with replacing(path) as part, part.open("wb") as file:
            np.savez_compressed(
                file,
                terms=np.frombuffer("\n".join(self.terms).encode(), dtype=np.uint8),
                vectors=np.round(self.vectors / np.maximum(scale, 1e-12)).astype(np.int8),
                scale=scale.astype(np.float16),
                asked=self.asked.astype(np.float16),
                stated=self.stated.astype(np.float16),
            )

    @classmethod
    def open(cls, path: Path) -> "Embedding":
        """Read what :meth:`save` wrote. Raises UserError if it is not that."""
        try:
            with np.load(path) as kept:
                return cls(
                    terms=tuple(kept["terms"].tobytes().decode().split("\n")),
                    vectors=kept["vectors"].astype(np.float32) * kept["scale"].astype(np.float32),
                    asked=kept["asked"].astype(np.float32),
                    stated=kept["stated"].astype(np.float32),
                )
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise UserError(f"{path}: no vectors of terms ({error}): make them anew") from error


def unit(vectors: Floats) -> Floats:
    """``vectors`` (the last axis) of length 1; zeros stay."""
    length = np.sqrt((vectors * vectors).sum(axis=-1, keepdims=True))
    return np.asarray(vectors / np.where(length > 0, length, 1), dtype=np.float32)


@cache
def shipped() -> Embedding:
    """The vectors that come with the project (made by ``ecmiip mipld embed``)."""
    with as_file(files("ecmiip.mipld") / "embedding.npz") as path:
        return Embedding.open(path)
