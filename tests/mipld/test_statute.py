from datetime import date

from ecmiip.mipld import statute


def test_articles_chapters_and_quotations() -> None:
    lines = [
        "# 中华人民共和国示例法",
        "2020年1月2日 示例会议通过",
        "## 第一章 总 则",
        "第一条 为了示例，制定本法。",
        "第五条 这里引用的编号比下一条大。",
        "### 第一节 一般规定",
        "第二条 编号倒退，属于上一条的引文。",
        "第一百二十条之一 　之一也是一条。",
        "（一）第一项；",
        "（二）第二项。",
    ]
    parsed = statute.parse(lines)
    assert parsed.title == "中华人民共和国示例法"
    assert parsed.preamble[1] == "2020年1月2日示例会议通过"
    numbers = [(a.article, a.suffix, a.chapter) for a in parsed.articles]
    assert numbers == [
        (1, None, "第一章 总则"),
        (5, None, "第一章 总则"),
        (120, 1, "第一章 总则 第一节 一般规定"),
    ]
    assert parsed.articles[2].text.splitlines() == [
        "之一也是一条。",
        "（一）第一项；",
        "（二）第二项。",
    ]


def test_a_reply_counts_its_points() -> None:
    parsed = statute.parse(
        ["# 关于示例的批复", "某法院：", "一、第一点。", "补充。", "二、第二点。"]
    )
    assert [(a.article, a.number, a.text) for a in parsed.articles] == [
        (1, "一", "第一点。\n补充。"),
        (2, "二", "第二点。"),
    ]


def test_a_text_without_numbers_is_one_whole() -> None:
    parsed = statute.parse(["# 关于示例的通知", "只有一段话。"])
    assert [(a.article, a.number, a.text) for a in parsed.articles] == [(0, "全文", "只有一段话。")]


def test_impossible_days_are_left_out() -> None:
    assert statute.dates("2020年2月30日、2020年2月29日") == [date(2020, 2, 29)]


def test_parse_number() -> None:
    assert statute.parse_number("第一百二十条之一") == (120, 1)
    assert statute.parse_number("条目一") is None
