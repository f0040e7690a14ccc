"""ecmiip draft: a document from a form and a file of facts."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from ecmiip.commands.options import AsOf, Database, Json, parse_day
from ecmiip.errors import UserError

_SUFFIXES = (".docx", ".md")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Tell why ``path`` cannot be written: a folder, a path through a file, no permission."""
    try:
        yield
    except OSError as error:
        raise UserError(
            f"{path}: cannot be written ({error.strerror}): name another file"
        ) from error


def draft(
    form: Annotated[str | None, typer.Argument(help="The form's id; see --list.")] = None,
    facts: Annotated[
        Path | None, typer.Argument(metavar="FACTS.toml", help="The facts; see --blank.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="A .docx or .md (or .toml: --blank)."),
    ] = None,
    list_forms: Annotated[bool, typer.Option("--list", help="List the forms.")] = False,
    blank: Annotated[bool, typer.Option("--blank", help="Write a TOML file to fill in.")] = False,
    as_of: AsOf = None,
    db: Database = None,
    as_json: Json = False,
) -> None:
    """Draft a document from a form and your facts, every element with its provision.

    What the facts lack is listed in the document, never made up. A suffix of .md gives Markdown.
    """
    if list_forms:
        _list(as_json)
        return
    if form is None:
        raise UserError("no form given: name one of `ecmiip draft --list`")
    if blank:
        _blank(form, output)
        return
    if facts is None:
        raise UserError(f"no facts given: `ecmiip draft {form} --blank -o facts.toml` makes a file")
    if output is not None and output.suffix not in _SUFFIXES:
        raise UserError(f"-o {output}: the name must end in .docx or .md")
    if output is not None and output.resolve() == facts.resolve():
        raise UserError(f"-o {output}: that file holds the facts: name another")
    if output is None and not as_json:
        raise UserError("no output given: add -o FILE.docx, -o FILE.md or --json")
    _draft(form, facts, output, as_of, db, as_json)


def _draft(
    name: str, facts: Path, output: Path | None, as_of: str | None, db: Path | None, as_json: bool
) -> None:
    from ecmiip import files
    from ecmiip.assistant import draft as drafting
    from ecmiip.assistant.forms.facts import read
    from ecmiip.mipld.database import Mipld

    day = parse_day(as_of)
    form = drafting.form(name)
    given = read(facts)
    with Mipld.open(db) as mipld:
        try:
            document = drafting.draft(form, given, day, mipld)
        except UserError as error:
            raise UserError(f"{facts}: {error}") from error
        if output is not None:
            with writing(output):
                if output.suffix == ".docx":
                    drafting.to_docx(document, output)
                else:
                    files.write_text(output, drafting.to_markdown(document))
        if as_json:
            print(json.dumps(document.as_json(), ensure_ascii=False, indent=2))
    for one in document.missing:
        print(f"missing: {one.path}: {one.label}（{one.why}）", file=sys.stderr)
    for warning in document.warnings:
        kind = "note" if warning.code == "note" else "warning"
        print(f"{kind}: {warning.text}", file=sys.stderr)
    if not as_json:
        print(
            f"{output}: {document.title}, {len(document.missing)} missing, "
            f"{len(document.deadlines)} deadlines, {len(document.warnings)} warnings"
        )


def _list(as_json: bool) -> None:
    from ecmiip.assistant import draft as drafting

    found = drafting.forms()
    if as_json:
        print(json.dumps([form.as_json() for form in found], ensure_ascii=False, indent=2))
        return
    width = max(len(form.id) for form in found)
    for form in found:
        print(f"{form.id:{width}}  {form.zh}  ({form.en})")


def _blank(name: str, output: Path | None) -> None:
    from ecmiip import files
    from ecmiip.assistant import draft as drafting
    from ecmiip.assistant.forms.blank import blank

    text = blank(drafting.form(name))
    if output is None:
        print(text, end="")
        return
    if output.suffix != ".toml":
        raise UserError(f"-o {output}: with --blank the name must end in .toml")
    if output.exists():
        raise UserError(f"-o {output}: that file is there already: name another or delete it")
    with writing(output):
        files.write_text(output, text)
    print(f"{output}: fill it in, then run `ecmiip draft {name} {output} -o {name}.docx`")
