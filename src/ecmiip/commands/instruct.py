"""ecmiip instruct: build, check, count and describe the Q&A pairs; have a teacher write more."""

import json
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from ecmiip.commands.options import AsOf, Database, Json, parse_day

app = typer.Typer(help="The Q&A pairs for fine-tuning.", no_args_is_help=True)

Folder = Annotated[
    Path | None, typer.Option("--out", metavar="FOLDER", help="Where the set lies (default: home).")
]


@app.command()
def build(
    as_of: AsOf = None, db: Database = None, out: Folder = None, as_json: Json = False
) -> None:
    """Make the pairs from MIPLD: train, held out, and dropped with reasons."""
    from ecmiip.instruct import build as pairs
    from ecmiip.mipld.database import Mipld

    folder = out or pairs.folder(parse_day(as_of))
    with Mipld.open(db) as mipld:
        made = pairs.build(mipld, parse_day(as_of), folder)
    _show(made, folder, as_json)


@app.command()
def stats(as_of: AsOf = None, out: Folder = None, as_json: Json = False) -> None:
    """Count the pairs by origin, task and direction."""
    folder, made = _built(as_of, out)
    _show(made, folder, as_json)


@app.command()
def card(
    as_of: AsOf = None,
    out: Folder = None,
    to: Annotated[Path, typer.Option(metavar="FILE", help="The file to write.")] = Path(
        "docs/data-card.md"
    ),
) -> None:
    """Write the data card of a built set: counts, origins, checks, known gaps."""
    from ecmiip.files import read_jsonl, write_text
    from ecmiip.instruct.card import data_card

    folder, made = _built(as_of, out)
    held_out = Counter(row["origin"] for row in read_jsonl(folder / "heldout.jsonl"))
    write_text(to, data_card(made, held_out))
    print(to)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="Pairs: .toml (authored) or .jsonl (built).")],
    db: Database = None,
    as_json: Json = False,
) -> None:
    """Check every pair of a file; exit with 2 if one fails."""
    from ecmiip.errors import UserError
    from ecmiip.instruct.inspection import inspect
    from ecmiip.instruct.pair import read_authored, read_built
    from ecmiip.mipld.database import Mipld

    pairs = list((read_authored if file.suffix == ".toml" else read_built)(file))
    if not pairs:
        # To pass what was never looked at would tell that it is sound.
        raise UserError(
            f"{file}: no pairs in it: name a .toml of [[pair]] tables or a built .jsonl"
        )
    with Mipld.open(db) as mipld:
        inspected = inspect(pairs, mipld)
    if as_json:
        print(json.dumps(inspected.failed, ensure_ascii=False, indent=2))
    else:
        for name, reasons in inspected.failed.items():
            print(f"{name}: {'; '.join(reasons)}")
        for remark in inspected.unbalanced:
            print(f"note: {remark}")
        print(f"{inspected.pairs} pairs, {len(inspected.failed)} failed")
    if inspected.failed:
        raise typer.Exit(2)


@app.command()
def teach(
    model: Annotated[
        str, typer.Option(help="The teacher: base, a known base, a run, a .gguf, or URL#MODEL.")
    ],
    count: Annotated[int, typer.Option(min=1, help="How many pairs to ask for.")] = 100,
    as_of: AsOf = None,
    db: Database = None,
    api_key: Annotated[str | None, typer.Option(envvar="ECMIIP_API_KEY", help="For a URL.")] = None,
    batch: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Only write the requests for a batch API.")
    ] = None,
    results: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Take the replies from this batch's output.")
    ] = None,
    prices: Annotated[
        tuple[float, float], typer.Option(help="Per million tokens: of the prompt, of the reply.")
    ] = (0.0, 0.0),
    as_json: Json = False,
) -> None:
    """Let a model write pairs on IP provisions; replies are kept, so a run can be continued.

    With --batch FILE the requests are written for OpenAI's batch API; with --results too, its
    output is read back and nothing is asked; requests it does not answer are counted as missing.
    """
    from ecmiip.errors import UserError
    from ecmiip.instruct import teacher
    from ecmiip.instruct.replies import Replies
    from ecmiip.instruct.sources import ip_provisions
    from ecmiip.mipld.database import Mipld
    from ecmiip.models.subject import open_subject

    if results is not None and batch is None:
        raise UserError("--results needs --batch FILE, the requests that they answer: name it")
    with Mipld.open(db) as mipld, open_subject(model, api_key=api_key) as endpoint:
        provisions = ip_provisions(mipld, parse_day(as_of))
        assignments = teacher.assign(mipld, provisions, parse_day(as_of), count)
        if batch is not None and results is None:
            written = teacher.export_batch(assignments, endpoint, batch)
            print(json.dumps({"requests": written}) if as_json else f"{batch}: {written} requests")
            return
        with Replies(teacher.cache()) as replies:
            if batch is not None and results is not None:
                teacher.import_batch(batch, results, replies)
            taught = teacher.teach(assignments, endpoint, mipld, replies, ask=results is None)
            spent = replies.spent(endpoint.model)
        path = teacher.save(taught, endpoint.model)
    told = {
        "kept": len(taught.pairs),
        "dropped": len(taught.dropped),
        "asked": taught.asked,
        "missing": taught.missing,
        "prompt_tokens": spent.prompt_tokens,
        "completion_tokens": spent.completion_tokens,
        "price": spent.price(*prices),
        "pairs": str(path),
    }
    print(json.dumps(told) if as_json else "\n".join(f"{k}: {v}" for k, v in told.items()))


def _built(as_of: str | None, out: Path | None) -> tuple[Path, dict[str, Any]]:
    """The folder of a built set, and its counts."""
    from ecmiip.errors import UserError
    from ecmiip.files import read_json
    from ecmiip.instruct import build as pairs

    folder = out or pairs.folder(parse_day(as_of))
    if not (folder / "stats.json").is_file():
        raise UserError(f"no pairs in {folder}: run `ecmiip instruct build` first")
    return folder, read_json(folder / "stats.json")


def _show(stats: dict[str, Any], folder: Path, as_json: bool) -> None:
    if as_json:
        print(json.dumps(stats, ensure_ascii=False, indent=2))
        return
    print(folder)
    for side, count in stats["sides"].items():
        print(f"  {side}: {count}")
    for origin in ("authored", "derived", "imported", "teacher"):
        made = stats[origin]
        print(f"  {origin}: {made['total']}")
        for name in ("by_task", "by_direction"):
            for key, count in made[name].items():
                print(f"    {key}: {count}")
    for remark in stats["unbalanced"]:
        print(f"  note: {remark}")
