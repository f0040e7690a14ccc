"""ecmiip eval: put a suite to a model."""

import json
import re
from pathlib import Path
from typing import Annotated

import typer

from ecmiip.commands.options import AsOf, Database, Json, parse_day


def evaluate(
    model: Annotated[
        str, typer.Option(help="base, a known base, a run, a .gguf file, or URL#MODEL.")
    ],
    suite: Annotated[str, typer.Option(help="The suite: heldout.")] = "heldout",
    mipld: Annotated[
        bool, typer.Option("--mipld", help="Let the model read what MIPLD finds.")
    ] = False,
    choices: Annotated[int, typer.Option(min=0, help="How many choice questions.")] = 60,
    opens: Annotated[int, typer.Option(min=0, help="How many open questions.")] = 40,
    as_of: AsOf = None,
    db: Database = None,
    out: Annotated[Path | None, typer.Option(help="Where verdicts gather (default: home).")] = None,
    api_key: Annotated[str | None, typer.Option(envvar="ECMIIP_API_KEY", help="For a URL.")] = None,
    as_json: Json = False,
) -> None:
    """Score a model on held-out questions; what was answered before is not asked again."""
    from ecmiip.errors import UserError
    from ecmiip.evaluation import heldout
    from ecmiip.files import home
    from ecmiip.instruct import build as pairs
    from ecmiip.mipld.database import Mipld
    from ecmiip.models.subject import open_subject

    if suite != "heldout":
        raise UserError(f"no suite is called '{suite}': take heldout")
    # The model first: a name that is wrong should not cost the minutes that building pairs takes.
    with Mipld.open(db) as opened, open_subject(model, api_key=api_key) as endpoint:
        folder = pairs.folder(parse_day(as_of))
        made = pairs.build(opened, parse_day(as_of), folder)
        items = heldout.load_items(folder / "heldout.jsonl", choices, opens)
        name = re.sub(r"[^\w.-]+", "-", f"{model}-{'mipld' if mipld else 'closed'}")
        log = out or home() / "evaluations" / f"{name}-{made['inputs'][:8]}.jsonl"
        verdicts = heldout.run(items, endpoint, opened, log, with_mipld=mipld, title=model)
    scores = heldout.score(verdicts)
    if as_json:
        print(json.dumps(heldout.as_json(scores) | {"verdicts": str(log)}, indent=2))
        return
    for label, share in (
        ("right letter", scores.choice),
        ("cites a right provision", scores.gold),
        ("citations that hold", scores.good),
    ):
        low, high = share.interval
        print(f"{label}: {share.hits}/{share.n} = {share.value:.1%} [{low:.1%}, {high:.1%}]")
    print(f"without a citation: {scores.uncited}; without a letter: {scores.unreadable}")
    print(f"verdicts: {log}")
