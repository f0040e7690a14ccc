"""Facts that do not fit together, or do not fit the law of their day: told, never mended."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

from ecmiip.assistant.forms.basis import Basis, resolve, short_name, written
from ecmiip.assistant.forms.facts import Facts, Party, day, money
from ecmiip.assistant.forms.model import Damages, Form, Note, Sum
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.numerals import NUMERAL
from ecmiip.mipld.numerals import parse as number

# 判决给予五百元以上五百万元以下的赔偿; 一倍以上五倍以下.
_LIMITS = re.compile(rf"(?:([{NUMERAL}万]+)元以上)?([{NUMERAL}万]+)元以下的赔偿")
_MULTIPLES = re.compile(rf"([{NUMERAL}]+)倍以上([{NUMERAL}]+)倍以下")
# How the database tells that a text has been replaced by one it does not hold.
_SINCE = re.compile(r"since (\d{4}-\d{2}-\d{2}): ")
_TEN_THOUSAND = 10_000


@dataclass(frozen=True)
class Finding:
    """One thing to look at, and the provisions it rests on."""

    code: str
    text: str
    basis: tuple[Basis, ...] = ()


def check(form: Form, facts: Facts, as_of: date, db: Mipld) -> list[Finding]:
    """Everything about ``facts`` that ought to be looked at before the document is used."""
    return [
        *_days(form, facts, as_of),
        *_sums(form, facts),
        *(_damages(form.damages, facts, as_of, db) if form.damages else ()),
        *_law_of_the_acts(form, facts, as_of, db),
        *_one_on_both_sides(form, facts),
        *_notes(form.notes, facts, as_of, db),
        *_changed_texts(form, facts, as_of, db),
    ]


def _found(specs: tuple[str, ...], as_of: date, db: Mipld) -> tuple[Basis, ...]:
    return tuple(b for spec in specs if (b := resolve(spec, as_of=as_of, db=db)))


def _days(form: Form, facts: Facts, as_of: date) -> Iterator[Finding]:
    for element in form.elements:
        value = facts.day(element.id)
        if element.past and value is not None and value > as_of:
            text = f"“{element.zh}”为{day(value)}，晚于文书的法律日期{day(as_of)}"
            yield Finding("date_after_as_of", text)
    for chain in form.order:
        known = [(form.by_id[id], value) for id in chain if (value := facts.day(id)) is not None]
        for (first, one), (second, other) in pairwise(known):
            if one > other:
                text = f"“{first.zh}”（{day(one)}）晚于“{second.zh}”（{day(other)}）"
                yield Finding("date_order", text)


def _sums(form: Form, facts: Facts) -> Iterator[Finding]:
    for rule in form.sums:
        total = facts.amount(rule.total)
        parts = _parts(rule, facts)
        if total is not None and parts and sum(parts) != total:
            name = form.by_id[rule.total].zh
            text = f"“{name}”为{money(total)}，各项相加为{money(sum(parts, Decimal()))}"
            yield Finding("sum", text)


def _parts(rule: Sum, facts: Facts) -> list[Decimal]:
    """The amounts to add; none if one of the elements is not there or has a gap."""
    found: list[Decimal] = []
    for part in rule.parts:
        element, _, column = part.partition(".")
        if column:
            rows = facts.get(element)
            cells = [row.get(column) for row in rows] if isinstance(rows, tuple) else []
            amounts = [cell for cell in cells if isinstance(cell, Decimal)]
            if not amounts or len(amounts) != len(cells):
                return []
            found += amounts
        elif (amount := facts.amount(element)) is not None:
            found.append(amount)
        else:
            return []
    return found


def _damages(claim: Damages, facts: Facts, as_of: date, db: Mipld) -> Iterator[Finding]:
    article = resolve(claim.basis, as_of=as_of, db=db)
    amount = facts.amount(claim.amount)
    if article is None:
        return
    method = facts.chosen(claim.method)
    if "statutory" in method and amount is not None:
        lowest, highest = _limits(article.text)
        if highest is not None and amount > highest:
            text = f"按法定赔偿主张{money(amount)}，超过上限{money(highest)}"
            yield Finding("statutory_cap", text, (article,))
        if lowest is not None and amount < lowest:
            text = f"按法定赔偿主张{money(amount)}，低于下限{money(lowest)}"
            yield Finding("statutory_floor", text, (article,))
    if "punitive" in method:
        if "statutory" in method:
            text = "惩罚性赔偿以实际损失、侵权获利或者许可使用费为基数，不能与法定赔偿并用"
            yield Finding("punitive_with_statutory", text, (article,))
        yield from _punitive(claim, facts, article, amount)


def _punitive(
    claim: Damages, facts: Facts, article: Basis, amount: Decimal | None
) -> Iterator[Finding]:
    range_ = _MULTIPLES.search(article.text)
    multiple, base = facts.amount(claim.multiple), facts.amount(claim.base)
    if multiple is None:
        if claim.multiple in facts:
            yield Finding("punitive_multiple", "惩罚性赔偿的倍数应当写成数字", (article,))
        return
    least, most = (number(range_[1]), number(range_[2])) if range_ else (None, None)
    if least is not None and most is not None and not least <= multiple <= most:
        text = f"惩罚性赔偿的倍数为{multiple}，不在{least}倍以上{most}倍以下之内"
        yield Finding("punitive_multiple", text, (article,))
    if base is not None and amount is not None:
        expected = (base * multiple, base * (multiple + 1))
        if amount not in expected:
            text = (
                f"主张的{money(amount)}既不等于基数乘以倍数（{money(expected[0])}），"
                f"也不等于基数与其倍数之和（{money(expected[1])}）：核对计算方式"
            )
            yield Finding("punitive_amount", text, (article,))


def _limits(text: str) -> tuple[Decimal | None, Decimal | None]:
    """The least and the most that a court may award, as an article has it."""
    found = _LIMITS.search(text)
    if found is None:
        return None, None
    return (_yuan(found[1]) if found[1] else None), _yuan(found[2])


def _yuan(text: str) -> Decimal | None:
    thousands = text.endswith("万")
    value = number(text.removesuffix("万"))
    return Decimal(value * (_TEN_THOUSAND if thousands else 1)) if value is not None else None


def _law_of_the_acts(form: Form, facts: Facts, as_of: date, db: Mipld) -> Iterator[Finding]:
    """Whether the acts lie under other texts than the as-of date, and which these are."""
    days = [value for id in form.acts if (value := facts.day(id)) is not None]
    if not days:
        return
    first, last = min(days), max(days)
    told: list[str] = []
    for when in dict.fromkeys((first, last)):
        changed, unknown = _other_texts(form, facts, as_of, when, db)
        told += [f"{day(when)}有效的是{'，'.join(changed)}"] if changed else []
        told += [f"库中没有{'、'.join(unknown)}在{day(when)}有效的文本"] if unknown else []
    if not told:
        return
    ongoing = len(days) < len(form.acts)
    span = "起" if ongoing else f"至{day(last)}" if last != first else ""
    text = (
        f"行为自{day(first)}{span}，所涉法律的文本与法律日期的不同：{'；'.join(told)}。"
        "法律不溯及既往，行为跨越新旧法的适用哪一文本须核对"
    )
    specs = ("立法法@2023#104", *((form.continuing,) if form.continuing else ()))
    yield Finding("law_of_the_act", text, _found(specs, as_of, db))


def _other_texts(
    form: Form, facts: Facts, as_of: date, when: date, db: Mipld
) -> tuple[list[str], list[str]]:
    """What was law ``when`` the acts were done and is not the text of ``as_of``; and the names of
    the statutes of which the database has no text for that day."""
    changed: dict[str, dict[str, None]] = {}
    unknown: dict[str, None] = {}
    for spec in facts.basis(form):
        current = resolve(spec, as_of=as_of, db=db)
        # Procedure goes by the day of the proceedings, whatever the day of the acts.
        if current is None or current.provision.discipline == "procedural":
            continue
        then = resolve(spec, as_of=when, db=db)
        name = short_name(current.provision.law)
        if then is None and current.provision.kind == "law":
            unknown[f"《{name}》"] = None
        elif then is not None and then.provision.version != current.provision.version:
            changed.setdefault(f"《{name}》（{then.provision.version}年）", {})[then.number] = None
    return [name + "、".join(numbers) for name, numbers in changed.items()], list(unknown)


def _one_on_both_sides(form: Form, facts: Facts) -> Iterator[Finding]:
    if len(form.opposed) < 2:
        return
    sides = [
        {p.name for p in value if isinstance(p, Party) and p.name}
        for id in form.opposed
        if isinstance(value := facts.get(id), tuple)
    ]
    if len(sides) < 2:
        return
    for name in sorted(set.intersection(*sides)):
        yield Finding("same_party", f"“{name}”同时列为双方当事人")


def _notes(notes: tuple[Note, ...], facts: Facts, as_of: date, db: Mipld) -> Iterator[Finding]:
    for note in notes:
        if not facts.meets(note.when):
            continue
        if note.court:
            court = facts.get("court")
            if not isinstance(court, str) or any(part in court for part in note.court):
                continue
        yield Finding("note", note.text, _found(note.basis, as_of, db))


def _changed_texts(form: Form, facts: Facts, as_of: date, db: Mipld) -> Iterator[Finding]:
    """Texts that the form rests on and of which the database knows that they need care."""
    laws: dict[str, None] = {}
    for spec in facts.basis(form):
        found = resolve(spec, as_of=as_of, db=db)
        if found is None:
            yield Finding("unresolved", f"{written(spec)}在{day(as_of)}的文本未能核实")
            continue
        if found.followed:
            text = f"{found.citation}由对照表推得（原为{written(spec)}），请核对"
            yield Finding("followed", text, (found,))
        laws[found.provision.law] = None
    for name in laws:
        law = db.law(name)
        since = _SINCE.match(law.notice) if law else None
        if since and date.fromisoformat(since[1]) <= as_of:
            told = day(date.fromisoformat(since[1]))
            text = f"《{short_name(name)}》自{told}起已有新的规定全部或者部分替代"
            yield Finding("notice", f"{text}，其文本不在库中，须另行核对")
