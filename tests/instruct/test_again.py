"""Choices put again with real hits: the right option stays right, and nothing held out is shown."""

from datetime import date

import pytest

from ecmiip.instruct import choices
from ecmiip.instruct.check import faults
from ecmiip.instruct.decontaminate import Decontamination
from ecmiip.instruct.derive import again, derive
from ecmiip.instruct.duplicates import NearDuplicates
from ecmiip.instruct.inspection import repeats
from ecmiip.instruct.pair import Pair
from ecmiip.instruct.sources import ip_provisions
from ecmiip.mipld.database import Mipld

DAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def originals(small_mipld: Mipld) -> list[Pair]:
    return [pair for pair in derive(ip_provisions(small_mipld, DAY), DAY) if pair.key]


def right(pair: Pair) -> set[str]:
    options = choices.options(pair.question)
    return {options[letter] for letter in pair.key}


def test_other_letters_the_same_options(originals: list[Pair]) -> None:
    assert originals
    moved = [again.again(pair) for pair in originals]
    for before, after in zip(originals, moved, strict=True):
        assert after.base == before.id
        assert right(after) == right(before)
        assert list(choices.options(after.question)) == list(choices.options(before.question))
        assert after.answer.removeprefix(after.key) == before.answer.removeprefix(before.key)
    assert any(a.key != b.key for a, b in zip(originals, moved, strict=True))


def test_options_that_name_each_other_by_letter_stay() -> None:
    options = {"A": "甲", "B": "乙", "C": "A和B都对", "D": "丁"}
    pair = Pair(
        id="authored/doctrine/patent/exam-1",
        task="doctrine",
        direction="patent",
        as_of=DAY,
        question=choices.put("哪一项正确？", options, multi=False),
        answer="C。依据《示例专利法》第二条。",
        provisions=("示例专利法@2020#2",),
        origin="authored",
        key="C",
    )
    assert again.again(pair).question == pair.question
    assert again.again(pair).key == "C"


@pytest.mark.parametrize("missing", [0.0, 1.0])
def test_the_deciding_provision_is_among_the_hits_or_the_answer_tells_it_is_not(
    small_mipld: Mipld, originals: list[Pair], monkeypatch: pytest.MonkeyPatch, missing: float
) -> None:
    monkeypatch.setattr(again, "_MISSING", missing)
    monkeypatch.setattr(again, "_ALIKE", 2.0)  # in so small a law all is alike
    ranks, told = set(), 0
    for pair in originals:
        shown = again.with_hits(again.again(pair), small_mipld)
        assert faults(shown, small_mipld) == []
        assert shown.answer.startswith(shown.key)
        uncovered = again._UNCOVERED in shown.answer
        told += uncovered
        assert uncovered != (pair.provisions[0] in shown.context)
        if not uncovered:
            ranks.add(shown.context.index(pair.provisions[0]))
    assert told > 0 if missing else (told == 0 and len(ranks) > 1)


def test_training_is_not_shown_what_is_held_out(
    small_mipld: Mipld, originals: list[Pair], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(again, "is_heldout", lambda address: "#6" in address)
    monkeypatch.setattr(again, "split", lambda _: "train")
    for pair in originals:
        shown = again.with_hits(again.again(pair), small_mipld)
        assert not any("#6" in address for address in set(shown.context) - set(shown.provisions))


def test_to_be_put_again_is_no_repetition(originals: list[Pair]) -> None:
    nothing, seen = Decontamination((), ()), NearDuplicates()
    first, second = originals[0], again.again(originals[0])
    assert repeats(first, first.question, first.answer, nothing, seen) == []
    assert repeats(second, second.question, second.answer, nothing, seen) == []
    other = second.model_copy(update={"id": "other"})
    assert repeats(other, other.question, other.answer, nothing, seen) != []
