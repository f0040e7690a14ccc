"""Where the day matters a note says which text applies, and from which sources it knows."""

from datetime import date

import pytest

from ecmiip.assistant import changes
from ecmiip.assistant.basis import on
from ecmiip.assistant.changes import date_note
from ecmiip.assistant.dates import mentions
from ecmiip.mipld.database import Mipld

from .test_answer import DAY, LATER


@pytest.fixture(autouse=True)
def _main_law(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "MAIN_LAW", {"patent": "示例专利法"})


def note(db: Mipld, question: str, as_of: date, direction: str | None = "patent") -> str:
    read = [p for p in [db.provision("示例专利法", 2, as_of=as_of)] if p and direction]
    made = date_note(db, as_of, read, direction, mentions(question, as_of))
    return made.text if made else ""


def test_a_text_yet_to_begin_is_told_with_the_new_number(small_mipld: Mipld) -> None:
    said = note(small_mipld, "期限多长？", DAY)
    assert "自2027-01-01起施行，在此之前适用2020年文本" in said
    assert "第二条→2026年第三条（文字未变）" in said


def test_a_new_text_is_told_for_a_year(small_mipld: Mipld) -> None:
    assert "此前适用2020年文本" in note(small_mipld, "期限多长？", LATER)
    assert note(small_mipld, "期限多长？", date(2028, 6, 1)) == ""


def test_an_act_under_the_older_text_is_told(small_mipld: Mipld) -> None:
    said = note(small_mipld, "2026年3月制造的", date(2028, 6, 1))
    assert "“2026年3月”的行为在《示例专利法》2020年文本施行期间" in said


def test_an_act_under_the_text_in_force_is_told_where_another_is_near(small_mipld: Mipld) -> None:
    assert "“2026年3月”的行为在《示例专利法》2020年文本施行期间" in note(
        small_mipld, "2026年3月制造的", DAY
    )


def test_a_span_over_two_texts_asks_for_the_day(small_mipld: Mipld) -> None:
    read = [small_mipld.provision("示例专利法", 3, as_of=LATER)]
    acts = mentions("一年前起", date(2027, 6, 1)) + mentions("2026年至2027年", date(2027, 6, 1))
    assert acts
    said = note(small_mipld, "2026年3月到2027年2月", date(2027, 6, 1))
    assert "2020年文本" in said
    assert read


def test_without_a_day_of_the_act_it_is_asked_for(small_mipld: Mipld) -> None:
    made = date_note(small_mipld, DAY, [], "patent", [])
    assert made is not None
    assert made.asks
    assert [(v.law, v.label) for v in made.sources] == [
        ("示例专利法", "2020"),
        ("示例专利法", "2026"),
    ]
    assert made.sources_json()[1]["effective_from"] == "2027-01-01"


def test_where_no_day_matters_nothing_is_said(small_mipld: Mipld) -> None:
    assert note(small_mipld, "期限？", date(2022, 1, 1), None) == ""


def test_a_provision_is_followed_to_another_day(small_mipld: Mipld) -> None:
    later = on(small_mipld, "示例专利法@2020#2", LATER)
    assert later is not None
    assert later.address == "示例专利法@2026#3"
    back = on(small_mipld, "示例专利法@2026#3", DAY)
    assert back is not None
    assert back.address == "示例专利法@2020#2"
    assert on(small_mipld, "示例专利法@2020#99", DAY) is None
    assert on(small_mipld, "no address", DAY) is None
