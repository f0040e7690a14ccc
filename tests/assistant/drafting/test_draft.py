import json
import re
import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ecmiip.assistant import draft
from ecmiip.assistant.draft import Document
from ecmiip.assistant.forms import facts
from ecmiip.assistant.forms.blocks import Run, Table, runs
from ecmiip.assistant.forms.model import Form
from ecmiip.assistant.markdown import escape
from ecmiip.mipld.database import Mipld

NOW, LATER = date(2026, 11, 22), date(2027, 1, 15)
EXAMPLES = sorted((Path(__file__).parents[3] / "examples" / "facts").glob("*.toml"))
FORMS = draft.forms()


def example(name: str, **changes: Any) -> dict[str, Any]:
    path = next(path for path in EXAMPLES if path.stem == name)
    return tomllib.loads(path.read_text(encoding="utf-8")) | changes


def drafted(name: str, db: Mipld, as_of: date = NOW, **changes: Any) -> Document:
    return draft.draft(draft.form(name), example(name, **changes), as_of, db)


def codes(document: Document) -> list[str]:
    return [finding.code for finding in document.warnings if finding.code != "note"]


# --- nothing but the facts -----------------------------------------------------------------------


def numbered_rows(document: Document) -> set[int]:
    """The running numbers of tables and lists: the only figures that a form may add."""
    tables = [block for block in document.blocks if isinstance(block, Table)]
    return {
        id(run)
        for table in tables
        for row in table.rows
        for run in (row[0][0][:1] if table.header else (line[0] for line in row[-1] if line))
        if re.fullmatch(r"\d+|\d+\. ", run.text)
    }


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.id)
def test_a_document_says_nothing_that_the_facts_do_not(
    form: Form, small_mipld: Mipld, plant: Callable[[Form], Any]
) -> None:
    planted = plant(form)
    known = facts.check(form, planted.facts)
    document = draft.draft(form, planted.facts, NOW, small_mipld)
    every = {text for texts in planted.texts.values() for text in texts}
    asked = {text for e in form.elements if known.asks(e) for text in planted.texts[e.id]}
    allowed = numbered_rows(document)
    seen = set()
    for run in runs(document.blocks):
        if run.origin == "fact":
            assert run.text in every
            seen.add(run.text)
        elif run.origin == "form" and id(run) not in allowed:
            assert not re.search(r"\d", run.text), run.text
            assert not re.search(
                "公司|事务所|人民法院$|[零一二三四五六七八九十百千万]+元", run.text
            )
    # And what they do say is there.
    assert seen == asked
    assert document.missing == ()
    whole = draft.to_markdown(document)
    assert all(escape(text) in whole for text in asked)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.id)
def test_a_document_of_no_facts_is_all_gaps(form: Form, small_mipld: Mipld) -> None:
    document = draft.draft(form, {}, NOW, small_mipld)
    found = list(runs(document.blocks))
    assert not [run for run in found if run.origin == "fact"]
    said = draft.to_markdown(document)
    required = [e for e in form.elements if e.required and not e.when]
    assert [one.element for one in document.missing] == [e.id for e in required]
    for element in required:
        assert f"{element.zh}：未提供" in said
    assert f"待补充（共{len(required)}项" in said
    gaps = [run.text for run in found if run.style == "missing"]
    for element in required:
        if element.kind != "table" and element.id != "signed_on":
            assert f"【待补充：{element.zh}】" in gaps


HOSTILE = (
    "<script>alert(1)</script>",
    "{court} {plaintiffs.name} {{7*7}} {% for x in y %}",
    "| 表 | 格 |\n| --- | --- |",
    "# 标题\n- 列表\n1. 编号\n===",
    "**粗** [链接](javascript:alert(1)) `码` ![图](x)",
    "&lt;b&gt; \\",
)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("name", ["trademark-complaint", "confidentiality-agreement"])
def test_facts_are_text_and_never_markup(name: str, text: str, small_mipld: Mipld) -> None:
    form = draft.form(name)
    target = "reasons" if name == "trademark-complaint" else "information"
    document = draft.draft(form, example(name) | {target: text}, NOW, small_mipld)
    for line in text.split("\n"):
        kept = [run.text for run in runs(document.blocks) if run.origin == "fact"]
        assert any(line in one for one in kept)
    markdown = draft.to_markdown(document)
    bare = re.sub(r"\\.", "", markdown.replace("<br>", ""))
    assert not re.search(r"[<`\[]", bare)
    assert "\n- 列表" not in markdown
    assert "\n# 标题" not in markdown


# --- the law ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
@pytest.mark.parametrize("day", [NOW, LATER])
def test_examples_are_complete_and_every_provision_is_quoted_exactly(
    path: Path, day: date, real: Mipld
) -> None:
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    assert raw["form"] == path.stem
    document = draft.draft(draft.form(path.stem), raw, day, real)
    assert document.missing == ()
    assert "unresolved" not in codes(document)
    assert "followed" not in codes(document)
    if day == NOW:
        assert set(codes(document)) <= {"notice"}
    text = "\n".join(run.text for run in runs(document.blocks) if run.origin == "law")
    assert document.basis
    starts = {one.start for one in document.deadlines}
    for one in document.basis:
        assert any(one.provision.in_force(d) for d in (day, *starts) if d)
        assert all(line in text for line in one.text.split("\n"))
        assert f"[{one.address}]" in text
    json.dumps(document.as_json())


