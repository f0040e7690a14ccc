"""The outcome of an evaluation as a table to read in a terminal."""

from ecmiip.evaluation.evaluating import Done
from ecmiip.evaluation.summary import Row

_HEAD = ("kind", "score", "value", "95 % interval", "n")


def as_text(done: Done) -> str:
    """The scores of each kind of item, and below them what a score does not tell."""
    made, summary = done.evaluation, done.summary
    cells = [_HEAD, *map(_cells, summary.rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(_HEAD))]
    lines = [f"{made.suite} · {made.subject} · {made.setting.name}", ""]
    for row in cells:
        left = [cell.ljust(width) for cell, width in zip(row[:2], widths[:2], strict=True)]
        right = [cell.rjust(width) for cell, width in zip(row[2:], widths[2:], strict=True)]
        lines.append("  ".join([*left, *right]))
    lines += [
        "",
        f"{summary.items} items; without a letter: {summary.unparseable}; "
        f"failed: {summary.errors}; cut by the limit of tokens: {summary.unfinished}",
        f"{summary.prompt_tokens:,} tokens read, {summary.completion_tokens:,} written, "
        f"{summary.seconds:,.1f} s" + (f", cost {summary.cost:,.4f}" if summary.cost else ""),
        f"verdicts: {made.log}",
    ]
    return "\n".join(lines)


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.kind,
        row.score,
        f"{row.value:.1%}",
        f"[{row.low:.1%}, {row.high:.1%}]",
        str(row.n),
    )
