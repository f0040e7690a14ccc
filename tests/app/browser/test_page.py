"""What a lawyer does with the page, done by a browser."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from ecmiip.files import home
from ecmiip.runs import Run

QUESTION = "示例专利权的保护期限是多久？"
MIXED = "结论：十年。\n\n依据《示例专利法》第二条，另见《示例专利法》第九条和《无名法》第一条。"
EXAMPLE = Path(__file__).parents[3] / "examples" / "facts" / "trademark-complaint.toml"


def ask(page: Any, question: str = QUESTION) -> None:
    page.locator(".composer textarea").last.fill(question)
    page.locator(".composer textarea").last.press("Enter")


def answered(page: Any, count: int = 1) -> None:
    there_are(page, ".exchange > .verdict", count)


def there_are(page: Any, selector: str, count: int) -> None:
    """Wait for that number of elements. (The page's policy keeps Playwright's own wait out.)"""
    sync_api = pytest.importorskip("playwright.sync_api")
    sync_api.expect(page.locator(selector)).to_have_count(count, timeout=20_000)


# --- the tasks ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("view", "task"), [("doctrine", "doctrine"), ("conduct", "conduct"), ("case", "case")]
)
def test_each_view_asks_its_task(page: Any, model: Any, view: str, task: str) -> None:
    page.goto(page.url.split("#")[0] + f"#/{view}")
    ask(page)
    answered(page)
    assert page.locator(".understood select").first.input_value() == task
    chip = page.locator(".chip")
    assert chip.inner_text() == "✓《示例专利法》第二条"
    assert "good" in chip.get_attribute("class")
    assert page.get_by_text("不能代替律师意见").count() == 1
    assert model.asked


def test_what_was_detected_can_be_changed(page: Any) -> None:
    ask(page)
    answered(page)
    page.locator(".understood select").first.select_option("conduct")
    answered(page, 2)
    assert page.locator(".understood select").nth(2).input_value() == "conduct"


def test_stop_keeps_what_is_there(page: Any, model: Any) -> None:
    model.says = lambda _: "依据《示例专利法》第九条。" + "没有尽头的一句，" * 300
    model.pause = 0.05
    ask(page)
    page.get_by_text("依据《示例专利法》第九条").wait_for()
    page.get_by_role("button", name="停止").click()
    page.locator(".note").get_by_text("已停止").wait_for()
    assert "bad" in page.locator(".chip").get_attribute("class")
    assert page.locator(".answer").inner_text().count("没有尽头") < 200
    assert page.get_by_role("button", name="提问").is_visible()


def test_a_follow_up_goes_on_in_the_same_conversation(page: Any, model: Any) -> None:
    ask(page)
    answered(page)
    ask(page, "可以续展吗？")
    answered(page, 2)
    assert any(QUESTION in message["content"] for message in model.asked[-1]["messages"])
    page.get_by_role("link", name="记录").click()
    page.get_by_text("2 轮").wait_for()
    assert page.locator(".history li").count() == 1


def test_a_failure_is_told_and_the_page_goes_on(page: Any, model: Any) -> None:
    def fail(_: Any) -> str:
        raise OSError("down")

    model.says = fail
    ask(page)
    page.locator(".trouble").wait_for()
    model.says = lambda _: "好了。"
    ask(page, "再问一次")
    page.get_by_text("好了。").wait_for()


# --- citations ---------------------------------------------------------------------------------


def test_only_what_is_good_is_green(page: Any, model: Any) -> None:
    model.says = lambda _: MIXED
    ask(page)
    answered(page)
    kinds = [chip.get_attribute("class") for chip in page.locator(".chip").all()]
    assert kinds == ["chip good", "chip bad", "chip doubt"]
    assert "1 有效，2 有问题" in page.locator(".exchange > .verdict").inner_text()


def test_green_depends_on_the_day(page: Any, model: Any) -> None:
    model.says = lambda _: "依据《示例专利法》第六条。"
    page.locator(".day input").fill("2027-02-01")
    ask(page)
    answered(page)
    assert page.locator(".chip").get_attribute("class") == "chip bad"


def test_a_citation_shows_its_text_and_what_continues_it(page: Any) -> None:
    ask(page)
    answered(page)
    page.locator(".chip").hover()
    card = page.locator(".card")
    card.get_by_text("示例专利权的保护期限为十年").first.wait_for()
    assert "现行有效" in card.inner_text()
    assert "接续条文：示例专利法（2026）第三条" in card.inner_text()
    page.mouse.move(5, 5)
    card.wait_for(state="detached")


def test_a_citation_opens_from_the_keyboard(page: Any) -> None:
    ask(page)
    answered(page)
    page.locator(".chip").focus()
    page.keyboard.press("Enter")
    page.locator(".card .law-text").first.wait_for()
    assert page.evaluate("document.activeElement.closest('.card') !== null")
    page.keyboard.press("Escape")
    page.locator(".card").wait_for(state="detached")
    assert page.evaluate("document.activeElement.classList.contains('chip')")


# --- the law -----------------------------------------------------------------------------------


def test_sliding_the_date_changes_the_text(page: Any) -> None:
    page.get_by_role("link", name="法规库").click()
    page.get_by_role("link", name="示例专利法").click()
    page.get_by_text("版本 2020").first.wait_for()
    there_are(page, ".provision", 6)
    slider = page.get_by_role("slider", name="阅读日期")
    slider.focus()
    for _ in range(12):
        slider.press("PageUp")
    page.get_by_text("版本 2026").first.wait_for()
    there_are(page, ".provision", 5)
    slider.press("Home")
    page.get_by_text("该日没有有效文本").wait_for()


def test_versions_are_compared_word_by_word(page: Any) -> None:
    page.goto(page.url.split("#")[0] + "#/laws/示例专利法?view=compare")
    page.locator(".compare tbody tr").first.wait_for()
    assert page.locator(".compare tbody tr").count() == 3  # one is new, two were dropped
    page.get_by_label("只看变动").uncheck()
    there_are(page, ".compare tbody tr", 7)


def test_search_finds_and_opens_a_provision(page: Any) -> None:
    page.get_by_role("link", name="法规库").click()
    page.get_by_label("检索法条").fill("示例专利权的保护期限")
    page.get_by_label("检索法条").press("Enter")
    page.locator(".results a").first.click()
    page.locator(".provision.wanted").wait_for()
    assert "保护期限为十年" in page.locator(".provision.wanted").inner_text()


# --- documents ---------------------------------------------------------------------------------


def test_a_complaint_is_drafted_from_an_example(page: Any, tmp_path: Path) -> None:
    page.get_by_role("link", name="文书撰写").click()
    page.locator("input[type=file]").set_input_files(EXAMPLE)
    page.get_by_role("heading", name="民事起诉状（侵害商标权纠纷）").first.wait_for()
    page.locator(".preview").wait_for()
    before = page.locator(".missing li").count()
    plaintiff = page.locator("#field-plaintiffs input").first
    name = plaintiff.input_value()
    assert name
    plaintiff.fill("")
    there_are(page, ".missing li", before + 1)
    plaintiff.fill("乙示例公司")
    there_are(page, ".missing li", before)
    page.locator(".preview").get_by_text("乙示例公司").first.wait_for()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="下载 .docx").click()
    path = tmp_path / "draft.docx"
    waiting.value.save_as(path)
    assert waiting.value.suggested_filename.endswith(".docx")
    text = zipfile.ZipFile(io.BytesIO(path.read_bytes())).read("word/document.xml").decode()
    assert "乙示例公司" in text
    with page.expect_download() as waiting:
        page.get_by_role("button", name="下载 .md").click()
    assert waiting.value.suggested_filename.endswith(".md")


def test_what_is_missing_leads_to_its_field(page: Any) -> None:
    page.goto(page.url.split("#")[0] + "#/document/trademark-complaint")
    page.locator(".missing li a").first.click()
    assert page.evaluate("document.activeElement.closest('#field-plaintiffs') !== null")


# --- uploads and history -----------------------------------------------------------------------


def test_a_case_is_uploaded_and_asked_about(page: Any, model: Any, tmp_path: Path) -> None:
    path = tmp_path / "案情.txt"
    path.write_text("原告甲示例公司诉被告乙示例公司侵害示例专利权。", encoding="utf-8")
    page.get_by_role("link", name="案例解析").click()
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_text("案情.txt").wait_for()
    ask(page, "争议焦点是什么？")
    answered(page)
    assert "甲示例公司" in model.asked[0]["messages"][-1]["content"]


def test_a_file_that_cannot_be_read_is_told(page: Any, tmp_path: Path) -> None:
    path = tmp_path / "scan.pdf"
    path.write_bytes(b"%PDF-1.7 broken")
    page.get_by_role("link", name="案例解析").click()
    page.locator("input[type=file]").set_input_files(path)
    page.locator(".trouble").wait_for()


def test_history_is_reopened_exported_and_deleted(page: Any, tmp_path: Path) -> None:
    ask(page)
    answered(page)
    page.reload()
    page.get_by_role("link", name="记录").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="导出 JSON").click()
    path = tmp_path / "history.json"
    waiting.value.save_as(path)
    assert json.loads(path.read_text(encoding="utf-8"))[0]["turns"][0]["question"] == QUESTION
    page.get_by_role("button", name=QUESTION, exact=True).click()
    page.locator(".chip.good").wait_for()
    page.get_by_role("link", name="记录").click()
    page.get_by_role("button", name=f"删除：{QUESTION}").click()
    page.get_by_role("dialog").get_by_role("button", name="取消").click()
    assert page.locator(".history li").count() == 1
    page.get_by_role("button", name=f"删除：{QUESTION}").click()
    page.get_by_role("dialog").get_by_role("button", name="删除").click()
    page.get_by_text("还没有记录").wait_for()


# --- safety ------------------------------------------------------------------------------------

ATTACKS = (
    "<script>window.pwned = 1</script>",
    "<img src=x onerror='window.pwned = 1'>",
    "<svg onload='window.pwned = 1'></svg>",
    "[点此](javascript:window.pwned=1)",
    "![图](javascript:window.pwned=1)",
    "<a href='javascript:window.pwned=1'>点此</a>",
    "<iframe srcdoc='<script>parent.pwned=1</script>'></iframe>",
    "<details open ontoggle='window.pwned=1'>",
    "```html\n<script>window.pwned = 1</script>\n```",
    "\ue0000\ue001 \ue00099\ue001",
)


def harmless(page: Any) -> None:
    page.wait_for_timeout(200)
    assert page.evaluate("window.pwned") is None
    inside = page.locator("main")
    for tag in ("script", "img", "iframe", "a[href^='javascript']", "[onerror]", "[onload]"):
        assert inside.locator(tag).count() == 0, tag


def test_nothing_that_a_model_writes_runs(page: Any, model: Any) -> None:
    model.says = lambda _: "依据《示例专利法》第二条。\n\n" + "\n\n".join(ATTACKS)
    model.size = 7
    ask(page, "试 " + ATTACKS[1])
    answered(page)
    harmless(page)
    assert "<script>window.pwned = 1</script>" in page.locator(".answer").inner_text()
    page.reload()
    page.get_by_role("link", name="记录").click()
    harmless(page)
    page.locator(".history .linklike").click()
    page.locator(".answer").wait_for()
    harmless(page)


def test_nothing_in_a_file_runs(page: Any, tmp_path: Path) -> None:
    path = tmp_path / "案情.txt"
    # The last is no attack in a file: text in private-use characters is not taken for text.
    path.write_text("原告甲公司。" + "\n".join(ATTACKS[:-1]), encoding="utf-8")
    page.get_by_role("link", name="案例解析").click()
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_text("案情.txt").wait_for()
    ask(page)
    answered(page)
    page.locator(".asked details summary").click()
    harmless(page)
    page.goto(page.url.split("#")[0] + "#/document/trademark-complaint")
    page.locator("#field-plaintiffs input").first.fill(ATTACKS[1] + ATTACKS[3])
    page.locator(".preview").get_by_text("onerror").first.wait_for()
    harmless(page)


def test_a_run_tells_its_status_in_the_language_of_the_page(page: Any) -> None:
    Run.create(home() / "runs", "mine")
    page.goto(f"{page.url.split('#')[0]}#/runs")
    page.get_by_role("cell", name="未开始").wait_for()


# --- for everyone ------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_and_is_readable(page: Any, width: int, scheme: str) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme)
    base = page.url.split("#")[0]
    for path in (
        "doctrine",
        "conduct",
        "case",
        "document",
        "document/trademark-complaint",
        "laws",
        "laws/示例专利法",
        "laws/示例专利法?view=compare",
        "history",
        "runs",
    ):
        page.goto(f"{base}#/{path}")
        page.locator("main h1").first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        ink, ground = page.evaluate(
            "['color', 'backgroundColor'].map((name) => getComputedStyle(document.body)[name])"
        )
        assert contrast(ink, ground) >= 7, path
        unlabelled = page.evaluate(
            """[...document.querySelectorAll('input, textarea, select')].filter((field) =>
                !field.labels?.length && !field.getAttribute('aria-label')).length"""
        )
        assert unlabelled == 0, path


def contrast(one: str, other: str) -> float:
    """The contrast of two colours by WCAG 2; 7 is its strictest level for text."""

    def light(colour: str) -> float:
        parts = [int(part) / 255 for part in colour[4:-1].split(",")]
        linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_page_speaks_english(page: Any) -> None:
    page.get_by_role("button", name="English").click()
    page.get_by_role("link", name="Documents").click()
    page.get_by_role("heading", name="Complaints").wait_for()
    assert page.evaluate("document.documentElement.lang") == "en"
    page.reload()
    page.get_by_role("link", name="Laws").wait_for()


def test_the_theme_is_switched_and_kept(page: Any) -> None:
    page.emulate_media(color_scheme="light")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_role("button", name="深色").click()
    dark = page.evaluate(ground)
    assert dark != light
    page.reload()
    assert page.evaluate(ground) == dark
