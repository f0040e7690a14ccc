"""Documents give their text, or one sentence on why not."""

import io
from pathlib import Path

import docx
import pytest
from pypdf import PdfWriter

from ecmiip.assistant.upload import MAX_BYTES, read_file, read_upload
from ecmiip.errors import UserError


def word(*paragraphs: str) -> bytes:
    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def pdf(password: str | None = None) -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    if password:
        writer.encrypt(password)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("案.txt", "原告：甲公司。\n\n被告：乙公司。".encode()),
        ("案.TXT", "原告：甲公司。\n被告：乙公司。".encode("gb18030")),
        ("案.md", "原告：甲公司。\r\n被告：乙公司。".encode()),
        ("案.docx", word("原告：甲公司。", "", "被告：乙公司。")),
    ],
)
def test_text_is_read(name: str, data: bytes) -> None:
    assert read_upload(name, data).text == "原告：甲公司。\n被告：乙公司。"


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.exe", b"MZ", "type .exe is not read"),
        ("a", b"text", "without extension"),
        ("a.doc", b"\xd0\xcf", "type .doc is not read"),
        ("a.txt", b"", "is empty"),
        ("a.txt", b" \n ", "holds no text"),
        ("a.txt", b"\x00\x01\x02" * 90, "is neither UTF-8"),
        ("a.txt", b"a" * (MAX_BYTES + 1), "larger than 10 MiB"),
        ("a.docx", b"PK\x03\x04 broken", "not a Word file"),
        ("a.pdf", b"%PDF-1.7 broken", "damaged PDF"),
        ("a.pdf", pdf(), "scanned pages"),
        ("a.pdf", pdf("secret"), "encrypted"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_sentence(name: str, data: bytes, said: str) -> None:
    with pytest.raises(UserError, match=said) as caught:
        read_upload(name, data)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(name)


@pytest.mark.parametrize("name", ["../../etc/a.txt", "C:\\Users\\a.txt", "/root/a.txt"])
def test_a_path_is_only_a_name(name: str) -> None:
    assert read_upload(name, "文".encode()).name == "a.txt"


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("事实。", encoding="utf-8")
    assert read_file(tmp_path / "a.txt").text == "事实。"
    with pytest.raises(UserError, match="cannot be read"):
        read_file(tmp_path / "none.txt")
