from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecmiip.assistant import deadlines
from ecmiip.assistant.deadlines import RULES, Period, Rule, compute
from ecmiip.assistant.forms.basis import expand, resolve
from ecmiip.assistant.forms.periods import is_day_of_rest, moved, safe
from ecmiip.errors import UserError
from ecmiip.mipld.database import Mipld
from ecmiip.periods import Unit, last_day

NOW, LATER = date(2026, 11, 22), date(2027, 1, 15)
days = st.dates(date(1990, 1, 1), date(2090, 12, 31))
amounts = st.integers(1, 240)


# --- counting -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "amount", "unit", "expected"),
    [
        ("2026-01-31", 1, "month", "2026-02-28"),
        ("2028-01-31", 1, "month", "2028-02-29"),
        ("2026-02-28", 1, "month", "2026-03-28"),
        ("2026-08-31", 3, "month", "2026-11-30"),
        ("2026-11-30", 3, "month", "2027-02-28"),
        ("2026-12-31", 2, "month", "2027-02-28"),
        ("2024-02-29", 1, "year", "2025-02-28"),
        ("2024-02-29", 3, "year", "2027-02-28"),
        ("2024-02-29", 20, "year", "2044-02-29"),
        ("2026-10-13", 3, "month", "2027-01-13"),
        ("2026-12-25", 15, "day", "2027-01-09"),
        ("2026-02-28", 1, "day", "2026-03-01"),
    ],
)
def test_last_days(start: str, amount: int, unit: Unit, expected: str) -> None:
    assert last_day(date.fromisoformat(start), amount, unit).isoformat() == expected


@given(days, amounts)
def test_days_are_counted_without_the_first(start: date, amount: int) -> None:
    assert (last_day(start, amount, "day") - start).days == amount


@given(days, amounts)
def test_months_end_on_the_same_day_or_the_last(start: date, amount: int) -> None:
    end = last_day(start, amount, "month")
    assert (end.year - start.year) * 12 + end.month - start.month == amount
    assert end.day == start.day or (
        end.day < start.day and (end + timedelta(days=1)).month != end.month
    )


@given(days, st.integers(1, 20))
def test_a_year_is_twelve_months(start: date, years: int) -> None:
    assert last_day(start, years, "year") == last_day(start, 12 * years, "month")


@given(days, days, amounts, st.sampled_from(["day", "month", "year"]))
def test_who_starts_later_does_not_end_earlier(
    one: date, other: date, amount: int, unit: Unit
) -> None:
    first, second = min(one, other), max(one, other)
    amount = min(amount, 20) if unit == "year" else amount
    assert last_day(first, amount, unit) <= last_day(second, amount, unit)
    assert moved(last_day(first, amount, unit)) <= moved(last_day(second, amount, unit))


@given(days)
def test_only_days_of_rest_move_and_only_to_the_next_working_day(day: date) -> None:
    end = moved(day)
    assert not is_day_of_rest(end)
    assert (end == day) == (not is_day_of_rest(day))
    between = [day + timedelta(days=n) for n in range((end - day).days)]
    assert all(is_day_of_rest(one) for one in between)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-11-21", "2026-11-23"),  # Saturday
        ("2026-11-22", "2026-11-23"),  # Sunday
        ("2026-11-23", "2026-11-23"),
        ("2027-01-01", "2027-01-04"),  # a holiday on a Friday
        ("2026-05-01", "2026-05-04"),
        ("2026-10-01", "2026-10-05"),
    ],
)
def test_moved(day: str, expected: str) -> None:
    assert moved(date.fromisoformat(day)).isoformat() == expected


@given(days)
def test_a_safe_day_is_no_later_than_any_shifting_of_working_days_allows(day: date) -> None:
    assert day <= safe(day) <= moved(day)
    assert safe(day) == day or is_day_of_rest(day)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-11-21", "2026-11-21"),  # a Saturday may be made a working day
        ("2026-10-01", "2026-10-04"),  # a holiday may not; the Sunday after it may
        ("2025-01-01", "2025-01-02"),  # the holiday is a Wednesday
    ],
)
def test_safe(day: str, expected: str) -> None:
    assert safe(date.fromisoformat(day)).isoformat() == expected


# --- rules --------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES.keys())
def test_the_words_of_a_rule_are_in_its_article(rule: Rule, real: Mipld) -> None:
    for period in rule.periods:
        day = LATER if "@2026#" in period.address else NOW
        found = resolve(expand(period.address), as_of=day, db=real)
        assert found is not None
        assert not found.followed
        assert period.words in found.text
    for spec in (*rule.basis, *rule.counting):
        for day in (NOW, LATER):
            assert (found := resolve(expand(spec), as_of=day, db=real)) is not None
            assert not found.followed


