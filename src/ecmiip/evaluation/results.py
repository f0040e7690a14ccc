"""The table of results: subjects by suites, made of evaluation folders and nothing else.

The same folders give the same text, byte for byte: its date is that of the newest evaluation.
"""

import re
import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from ecmiip.evaluation.published import Published
from ecmiip.evaluation.report.items import outcome
from ecmiip.evaluation.report.measures import (
    BY_NAME,
    MEASURES,
    POINTS,
    Loaded,
    Measure,
    Score,
    compare,
    score,
)
from ecmiip.evaluation.report.page import billions
from ecmiip.evaluation.report.summary import halves
from ecmiip.evaluation.statistics import Share
from ecmiip.evaluation.verdict import Verdict
from ecmiip.models.prompt import TASKS

NOT_RUN = "not run"


@dataclass(frozen=True)
class Column:
    """One score of one suite."""

    title: str
    suite: str
    measure: Measure
    keep: Callable[[Verdict], bool]

    @property
    def choices(self) -> bool:
        """Whether it is of items with options."""
        return self.measure.name in ("single", "multi", "right")


def _any(_: Verdict) -> bool:
    return True


def _choice(title: str, suite: str) -> list[Column]:
    return [Column(f"{title} {kind}", suite, BY_NAME[kind], _any) for kind in ("single", "multi")]


def _by_rouge(verdict: Verdict) -> bool:
    return "metric:rouge-l" in verdict.tags


def _task(task: str) -> Callable[[Verdict], bool]:
    return lambda verdict: verdict.task == task


BENCHMARKS: tuple[Column, ...] = (
    *_choice("LexEval-IP", "lexeval-ip"),
    _choice("LawBench-IP", "lawbench-ip")[0],
    # The upstream scores only some of its open tasks by likeness.
    Column("LawBench-IP ROUGE-L", "lawbench-ip", BY_NAME["rouge_l"], _by_rouge),
    *_choice("JEC-QA-IP", "jecqa-ip"),
    *_choice("DISC NJE-IP", "disc-nje-ip"),
)
_RIGHT = Measure(
    "right",
    "choice items",
    "选择题",
    lambda verdict: None if verdict.kind == "open" else float(bool(verdict.right)),
    counted=True,
)
_OWN_MEASURES = (_RIGHT, *(BY_NAME[name] for name in (POINTS, "gold_recall", "supported")))
OWN: dict[str, tuple[Column, ...]] = {
    measure.label: tuple(Column(task, "mipld-eval", measure, _task(task)) for task in TASKS)
    for measure in _OWN_MEASURES
}


def table(loaded: Sequence[Loaded], published: Sequence[Published] = ()) -> str:
    """The results as Markdown."""
    rows = _rows(loaded)
    suites = {column.suite for column in BENCHMARKS} | {"mipld-eval"}
    used = [one for one in loaded if one.evaluation.suite in suites]
    lines = [
        "# Results",
        "",
        "<!-- Made by `ecmiip results table --to docs/results.md`; do not edit by hand. -->",
        "",
        _made(used),
        "",
        "Each cell: the score in percent, its 95 % interval, and hits of items (Wilson) or the"
        " number of items (bootstrap over items). An answer without a readable letter counts as"
        " wrong. `multi`: the exact set of letters. *closed*: from memory; *mipldN*: with the N"
        " provisions that MIPLD finds, the same for every subject; *likelihood*: the choice is read"
        " from how likely the model finds the options' words, not from a letter it writes."
        " *draw*: of some of the suite's items, drawn by a digest of their ids, the same for"
        " every subject. Published systems: counted from"
        " the predictions that the benchmark's authors published, asked without MIPLD.",
        "",
        "## Benchmarks",
        "",
        *_markdown(BENCHMARKS, rows, _published(published)),
        *_whole(published),
        "",
        "## MIPLD-Eval, by task",
        "",
        "Our own items, on provisions that no training pair rests on.",
    ]
    for title, columns in OWN.items():
        lines += ["", f"### {title}", "", *_markdown(columns, rows)]
    lines += [
        "",
        "## Halves",
        "",
        "Half 0 may be used to choose settings; half 1 then shows what they are worth.",
        "",
        *_halves(rows),
        "",
        "## Paired tests",
        "",
        "Our models against each other subject in the same setting, on the items that both"
        " answered: the difference in points, p of the exact McNemar test (of a permutation test"
        " where the score is no count), and the same Holm-adjusted within the subject's comparisons"
        " on that suite. What is unfinished is left out.",
        "",
        *_paired(used),
        "",
        "## Unparseable and failed",
        "",
        *_failures(used),
        "",
        "## How each was made",
        "",
        *_commands(used),
    ]
    return "\n".join(lines) + "\n"


