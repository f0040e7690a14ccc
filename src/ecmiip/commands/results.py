"""ecmiip results: what evaluations show."""

import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ecmiip.commands.draft import writing
from ecmiip.commands.options import Database, Json
from ecmiip.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecmiip.evaluation.items import Item
    from ecmiip.evaluation.judge import Judge
    from ecmiip.evaluation.verdict import Evaluation

app = typer.Typer(help="What evaluations show.", no_args_is_help=True)

Folders = Annotated[
    list[Path] | None,
    typer.Argument(metavar="[FOLDER]...", help="Evaluations (default: all of $ECMIIP_HOME)."),
]
ApiKey = Annotated[str | None, typer.Option(envvar="ECMIIP_API_KEY", help="For a URL.")]
To = Annotated[Path | None, typer.Option("--to", metavar="FILE", help="Where to write the page.")]


def _evaluations(folders: list[Path] | None) -> "list[Evaluation]":
    """The evaluations in ``folders``, each an evaluation's own or one that holds several."""
    from ecmiip.evaluation.verdict import Evaluation, evaluations, root

    found: list[Evaluation] = []
    for folder in folders or [root()]:
        if (folder / "evaluation.json").is_file():
            found.append(Evaluation.open(folder))
        else:
            found += evaluations(folder)
    if not found:
        where = ", ".join(map(str, folders or [root()]))
        raise UserError(f"{where}: no evaluation there: run `ecmiip eval` first, or name a folder")
    return found


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))


@app.command()
def report(
    folders: Folders = None,
    to: To = None,
    reference: Annotated[
        str | None, typer.Option(help="The subject that the others are tested against.")
    ] = None,
    as_json: Json = False,
) -> None:
    """One page of tables, charts and every item; beside it the same as JSON."""
    from ecmiip.evaluation import published
    from ecmiip.evaluation.report import summary
    from ecmiip.evaluation.report.measures import load
    from ecmiip.evaluation.report.page import write_report
    from ecmiip.evaluation.verdict import root
    from ecmiip.files import write_json

    if to is not None and to.suffix == ".json":
        raise UserError(f"--to {to}: the page is HTML, its JSON goes beside it: name it .html")
    summaries = summary.summarise(load(_evaluations(folders)), reference)
    values = summary.as_json(summaries)
    page = to or root() / "report.html"
    with writing(page):
        write_report(page, summaries, published.results())
        write_json(page.with_suffix(".json"), values)
    if as_json:
        _print_json(values)
    else:
        print(f"{page}\n{page.with_suffix('.json')}")


@app.command()
def diff(
    before: Annotated[Path, typer.Argument(help="An evaluation's folder.")],
    after: Annotated[Path, typer.Argument(help="Another evaluation of the same suite.")],
    to: To = None,
    as_json: Json = False,
) -> None:
    """Which items changed sides between two evaluations; with --to a page with both answers."""
    from ecmiip.evaluation.report import difference
    from ecmiip.evaluation.report.measures import load
    from ecmiip.evaluation.verdict import Evaluation

    first, second = load([Evaluation.open(before), Evaluation.open(after)])
    found = difference.difference(first, second)
    if to is not None:
        with writing(to):
            difference.write_difference(to, found)
    if as_json:
        _print_json(difference.as_json(found))
    else:
        print(difference.as_text(found))


@app.command()
def table(folders: Folders = None, to: To = None) -> None:
    """The table of docs/results.md; without --to it is printed."""
    from ecmiip.evaluation import published, results
    from ecmiip.evaluation.report.measures import load
    from ecmiip.files import write_text

    text = results.table(load(_evaluations(folders)), published.results())
    if to is None:
        print(text, end="")
    else:
        with writing(to):
            write_text(to, text)
        print(to)


@app.command()
def density(
    family: Annotated[
        str, typer.Option(help="The reference: subjects whose name holds this.")
    ] = "qwen2.5-coder",
    suite: Annotated[str, typer.Option(help="The suite whose scores count.")] = "lexeval-ip",
    setting: Annotated[str, typer.Option(help="The setting of the reference.")] = "closed",
    folders: Folders = None,
    to: To = None,
    as_json: Json = False,
) -> None:
    """How large a model of the family would have to be to reach a subject's score."""
    from ecmiip.evaluation.report import densities
    from ecmiip.evaluation.report.measures import load

    found = densities.densities(load(_evaluations(folders)), suite, family, setting)
    if to is not None:
        densities.write_densities(to, found)
    if as_json:
        _print_json(densities.as_json(found))
    else:
        print(densities.as_text(found))


