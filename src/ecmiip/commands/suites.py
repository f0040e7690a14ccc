"""ecmiip suites: what can be evaluated on, for whom else, and what others reached."""

import json
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from ecmiip.commands.draft import writing
from ecmiip.commands.options import Json

app = typer.Typer(help="The evaluation suites.", no_args_is_help=True)

Root = Annotated[
    Path | None,
    typer.Option(metavar="PATH", help="A checkout of the suite's upstream (default: at hand)."),
]
Name = Annotated[str, typer.Argument(help="The suite, as `ecmiip suites list` names it.")]


@app.command(name="list")
def list_suites(as_json: Json = False) -> None:
    """Count the items of every suite whose benchmark is at hand."""
    from ecmiip.errors import UserError
    from ecmiip.evaluation.suites import SUITES, survey

    rows: list[dict[str, Any]] = []
    for suite in SUITES.values():
        row: dict[str, Any] = {"suite": suite.name, "title": suite.title, "source": suite.source}
        try:
            found = survey(suite)
        except UserError as error:
            place = suite.default()
            there = place is not None and place.is_dir()
            rows.append(row | {"fault" if there else "missing": str(error)})
            continue
        rows.append(
            row
            | {
                "items": len(found.items),
                "by_kind": dict(Counter(item.kind for item in found.items)),
                "ip": sum("ip" in item.tags for item in found.items),
                "half_0": sum(item.half == 0 for item in found.items),
                "as_of": [min(i.as_of for i in found.items).isoformat(),
                          max(i.as_of for i in found.items).isoformat()],
                "left_out": found.reasons(),
            }
        )  # fmt: skip
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    print(f"{'suite':<13}{'single':>8}{'multi':>8}{'open':>8}{'about IP':>10}  as of")
    for row in rows:
        if "missing" in row:
            print(f"{row['suite']:<13}not at hand: {row['source']}")
            continue
        if "fault" in row:
            print(f"{row['suite']:<13}{row['fault']}")
            continue
        kinds = "".join(f"{row['by_kind'].get(k, 0):>8}" for k in ("single", "multi", "open"))
        days = " to ".join(dict.fromkeys(row["as_of"]))
        print(f"{row['suite']:<13}{kinds}{row['ip']:>10}  {days}")
        for reason, count in row["left_out"].items():
            print(f"{'':<13}left out: {count} ({reason})")


@app.command()
def show(
    name: Name,
    number: Annotated[int, typer.Option("--item", min=1, help="Which item.")] = 1,
    root: Root = None,
    as_json: Json = False,
) -> None:
    """Show one item as it is asked, with what is right."""
    from dataclasses import asdict

    from ecmiip.errors import UserError
    from ecmiip.evaluation.items import asked
    from ecmiip.evaluation.suites import load

    items = load(name, root)
    if number > len(items):
        raise UserError(f"--item {number}: {name} has {len(items)} items: take a smaller number")
    item = items[number - 1]
    if as_json:
        print(json.dumps(asdict(item), ensure_ascii=False, indent=2, default=str))
        return
    print(f"{item.id} · {item.kind} · {item.task} · {item.direction or '-'} · {item.as_of}")
    print(f"\n{asked(item)}\n")
    print(f"key: {item.key}" if item.key else f"reference: {' | '.join(item.answers)}")
    for criterion in item.rubric:
        print(f"{criterion.points} points: {criterion.text}")


@app.command()
def lm_eval(
    folder: Annotated[Path, typer.Argument(help="Where the task files go.")],
    name: Annotated[
        list[str] | None, typer.Option("--suite", help="Which (default: all at hand).")
    ] = None,
    root: Root = None,
) -> None:
    """Write lm-evaluation-harness tasks for the choice suites, with their items."""
    from ecmiip.errors import UserError
    from ecmiip.evaluation import lm_eval_tasks

    if root and len(name or ()) != 1:
        raise UserError("--root is the checkout of one suite: name that one with --suite")
    written: list[str] = []
    for suite in name or lm_eval_tasks.choice_suites():
        try:
            with writing(folder):
                written += lm_eval_tasks.write(suite, folder, root)
        except UserError as error:
            if name:
                raise
            print(f"left out: {error}")
    if not written:
        raise UserError("no suite is at hand: name one with --suite and its checkout with --root")
    print("\n".join(written))
    print(f"run them: lm_eval --include_path {folder} --tasks {written[0]} --model …")


@app.command()
def published(
    path: Annotated[
        Path | None, typer.Option("--file", help="The results (default: those at hand).")
    ] = None,
    checkout: Annotated[
        Path | None,
        typer.Option("--recount", metavar="PATH", help="Count anew from a checkout of LexEval."),
    ] = None,
    as_json: Json = False,
) -> None:
    """List what other systems reached on the same items, with 95 % intervals."""
    from ecmiip.evaluation import published

    found = published.recount(checkout) if checkout else published.results(path)
    if as_json:
        print(json.dumps(published.rows(found), ensure_ascii=False, indent=2))
        return
    for result in found:
        low, high = result.share.interval
        print(
            f"{result.suite:<11}{result.kind:<7}{result.system:<20}"
            f"{result.share.hits:>4}/{result.share.n:<4}{result.share.value:>6.1%} "
            f"[{low:.1%}, {high:.1%}]"
            + ("" if result.comparable else f"  other items: the suite has {result.items}")
        )