def benchmarks(loaded: Sequence[Loaded], published: Sequence[Published] = ()) -> list[str]:
    """The lines of the table of benchmarks alone."""
    return _markdown(BENCHMARKS, _rows(loaded), _published(published))


Row = tuple[str, dict[str, Loaded]]  # subject and setting, its evaluations by suite


def _rows(loaded: Iterable[Loaded]) -> list[Row]:
    """Small subjects first, each closed-book before with MIPLD."""
    found: dict[str, dict[str, Loaded]] = {}
    for one in sorted(loaded, key=_order):
        size = one.evaluation.parameters
        told = f" ({billions(size)})" if size else ""
        name = f"{one.evaluation.subject}{told} · {one.evaluation.setting.name}"
        found.setdefault(name, {})[one.evaluation.suite] = one
    return list(found.items())


def _order(one: Loaded) -> tuple[float, bool, str, int, str]:
    evaluation = one.evaluation
    return (
        evaluation.parameters or float("inf"),
        evaluation.base is not None,
        evaluation.subject,
        evaluation.setting.depth,
        evaluation.setting.name,
    )


def _made(used: Sequence[Loaded]) -> str:
    if not used:
        return "No evaluation was found."
    days = sorted({one.evaluation.date for one in used})
    commits = sorted({(one.evaluation.commit or "unknown")[:9] for one in used})
    databases = sorted({one.evaluation.mipld[:9] for one in used if one.evaluation.mipld})
    return (
        f"Evaluated {' to '.join(dict.fromkeys((days[0], days[-1])))}; commit {', '.join(commits)}"
        + (f"; MIPLD {', '.join(databases)}." if databases else ".")
    )


def _markdown(
    columns: Sequence[Column], rows: Sequence[Row], others: Sequence[str] = ()
) -> list[str]:
    """The table of ``columns``; ``others`` are lines to stand below those of our own subjects."""
    suites = {column.suite for column in columns}
    lines = [
        _line([_safe(name), *(_cell(column, by_suite) for column in columns)])
        for name, by_suite in rows
        if suites & by_suite.keys()
    ]
    return [
        _line(["subject · setting", *(column.title for column in columns)]),
        _line(["---", *("---:" for _ in columns)]),
        *(lines or [_line(["our subjects", *(NOT_RUN for _ in columns)])]),
        *others,
    ]


def _published(published: Sequence[Published]) -> list[str]:
    """A line for each system that was asked items of our benchmarks, the best first."""
    suites = {column.suite for column in BENCHMARKS}
    systems: dict[str, dict[tuple[str, str], Published]] = {}
    for one in published:
        if one.suite in suites:
            systems.setdefault(one.system, {})[one.suite, one.kind] = one

    def rank(system: str) -> tuple[float, str]:
        return -sum(one.share.hits for one in systems[system].values()), system

    return [
        _line(
            [
                f"{_safe(system)} (published)",
                *(
                    _others(shares[column.suite, column.measure.name])
                    if (column.suite, column.measure.name) in shares
                    else "—"
                    for column in BENCHMARKS
                ),
            ]
        )
        for system, shares in sorted(systems.items(), key=lambda entry: rank(entry[0]))
    ]


def _others(one: Published) -> str:
    return _share(one.share) + ("" if one.comparable else " (other items)")


def _whole(published: Sequence[Published]) -> list[str]:
    """What was published on whole suites, of which ours are the IP part: no like for like."""
    suites = {column.suite for column in BENCHMARKS}
    found: dict[tuple[str, str], dict[str, Share]] = {}
    for one in published:
        if one.suite not in suites:
            found.setdefault((one.suite, one.system), {})[one.kind] = one.share
    if not found:
        return []
    return [
        "",
        "## Published on whole suites",
        "",
        "All subjects of law, not IP alone: for orientation, not like for like.",
        "",
        _line(["system", "suite", "single", "multi"]),
        _line(["---", "---", "---:", "---:"]),
        *(
            _line(
                [
                    _safe(system),
                    suite,
                    *(_share(kinds[k]) if k in kinds else "—" for k in ("single", "multi")),
                ]
            )
            for (suite, system), kinds in found.items()
        ),
    ]


