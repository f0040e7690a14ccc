"""The table of results: made of folders alone, the same each time, empty cells saying so."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ecmiip.evaluation.published import Published
from ecmiip.evaluation.report.measures import load
from ecmiip.evaluation.results import table
from ecmiip.evaluation.setting import Setting
from ecmiip.evaluation.statistics import Share
from ecmiip.evaluation.verdict import Evaluation, Verdict

PUBLISHED = (
    Published("weak", "lexeval-ip", "single", Share(3, 10), 10, "there"),
    Published("strong", "lexeval-ip", "single", Share(9, 10), 10, "there"),
    Published("strong", "lexeval-ip", "multi", Share(2, 9), 10, "there"),
    Published("strong", "disc-nje", "single", Share(5, 10), 10, "there"),
)


@pytest.fixture
def evaluated(
    make_evaluation: Callable[..., Evaluation], make_verdict: Callable[..., Verdict]
) -> list[Evaluation]:
    def choice(suite: str, hits: int, **fields: Any) -> list[Verdict]:
        return [make_verdict(n, "A" if n < hits else "B", suite=suite, **fields) for n in range(10)]

    opened = [
        make_verdict(
            100 + n,
            kind="open",
            task="case",
            suite="mipld-eval",
            scores={"gold_recall": 0.5, "cited": 1.0, "good": 1.0},
        )
        for n in range(4)
    ]
    base = {"parameters": 500_000_000, "mipld": "abcdef0123456789"}
    lexeval = choice("lexeval-ip", 3)
    return [
        make_evaluation("big|<b>", choice("lexeval-ip", 8), "lexeval-ip", parameters=7 * 10**9),
        make_evaluation(
            "base",
            [*lexeval[:5], replace(lexeval[5], letters="")],
            "lexeval-ip", Setting(depth=3), items=10, **base,
        ),
        make_evaluation("base", lexeval, "lexeval-ip", **base),
        make_evaluation(
            "base", [*choice("mipld-eval", 5, task="doctrine"), *opened], "mipld-eval", **base
        ),
        make_evaluation("base", lexeval, "heldout", **base),
    ]  # fmt: skip


def line(text: str, start: str, nth: int = 0) -> list[str]:
    found = [row for row in text.splitlines() if row.startswith(f"| {start}")]
    return [cell.strip() for cell in found[nth].strip("|").split(" | ")]


def test_a_draw_is_called_one(
    make_evaluation: Callable[..., Evaluation], make_verdict: Callable[..., Verdict]
) -> None:
    made = make_evaluation(
        "m", [make_verdict(1)], suite="lexeval-ip", whole={"single": 2, "multi": 0}
    )
    assert line(table(load([made])), "m · closed")[1].endswith("1/1 (draw)")
    whole = make_evaluation("m", [make_verdict(1)], suite="lexeval-ip", whole={"single": 1})
    assert line(table(load([whole])), "m · closed")[1].endswith("1/1")


def test_cells(evaluated: list[Evaluation]) -> None:
    text = table(load(evaluated), PUBLISHED)
    closed = line(text, "base (0.5B) · closed")
    assert closed[1] == "30.0 [10.8, 60.3] 3/10"
    assert closed[3:] == ["not run"] * 6
    assert line(text, "base (0.5B) · mipld3")[1].endswith("3/6 (unfinished)")
    assert line(text, "big\\|&lt;b> (7B)")[1].startswith("80.0")
    # Small before large, closed-book before with MIPLD, ours before the published.
    places = [
        text.index(name)
        for name in ("(0.5B) · closed", "(0.5B) · mipld3", "(7B)", "strong (p", "weak (p")
    ]
    assert places == sorted(places)


def test_published(evaluated: list[Evaluation]) -> None:
    text = table(load(evaluated), PUBLISHED)
    strong = line(text, "strong (published)")
    assert strong[1].endswith("9/10")
    assert strong[2].endswith("2/9 (other items)")
    assert strong[3] == "—"
    assert line(text, "strong", 1)[1:3] == ["disc-nje", "50.0 [23.7, 76.3] 5/10"]
    assert "Published on whole suites" not in table(load(evaluated))


def test_our_own_suite_by_task(evaluated: list[Evaluation]) -> None:
    text = table(load(evaluated))
    own = text[text.index("## MIPLD-Eval") : text.index("## Halves")]
    assert line(own, "base")[1].startswith("50.0")
    assert line(own, "base")[2] == "not run"
    assert line(own, "base", 1)[3] == "not judged"
    assert line(own, "base", 2)[3] == "50.0 [15.0, 85.0] n=4"
    assert line(own, "base", 3)[3].startswith("100.0")


def test_halves_failures_and_commands(evaluated: list[Evaluation]) -> None:
    text = table(load(evaluated))
    halves = text[text.index("## Halves") : text.index("## Unparseable")]
    # Items 0, 2, 4 … are of half 0: of 0, 1, 2 right, two are there.
    assert line(halves, "base (0.5B) · closed")[2].endswith("2/5")
    assert line(halves, "base (0.5B) · closed")[3].endswith("1/5")
    failures = text[text.index("## Unparseable") :]
    assert line(failures, "base · mipld3")[2:] == ["6 of 10", "1", "0"]
    assert "`ecmiip eval --suite lexeval-ip --model base`" in text
    assert "Evaluated 2026-11-22; commit 012345678; MIPLD abcdef012." in text
    assert "heldout" not in text


def test_a_command_names_a_folder_of_this_machine_by_its_last_part(
    make_evaluation: Callable[..., Evaluation], make_verdict: Callable[..., Verdict]
) -> None:
    command = "ecmiip eval --model '/home/a b/runs/mine' --suite jecqa --root=/data/x/jecqa"
    text = table(
        load([make_evaluation("mine", [make_verdict(0, "A")], "lexeval-ip", command=command)])
    )
    assert "`ecmiip eval --model mine --suite jecqa --root=jecqa`" in text


def test_ours_are_tested_against_who_was_asked_alike(
    make_evaluation: Callable[..., Evaluation], make_verdict: Callable[..., Verdict]
) -> None:
    def of(name: str, hits: int, **fields: Any) -> Evaluation:
        verdicts = [make_verdict(n, "A" if n < hits else "B") for n in range(10)]
        return make_evaluation(name, verdicts, "lexeval-ip", **fields)

    text = table(
        load(
            [
                of("base", 3),
                of("ours", 9, base="base"),
                of("other", 3, base="base"),
                of("unfinished", 2, items=11),
                of("reader", 2, setting=Setting(depth=3)),
            ]
        )
    )
    tests = text[text.index("## Paired") : text.index("## Unparseable")]
    rows = [row for row in tests.splitlines() if row.startswith(("| ours", "| other"))]
    pairs = [
        tuple(cell.split(" · ")[0] for cell in row.strip("| ").split(" | ")[:2]) for row in rows
    ]
    assert sorted(pairs) == [("other", "base"), ("other", "ours"), ("ours", "base")]
    assert line(tests, "other · closed")[3:8] == ["single", "+0.0", "10", "1", "1"]
    assert line(tests, "ours · closed")[4:7] == ["+60.0", "10", "0.031"]


def test_the_same_folders_give_the_same_text(evaluated: list[Evaluation]) -> None:
    assert table(load(evaluated), PUBLISHED) == table(load(evaluated[::-1]), PUBLISHED)


def test_nothing_evaluated() -> None:
    text = table([])
    assert "No evaluation was found." in text
    assert line(text, "our subjects")[1] == "not run"
