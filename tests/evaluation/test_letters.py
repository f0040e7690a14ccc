"""Reading letters from what models write, and never from words that only look like letters."""

import pytest

from ecmiip.evaluation.scorers import letters

ABCD = "ABCD"


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ("B", "B"),
        ("B。依据是《示例法》第二条。", "B"),
        ("  b", ""),
        ("答案：C", "C"),
        ("正确答案是：【C】", "C"),
        ("**答案：A、B、D**", "ABD"),
        ("ABD", "ABD"),
        ("DBA", "ABD"),
        ("A、C和D", "ACD"),
        ("A, C and D are right.", "ACD"),
        ("BB", "B"),
        ("乙", ""),
        ("", ""),
        ("E", ""),
        ("Because the law says C", "C"),
        ("According to it, C", "C"),
        ("Answer: C", "C"),
        ("The answers are A, B", "AB"),
        ("A公司应当停止侵权，故选C。", "C"),
        ("A公司侵权，B公司没有。因此选择BD。", "BD"),
        ("选项A错误，选项B错误，选项C正确。答案是C。", "C"),
        ("答案是A。不，再想一想，答案是D。", "D"),
        ("<think>答案可能是A</think>B", "B"),
        ("<think>答案可能是A，还没想完", ""),
        ("先看A项，错误。\n</think>\n\nB", "B"),
        ("答案：B。\n\n解析：选项A错误；选项C错误；选项D错误。", "B"),
        ("正确答案是 **B**。\n- 选项A：错误\n- 选项C：错误", "B"),
        ("【答案】AC\n【解析】选项A、C正确；选项B、D错误", "AC"),
        ("B。理由：不应选A。", "B"),
        ("A项错误。\n**答案**：B", "B"),
        ('```json\n{"answer": ["A", "B"]}\n```', "AB"),
        ('{"answer": "B"}', "B"),
        ('{"answer": ["D", "A"]}', "AD"),
        ('{"answer": []}', ""),
        ('{"answer": null}', ""),
        ('{"other": "答案是C"}', "C"),
        ("{B}", "B"),
        ("A：对\nB：不\nC：对\nD：不", "AC"),
        ("A：不\nB：不\nC：不\nD：不", ""),
    ],
)
def test_reads_the_letters(raw: str, read: str) -> None:
    assert letters.read(raw, ABCD) == read


def test_only_the_options_there_are() -> None:
    assert letters.read("AE", "ABCDE") == "AE"
    assert letters.read("C", "AB") == ""


def test_garbage_of_any_length_is_read_in_time() -> None:
    for piece in ("答案", "A、", "选", "{", "<think>", "A B ", "（（"):
        letters.read(piece * 20_000, ABCD)
