"""Near-duplicates: the same words with little changed, in every part."""

import random

from ecmiip.instruct.duplicates import NearDuplicates

TEXT = "示例专利权人发现他人未经许可制造、销售示例产品，可以向示例管理部门请求处理，也可以起诉。"


def test_finds_what_is_nearly_the_same() -> None:
    seen = NearDuplicates()
    seen.add("first", TEXT)
    assert seen.find(TEXT) == "first"
    assert seen.find(TEXT.replace("、", "，")) == "first"
    assert seen.find(TEXT.replace("也可以", "还可以")) == "first"
    assert seen.find("示例商标的有效期从哪一天起算？到期以后应当怎样续展，向谁提出？") is None


def test_every_part_must_be_near() -> None:
    seen = NearDuplicates()
    seen.add("first", "甲公司问示例专利的期限有多长？", TEXT)
    assert seen.find("甲公司问示例专利的期限有多长呢？", TEXT) == "first"
    assert seen.find("乙在哪里查示例登记簿上的名称？", TEXT) is None


def test_empty_text_is_only_like_empty_text() -> None:
    seen = NearDuplicates()
    assert seen.find("") is None
    seen.add("short", "十年")
    assert seen.find("十年") == "short"
    assert seen.find("五年") is None


def test_recall_over_many() -> None:
    chance = random.Random(0)
    letters = [chr(0x4E00 + n) for n in range(800)]
    texts = ["".join(chance.choices(letters, k=120)) for _ in range(200)]
    seen = NearDuplicates()
    for number, text in enumerate(texts):
        seen.add(str(number), text)
    found = 0
    for number, text in enumerate(texts):
        place = chance.randrange(100)
        found += seen.find(text[:place] + "换" + text[place + 1 :]) == str(number)
    assert found >= 198
