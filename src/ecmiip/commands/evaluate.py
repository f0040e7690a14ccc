"""ecmiip eval: put a suite to a model."""

import json
import shlex
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ecmiip.commands.options import Database, Json


class SeveralName(StrEnum):
    """How a question with several right letters is answered."""

    whole = "whole"
    apart = "apart"


class ChoiceName(StrEnum):
    """How a model chooses among options."""

    letters = "letters"
    likelihood = "likelihood"


class ConstraintName(StrEnum):
    """What holds a choice to letters."""

    auto = "auto"
    grammar = "grammar"
    schema = "schema"
    none = "none"


class RetrievalName(StrEnum):
    """Who finds what --mipld shows."""

    search = "search"
    assistant = "assistant"


class OnlyName(StrEnum):
    """Part of a suite by what is asked."""

    choices = "choices"
    open = "open"


class HalfName(StrEnum):
    """Half of a suite."""

    zero = "0"
    one = "1"


def evaluate(
    model: Annotated[
        str, typer.Option(help="base, a known base, a run, a .gguf file, or URL#MODEL.")
    ],
    suite: Annotated[
        str, typer.Option(help="A suite's name; a wrong one lists them all.")
    ] = "heldout",
    root: Annotated[
        Path | None, typer.Option(help="A checkout of the suite's upstream (default: at hand).")
    ] = None,
    mipld: Annotated[
        bool, typer.Option("--mipld", help="Let the model read what MIPLD finds.")
    ] = False,
    depth: Annotated[int, typer.Option(min=1, help="How many provisions --mipld shows.")] = 3,
    retrieval: Annotated[
        RetrievalName, typer.Option(help="Who finds them: MIPLD's search, or the assistant.")
    ] = RetrievalName.search,
    few_shot: Annotated[
        int, typer.Option(min=0, help="How many worked examples go before each item.")
    ] = 0,
    reasoning: Annotated[
        bool, typer.Option("--reasoning", help="Let the model write its reasons first.")
    ] = False,
    reasoning_tokens: Annotated[
        int, typer.Option(min=1, help="How long the reasons may be.")
    ] = 256,
    several: Annotated[
        SeveralName, typer.Option(help="Several right letters: asked whole, or each apart.")
    ] = SeveralName.whole,
    choice: Annotated[
        ChoiceName, typer.Option(help="It names letters, or finds an option's words likeliest.")
    ] = ChoiceName.letters,
    constraint: Annotated[
        ConstraintName, typer.Option(help="What holds a choice to letters.")
    ] = ConstraintName.auto,
    max_tokens: Annotated[int, typer.Option(min=1, help="Of a free reply.")] = 320,
    seed: Annotated[int, typer.Option(help="Of the draw of examples.")] = 0,
    limit: Annotated[int | None, typer.Option(min=1, help="Ask at most so many items.")] = None,
    only: Annotated[
        OnlyName | None, typer.Option(help="Ask the items with options alone, or those without.")
    ] = None,
    half: Annotated[
        HalfName | None, typer.Option(help="0: to choose settings on; 1: to report.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Items under way at a time.")] = 1,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds per request.")] = 600.0,
    price_in: Annotated[float, typer.Option(min=0, help="Per million prompt tokens.")] = 0.0,
    price_out: Annotated[float, typer.Option(min=0, help="Per million tokens written.")] = 0.0,
    name: Annotated[str | None, typer.Option(help="What to call the model in tables.")] = None,
    parameters: Annotated[
        int | None, typer.Option(min=1, help="The model's size, where it does not tell it.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where it stopped; that is also the default.")
    ] = True,
    rescore: Annotated[
        bool, typer.Option("--rescore", help="Score what is kept anew, before going on.")
    ] = False,
    db: Database = None,
    api_key: Annotated[str | None, typer.Option(envvar="ECMIIP_API_KEY", help="For a URL.")] = None,
    as_json: Json = False,
) -> None:
    """Score a model on a suite; what was answered before is not asked again.

    The verdicts gather under $ECMIIP_HOME/evaluations, one line per item.
    """
    from ecmiip.evaluation import evaluating, table
    from ecmiip.evaluation.run import Price
    from ecmiip.evaluation.setting import Setting

    _ = resume  # said for clearness; a run always goes on from what is kept
    setting = Setting(
        depth=depth if mipld else 0,
        retrieval=retrieval.value,
        few_shot=few_shot,
        reasoning=reasoning_tokens if reasoning else 0,
        several=several.value,
        choice=choice.value,
        constraint=constraint.value,
        max_tokens=max_tokens,
        seed=seed,
    )
    done = evaluating.evaluate(
        evaluating.Order(
            suite=suite, model=model, setting=setting, root=root, db=db,
            half=int(half.value) if half else None, limit=limit, only=only.value if only else None,
            jobs=jobs, timeout=timeout, price=Price(price_in, price_out), name=name,
            parameters=parameters, api_key=api_key, rescore=rescore,
            command=shlex.join(["ecmiip", *_without_secret(sys.argv[1:])]),
        )
    )  # fmt: skip
    if as_json:
        print(json.dumps(done.to_json(), ensure_ascii=False, indent=2))
    else:
        print(table.as_text(done))


def _without_secret(arguments: list[str]) -> list[str]:
    """The arguments as they may be written down: no key, and --resume is added where it is due."""
    kept: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        if argument == "--api-key":
            next(rest, None)
        elif not argument.startswith("--api-key=") and argument != "--resume":
            kept.append(argument)
    return kept
