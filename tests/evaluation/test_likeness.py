"""Likeness to a reference answer: from nothing in common to word for word."""

import builtins
from typing import Any

import pytest

from ecmiip.errors import UserError
from ecmiip.evaluation.scorers import likeness
from ecmiip.evaluation.verdict import LIKENESS

REFERENCE = "示例专利权的保护期限为十年，自申请日起计算。"


def test_word_for_word_is_one() -> None:
    scores = likeness.score(REFERENCE, [REFERENCE])
    assert list(scores) == list(LIKENESS)
    assert list(scores.values()) == pytest.approx([1.0, 1.0, 1.0])


@pytest.mark.parametrize("text", ["", "完全无关", "…"])
def test_nothing_in_common_is_nothing(text: str) -> None:
    assert max(likeness.score(text, [REFERENCE]).values()) == 0.0


def test_closer_is_higher() -> None:
    near = likeness.score("示例专利权的保护期限为十年，自授权日起计算。", [REFERENCE])
    far = likeness.score("保护期限要看授权的日子。", [REFERENCE])
    for name in LIKENESS:
        assert 0 < far[name] < near[name] < 1


def test_a_word_that_turns_the_meaning_counts() -> None:
    changed = likeness.score("示例专利权的保护期限不为十年，自申请日起计算。", [REFERENCE])
    assert changed["rouge_l"] < 1


def test_the_closest_reference_counts() -> None:
    assert likeness.score(REFERENCE, ["别的说法。", REFERENCE])["rouge_l"] == pytest.approx(1.0)


def test_rouge_l_is_the_longest_common_sequence_of_words() -> None:
    # 甲 乙 丙 丁 against 甲 丙 丁 戊: three words in order, of four and four.
    text, reference = "apple berry cherry date", "apple cherry date elder"
    assert likeness.score(text, [reference])["rouge_l"] == pytest.approx(3 / 4)


def test_without_the_libraries_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    likeness._scorers.cache_clear()
    real = builtins.__import__

    def fail(name: str, *rest: Any) -> Any:
        if name.startswith("rouge_score"):
            raise ImportError(name="rouge_score")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", fail)
    with pytest.raises(UserError, match="extra 'eval'"):
        likeness.score("答", [REFERENCE])
