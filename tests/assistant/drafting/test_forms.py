import re
import tomllib
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from ecmiip.assistant import deadlines, draft
from ecmiip.assistant.forms import basis, facts
from ecmiip.assistant.forms.blank import blank
from ecmiip.assistant.forms.model import Element, Form
from ecmiip.errors import UserError
from ecmiip.mipld.database import Mipld

NOW, LATER = date(2026, 11, 22), date(2027, 1, 15)
FORMS = draft.forms()
# The disputes that the courts' element-style set covers: complaint and answer of each.
DISPUTES = (
    "trademark",
    "patent",
    "design",
    "plant",
    "copyright",
    "trade-secret",
    "unfair-competition",
    "technology-contract",
    "monopoly",
    "trademark-refusal",
    "trademark-revocation",
    "trademark-invalidity",
    "patent-reexamination",
    "patent-invalidity",
    "monopoly-administrative",
)
OTHERS = (
    "feature-comparison",
    "evidence-list",
    "injunction-application",
    "evidence-preservation-application",
    "trademark-opposition",
    "warning-letter",
    "patent-licence",
    "trademark-licence",
    "copyright-licence",
    "copyright-assignment",
    "confidentiality-agreement",
    "secret-points",
)
each_form = pytest.mark.parametrize("form", FORMS, ids=lambda form: form.id)


def test_every_document_is_there() -> None:
    wanted = {f"{name}-{role}" for name in DISPUTES for role in ("complaint", "answer")}
    assert wanted | set(OTHERS) == {form.id for form in FORMS}
    assert all(draft.form(id).role in ("complaint", "answer") for id in wanted)


def test_an_unknown_form_is_refused() -> None:
    with pytest.raises(UserError, match="no-such-form: no such form"):
        draft.form("no-such-form")


def conditions(form: Form) -> Iterator[str]:
    yield from (element.when for element in form.elements)
    yield from (use.when for use in form.deadlines)
    yield from (note.when for note in form.notes)
    for section in form.sections:
        yield from (found[1] for text in section.text if (found := re.match(r"\?\? (\S+) ", text)))


@each_form
def test_what_a_form_refers_to_is_in_it(form: Form) -> None:
    ids = {element.id for element in form.elements}
    assert len(ids) == len(form.elements)
    for chain in (form.acts, form.opposed, form.signatory, *form.order):
        assert set(chain) <= ids
    assert not form.recipient or form.recipient in ids
    assert {use.rule for use in form.deadlines} <= set(deadlines.RULES)
    assert {use.start for use in form.deadlines if use.start} <= ids
    for rule in form.sums:
        assert {rule.total, *(part.partition(".")[0] for part in rule.parts)} <= ids
    if form.damages:
        claim = form.damages
        assert {claim.method, claim.amount, claim.base or claim.amount} <= ids
    for condition in (c for several in conditions(form) if several for c in several.split(" & ")):
        other, _, answers = condition.partition("=")
        assert set(answers.split("|")) <= {choice.id for choice in form.by_id[other].choices}


@each_form
def test_every_slot_is_an_element_and_every_element_has_a_place(form: Form) -> None:
    for section in form.sections:
        slots = set(re.findall(r"\{([a-z_]+)", " ".join(section.text)))
        assert slots <= set(form.by_id)
        if section.text:
            asked = {choice.partition("=")[0] for choice in conditions(form) if choice}
            placed = slots | asked | {"signed_on"}
            assert {element.id for element in section.elements} <= placed


@each_form
def test_the_wording_holds_no_figures_and_claims_no_authority(form: Form) -> None:
    said = [form.after, *form.opening, *form.closing]
    said += [line for section in form.sections for line in (section.title, *section.text)]
    said += [element.zh for element in form.elements]
    assert not re.search(r"\d|\d年|[零一二三四五六七八九十百千万]+元", " ".join(said))
    assert "官方" not in form.after or "非官方" in form.after