def test_there_is_an_example_for_every_dispute_and_every_other_document() -> None:
    wanted = {form.id for form in FORMS if form.role != "answer"}
    assert wanted <= {path.stem for path in EXAMPLES}


def law_of(document: Document) -> str:
    return "".join(run.text for run in runs(document.blocks) if run.origin == "law")


def test_the_numbering_of_the_trademark_law_follows_the_day(real: Mipld) -> None:
    now, later = drafted("trademark-complaint", real), drafted("trademark-complaint", real, LATER)
    assert "[商标法@2019#57]" in law_of(now)
    assert "商标法@2026" not in law_of(now)
    assert "[商标法@2026#72]" in law_of(later)
    assert "[商标法@2026#77]" in law_of(later)
    assert "商标法@2019" not in law_of(later)


def test_acts_under_an_earlier_text_are_told(real: Mipld) -> None:
    document = drafted("trademark-complaint", real, LATER, acts_to="2026-06-30")
    finding = next(f for f in document.warnings if f.code == "law_of_the_act")
    assert "2025年3月10日有效的是《商标法》（2019年）第五十六条、" in finding.text
    assert "2026年6月30日有效的是《商标法》（2019年）" in finding.text
    assert finding.basis[0].address == "立法法@2023#104"
    assert "law_of_the_act" not in codes(drafted("trademark-complaint", real))
    secret = drafted("trade-secret-complaint", real, acts_from="2025-05-01")
    told = next(f for f in secret.warnings if f.code == "law_of_the_act")
    assert "2025年5月1日起" in told.text
    assert any(b.provision.article == 28 for b in told.basis)
    early = drafted("patent-complaint", real, acts_from="2020-08-20")
    unknown = next(f for f in early.warnings if f.code == "law_of_the_act")
    assert "库中没有《专利法》、《民法典》在2020年8月20日有效的文本" in unknown.text


# --- facts that do not fit -----------------------------------------------------------------------

BOTH = ["statutory", "punitive"]
PLANT_STATUTORY = {"damages_method": ["statutory"], "damages": 9_000_000}
PLANT_PUNITIVE = {"damages_method": ["punitive"], "punitive_base": 100_000, "punitive_multiple": 6}
PLAINTIFF = {"name": "青禾样饮料有限公司", "address": "某处"}


@pytest.mark.parametrize(
    ("name", "changes", "code"),
    [
        ("patent-complaint", {"damages": 5_000_001, "total": 5_050_001}, "statutory_cap"),
        ("patent-complaint", {"damages": 29_999, "total": 79_999}, "statutory_floor"),
        ("trademark-complaint", {"punitive_multiple": 6}, "punitive_multiple"),
        ("trademark-complaint", {"punitive_multiple": 0.5}, "punitive_multiple"),
        ("trademark-complaint", {"punitive_multiple": "双"}, "punitive_multiple"),
        ("trademark-complaint", {"punitive_base": 500_000}, "punitive_amount"),
        ("trademark-complaint", {"damages_method": BOTH}, "punitive_with_statutory"),
        ("plant-complaint", PLANT_STATUTORY, "statutory_cap"),
        ("plant-complaint", PLANT_PUNITIVE, "punitive_multiple"),
        ("trademark-complaint", {"total": 1_286_001}, "sum"),
        ("trademark-complaint", {"costs": 86_001, "total": 1_286_001}, "sum"),
        ("trademark-complaint", {"signed_on": None, "known_on": "2026-11-24"}, "date_after_as_of"),
        ("trademark-complaint", {"acts_to": "2025-03-09"}, "date_order"),
        ("trademark-complaint", {"defendants": [PLAINTIFF]}, "same_party"),
    ],
)
def test_facts_that_do_not_fit_are_told(
    name: str, changes: dict[str, Any], code: str, real: Mipld
) -> None:
    assert code not in codes(drafted(name, real))
    assert code in codes(drafted(name, real, **changes))


@pytest.mark.parametrize("damages", [30_000, 5_000_000])
def test_the_limits_themselves_are_allowed(damages: int, real: Mipld) -> None:
    document = drafted("patent-complaint", real, damages=damages, total=damages + 50_000)
    assert codes(document) == []


@pytest.mark.parametrize(
    ("court", "told"), [("示例区人民法院", True), ("示例市中级人民法院", False)]
)
def test_a_court_of_the_wrong_level_is_told(court: str, told: bool, real: Mipld) -> None:
    document = drafted("patent-complaint", real, court=court)
    notes = [f for f in document.warnings if "中级人民法院" in f.text]
    assert bool(notes) == told


