import io
import shutil
import subprocess
import tomllib
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm
from pypdf import PdfReader

from ecmiip.assistant import draft
from ecmiip.mipld.database import Mipld

NOW = date(2026, 11, 22)
EXAMPLES = Path(__file__).parents[3] / "examples" / "facts"


def made(name: str, db: Mipld, **changes: Any) -> draft.Document:
    raw = tomllib.loads((EXAMPLES / f"{name}.toml").read_text(encoding="utf-8"))
    return draft.draft(draft.form(name), raw | changes, NOW, db)


def opened(document: draft.Document) -> Any:
    buffer = io.BytesIO()
    draft.to_docx(document, buffer)
    buffer.seek(0)
    return docx.Document(buffer)


def test_the_page_is_a4_with_numbers(small_mipld: Mipld) -> None:
    file = opened(made("trademark-complaint", small_mipld))
    section = file.sections[0]
    assert abs(section.page_width - Cm(21.0)) < Cm(0.01)
    assert abs(section.page_height - Cm(29.7)) < Cm(0.01)
    footer = section.footer._element.xml
    assert 'w:instr="PAGE"' in footer
    assert 'w:instr="NUMPAGES"' in footer
    assert file.core_properties.title == "民事起诉状"


def test_every_run_has_a_chinese_font(small_mipld: Mipld) -> None:
    file = opened(made("patent-licence", small_mipld))
    fonts = {
        run.find(qn("w:rPr")).find(qn("w:rFonts")).get(qn("w:eastAsia"))
        for run in file.element.body.iter(qn("w:r"))
        if run.find(qn("w:t")) is not None
    }
    assert fonts == {"宋体", "黑体", "仿宋"}


def test_tables_have_borders_and_the_facts(small_mipld: Mipld) -> None:
    file = opened(made("patent-complaint", small_mipld))
    names = {table.style.name for table in file.tables[:-1] if len(table.columns) > 1}
    assert names == {"Table Grid"}
    cells = [cell.text for table in file.tables for row in table.rows for cell in row.cells]
    assert "锁紧件为凸轮" in cells
    assert "3,000,000元" in cells
    repeated = [t for t in file.tables if t.rows[0]._tr.find(f".//{qn('w:tblHeader')}") is not None]
    assert len(repeated) >= 3


def test_the_title_is_centred_and_headings_make_an_outline(small_mipld: Mipld) -> None:
    file = opened(made("trademark-complaint", small_mipld))
    headings = [p for p in file.paragraphs if p.style.name.startswith("Heading")]
    assert headings[0].text == "民事起诉状"
    assert headings[0].alignment == WD_ALIGN_PARAGRAPH.CENTER
    assert [p.text for p in headings[1:3]] == ["一、当事人", "二、管辖、送达和保全"]


def test_what_is_missing_stands_in_a_box(small_mipld: Mipld) -> None:
    file = opened(made("trademark-complaint", small_mipld, court=""))
    box = file.tables[0].rows[0].cells[0]
    assert "待补充（共1项" in box.text
    assert "受理法院" in box.text
    assert "double" in box._tc.xml


@pytest.mark.parametrize("text", ["<w:p>&amp;", "控制\x07符", "\ud83d\ude00表情😀", "一\n二"])
def test_any_text_can_be_written(small_mipld: Mipld, text: str) -> None:
    if "\ud83d" in text:
        text = text.encode("utf-16", "surrogatepass").decode("utf-16")
    file = opened(made("trademark-complaint", small_mipld, reasons=text))
    cells = [cell.text for table in file.tables for row in table.rows for cell in row.cells]
    assert text.replace("\x07", "") in cells


def test_a_path_is_written_whole(small_mipld: Mipld, tmp_path: Path) -> None:
    path = tmp_path / "out" / "状.docx"
    draft.to_docx(made("trademark-complaint", small_mipld), path)
    assert zipfile.is_zipfile(path)
    assert [p.name for p in path.parent.iterdir()] == ["状.docx"]


@pytest.mark.slow
def test_libreoffice_opens_every_example(real: Mipld, tmp_path: Path) -> None:
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed")
    names = sorted(path.stem for path in EXAMPLES.glob("*.toml"))
    for name in names:
        draft.to_docx(made(name, real), tmp_path / f"{name}.docx")
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    subprocess.run(
        [office, profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path)]
        + [str(tmp_path / f"{name}.docx") for name in names],
        check=True,
        capture_output=True,
        timeout=300,
    )
    for name in names:
        pages = PdfReader(tmp_path / f"{name}.pdf").pages
        assert 1 <= len(pages) <= 20
        first = pages[0].extract_text().replace(" ", "")
        form = draft.form(name)
        assert (form.heading or form.zh)[:4] in first