@each_form
def test_required_elements_name_their_basis(form: Form) -> None:
    """All but those that are there for the use of the others: what a case is called, dates."""
    bare = [e.id for e in form.elements if e.required and not e.basis]
    assert set(bare) <= {
        "case_number", "cause", "decision", "received_on", "total", "amount", "reply_by", "damages",
    }  # fmt: skip


@each_form
@pytest.mark.parametrize("day", [NOW, LATER])
def test_every_basis_is_law_on_the_day(form: Form, day: date, real: Mipld) -> None:
    notes = [spec for note in form.notes for spec in note.basis]
    more = [form.damages.basis] if form.damages else []
    more += [form.continuing] if form.continuing else []
    for spec in (*form.basis(), *notes, *more):
        found = basis.resolve(spec, as_of=day, db=real)
        assert found is not None, spec
        assert not found.followed, spec
        assert found.provision.in_force(day)
        assert found.text in found.provision.text
        assert real.at(found.provision.address) == found.provision


def test_as_json_tells_a_wizard_what_to_ask() -> None:
    plain = draft.form("trademark-complaint").as_json()
    assert plain["title"] == {
        "zh": "民事起诉状（侵害商标权纠纷）",
        "en": "Complaint: trademark infringement",
    }
    assert (plain["family"], plain["role"]) == ("trademark", "complaint")
    marks = next(e for e in plain["elements"] if e["id"] == "marks")
    assert marks["kind"] == "table"
    assert marks["required"]
    assert marks["basis"] == ["商标法@2019#56/商标法@2026#71"]
    assert marks["columns"][0]["label"]["zh"] == "注册号"


@pytest.mark.parametrize("raw", [{"kind": "table"}, {"kind": "choice"}, {"columns": ["x"]}])
def test_an_element_fits_its_kind(raw: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Element.model_validate({"id": "x", "zh": "甲", "en": "x"} | raw)


# --- basis ---------------------------------------------------------------------------------------

SPEC = "示例专利法@2020#2"


def test_the_version_of_the_day_decides(small_mipld: Mipld) -> None:
    now = basis.resolve(SPEC, as_of=NOW, db=small_mipld)
    assert now is not None
    assert (now.address, now.followed) == ("示例专利法@2020#2", False)
    later = basis.resolve(SPEC, as_of=LATER, db=small_mipld)
    assert later is not None
    assert (later.address, later.followed) == ("示例专利法@2026#3", True)
    told = basis.resolve(f"{SPEC}/示例专利法@2026#2", as_of=LATER, db=small_mipld)
    assert told is not None
    assert (told.address, told.followed) == ("示例专利法@2026#2", False)


def test_items_are_quoted_alone(small_mipld: Mipld) -> None:
    found = basis.resolve("示例专利法@2020#3(2)", as_of=NOW, db=small_mipld)
    assert found is not None
    assert found.text == "伪造示例专利证书或者专利标记的"
    assert found.citation == "《示例专利法》第三条第二项"
    assert found.address == "示例专利法@2020#3(2)"


@pytest.mark.parametrize(
    "spec",
    [
        "无名法@2020#1",
        "示例专利法@2020#99",
        "示例专利法@2020#3(9)",
        "示例专利法",
        "示例旧标志法@1990#1",
    ],
)
def test_what_is_not_there_is_none(small_mipld: Mipld, spec: str) -> None:
    assert basis.resolve(spec, as_of=NOW, db=small_mipld) is None


def test_one_law_is_named_once(small_mipld: Mipld) -> None:
    specs = (SPEC, "示例专利法@2020#3", "示例商标法@2010#1", SPEC)
    found = [b for spec in specs if (b := basis.resolve(spec, as_of=NOW, db=small_mipld))]
    assert basis.cited(found) == "《示例专利法》第二条、第三条，《示例商标法》第一条"
    assert basis.written("商标法@2019#63.1") == "《商标法》（2019年）第六十三条第一款"
    assert basis.expand("民事证据规定@2019#19").startswith(
        "最高人民法院关于民事诉讼证据的若干规定@"
    )


# --- facts ---------------------------------------------------------------------------------------


@each_form
def test_a_blank_file_reads_as_nothing_known(form: Form) -> None:
    known = facts.check(form, tomllib.loads(blank(form)))
    assert known == {}
    asked = {e.id for e in form.elements if e.required and not e.when}
    assert {one.element for one in draft.missing(form, known)} == asked


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"clams": ["x"]}, "unknown key 'clams'"),
        ({"form": "patent-complaint"}, "form = 'patent-complaint'"),
        ({"court": ["x"]}, "key 'court': text is wanted"),
        ({"court": True}, "key 'court': text is wanted"),
        ({"acts_from": "2025-13-01"}, "key 'acts_from': a day is wanted"),
        ({"acts_from": 20250101}, "key 'acts_from': a day is wanted"),
        ({"damages": "much"}, "key 'damages': an amount"),
        ({"damages": -1}, "key 'damages': an amount"),
        ({"damages": float("nan")}, "key 'damages': an amount"),
        ({"damages": 0.001}, "at most two decimals"),
        ({"damages": 1e15}, "key 'damages': an amount"),
        ({"claims": 3}, "key 'claims': a list is wanted"),
        ({"remedies": ["jail"]}, "'jail' is no answer: choose from stop"),
        ({"standing_kind": ["owner", "sole"]}, "one answer is wanted"),
        ({"marks": "x"}, "key 'marks': a list is wanted"),
        ({"marks": ["x"]}, "key 'marks': tables are wanted"),
        ({"marks": [{"nr": "1"}]}, "key 'marks.nr': unknown"),
        ({"marks": [{"valid_to": "soon"}]}, "key 'marks.valid_to': a day is wanted"),
        ({"plaintiffs": [{"kind": "ghost"}]}, "'ghost' is no kind of party"),
        ({"plaintiffs": [{"gender": "女"}]}, "key 'plaintiffs.gender': unknown for a company"),
    ],
)
def test_facts_that_cannot_be_used_are_refused(raw: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=re.escape(said)):
        facts.check(draft.form("trademark-complaint"), raw)


