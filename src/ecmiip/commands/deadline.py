"""ecmiip deadline: the last day of a period, with the provision that sets it."""

import json
from typing import Annotated

import typer

from ecmiip.commands.options import AsOf, Database, Json, parse_day
from ecmiip.errors import UserError


def deadline(
    rule: Annotated[str | None, typer.Argument(help="The rule's id; see --list.")] = None,
    start: Annotated[
        str | None, typer.Argument(metavar="YYYY-MM-DD", help="The day it starts from.")
    ] = None,
    list_rules: Annotated[bool, typer.Option("--list", help="List the rules.")] = False,
    as_of: AsOf = None,
    db: Database = None,
    as_json: Json = False,
) -> None:
    """Compute a deadline or limitation period from the day it starts."""
    from ecmiip.assistant import deadlines
    from ecmiip.assistant.forms.facts import day as in_words
    from ecmiip.assistant.forms.periods import UNKNOWN_HOLIDAYS
    from ecmiip.mipld.database import Mipld

    if list_rules:
        if as_json:
            known = {name: one.title for name, one in deadlines.RULES.items()}
            print(json.dumps(known, ensure_ascii=False, indent=2))
            return
        width = max(map(len, deadlines.RULES))
        for name, one in deadlines.RULES.items():
            print(f"{name:{width}}  {one.title}" + (f"（自{one.start}）" if one.start else ""))
        return
    if rule is None or rule not in deadlines.RULES:
        raise UserError(f"{rule or 'no rule'}: no such rule: run `ecmiip deadline --list`")
    if start is None and deadlines.RULES[rule].periods:
        raise UserError(f"no day given: add the day it starts from ({deadlines.RULES[rule].start})")
    today = parse_day(as_of)
    first = parse_day(start, "the first day") if start is not None else None
    with Mipld.open(db) as mipld:
        found = deadlines.compute(rule, first, as_of=today, db=mipld)
    if as_json:
        print(json.dumps(found.as_json(today), ensure_ascii=False, indent=2))
        return
    due = f"：{in_words(found.due)}" if found.due else ""
    print(f"{found.title}{due}（{found.status(today)}）")
    if rest := found.rest():
        print(f"  {rest}")
    for provision in found.basis:
        print(f"  {provision.citation}  {provision.address}")
    for note in (*found.notes, *([f"存疑：{found.doubt}"] if found.doubt else [])):
        print(f"  {note}")
    if found.due:
        print(f"  {UNKNOWN_HOLIDAYS}")
