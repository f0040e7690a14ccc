"""The blind form: nothing on it tells whose an answer is, and what comes back is checked."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ecmiip.errors import UserError
from ecmiip.evaluation.human import (
    Key,
    as_text,
    evaluate,
    kappa,
    make_form,
    read_key,
    read_ratings,
)
from ecmiip.evaluation.report.measures import load
from ecmiip.evaluation.verdict import Evaluation, Verdict

HOSTILE = "=HYPERLINK(1)<script>alert(1)</script>"


@pytest.fixture
def evaluated(
    make_evaluation: Callable[..., Evaluation], make_verdict: Callable[..., Verdict]
) -> list[Evaluation]:
    def answers(words: str) -> list[Verdict]:
        return [make_verdict(n, kind="open", raw=f"{words}{n}") for n in range(8)]

    return [
        make_evaluation("secret-small", [*answers(HOSTILE), make_verdict(9)]),
        make_evaluation("secret-large", [*answers("可以起诉"), make_verdict(9)]),
    ]


@pytest.fixture
def form(evaluated: list[Evaluation], tmp_path: Path) -> tuple[Path, Key]:
    folder = tmp_path / "form"
    return folder, make_form(load(evaluated), folder, count=6)


def write_ratings(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_the_form_does_not_tell_the_subjects(form: tuple[Path, Key]) -> None:
    folder, key = form
    assert len(key.answers) == 12
    for name in ("form.html", "form.csv"):
        text = (folder / name).read_text(encoding="utf-8")
        assert "secret" not in text
        assert all(code in text for code in key.answers)
    assert read_key(folder / "key.json") == key
    assert {coded.subject for coded in key.answers.values()} == {
        "secret-small · closed",
        "secret-large · closed",
    }


def test_the_order_of_answers_is_by_chance(evaluated: list[Evaluation], tmp_path: Path) -> None:
    key = make_form(load(evaluated), tmp_path / "form", count=8)
    firsts = [coded.subject for coded in list(key.answers.values())[::2]]
    assert len(set(firsts)) == 2
    again = make_form(load(evaluated), tmp_path / "again", count=8)
    assert again == key
    assert make_form(load(evaluated), tmp_path / "other", count=8, seed=1) != key


def test_what_a_model_wrote_does_nothing(form: tuple[Path, Key]) -> None:
    folder, _ = form
    page = (folder / "form.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert page.count("<script>") == 1
    with (folder / "form.csv").open(encoding="utf-8-sig", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    assert not any(text.startswith("=") for text in texts)


def test_ratings_come_back(form: tuple[Path, Key], tmp_path: Path) -> None:
    folder, key = form
    codes = list(key.answers)
    large = {code for code, coded in key.answers.items() if "large" in coded.subject}
    saved = write_ratings(
        tmp_path / "saved.csv",
        [
            {
                "form": key.form, "rater": "王", "answer": code,
                "score": "5" if code in large else "2", "comment": "",
            }
            for code in codes
        ],
    )  # fmt: skip
    with (folder / "form.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows[:-2]:
        row["score"] = "4" if row["answer"] in large else "2"
    sheet = write_ratings(tmp_path / "li.csv", rows)
    found = evaluate(read_ratings([saved, sheet], key), key)
    assert found.raters == {"li": 10, "王": 12}
    assert found.subjects["secret-small · closed"].value == 2
    assert 4.5 <= found.subjects["secret-large · closed"].value < 5
    (agreement,) = found.agreements
    assert agreement.n == 10
    assert agreement.weighted is not None
    assert agreement.kappa is not None
    assert agreement.kappa < agreement.weighted < 1
    assert "answers that nobody rated: 0" in as_text(found)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"answer": "none", "score": "3"}, r"ratings\.csv:2: no answer has the code 'none'"),
        ({"answer": "", "score": "6"}, r"ratings\.csv:2: score '6'"),
        ({"answer": "", "score": "3", "form": "other"}, r"ratings\.csv:2: rates the form other"),
        ({"answer": "", "score": ""}, "no rating"),
        ({"answer": ""}, r"ratings\.csv:1: no column 'score'"),
    ],
)
def test_faults_name_file_and_line(
    form: tuple[Path, Key], tmp_path: Path, row: dict[str, str], said: str
) -> None:
    _, key = form
    given = row | {"answer": row["answer"] or next(iter(key.answers))}
    with pytest.raises(UserError, match=said):
        read_ratings([write_ratings(tmp_path / "ratings.csv", [given])], key)


def test_a_second_rating_of_one_answer_is_a_fault(form: tuple[Path, Key], tmp_path: Path) -> None:
    _, key = form
    row = {"rater": "王", "answer": next(iter(key.answers)), "score": "3"}
    with pytest.raises(UserError, match=r"twice\.csv:3: 王 rates \w+ twice"):
        read_ratings([write_ratings(tmp_path / "twice.csv", [row, row])], key)


def test_a_folder_is_no_csv(tmp_path: Path, form: tuple[Path, Key]) -> None:
    with pytest.raises(UserError, match="no such file"):
        read_ratings([tmp_path], form[1])


def test_no_csv_and_no_key(tmp_path: Path, form: tuple[Path, Key]) -> None:
    _, key = form
    (tmp_path / "a.csv").write_bytes("answer,score\n中文,3\n".encode("gbk"))
    with pytest.raises(UserError, match="UTF-8"):
        read_ratings([tmp_path / "a.csv"], key)
    (tmp_path / "key.json").write_text(json.dumps({"form": 1}), encoding="utf-8")
    with pytest.raises(UserError, match="not the key of a form"):
        read_key(tmp_path / "key.json")


def test_evaluations_without_a_common_open_item(
    make_evaluation: Callable[..., Evaluation],
    make_verdict: Callable[..., Verdict],
    tmp_path: Path,
) -> None:
    with pytest.raises(UserError, match="no open item in common"):
        make_form(load([make_evaluation("a", [make_verdict(1)])]), tmp_path, count=3)


def test_an_evaluation_is_in_a_form_once(evaluated: list[Evaluation], tmp_path: Path) -> None:
    first = load(evaluated)[0]
    with pytest.raises(UserError, match="there twice: name each evaluation once"):
        make_form([first, first], tmp_path, count=3)


def test_kappa_of_a_known_table() -> None:
    # 50 answers, 20 both "1", 15 both "2", 5 and 10 apart: observed 0.7, by chance 0.5.
    first = [1] * 20 + [1] * 5 + [2] * 10 + [2] * 15
    second = [1] * 20 + [2] * 5 + [1] * 10 + [2] * 15
    assert kappa(first, second) == pytest.approx(0.4)
    assert kappa(first, second, weighted=True) == pytest.approx(0.4)
    near = kappa([1, 3, 5], [2, 3, 5], weighted=True)
    far = kappa([1, 3, 5], [5, 3, 5], weighted=True)
    assert near is not None
    assert far is not None
    assert near > far
    assert kappa([3, 3], [3, 3]) is None
    assert kappa([], []) is None
