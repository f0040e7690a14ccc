import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecmiip.mipld.cleaning import CleaningConfig, clean, fault, normalise, spaced

JUDGMENT = "".join(chr(0x4E00 + 7 * i) for i in range(300)) + "。"


def test_normalisation() -> None:
    text = (
        "第 一 条　示例\r\n\r\n第 3 页 共 9 页\n- 4 -\n本页无正文\n重复\n重复\n"
        "２０２６年ＡＢ\u200b\x07，全角标点。"
    )
    assert normalise(text) == "第一条示例\n重复\n2026年AB，全角标点。"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (JUDGMENT, ""),
        ("太短。", "shorter than 50 characters"),
        (JUDGMENT * 2_000, "longer than 500000 characters"),
        (
            "This is an English text about trade marks and patents, not a Chinese one.",
            "not Chinese",
        ),
        (JUDGMENT + "\ufffd" * 20, "garbled"),
        ("同样的话说了又说。\n另一句话。\n" * 20, "repeats itself"),
    ],
)
def test_each_fault(text: str, reason: str) -> None:
    assert fault(text) == reason


def test_limits_are_configurable() -> None:
    assert clean("短文本", CleaningConfig(shortest=2)) == ("短文本", "")


@given(st.text(max_size=300))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


def test_spaces_go_between_characters() -> None:
    assert spaced("商标法，第57条") == "商 标 法 第 5 7 条"
