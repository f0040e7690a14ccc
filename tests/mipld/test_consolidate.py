from dataclasses import replace
from datetime import date

from ecmiip.mipld import consolidate
from ecmiip.mipld.document import Article, LawText

LAW = LawText(
    name="刑法",
    kind="law",
    articles=(
        Article(1, None, "第一条", "第一章", "旧的第一条。"),
        Article(2, None, "第二条", "第一章", "第一款。\n第二款：\n（一）甲；\n（二）乙。"),
    ),
    source="a",
    path="law",
    digest="",
    promulgated_on=date(2020, 12, 26),
)


def amendment(*instructions: str) -> LawText:
    items = tuple(Article(n, None, str(n), "", text) for n, text in enumerate(instructions, 1))
    return replace(
        LAW, name="刑法修正案（某）", articles=items, path="new", promulgated_on=date(2023, 1, 1)
    )


def test_instructions_are_carried_out_word_for_word() -> None:
    (derived,) = consolidate.derive(
        [
            LAW,
            amendment(
                '在刑法第一条中增加一款作为第二款，将该条修改为："新的第一款。\n"新的第二款。"',
                "将刑法第二条第二款修改为：“改了的第二款。”",
                '在刑法第二条后增加一条，作为第二条之一："新的一条。"',
                "本修正案自2023年3月1日起施行。",
            ),
        ]
    )
    texts = {a.number: a.text for a in derived.articles}
    assert texts == {
        "第一条": "新的第一款。\n新的第二款。",
        "第二条": "第一款。\n改了的第二款。",
        "第二条之一": "新的一条。",
    }
    assert derived.promulgated_on == date(2023, 1, 1)
    assert derived.claims[0].value == date(2023, 3, 1)


def test_nothing_is_derived_if_one_instruction_is_not_understood() -> None:
    assert consolidate.derive([LAW, amendment("删去刑法第一条。")]) == []
    assert consolidate.derive([LAW, amendment("将刑法第九条修改为：“没有这一条。”")]) == []
    assert consolidate.derive([LAW, amendment("将刑法第二条第三款修改为：“没有这一款。”")]) == []


def test_an_older_amendment_is_part_of_the_text_already() -> None:
    older = replace(amendment("将刑法第一条修改为：“更旧。”"), promulgated_on=date(2015, 1, 1))
    assert consolidate.derive([LAW, older]) == []