def _halves(rows: Sequence[Row]) -> list[str]:
    columns = (*BENCHMARKS, Column("MIPLD-Eval choice", "mipld-eval", _RIGHT, _any))
    lines = [
        _line(["subject · setting", "score", "half 0", "half 1"]),
        _line(["---", "---", "---:", "---:"]),
    ]
    for name, by_suite in rows:
        for column in columns:
            if (one := by_suite.get(column.suite)) is None:
                continue
            counted = column.measure.counted
            parts = halves(one, column.measure)
            if any(parts):
                flag = _flag(one, column)
                cells = [_written(p, counted=counted) + flag if p else "—" for p in parts]
                lines.append(_line([_safe(name), column.title, *cells]))
    return lines


def _paired(used: Sequence[Loaded]) -> list[str]:
    printed = {column.measure.name for column in (*BENCHMARKS, *chain(*OWN.values()))}
    measures = [measure for measure in MEASURES if measure.name in printed]
    lines = [
        _line(["subject · setting", "against", "suite", "score", "points", "n", "p", "Holm"]),
        _line(["---", "---", "---", "---", "---:", "---:", "---:", "---:"]),
    ]
    whole = sorted((one for one in used if one.complete), key=_order)
    for place, ours in enumerate(whole):
        if not ours.evaluation.base:
            continue
        rivals = [
            one
            for number, one in enumerate(whole)
            if one.evaluation.suite == ours.evaluation.suite
            and one.evaluation.setting == ours.evaluation.setting
            # Two of ours are compared once.
            and (number > place or not one.evaluation.base)
        ]
        found = compare(ours, rivals, measures)
        lines += [
            _line(
                [
                    _safe(ours.name),
                    _safe(against),
                    ours.evaluation.suite,
                    BY_NAME[measure].label,
                    f"{round(-100 * comparison.difference, 1) + 0.0:+.1f}",
                    str(comparison.n),
                    f"{comparison.p:.2g}",
                    f"{comparison.adjusted:.2g}",
                ]
            )
            for (against, measure), comparison in found.items()
        ]
    return lines


def _failures(used: Sequence[Loaded]) -> list[str]:
    lines = [
        _line(["subject · setting", "suite", "answered", "without a letter", "failed"]),
        _line(["---", "---", "---:", "---:", "---:"]),
    ]
    for one in sorted(used, key=lambda one: (_order(one), one.evaluation.suite)):
        outcomes = [outcome(verdict) for verdict in one.verdicts]
        lines.append(
            _line(
                [
                    _safe(one.name),
                    one.evaluation.suite,
                    f"{len(outcomes)} of {one.evaluation.items}",
                    str(outcomes.count("unparseable")),
                    str(outcomes.count("error")),
                ]
            )
        )
    return lines


def _commands(used: Sequence[Loaded]) -> list[str]:
    lines = [
        f"- {one.evaluation.date} at {(one.evaluation.commit or 'unknown')[:9]}:"
        f" `{_portable(one.evaluation.command)}`"
        for one in sorted(used, key=lambda one: (_order(one), one.evaluation.suite))
    ]
    return lines or [NOT_RUN]


def _portable(command: str) -> str:
    """``command`` as it may be published: a folder of this machine goes by its last part."""
    words = shlex.split(command.replace("`", ""))
    return " ".join(
        word if word == "&&" else shlex.quote(re.sub(r"(^|=)/.*/(?=.)", r"\1", word))
        for word in words
    )


def _cell(column: Column, by_suite: dict[str, Loaded]) -> str:
    one = by_suite.get(column.suite)
    if one is None:
        return NOT_RUN
    kept = [verdict for verdict in one.verdicts if column.keep(verdict)]
    found = score(kept, column.measure.of, counted=column.measure.counted)
    if found is not None:
        return _written(found, counted=column.measure.counted) + _flag(one, column)
    if not any((verdict.kind == "open") != column.choices for verdict in kept):
        return NOT_RUN
    return "not judged" if column.measure.name == POINTS else "—"


def _flag(one: Loaded, column: Column) -> str:
    """What the reader of a score of ``column`` has to know."""
    if not one.complete:
        return " (unfinished)"
    measured = {v.kind for v in one.verdicts if column.measure.of(v) is not None}
    return " (draw)" if measured & one.drawn else ""


def _written(found: Score, *, counted: bool) -> str:
    if counted:
        return _share(Share(round(found.value * found.n), found.n))
    low, high = found.interval
    return f"{100 * found.value:.1f} [{100 * low:.1f}, {100 * high:.1f}] n={found.n}"


def _share(share: Share) -> str:
    low, high = share.interval
    return f"{100 * share.value:.1f} [{100 * low:.1f}, {100 * high:.1f}] {share.hits}/{share.n}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _safe(text: str) -> str:
    """``text`` in a cell of a Markdown table: a name may hold what ends one, or begins HTML."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
