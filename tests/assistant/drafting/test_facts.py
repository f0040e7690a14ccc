from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import docx
import pytest

from ecmiip.assistant import draft as drafting
from ecmiip.assistant.forms import facts, library
from ecmiip.errors import UserError
from ecmiip.mipld.database import Mipld

FORM = "trademark-complaint"
NOW = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"mark = [" + b"[" * 5000, "nested too deeply"),
        (b"mark = " + b"9" * 5000, "too long"),
        (b"\xff\x00", "not UTF-8"),
        (b"mark =", "not valid TOML"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "facts.toml"
    path.write_bytes(content)
    with pytest.raises(UserError, match=f"facts.toml: .*{said}"):
        facts.read(path)


def test_a_path_that_leads_nowhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "none", tmp_path, tmp_path / "file" / "below", Path("x" * 5000)):
        with pytest.raises(UserError, match="check the path"):
            facts.read(path)


def test_a_mark_of_utf8_and_windows_lines_are_read(tmp_path: Path) -> None:
    path = tmp_path / "facts.toml"
    path.write_bytes(b'\xef\xbb\xbfmark = "a"\r\ngoods = "b"\r\n')
    assert facts.read(path) == {"mark": "a", "goods": "b"}


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"plaintiffs": [{"kind": ["company"]}]}, "no kind of party"),
        ({"plaintiffs": [{"kind": {"a": 1}}]}, "no kind of party"),
        ({"court": 16**5000}, "too long"),
        ({"damages": 16**5000}, "an amount in yuan"),
        ({"a\n\x1b[31m": 1}, "unknown key"),
        ({"damages_method": ["\x1b[31m\n"]}, "is no answer"),
    ],
)
def test_values_of_the_wrong_kind_are_told_in_one_plain_line(
    raw: dict[str, Any], said: str
) -> None:
    with pytest.raises(UserError, match=said) as refused:
        facts.check(library.form(FORM), raw)
    assert str(refused.value).isprintable()


def test_what_a_docx_cannot_hold_is_left_out(small_mipld: Mipld, tmp_path: Path) -> None:
    raw = {"court": "甲\ufffe\uffff\ud800\x00\x85\x7f乙\t丙\n丁"}
    assert facts.check(library.form(FORM), raw)["court"] == "甲乙 丙\n丁"
    document = drafting.draft(library.form(FORM), raw, NOW, small_mipld)
    drafting.to_docx(document, tmp_path / "a.docx")
    assert docx.Document(str(tmp_path / "a.docx")).tables


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("3", Decimal(3)),
        ("2.5", Decimal("2.5")),
        ("NaN", None),
        ("sNaN", None),
        ("Infinity", None),
        ("-3", None),
        ("1e999999999", None),
        ("三", None),
    ],
)
def test_only_plain_digits_are_a_multiple(text: str, amount: Decimal | None) -> None:
    found = facts.check(library.form(FORM), {"punitive_multiple": text})
    assert found.amount("punitive_multiple") == amount