@pytest.mark.parametrize(
    ("rule", "start", "due", "nominal"),
    [
        ("limitation", "2023-11-22", "2026-11-23", "2026-11-22"),
        ("limitation_patent", "2025-09-01", "2028-09-01", "2028-09-01"),
        ("limitation_longest", "2024-02-29", "2044-02-29", "2044-02-29"),
        ("answer_civil", "2026-11-16", "2026-12-01", "2026-12-01"),
        ("answer_civil_abroad", "2026-11-16", "2026-12-16", "2026-12-16"),
        ("answer_administrative", "2026-11-16", "2026-12-01", "2026-12-01"),
        ("appeal_judgment", "2026-11-20", "2026-12-07", "2026-12-05"),
        ("appeal_ruling", "2026-11-20", "2026-11-30", "2026-11-30"),
        ("appeal_abroad", "2026-11-20", "2026-12-21", "2026-12-20"),
        ("suit_administrative", "2026-08-31", "2027-03-01", "2027-02-28"),
        ("suit_after_reconsideration", "2026-11-16", "2026-12-01", "2026-12-01"),
        ("trademark_refusal_review", "2026-11-16", "2026-12-01", "2026-12-01"),
        ("trademark_refusal_suit", "2026-10-30", "2026-11-30", "2026-11-29"),
        ("trademark_revocation_suit", "2026-12-15", "2027-01-14", "2027-01-14"),
        ("patent_reexamination", "2026-11-30", "2027-03-01", "2027-02-28"),
        ("patent_reexamination_suit", "2026-09-03", "2026-12-03", "2026-12-03"),
        ("patent_invalidity_suit", "2026-09-23", "2026-12-23", "2026-12-23"),
        ("warning_received", "2026-11-13", "2026-12-14", "2026-12-13"),
        ("warning_sent", "2026-12-31", "2027-03-01", "2027-02-28"),
        ("sue_after_preservation", "2026-11-20", "2026-12-21", "2026-12-20"),
        ("trademark_relative_request", "2022-03-21", "2027-03-22", "2027-03-21"),
        ("trademark_non_use", "2024-11-24", "2027-11-25", "2027-11-25"),
        ("preservation_renewal", "2026-12-19", "2026-12-19", "2026-12-19"),
    ],
)
def test_computed(rule: str, start: str, due: str, nominal: str, real: Mipld) -> None:
    found = compute(rule, date.fromisoformat(start), as_of=NOW, db=real)
    assert (str(found.due), str(found.nominal)) == (due, nominal)
    assert found.doubt == ""
    assert found.basis[0].provision.in_force(date.fromisoformat(start))


@pytest.mark.parametrize(
    ("rule", "start", "address"),
    [
        ("patent_invalidity_grounds", "2023-06-01", "专利法实施细则@2010#67"),
        ("answer_civil_abroad", "2023-06-01", "民事诉讼法@2021#275"),
        ("appeal_judgment", "2023-06-01", "民事诉讼法@2021#171"),
        ("reconsideration", "2023-06-01", "行政复议法@2017#9"),
    ],
)
def test_an_earlier_text_counts_if_it_has_the_same_words(
    rule: str, start: str, address: str, real: Mipld
) -> None:
    found = compute(rule, date.fromisoformat(start), as_of=NOW, db=real)
    assert found.basis[0].address == address
    assert found.doubt == ""


@pytest.mark.parametrize(
    ("start", "nominal", "due", "safe", "said"),
    [
        ("2026-11-20", "2026-12-05", "2026-12-07", "2026-12-05", "稳妥起见不迟于2026年12月5日"),
        ("2026-09-16", "2026-10-01", "2026-10-05", "2026-10-04", "2026年10月4日如为调休上班日"),
        ("2024-12-17", "2025-01-01", "2025-01-02", "2025-01-02", "2025年1月1日为休息日，顺延"),
        ("2026-11-16", "2026-12-01", "2026-12-01", "2026-12-01", ""),
    ],
)
def test_a_weekend_may_be_a_working_day(
    start: str, nominal: str, due: str, safe: str, said: str, real: Mipld
) -> None:
    found = compute("appeal_judgment", date.fromisoformat(start), as_of=NOW, db=real)
    assert (str(found.nominal), str(found.due), str(found.safe)) == (nominal, due, safe)
    assert found.as_json(NOW)["safe"] == safe
    assert found.as_json(NOW)["rest"] == found.rest()
    assert said in found.rest()
    assert bool(found.rest()) == bool(said)
    assert ("调休" in found.rest()) == (safe != due)


