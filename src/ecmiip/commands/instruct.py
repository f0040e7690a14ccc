"""ecmiip instruct: build, check and count the Q&A pairs."""

import json
from pathlib import Path
from typing import Annotated

import typer

from ecmiip.commands.options import AsOf, Database, Json, day

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

    folder = out or pairs.folder(day(as_of))
    with Mipld.open(db) as mipld:
        made = pairs.build(mipld, day(as_of), folder)
    _show(made, folder, as_json)


@app.command()
def stats(as_of: AsOf = None, out: Folder = None, as_json: Json = False) -> None:
    """Count the pairs by origin, task and direction."""
    from ecmiip.errors import UserError
    from ecmiip.files import read_json
    from ecmiip.instruct import build as pairs

    folder = out or pairs.folder(day(as_of))
    if not (folder / "stats.json").is_file():
        raise UserError(f"no pairs in {folder}: run `ecmiip instruct build` first")
    _show(read_json(folder / "stats.json"), folder, as_json)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="Pairs: .toml (authored) or .jsonl (built).")],
    db: Database = None,
    as_json: Json = False,
) -> None:
    """Check every pair of a file; exit with 2 if one fails."""
    from ecmiip.instruct.check import faults
    from ecmiip.instruct.pair import read_authored, read_built
    from ecmiip.mipld.database import Mipld

    read = read_authored if file.suffix == ".toml" else read_built
    with Mipld.open(db) as mipld:
        failed = {pair.id: reasons for pair in read(file) if (reasons := faults(pair, mipld))}
    if as_json:
        print(json.dumps(failed, ensure_ascii=False, indent=2))
    else:
        for name, reasons in failed.items():
            print(f"{name}: {'; '.join(reasons)}")
        print(f"{len(failed)} failed")
    if failed:
        raise typer.Exit(2)


def _show(stats: dict[str, object], folder: Path, as_json: bool) -> None:
    if as_json:
        print(json.dumps(stats, ensure_ascii=False, indent=2))
        return
    print(folder)
    for side, count in stats["sides"].items():  # type: ignore[attr-defined]
        print(f"  {side}: {count}")
    for origin in ("authored", "derived", "imported", "teacher"):
        made = stats[origin]
        print(f"  {origin}: {made['total']}")  # type: ignore[index]
        for name in ("by_task", "by_direction"):
            for key, count in made[name].items():  # type: ignore[index]
                print(f"    {key}: {count}")
