"""Export what a recipe's stages train on: the step between the database and the training engine."""

import hashlib
from collections.abc import Iterator
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

from ecmiip.errors import UserError
from ecmiip.files import read_jsonl, write_jsonl
from ecmiip.instruct import choices
from ecmiip.instruct.pair import look_up
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.document import Provision
from ecmiip.models import prompt
from ecmiip.training.data import StageData
from ecmiip.training.recipe import Pairs, Query, Recipe, Stage

# Neighbouring provisions of a law are read together, up to this many characters: enough for the
# cross-references between them, short enough that a document fits a sequence.
_DOCUMENT_CHARACTERS = 600
# Chinese legal text has some 1.7 characters to a token; twice that leaves a choice.
_CHARACTERS_PER_TOKEN = 4
# One document in this many is held out of pre-training.
_HELD_OUT_ONE_IN = 12


def export_stages(
    recipe: Recipe, db: Mipld, pairs: Path, as_of: date, folder: Path
) -> dict[str, StageData]:
    """Write each stage's ``train`` and ``heldout`` JSON lines into ``folder``.

    ``pairs`` is a folder made by :func:`ecmiip.instruct.build.build`. Raises UserError for a stage
    whose query finds nothing.
    """
    exported = {}
    for stage in recipe.stages:
        data = StageData(
            folder / f"{stage.name}.train.jsonl", folder / f"{stage.name}.heldout.jsonl"
        )
        rows = list(_documents(stage, db, as_of)) if stage.kind == "pretrain" else []
        for side, path, tokens in (
            ("train", data.train, stage.tokens),
            ("heldout", data.heldout, recipe.heldout_tokens),
        ):
            if stage.pairs:
                mine = list(_chosen(stage, pairs / f"{side}.jsonl", db))
            else:
                mine = [row for row in rows if _is_heldout(row["id"]) == (side == "heldout")]
            if not mine:
                raise UserError(
                    f"stage '{stage.name}' finds nothing in MIPLD to put into its {side} set: "
                    "widen its query, or build MIPLD with more sources"
                )
            write_jsonl(path, _within_reach(mine, tokens))
        exported[stage.name] = data
    return exported


def _within_reach(rows: list[dict[str, Any]], tokens: int) -> list[dict[str, Any]]:
    """``rows`` cut down to a sample from which ``tokens`` can be drawn, in their order.

    A small budget reads a small part of a large corpus; tokenising the rest would take longer than
    the training. Each part of a stage keeps enough for the whole budget.
    """
    kept: set[str] = set()
    room: dict[int, int] = {}
    for row in sorted(rows, key=lambda row: _digest(f"sample {row['id']}")):
        part = row.get("part", 0)
        if room.setdefault(part, tokens * _CHARACTERS_PER_TOKEN) > 0:
            kept.add(row["id"])
            room[part] -= len(str(row))
    return [row for row in rows if row["id"] in kept]


def _documents(stage: Stage, db: Mipld, as_of: date) -> Iterator[dict[str, Any]]:
    for part, query in enumerate(stage.corpus):
        for document in documents(db, query, as_of):
            yield document | {"part": part}


def documents(db: Mipld, query: Query, as_of: date) -> Iterator[dict[str, Any]]:
    """The passages that ``query`` finds: neighbouring provisions under their law and dates."""
    found = db.provisions(
        as_of=query.as_of or as_of,
        directions=query.directions,
        disciplines=query.disciplines,
        kinds=query.kinds,
    )
    for (law, version, chapter), group in groupby(
        found, key=lambda p: (p.law, p.version, p.chapter)
    ):
        passage: list[Provision] = []
        for provision in group:
            if passage and _length(passage) + len(provision.text) > _DOCUMENT_CHARACTERS:
                yield _document(law, version, chapter, passage)
                passage = []
            passage.append(provision)
        yield _document(law, version, chapter, passage)


def _document(law: str, version: str, chapter: str, passage: list[Provision]) -> dict[str, Any]:
    since = f"{passage[0].effective_from.isoformat()}起施行"
    title = f"《{law}》（{version}年文本，{since}）{chapter}".rstrip()
    body = "\n".join(f"{provision.number} {provision.text}" for provision in passage)
    return {"id": passage[0].address, "text": f"{title}\n{body}"}


def _length(passage: list[Provision]) -> int:
    return sum(len(provision.text) for provision in passage)


def _is_heldout(document: str) -> bool:
    return _digest(f"document {document}") % _HELD_OUT_ONE_IN == 0


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def _chosen(stage: Stage, path: Path, db: Mipld) -> Iterator[dict[str, Any]]:
    """The built pairs that the stage asks for, each with the number of the first part it fits."""
    if not path.is_file():
        raise UserError(f"{path.parent}: no pairs there: make them with `ecmiip instruct build`")
    for row in read_jsonl(path):
        fitting = (number for number, part in enumerate(stage.pairs) if _fits(row, part))
        number = next(fitting, None)
        if number is None:
            continue
        if stage.kind == "finetune":
            yield {"id": row["id"], "messages": row["messages"], "part": number}
        elif question := choice_question(row, db, distractors=stage.distractors):
            yield {"id": row["id"], **question, "part": number}


def choice_question(
    row: dict[str, Any], db: Mipld, *, distractors: bool = True
) -> dict[str, Any] | None:
    """A built choice pair as a choose stage reads it; None for a pair that offers no options.

    Without ``distractors`` it shows only what it rests on.
    """
    offered = choices.options(row["question"])
    if len(offered) < 2 or not row["key"]:
        return None
    stem = choices.unmarked(choices.stem(row["question"]))
    shown = [one for one in row["context"] if distractors or one in row["provisions"]]
    read = [provision for address in shown if (provision := look_up(address, db))]
    words = "\n".join([stem, *offered.values()])
    right = [letter in row["key"] for letter in offered]
    # True words are likely whatever is asked: the evaluation reads the wrong one as the least.
    odd = choices.asks_for_the_odd_one(stem) and not all(right)
    return {
        "prompt": prompt.completion(stem, words, [provision.quote() for provision in read]),
        "options": list(offered.values()),
        "right": right,
        "likely": [one != odd for one in right],
    }


def _fits(row: dict[str, Any], part: Pairs) -> bool:
    wanted = {"task": part.tasks, "direction": part.directions, "origin": part.origins}
    rule = row["id"].removeprefix("derived/") if row["origin"] == "derived" else ""
    return (
        all(not names or row[field] in names for field, names in wanted.items())
        and (not part.rules or rule.startswith(part.rules))
        and part.choice in (None, bool(row["key"]))
        and part.context in (None, bool(row["context"]))
    )