def test_what_the_database_lacks_is_told(small_mipld: Mipld) -> None:
    document = drafted("trademark-complaint", small_mipld)
    assert document.basis == ()
    assert "unresolved" in codes(document)
    assert "《商标法》（2019年）第五十六条在2026年11月22日的文本未能核实" in draft.to_markdown(
        document
    )


@pytest.mark.parametrize(
    ("interrupted", "due"),
    [
        ("2026-05-11", "2029-05-11"),
        ("2025-04-01", "2028-04-03"),  # before the period begins
        ("2028-05-08", "2028-04-03"),  # after it has run out
    ],
)
def test_an_interruption_starts_the_period_anew(interrupted: str, due: str, real: Mipld) -> None:
    document = drafted("trademark-complaint", real, interrupted_on=interrupted)
    found = next(d for d in document.deadlines if d.rule == "limitation_trademark")
    assert str(found.due) == due
    longest = next(d for d in document.deadlines if d.rule == "limitation_longest")
    assert str(longest.start) == "2025-03-10"


def test_the_ground_decides_which_suit_and_which_request(real: Mipld) -> None:
    suits = {
        "absolute": {"trademark_absolute_suit"},
        "intent": {"trademark_absolute_suit"},
        "agency": {"trademark_absolute_suit"},
        "filing": {"trademark_relative_suit", "trademark_relative_request"},
    }
    for ground, rules in suits.items():
        document = drafted("trademark-invalidity-complaint", real, grounds=[ground])
        assert {one.rule for one in document.deadlines} == rules


@pytest.mark.parametrize(
    ("kind", "route", "rules"),
    [
        ("penalty", "direct", {"suit_administrative"}),
        ("abuse", "direct", {"suit_administrative"}),
        ("concentration", "direct", {"reconsideration"}),
        ("inaction", "direct", {"reconsideration_inaction"}),
        ("penalty", "reconsidered", {"suit_after_reconsideration"}),
        ("concentration", "reconsidered", {"reconsideration", "suit_after_reconsideration"}),
        ("inaction", "reconsidered", {"reconsideration_inaction", "suit_after_reconsideration"}),
    ],
)
def test_no_direct_suit_where_reconsideration_comes_first(
    kind: str, route: str, rules: set[str], real: Mipld
) -> None:
    document = drafted(
        "monopoly-administrative-complaint",
        real,
        decision_kind=kind,
        route=route,
        reconsidered_on="2026-11-16",
        duty_due_on="2026-11-02",
    )
    assert {one.rule for one in document.deadlines} == rules
    notes = [one for one in document.warnings if one.code == "note"]
    cited = {b.address for one in notes for b in one.basis}
    assert ("反垄断法@2022#65.1" in cited) == (kind == "concentration")
    assert ("行政复议法@2023#23.1(3)" in cited) == (kind == "inaction")
    for one in document.deadlines:
        if one.rule == "reconsideration_inaction":
            assert (str(one.start), str(one.nominal)) == ("2026-11-02", "2027-01-01")


def test_a_licence_is_recorded_from_the_day_it_takes_effect(real: Mipld) -> None:
    """That of its signing, not the first day on which the patent may be used."""
    (found,) = drafted("patent-licence", real, signed_on="2026-09-01").deadlines
    assert (found.start, found.due) == (date(2026, 9, 1), date(2026, 12, 1))
    (unsigned,) = drafted("patent-licence", real).deadlines
    assert (unsigned.start, unsigned.status(NOW)) == (None, "起算日待补充")


# --- layout -------------------------------------------------------------------------------------


def test_clauses_follow_the_answers(small_mipld: Mipld) -> None:
    both = draft.to_markdown(drafted("patent-licence", small_mipld))
    assert "甲方查阅有关会计账目的办法：甲方每年可委托会计师查阅一次。" in both
    assert "使用费总额" not in both
    lump = drafted("patent-licence", small_mipld, fee_mode="lump", fee=500000)
    said = draft.to_markdown(lump)
    assert "使用费总额为500,000元。" in said
    assert "查阅有关会计账目" not in said
    assert "除乙方外仅甲方自己可以实施" in said


def test_the_chosen_boxes_are_ticked(small_mipld: Mipld) -> None:
    said = draft.to_markdown(drafted("trademark-complaint", small_mipld))
    assert "☑销售侵权商品" in said
    assert "☐故意提供便利条件" in said


def test_escape_leaves_plain_text_alone() -> None:
    plain = "甲公司（2026）示01民初1号，010-00000001，3.5元；“引号”、A+B"
    assert escape(plain) == plain
    assert escape("1. 甲") == "1\\. 甲"
    assert escape("a|b<c>") == "a\\|b\\<c\\>"


def test_runs_know_their_origin(small_mipld: Mipld) -> None:
    document = drafted("trademark-complaint", small_mipld)
    assert Run("示例市中级人民法院", "fact") in set(runs(document.blocks))
    assert {run.origin for run in runs(document.blocks)} == {"form", "fact", "law", "computed"}