@app.command()
def judge(
    model: Annotated[str, typer.Option(help="The judge: what --model of eval takes.")],
    folders: Folders = None,
    checkout: Annotated[
        Path | None, typer.Option("--root", help="A checkout of the suite's upstream.")
    ] = None,
    sample: Annotated[int, typer.Option(min=4, help="Items of the self-check.")] = 8,
    jobs: Annotated[int, typer.Option(min=1, help="Requests under way at a time.")] = 1,
    price_in: Annotated[float, typer.Option(min=0, help="Per million prompt tokens.")] = 0.0,
    price_out: Annotated[float, typer.Option(min=0, help="Per million tokens written.")] = 0.0,
    api_key: ApiKey = None,
    db: Database = None,
    as_json: Json = False,
) -> None:
    """Let a model give the points of the rubrics; one that fails its self-check may not."""
    from ecmiip.evaluation import judged as judging
    from ecmiip.evaluation import self_check as testing

    given = []
    with _judge(model, api_key, db) as asked:
        for suite, evaluations in _by_suite(_evaluations(folders)).items():
            items = _items(suite, checkout, asked)
            if not testing.gradable(list(items.values())):
                continue
            check = testing.passing(
                testing.self_check(asked, list(items.values()), sample=sample), asked.name
            )
            given += [
                (
                    evaluation,
                    judging.judge_all(
                        asked, evaluation, items, check, jobs=jobs, prices=(price_in, price_out)
                    ),
                )
                for evaluation in evaluations
            ]
    if not given:
        raise UserError("no evaluation is of a suite with rubrics: run `ecmiip eval` on mipld-eval")
    if as_json:
        _print_json([judging.as_json(evaluation, judged) for evaluation, judged in given])
        return
    for evaluation, judged in given:
        print(judging.as_text(evaluation, judged))


@app.command()
def pairwise(
    first: Annotated[Path, typer.Argument(help="An evaluation's folder.")],
    second: Annotated[Path, typer.Argument(help="Another evaluation of the same suite.")],
    model: Annotated[str, typer.Option(help="The judge: what --model of eval takes.")],
    checkout: Annotated[
        Path | None, typer.Option("--root", help="A checkout of the suite's upstream.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Requests under way at a time.")] = 1,
    api_key: ApiKey = None,
    db: Database = None,
    as_json: Json = False,
) -> None:
    """Let a model say whose open answers are better, each pair in both positions."""
    from ecmiip.evaluation import pairwise as comparing
    from ecmiip.evaluation.verdict import Evaluation

    one, other = Evaluation.open(first), Evaluation.open(second)
    with _judge(model, api_key, db) as asked:
        items = _items(one.suite, checkout, asked)
        comparing.check(asked, list(items.values()))
        found = comparing.contest(asked, one, other, items, jobs=jobs)
    if as_json:
        _print_json(found.to_json())
    else:
        print(comparing.as_text(found))


@app.command()
def human_form(
    folders: Folders = None,
    to: Annotated[Path, typer.Option("--to", metavar="FOLDER", help="Where the form goes.")] = Path(
        "form"
    ),
    items: Annotated[int, typer.Option(min=1, help="How many items.")] = 20,
    seed: Annotated[int, typer.Option(help="Of the draw and the order.")] = 0,
) -> None:
    """A form for people to rate answers on, not knowing whose they are; and its key."""
    from ecmiip.evaluation import human
    from ecmiip.evaluation.report.measures import load

    loaded = load(_evaluations(folders))
    with writing(to):
        key = human.make_form(loaded, to, count=items, seed=seed)
    print(f"{to / 'form.html'} or {to / 'form.csv'}: {len(key.answers)} answers, for the raters")
    print(f"{to / 'key.json'}: who is behind each code, not for the raters")


@app.command()
def human_read(
    ratings: Annotated[list[Path], typer.Argument(help="The raters' CSV files.")],
    key: Annotated[Path, typer.Option(help="The key.json that was made with the form.")],
    as_json: Json = False,
) -> None:
    """What the raters' files say: a mean for each subject, Cohen's kappa between raters."""
    from ecmiip.evaluation import human

    known = human.read_key(key)
    found = human.evaluate(human.read_ratings(ratings, known), known)
    if as_json:
        _print_json(human.as_json(found))
    else:
        print(human.as_text(found))


@contextmanager
def _judge(model: str, api_key: str | None, db: Path | None) -> "Iterator[Judge]":
    """The judge, whose replies are kept so that an interrupted run goes on."""
    from ecmiip.evaluation.calling import Caller
    from ecmiip.evaluation.judge import Judge
    from ecmiip.evaluation.subjects import opened
    from ecmiip.evaluation.verdict import root
    from ecmiip.mipld.database import Mipld

    with (
        Mipld.open(db) as mipld,
        opened(model, api_key=api_key) as subject,
        Caller(subject.endpoint, subject.identity, root() / "judged.sqlite") as caller,
    ):
        yield Judge(caller, subject.name, mipld)


def _items(suite: str, checkout: Path | None, judge: "Judge") -> "dict[str, Item]":
    from ecmiip.evaluation.loading import load

    return {item.id: item for item in load(suite, checkout, judge.db)}


def _by_suite(evaluations: "list[Evaluation]") -> "dict[str, list[Evaluation]]":
    found: dict[str, list[Evaluation]] = {}
    for evaluation in evaluations:
        found.setdefault(evaluation.suite, []).append(evaluation)
    return found
