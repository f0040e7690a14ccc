"""What is put right in an answer without asking the model again."""

from dataclasses import replace
from datetime import date

from ecmiip.assistant.marks import complaint, is_good
from ecmiip.assistant.mend import renumbered
from ecmiip.mipld.database import Mipld

DAY = date(2024, 1, 1)


def test_a_paragraph_is_put_right_by_the_words_quoted(small_mipld: Mipld) -> None:
    answer = "依据《示例商标法》第三条第一款规定：“将他人示例商标用作企业字号的”，成立。"
    (cited,) = small_mipld.cite(answer, as_of=DAY)
    assert is_good(cited)
    assert renumbered(small_mipld, answer, [cited], DAY) == answer
    moved = replace(cited, quote="differs", elsewhere="第二款")
    assert not is_good(moved)
    assert complaint(moved) == "引文在第二款"
    mended = renumbered(small_mipld, answer, [moved], DAY)
    assert mended == answer.replace("第一款", "第二款")
    of_item = replace(moved, item=2)
    assert renumbered(small_mipld, answer, [of_item], DAY) == answer
