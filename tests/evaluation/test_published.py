"""What others reached: read from counts, counted anew from predictions."""

import json
from pathlib import Path
from typing import Any

import pytest

from ecmiip.errors import UserError
from ecmiip.evaluation import published
from ecmiip.evaluation.published import Published, read_letters, recount, results
from ecmiip.evaluation.statistics import Share
from ecmiip.evaluation.suites import lexeval
from ecmiip.files import shared

TABLE: dict[str, Any] = {
    "lexeval_ip": {
        "definition": {
            "tasks": list(lexeval.IP_TASKS),
            "keep_if_input_matches": "专利|商标",
            "options": "lines",
            "scoring": "exact",
            "items": {"single": 146, "multi": 85},
        },
        "source": "counted",
        "results": [
            {"model": "one", "single_correct": 70, "single_n": 146, "multi_correct": 32,
             "multi_n": 85},
            {"model": "two", "single_correct": 61, "single_n": 200, "multi_correct": 4,
             "multi_n": 85},
        ],
    },
    "disc_law_eval_nje": {
        "source": "stats", "results": [{"model": "three", "single": 42.09, "multi": 19.87}],
    },
}  # fmt: skip


def written(folder: Path, table: dict[str, Any]) -> Path:
    path = folder / "published.json"
    path.write_text(json.dumps(table), encoding="utf-8")
    return path


def test_counts_become_shares_with_intervals(tmp_path: Path) -> None:
    found = {(r.system, r.suite, r.kind): r for r in results(written(tmp_path, TABLE))}
    assert len(found) == 6
    one = found["one", "lexeval-ip", "single"]
    assert one.share == Share(70, 146)
    low, high = one.share.interval
    assert 0.39 < low < one.share.value < high < 0.57
    assert one.comparable
    # A percent of a known number of items is a whole number of right answers.
    assert found["three", "disc-nje", "single"].share == Share(226, 537)
    assert found["three", "disc-nje", "multi"].share == Share(92, 463)


def test_another_number_of_items_is_told(tmp_path: Path) -> None:
    two = [r for r in results(written(tmp_path, TABLE)) if r.system == "two"]
    assert [r.comparable for r in two] == [False, True]
    assert [row["comparable"] for row in published.rows(two)] == [False, True]


def test_a_percent_of_no_whole_number_is_refused(tmp_path: Path) -> None:
    table = json.loads(json.dumps(TABLE))
    table["disc_law_eval_nje"]["results"][0]["single"] = 42.0
    with pytest.raises(UserError, match=r"three: 42\.0 % of 537 is no whole number"):
        results(written(tmp_path, table))


def test_another_layout_is_an_error_that_names_the_key(tmp_path: Path) -> None:
    table = json.loads(json.dumps(TABLE))
    del table["lexeval_ip"]["results"][1]["multi_n"]
    with pytest.raises(UserError, match=r"key 'lexeval_ip\.results\.1\.multi_n': field required"):
        results(written(tmp_path, table))
    with pytest.raises(UserError, match="no such file"):
        results(tmp_path / "none.json")


def test_nothing_at_hand_is_nothing_published(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home.parent)
    assert results() == ()


def test_the_published_counts_are_of_the_subset_we_read() -> None:
    folder = shared()
    if folder is None or not (folder / "published.json").exists():
        pytest.skip("published.json is not at hand")
    definition = json.loads((folder / "published.json").read_text())["lexeval_ip"]["definition"]
    assert tuple(definition["tasks"]) == lexeval.IP_TASKS
    assert definition["items"] == lexeval.IP_ITEMS
    found = results()
    assert {r.suite for r in found} == {"lexeval-ip", "disc-nje"}
    # One file of one system has more answers than there are items.
    assert [(r.system, r.kind) for r in found if not r.comparable] == [("gpt35", "single")]


# --- counted anew -------------------------------------------------------------------------------


def predict(checkout: Path, model: str, outputs: dict[str, list[tuple[str, str, str]]]) -> Path:
    """Predictions in the upstream's layout: for each task (input, answer, output) triples."""
    folder = checkout / "model_output" / "zero_shot" / model
    folder.mkdir(parents=True)
    for task in lexeval.IP_TASKS:
        lines = [
            json.dumps({"input": question, "answer": answer, "output": output})
            for question, answer, output in outputs.get(task, [])
        ]
        (folder / f"{model}_{task}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder


FOUR = "\nA: 一\nB: 二\nC: 三\nD: 四"


def test_recount(tmp_path: Path) -> None:
    predict(tmp_path, "alpha", {
        "1_1": [(f"商标?{FOUR}", "B", "B"), (f"商标?{FOUR}", "B", "\n答案：C\nB")],
        "6_3": [(f"专利?{FOUR}", "AC", "C、A"), (f"专利?{FOUR}", "选项C", "C: 三"),
                (f"专利?{FOUR}", "AC", "A")],
        # Not of the subset: no word of IP, too few options, no key.
        "3_5": [(f"房屋?{FOUR}", "A", "A"), ("商标?\nA: 一\nB: 二", "A", "A"),
                (f"商标?{FOUR}", "", "A")],
    })  # fmt: skip
    predict(tmp_path, "beta", {"1_2": [(f"著作权?{FOUR}", "D", "")]})
    found = recount(tmp_path)
    assert [(r.system, r.kind, r.share) for r in found] == [
        ("alpha", "single", Share(1, 2)),
        ("alpha", "multi", Share(2, 3)),
        ("beta", "single", Share(0, 1)),
        ("beta", "multi", Share(0, 0)),
    ]
    assert not any(result.comparable for result in found)


@pytest.mark.parametrize(
    ("output", "letters"),
    [
        ("B", "B"),
        ("ACD。", "ACD"),
        ("答案：A、C\n因为B", "AC"),
        ("\n\n  D: 四", "D"),
        ("The answer is C.", "C"),
        ("Based on the law", ""),
        ("我不知道", ""),
        ("", ""),
    ],
)
def test_letters_stand_in_the_first_line(output: str, letters: str) -> None:
    assert read_letters(output) == set(letters)


def test_what_is_missing_in_the_checkout_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="zero_shot: no folder of a model's predictions"):
        recount(tmp_path)
    folder = predict(tmp_path, "alpha", {})
    (folder / "alpha_6_2.jsonl").unlink()
    with pytest.raises(UserError, match="alpha: no predictions for task 6_2"):
        recount(tmp_path)
    (folder / "alpha_6_2.jsonl").write_text('{"prompt": "甲"}', encoding="utf-8")
    with pytest.raises(UserError, match="record 1 has no input, answer, output"):
        recount(tmp_path)


def test_a_result_is_comparable_only_on_as_many_items() -> None:
    def of(n: int) -> Published:
        return Published("s", "lexeval-ip", "multi", Share(3, n), 85, "here")

    assert of(85).comparable
    assert not of(84).comparable
