import io
import json
import random
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import docx
import pytest
from pypdf import PdfWriter

from ecmiip.errors import UserError
from ecmiip.mipld import ingest, records
from ecmiip.mipld.build import build
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.document import CaseText, LawText, NoteText
from ecmiip.mipld.sources import Problems, plain_text, user_files

NOW = date(2026, 11, 22)
STATUTE = (
    "示例管理办法\n2021年5月6日 示例委员会通过\n2021年7月1日 施行\n第一章 总则\n"
    "第一条 为了管理示例，制定本办法。\n第二条 示例商标应当备案。\n第三条 违反规定的，责令改正。\n"
)
JUDGMENT = {
    "案号": "（2021）示民初12号",
    "案由": "侵害商标权纠纷",
    "法院": "示例市人民法院",
    "裁判日期": "2021年6月7日",
    "事实": "被告销售假冒商标的示例。",
    "理由": "本院认为，依照示例权法第三条，被告应当赔偿。",
    "主文": "被告赔偿原告一万元。",
}


def read(path: Path) -> tuple[list[object], list[tuple[str, str, str]]]:
    problems = Problems()
    return list(user_files.read(path, problems)), problems.found


def make_docx(text: str, nested: int = 0) -> bytes:
    document = docx.Document()
    for line in text.splitlines():
        document.add_paragraph(line)
    if nested:
        cell = document.add_table(1, 1).cell(0, 0)
        for _ in range(nested):
            cell.text = "表格里的示例"
            cell = cell.add_table(1, 1).cell(0, 0)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def make_pdf(text: str) -> bytes:
    """A one-page PDF with Latin text, written by hand."""
    stream = b"BT /F1 12 Tf 72 720 Td (" + text.encode("ascii") + b") Tj ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    trailer = b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % len(out)
    return out + b"xref\n0 6\n0000000000 65535 f \n" + table + trailer


