"""Learning which words mean alike: questions come nearer to the provisions they rest on."""

from collections.abc import Iterator
from datetime import date

import pytest

from ecmiip.errors import UserError
from ecmiip.instruct.pair import Pair
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.search import weighted_terms
from ecmiip.pipeline.embedding import learn


def pairs(db: Mipld) -> Iterator[Pair]:
    """Questions in words that no provision has, one word for each provision."""
    for number, provision in enumerate(db.provisions(as_of=None)):
        word = chr(ord("一") + number)
        yield Pair(
            id=f"made/{number}",
            task="doctrine",
            direction="patent",
            as_of=date(2024, 1, 1),
            question=f"{word} {word}",
            answer="。",
            provisions=(f"{provision.address}.1",),
            origin="authored" if number % 2 else "derived",
        )


def test_a_question_comes_nearest_to_what_it_rests_on(small_mipld: Mipld) -> None:
    asked = [pair for pair in pairs(small_mipld) for _ in range(2)]
    learnt = learn(small_mipld, asked, steps=60, size=16)
    again = learn(small_mipld, asked, steps=60, size=16)
    assert learnt.terms == again.terms
    assert (learnt.vectors == again.vectors).all()
    right = 0
    provisions = list(small_mipld.provisions(as_of=None))
    texts = [weighted_terms(f"{p.law} {p.chapter} {p.text}") for p in provisions]
    for pair, own in zip(pairs(small_mipld), provisions, strict=True):
        vector = learnt.question(weighted_terms(pair.question))
        likeness = [float(vector @ learnt.question(text)) for text in texts]
        best = provisions[max(range(len(texts)), key=likeness.__getitem__)]
        right += best.article == own.article and best.law == own.law
    assert right > len(provisions) / 2


def test_without_a_pair_there_is_nothing_to_learn(small_mipld: Mipld) -> None:
    with pytest.raises(UserError, match="make the pairs first"):
        learn(small_mipld, [])