def test_facts_may_be_written_in_several_ways() -> None:
    form = draft.form("trademark-complaint")
    known = facts.check(
        form,
        {
            "damages": "1,200,000元",
            "acts_from": "2025-03-01",
            "remedies": "赔偿损失",
            "claims": "一项请求",
            "plaintiffs": {"name": "甲", "gender": ""},
            "defendants": [{}],
            "reasons": "  \x00",
        },
    )
    assert known.amount("damages") == 1_200_000
    assert known.day("acts_from") == date(2025, 3, 1)
    assert known.chosen("remedies") == ("damages",)
    assert known["claims"] == ("一项请求",)
    assert "defendants" not in known
    assert "reasons" not in known


def test_a_condition_decides_what_is_asked_for() -> None:
    form = draft.form("trademark-complaint")
    without = {one.element for one in draft.missing(form, {"remedies": "stop"})}
    assert "damages" not in without
    punitive = {"remedies": ["damages"], "damages_method": ["punitive"]}
    asked = {one.element: one for one in draft.missing(form, punitive)}
    assert {"damages", "punitive_base", "punitive_multiple"} <= set(asked)
    assert asked["punitive_base"].why == "依所选事项须填写"
    assert "《惩罚性赔偿解释》（2021年）第二条" in asked["punitive_base"].basis


def test_several_conditions_must_all_be_met() -> None:
    form = draft.form("monopoly-administrative-complaint")
    known = facts.check(form, {"decision_kind": "abuse", "route": "direct"})
    assert known.meets("decision_kind=penalty|abuse & route=direct")
    assert not known.meets("decision_kind=penalty & route=direct")
    assert not known.meets("decision_kind=abuse & route=reconsidered")
    assert known.meets("")


