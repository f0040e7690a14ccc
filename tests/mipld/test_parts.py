from ecmiip.mipld import parts

TEXT = "第一款：\n（一）甲；\n（二）乙。\n第二款。\n第三款：\n（一）丙。"


def test_items_belong_to_the_paragraph_before_them() -> None:
    assert parts.paragraphs(TEXT) == [
        "第一款：\n（一）甲；\n（二）乙。",
        "第二款。",
        "第三款：\n（一）丙。",
    ]


def test_parts() -> None:
    assert parts.part(TEXT) == TEXT
    assert parts.part(TEXT, 2) == "第二款。"
    assert parts.part(TEXT, 3, 1) == "（一）丙。"
    assert parts.part(TEXT, item=2) == "（二）乙。"
    assert parts.part(TEXT, 4) is None
    assert parts.part(TEXT, 2, 1) is None
    assert parts.part(TEXT, item=3) is None
