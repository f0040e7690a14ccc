"""The user's facts: read, checked against a form, and written out in words."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from ecmiip.assistant.forms.model import Column, Element, Form, Profile
from ecmiip.errors import UserError

PARTY_KINDS = {"company": "法人或者非法人组织", "person": "自然人"}
PARTY_FIELDS = {
    "name": "名称",
    "gender": "性别",
    "birth_date": "出生日期",
    "ethnicity": "民族",
    "occupation": "职业",
    "workplace": "工作单位",
    "id_number": "证件号码",
    "credit_code": "统一社会信用代码",
    "address": "住所",
    "representative": "法定代表人或者主要负责人",
    "position": "职务",
    "phone": "联系方式",
    "email": "电子邮箱",
    "firm": "所在单位",
    "authority": "代理权限",
    "note": "说明",
}
_COMPANY = ("name", "credit_code", "address", "representative", "position", "phone", "email")
_PERSON = [
    "name",
    "gender",
    "birth_date",
    "ethnicity",
    "occupation",
    "workplace",
    "id_number",
    "address",
    "phone",
    "email",
]
_AGENT = ("name", "firm", "position", "authority", "phone")
# Civil Procedure Law art. 124 asks for more of the one who sues than of the one who is sued.
_REQUIRED: Mapping[tuple[Profile, str], tuple[str, ...]] = {
    ("claimant", "company"): ("name", "address", "representative", "position", "phone"),
    ("claimant", "person"): (
        "name",
        "gender",
        "birth_date",
        "ethnicity",
        "occupation",
        "workplace",
        "address",
        "phone",
    ),
    ("opponent", "company"): ("name", "address"),
    ("opponent", "person"): ("name", "gender", "address"),
    ("agency", "company"): ("name", "address"),
    ("contractor", "company"): ("name", "address", "representative"),
    ("contractor", "person"): ("name", "address"),
    ("agent", "person"): ("name", "firm", "authority"),
}

# What XML, and so a .docx, cannot hold, and the other control characters: none is part of a fact.
_UNWRITABLE = re.compile("[^\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_IN_DIGITS = re.compile(r"\d{1,15}(\.\d{1,6})?")

Value = str | date | Decimal | tuple[Any, ...]
Row = dict[str, str | date | Decimal]


@dataclass(frozen=True)
class Party:
    """One party; ``fields`` in the order in which documents give them."""

    kind: str
    fields: dict[str, str]

    @property
    def name(self) -> str:
        """The name, or "" if it is not known."""
        return self.fields.get("name", "")


def party_fields(profile: Profile, kind: str) -> tuple[str, ...]:
    """What may be said of such a party, in order."""
    if profile == "agent":
        return (*_AGENT, "note")
    return (*(_PERSON if kind == "person" else _COMPANY), "note")


def required_fields(profile: Profile, kind: str) -> tuple[str, ...]:
    """What must be known of such a party."""
    return _REQUIRED[(profile, kind)]


def field_name(field: str, kind: str) -> str:
    """The Chinese name of a party's field."""
    return "姓名" if field == "name" and kind == "person" else PARTY_FIELDS[field]


class Facts(dict[str, Value]):
    """Checked facts by element; what is blank is not in here."""

    def chosen(self, element: str) -> tuple[str, ...]:
        """The ids of what was chosen, or of nothing."""
        value = self.get(element)
        return value if isinstance(value, tuple) else ()

    def day(self, element: str) -> date | None:
        """The day that an element holds."""
        value = self.get(element)
        return value if isinstance(value, date) else None

    def amount(self, element: str) -> Decimal | None:
        """The amount that an element holds, or that a text element spells in digits."""
        value = self.get(element)
        if isinstance(value, str):
            return Decimal(value) if _IN_DIGITS.fullmatch(value) else None
        return value if isinstance(value, Decimal) else None

    def asks(self, element: Element) -> bool:
        """Whether these facts make the form ask for ``element``."""
        return self.meets(element.when)

    def shows(self, element: Element) -> bool:
        """Whether ``element`` is in the document: asked for, and required or filled in."""
        return self.asks(element) and (element.required or element.id in self)

    def basis(self, form: Form) -> Iterator[str]:
        """The provisions that what is in the document rests on, in order of first mention."""
        seen: dict[str, None] = {}
        for section in form.sections:
            specs = list(section.basis)
            for element in section.elements:
                specs += element.basis if self.shows(element) else ()
            seen |= dict.fromkeys(specs)
        yield from seen

    def meets(self, condition: str) -> bool:
        """Whether these facts give each element one of the answers named (``a=b|c & d=e``)."""
        return all(self._answers(one) for one in condition.split(" & ")) if condition else True

    def _answers(self, condition: str) -> bool:
        other, _, answers = condition.partition("=")
        return bool(set(self.chosen(other)) & set(answers.split("|")))


def read(path: Path) -> dict[str, Any]:
    """The content of a TOML file of facts. Raises UserError naming the file."""
    try:
        # Some editors on Windows put a mark of UTF-8 before the text.
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise UserError(f"{path}: no such file: check the path") from error
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}): check the path") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8: save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{path}: not valid TOML ({error}): mend it there") from error
    except RecursionError as error:
        raise UserError(f"{path}: nested too deeply: write it as --blank does") from error
    except ValueError as error:
        raise UserError(f"{path}: a number in it is too long: put it in quotes") from error