def make_bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", b"0" * 30_000_000)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.txt", STATUTE.encode()),
        ("b.md", STATUTE.encode("utf-8-sig")),
        ("c.txt", STATUTE.encode("gb18030")),
        ("d.txt", STATUTE.encode("utf-16")),
        ("e.html", f"<html><body><p>{STATUTE.replace(chr(10), '</p><p>')}</p></body>".encode()),
        ("f.docx", make_docx(STATUTE)),
    ],
)
def test_a_statute_is_recognised_in_every_form(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    (law,), problems = read(tmp_path / name)
    assert problems == []
    assert isinstance(law, LawText)
    assert (law.name, law.kind, len(law.articles)) == ("示例管理办法", "rule", 3)
    assert law.promulgated_on == date(2021, 5, 6)
    assert law.claims[0].value == date(2021, 7, 1)


def test_judgments_as_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "judgments.jsonl"
    impossible = JUDGMENT | {"裁判日期": "2021年2月30日"}
    lines = [json.dumps(JUDGMENT), "{broken", json.dumps(impossible), json.dumps({"a": 1}), ""]
    path.write_text("\n".join(lines), encoding="utf-8")
    (case,), problems = read(path)
    assert isinstance(case, CaseText)
    assert (case.number, case.court, case.decided_on) == (
        "（2021）示民初12号",
        "示例市人民法院",
        date(2021, 6, 7),
    )
    assert [where.rsplit(":", 1)[1] for _, where, _ in problems] == ["2", "3", "4"]


def test_other_text_becomes_passages(tmp_path: Path) -> None:
    path = tmp_path / "笔记.md"
    path.write_text("# 混淆\n" + "示例的混淆。" * 300 + "\n# 淡化\n短。", encoding="utf-8")
    notes, problems = read(path)
    assert problems == []
    assert all(isinstance(n, NoteText) and len(n.text) <= user_files.PASSAGE for n in notes)
    assert len(notes) == 4
    assert isinstance(notes[-1], NoteText)
    assert notes[-1].title == "笔记: 淡化"


def test_pdf_and_nested_tables(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(make_pdf("Trade mark licence"))
    (note,), _ = read(tmp_path / "a.pdf")
    assert isinstance(note, NoteText)
    assert "Trade mark licence" in note.text
    (tmp_path / "b.docx").write_bytes(make_docx("前言", nested=4))
    (table,), _ = read(tmp_path / "b.docx")
    assert isinstance(table, NoteText)
    assert table.text.count("表格里的示例") == 4


@pytest.mark.parametrize(
    ("name", "make", "reason"),
    [
        ("empty.txt", lambda: b"", "is empty"),
        ("blank.txt", lambda: b" \n\n", "holds no text"),
        ("random.txt", lambda: random.Random(1).randbytes(4000), "neither UTF-8"),
        ("line.txt", lambda: "示".encode() * 1_000_001, "line of more than"),
        ("bomb.docx", make_bomb, "zip bomb"),
        ("cut.docx", lambda: make_docx(STATUTE)[:900], "not a Word file"),
        ("text.docx", lambda: STATUTE.encode(), "not a Word file"),
        ("deep.docx", lambda: make_docx("x", nested=30), "nested more than"),
        ("cut.pdf", lambda: make_pdf("x")[:60], "PDF"),
        ("old.doc", lambda: b"\xd0\xcf\x11\xe0", "is not supported"),
        ("bad.json", lambda: b"[1, 2", "is not JSON"),
        ("none.jsonl", lambda: b"\n\n", "holds no records"),
        ("deep.json", lambda: b"[" * 100_000, "JSON|nested"),
    ],
)
def test_each_fault_has_its_reason(
    tmp_path: Path, name: str, make: Callable[[], bytes], reason: str
) -> None:
    path = tmp_path / name
    path.write_bytes(make())
    found, problems = read(path)
    assert found == []
    ((_, where, why),) = problems
    assert name in where
    assert re.search(reason, why), why


def test_an_encrypted_pdf(tmp_path: Path) -> None:
    writer = PdfWriter()
    writer.add_blank_page(72, 72)
    writer.encrypt("secret", algorithm="RC4-128")
    with (tmp_path / "locked.pdf").open("wb") as file:
        writer.write(file)
    found, problems = read(tmp_path / "locked.pdf")
    assert found == []
    assert "encrypted" in problems[0][2]


def damaged(count: int) -> Iterator[tuple[str, bytes]]:
    """``count`` files: good ones of every type, cut, flipped, re-encoded, renamed or emptied."""
    dice = random.Random(20261122)
    lines = "\n".join(json.dumps(JUDGMENT, ensure_ascii=False) for _ in range(5))
    good = {
        "txt": STATUTE.encode(),
        "md": f"# 标题\n{STATUTE}".encode(),
        "html": f"<table><tr><td><table><tr><td>{STATUTE}</td></tr></table></td></tr>".encode(),
        "docx": make_docx(STATUTE, nested=2),
        "pdf": make_pdf("Trade mark licence " * 5),
        "jsonl": lines.encode(),
        "json": json.dumps([JUDGMENT]).encode(),
    }

    def cut(data: bytes) -> bytes:
        return data[: dice.randrange(len(data))]

    def flip(data: bytes) -> bytes:
        changed = bytearray(data)
        for _ in range(dice.randint(1, 40)):
            changed[dice.randrange(len(changed))] = dice.randrange(256)
        return bytes(changed)

    def recode(data: bytes) -> bytes:
        return data.decode("utf-8", "ignore").encode(
            dice.choice(["gb18030", "utf-16", "big5"]), "ignore"
        )

    def nest(data: bytes) -> bytes:
        return b"<table><tr><td>" * 500 + data + b"[" * 5000

    def swell(data: bytes) -> bytes:
        return data + "长".encode() * 400_000

    def zeros(data: bytes) -> bytes:
        return data[: len(data) // 2] + b"\x00" * (len(data) // 2)

    damages = [cut, flip, recode, nest, swell, zeros, lambda _: b"", lambda d: d[::-1]]
    for number in range(count):
        kind = dice.choice(list(good))
        data = dice.choice(damages)(good[kind])
        if dice.random() < 0.1:
            data = make_bomb() if dice.random() < 0.2 else dice.randbytes(3000)
        name = dice.choice(list(good)) if dice.random() < 0.2 else kind
        yield f"{number:03}.{name}", data


def test_500_damaged_files_each_give_text_or_one_reason(tmp_path: Path, sources: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    for name, data in damaged(500):
        (folder / name).write_bytes(data)
    (folder / "good.txt").write_text(STATUTE, encoding="utf-8")
    db_path = tmp_path / "mipld.sqlite"
    build(db_path, shared=None, law_db=sources / "laws.db", progress=False)
    report = ingest.ingest(folder, db_path, progress=False)
    assert report.files == 501
    told = {Path(where.partition("#")[0]).name.split(":")[0] for _, where, _ in report.problems}
    gave = {Path(kept.path).name for kept in ingest.kept(db_path) if records.load(kept.records)}
    # None is lost silently: each gave something, or a message that names it.
    assert {p.name for p in folder.iterdir()} == told | gave
    assert "good.txt" in gave
    assert len(told) > 200
    assert all(reason.strip() for _, _, reason in report.problems)
    build(db_path, shared=None, law_db=sources / "laws.db", progress=False)
    with Mipld.open(db_path) as db:
        assert db.provision("示例管理办法", 2, as_of=NOW) is not None
        assert len(db.stats()["left_out"]) == len(report.problems)


def test_documents_survive_rebuilds_and_change_with_their_files(
    tmp_path: Path, sources: Path
) -> None:
    db_path, file = tmp_path / "mipld.sqlite", tmp_path / "judgment.jsonl"
    law_db = sources / "laws.db"
    build(db_path, shared=sources, law_db=law_db, progress=False)
    file.write_text(json.dumps(JUDGMENT), encoding="utf-8")
    assert ingest.ingest(file, db_path, progress=False).cases == 1
    build(db_path, shared=sources, law_db=law_db, progress=False)
    assert ingest.ingest(file, db_path, progress=False).unchanged == 1
    file.unlink()
    build(db_path, shared=None, law_db=law_db, progress=False)
    with Mipld.open(db_path) as db:
        (case,) = db.cases()
        assert case.cited == ("示例权法@2019#3",)
        assert case.directions == ("trademark",)
        assert db.search_cases("假冒 商标")[0][0] == case
    file.write_text(json.dumps(JUDGMENT | {"案号": "（2022）示民初1号"}), encoding="utf-8")
    ingest.ingest(file, db_path, progress=False)
    build(db_path, shared=None, law_db=law_db, progress=False)
    with Mipld.open(db_path) as db:
        assert [case.number for case in db.cases()] == ["（2022）示民初1号"]


def test_what_cannot_be_taken_in(tmp_path: Path, example_path: Path) -> None:
    with pytest.raises(UserError, match="no such file or folder"):
        ingest.ingest(tmp_path / "missing", example_path, progress=False)
    with pytest.raises(UserError, match="holds no files"):
        ingest.ingest(tmp_path, example_path, progress=False)
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(UserError, match="run `ecmiip mipld build` first"):
        ingest.ingest(tmp_path / "a.txt", tmp_path / "none.sqlite", progress=False)
    (tmp_path / "b.sqlite").write_text("no database " * 500)
    with pytest.raises(UserError, match="move it away"):
        ingest.ingest(tmp_path / "a.txt", tmp_path / "b.sqlite", progress=False)


def test_a_file_that_only_has_the_wrong_type_is_told_which_are_right() -> None:
    with pytest.raises(plain_text.Unreadable, match="docx, htm, html, md, pdf, txt"):
        plain_text.read(Path("picture.png"))