@pytest.mark.parametrize(
    ("published", "due", "article", "doubt"),
    [
        ("2026-09-29", "2026-12-29", 33, ""),
        ("2026-10-13", "2027-01-13", 33, "不迟于2026年12月31日"),
        ("2026-11-13", "2027-02-15", 33, "不迟于2027年1月13日"),
        ("2026-12-31", "2027-03-31", 33, "不迟于2027年2月28日"),
        ("2027-01-01", "2027-03-01", 36, ""),
        ("2027-01-13", "2027-03-15", 36, ""),
    ],
)
def test_an_opposition_across_the_change_of_law(
    published: str, due: str, article: int, doubt: str, real: Mipld
) -> None:
    found = compute("trademark_opposition", date.fromisoformat(published), as_of=NOW, db=real)
    assert str(found.due) == due
    assert found.basis[0].provision.article == article
    assert doubt in found.doubt
    assert bool(found.doubt) == bool(doubt)


OLD = Period("示例专利法@2020#2", "期限为十年", 10, "year")
NEW = Period("示例专利法@2026#3", "期限为十年", 8, "year")


def compute_made_up(
    monkeypatch: pytest.MonkeyPatch, db: Mipld, start: date | None, **fields: object
) -> deadlines.Deadline:
    rule = Rule("期限", "申请日", **({"periods": (OLD, NEW)} | fields))  # type: ignore[arg-type]
    monkeypatch.setattr(deadlines, "RULES", {"made-up": rule})
    return compute("made-up", start, as_of=NOW, db=db)


def test_the_law_of_the_first_day_counts(
    monkeypatch: pytest.MonkeyPatch, small_mipld: Mipld
) -> None:
    found = compute_made_up(monkeypatch, small_mipld, date(2026, 6, 3))
    assert found.due == date(2036, 6, 3)
    assert "按新法则为2034年6月5日" in found.doubt
    found = compute_made_up(monkeypatch, small_mipld, date(2027, 6, 3))
    assert found.due == date(2035, 6, 4)
    assert found.doubt == ""


def test_what_is_not_certain_is_told(monkeypatch: pytest.MonkeyPatch, small_mipld: Mipld) -> None:
    before = compute_made_up(monkeypatch, small_mipld, date(2019, 1, 2), periods=(OLD,))
    assert "库中没有2019年1月2日施行的文本" in before.doubt
    changed = Period(OLD.address, "期限为九年", 9, "year")
    found = compute_made_up(monkeypatch, small_mipld, date(2021, 1, 4), periods=(changed,))
    assert "文字与本规则不符" in found.doubt
    unknown = Period("无名法@2020#1", "十日", 10, "day")
    found = compute_made_up(monkeypatch, small_mipld, date(2026, 11, 2), periods=(unknown,))
    assert (found.due, found.basis) == (date(2026, 11, 12), ())
    assert "未能核实" in found.doubt


def test_without_a_first_day_there_is_no_last(
    monkeypatch: pytest.MonkeyPatch, small_mipld: Mipld
) -> None:
    found = compute_made_up(monkeypatch, small_mipld, None)
    assert (found.due, found.status(NOW)) == (None, "起算日待补充")
    assert found.basis[0].address == OLD.address


def test_an_event_has_no_day(small_mipld: Mipld) -> None:
    event = compute("punitive_claim", None, as_of=NOW, db=small_mipld)
    assert (event.due, event.status(NOW)) == (None, "以事件为准")


@pytest.mark.parametrize(
    ("start", "status"),
    [
        (date(2016, 11, 22), "尚余1日"),  # the last day is a Sunday and moves to Monday
        (date(2016, 11, 17), "已届满5日"),
        (date(2016, 12, 1), "尚余9日"),
    ],
)
def test_status(
    monkeypatch: pytest.MonkeyPatch, small_mipld: Mipld, start: date, status: str
) -> None:
    found = compute_made_up(monkeypatch, small_mipld, start, periods=(OLD,))
    assert found.status(NOW) == status
    assert found.as_json(NOW)["status"] == status


@pytest.mark.parametrize(("amount", "unit"), [(30, "day"), (3, "month"), (20, "year")])
def test_a_period_beyond_the_calendar_is_refused(amount: int, unit: Unit) -> None:
    with pytest.raises(UserError, match=r"9999-12-15: .*correct the year"):
        last_day(date(9999, 12, 15), amount, unit)


def test_what_may_begin_after_a_period_begins_on_the_day_after(real: Mipld) -> None:
    found = compute("trademark_non_use", date(2024, 1, 15), as_of=NOW, db=real)
    assert found.due == found.nominal == date(2027, 1, 16)


def test_reconsideration_is_counted_as_its_own_law_has_it(real: Mipld) -> None:
    found = compute("reconsideration", date(2026, 11, 1), as_of=NOW, db=real)
    assert found.due == date(2026, 12, 31)
    addresses = [one.address for one in found.basis]
    assert {"行政复议法@2023#88.1", "民事诉讼法@2023#85"} <= set(addresses)