def check(form: Form, raw: Mapping[str, Any]) -> Facts:
    """Facts for ``form``. Raises UserError for a key it does not know or a value it cannot use."""
    found = Facts()
    for key, value in raw.items():
        if key == "form":
            if value != form.id:
                raise UserError(f"form = {value!r} in the facts, but the form is {form.id}")
            continue
        element = form.by_id.get(key)
        if element is None:
            raise UserError(
                f"unknown key {key!r} for {form.id}: `ecmiip draft {form.id} --blank` lists them"
            )
        checked = _value(element, value)
        if checked not in (None, "", ()):
            assert checked is not None
            found[key] = checked
    return found


def _value(element: Element, value: Any) -> Value | None:
    if value is None or value == "":
        return None
    name = element.id
    match element.kind:
        case "text":
            return _text(name, value)
        case "date":
            return _day(name, value)
        case "money":
            return _money(name, value)
        case "list":
            items = [value] if isinstance(value, str) else _list(name, value)
            return tuple(text for item in items if (text := _text(name, item)))
        case "choice":
            return _choice(element, value)
        case "table":
            return tuple(row for item in _tables(name, value) if (row := _row(element, item)))
        case "party":
            return tuple(p for item in _tables(name, value) if (p := _party(element, item)).fields)


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise UserError(f"key '{name}': text is wanted: put it in quotes")
    try:
        text = str(value)
    except ValueError as error:  # more digits than Python writes out
        raise UserError(f"key '{name}': that number is too long: put it in quotes") from error
    return _UNWRITABLE.sub("", text.replace("\t", " ")).strip()


def _day(name: str, value: Any) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise UserError(f"key '{name}': a day is wanted: write it as YYYY-MM-DD") from error


def _money(name: str, value: Any) -> Decimal:
    refused = UserError(f"key '{name}': an amount in yuan is wanted: write it as a number, 500000")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise refused
    try:
        amount = Decimal(str(value).replace(",", "").removesuffix("元"))
    except (InvalidOperation, ValueError) as error:
        raise refused from error
    if not amount.is_finite() or amount < 0 or amount >= 10**15:
        raise refused
    if amount != round(amount, 2):
        raise UserError(f"key '{name}': an amount in yuan has at most two decimals: round it")
    return amount


def _list(name: str, value: Any) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise UserError(f'key \'{name}\': a list is wanted: write it as ["…", "…"]')
    return list(value)


def _tables(name: str, value: Any) -> list[Mapping[str, Any]]:
    items = [value] if isinstance(value, Mapping) else _list(name, value)
    if not all(isinstance(item, Mapping) for item in items):
        raise UserError(f"key '{name}': tables are wanted: write each as [[{name}]]")
    return items


def _choice(element: Element, value: Any) -> tuple[str, ...]:
    by_name = {c.zh: c.id for c in element.choices} | {c.id: c.id for c in element.choices}
    given = [value] if isinstance(value, str) else _list(element.id, value)
    given = [one for one in given if one != ""]
    if len(given) > 1 and not element.many:
        raise UserError(f"key '{element.id}': one answer is wanted: keep one of them")
    for one in given:
        if not isinstance(one, str) or one not in by_name:
            known = ", ".join(c.id for c in element.choices)
            raise UserError(f"key '{element.id}': {one!r} is no answer: choose from {known}")
    chosen = {by_name[one] for one in given}
    return tuple(c.id for c in element.choices if c.id in chosen)


def _row(element: Element, raw: Mapping[str, Any]) -> Row:
    columns = {column.id: column for column in element.columns}
    row: Row = {}
    for key, value in raw.items():
        if key not in columns:
            known = ", ".join(columns)
            raise UserError(f"key {f'{element.id}.{key}'!r}: unknown: its keys are {known}")
        cell = _cell(f"{element.id}.{key}", columns[key], value)
        if cell not in (None, ""):
            assert cell is not None
            row[key] = cell
    return row


def _cell(name: str, column: Column, value: Any) -> str | date | Decimal | None:
    if value is None or value == "":
        return None
    match column.kind:
        case "text":
            return _text(name, value)
        case "date":
            return _day(name, value)
        case "money":
            return _money(name, value)


def _party(element: Element, raw: Mapping[str, Any]) -> Party:
    kind = raw.get("kind", "person" if element.profile == "agent" else "company")
    if not isinstance(kind, str) or (element.profile, kind) not in _REQUIRED:
        known = ", ".join(kind for profile, kind in _REQUIRED if profile == element.profile)
        raise UserError(
            f"key '{element.id}.kind': {kind!r} is no kind of party: choose from {known}"
        )
    known_fields = party_fields(element.profile, kind)
    fields: dict[str, str] = {}
    for key, value in raw.items():
        if key == "kind":
            continue
        blank = value is None or value == ""
        if blank and key in PARTY_FIELDS:
            continue
        if key not in known_fields:
            raise UserError(
                f"key {f'{element.id}.{key}'!r}: unknown for a {kind}: its keys are "
                f"{', '.join(known_fields)}"
            )
        if value is not None and value != "":
            name = f"{element.id}.{key}"
            fields[key] = day(_day(name, value)) if key == "birth_date" else _text(name, value)
    return Party(kind, {key: fields[key] for key in known_fields if fields.get(key)})


# --- in words ----------------------------------------------------------------------------------


def day(value: date) -> str:
    """2026年11月22日."""
    return f"{value.year}年{value.month}月{value.day}日"


def money(value: Decimal) -> str:
    """1,234.50元; no decimals where there are none."""
    whole = value == value.to_integral_value()
    return f"{value:,.0f}元" if whole else f"{value:,.2f}元"


def words(value: str | date | Decimal) -> str:
    """A single value as a document gives it."""
    if isinstance(value, Decimal):
        return money(value)
    return day(value) if isinstance(value, date) else value