def test_a_form_may_change_what_it_shares_and_for_itself_alone() -> None:
    """Antimonopoly suits are no suits over the grant of rights: other courts hear them."""
    grants = "最高人民法院关于北京、上海、广州知识产权法院案件管辖的规定@2020#5"
    monopolies = "最高人民法院关于第一审知识产权民事、行政案件管辖的若干规定@2022#1"
    for role in ("complaint", "answer"):
        court = draft.form(f"monopoly-administrative-{role}").by_id["court"]
        assert court.basis == ("行政诉讼法@2017#15", monopolies)
        court = draft.form(f"trademark-refusal-{role}").by_id["court"]
        assert court.basis == ("行政诉讼法@2017#15", grants)


def test_what_was_not_decided_has_no_day() -> None:
    form = draft.form("monopoly-administrative-complaint")
    decided = {"decision", "decided_on", "received_on", "decision_content", "unlawful"}
    lacking = {one.element for one in draft.missing(form, {"decision_kind": "inaction"})}
    assert not decided & lacking
    assert "duty_due_on" in lacking
    lacking = {one.element for one in draft.missing(form, {"decision_kind": "penalty"})}
    assert decided <= lacking
    assert "duty_due_on" not in lacking


@pytest.mark.parametrize(
    ("id", "ground", "element", "now", "later"),
    [
        ("trademark-opposition", "prohibited", "absolute", "商标法@2019#10.2", "商标法@2026#16.1"),
        ("trademark-opposition", "filing", "prior_marks", "商标法@2019#31", "商标法@2026#20"),
        ("trademark-opposition", "deceit", "deceit", "商标法@2019#44.1", "商标法@2026#19.2"),
        ("trademark-refusal", "prohibited", "allowed", "商标法@2019#10.2", "商标法@2026#16.1"),
        ("trademark-refusal", "deceit", "no_deceit", "商标法@2019#44.1", "商标法@2026#19.2"),
        ("trademark-refusal", "agency", "agency_services", "商标法@2019#19.4", "商标法@2026#25"),
        ("trademark-invalidity", "absolute", "absolute", "商标法@2019#10.2", "商标法@2026#16.1"),
        ("trademark-invalidity", "intent", "intent", "商标法@2019#4.1", "商标法@2026#19.1"),
        ("trademark-invalidity", "deceit", "deceit", "商标法@2019#44.1", "商标法@2026#19.2"),
        ("trademark-invalidity", "agency", "agency_facts", "商标法@2019#19.4", "商标法@2026#25"),
        ("trademark-invalidity", "filing", "prior_marks", "商标法@2019#31", "商标法@2026#20"),
    ],
)
def test_every_ground_against_a_mark_can_be_chosen(
    id: str, ground: str, element: str, now: str, later: str, real: Mipld
) -> None:
    form = draft.form(id if id == "trademark-opposition" else f"{id}-complaint")
    assert ground in {choice.id for choice in form.by_id["grounds"].choices}
    asked = {one.element for one in draft.missing(form, {"grounds": [ground]})}
    assert element in asked
    for day, address in ((NOW, now), (LATER, later)):
        found = [basis.resolve(spec, as_of=day, db=real) for spec in form.by_id[element].basis]
        addresses = {one.address for one in found if one}
        assert address in addresses
        assert "商标法@2026#35" not in addresses  # whom the office refuses, no ground of others


def test_naming_what_goods_are_for_is_fair_use(real: Mipld) -> None:
    (spec,) = draft.form("trademark-answer").by_id["fair_use"].basis
    later = basis.resolve(spec, as_of=LATER, db=real)
    assert later is not None
    assert "仅为指示所提供商品的用途" in later.text


def test_gaps_inside_parties_and_tables_are_told() -> None:
    form = draft.form("trademark-complaint")
    given = {
        "plaintiffs": [{"kind": "person", "name": "甲"}],
        "marks": [{"number": "1", "mark": "甲"}],
    }
    found = {one.path: one.why for one in draft.missing(form, given)}
    assert found["plaintiffs[1].birth_date"] == "缺少出生日期"
    assert found["marks[1].goods"] == "缺少第一行的类别及核定使用的商品或者服务"
    assert "plaintiffs[1].name" not in found
    assert "plaintiffs" not in found
