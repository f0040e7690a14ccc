"""Export what a recipe's stages train on: the step between the database and the training engine."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

from ecmiip.errors import UserError
from ecmiip.files import read_jsonl, write_jsonl
from ecmiip.instruct import choices
from ecmiip.instruct.pair import look_up
from ecmiip.instruct.split import is_heldout
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.document import DIRECTIONS, DISCIPLINES, KINDS, Provision
from ecmiip.models import prompt
from ecmiip.training.data import StageData
from ecmiip.training.recipe import Pairs, Query, Recipe, Stage

# Neighbouring provisions of a law are read together, up to this many characters: enough for the
# cross-references between them, short enough that a document fits a sequence.
_DOCUMENT_CHARACTERS = 600
# Exported rows have some 2 characters to a token; twice that leaves a choice.
_CHARACTERS_PER_TOKEN = 4
# Qwen's tokenizer makes no row denser than this (the least of 1,100 pairs was 1.64), so a row that
# is short enough by it fits a sequence. Export has no tokenizer to count with.
_FEWEST_CHARACTERS_PER_TOKEN = 1.6
# What a part of a stage may name.
_NAMES: Mapping[str, Mapping[str, str]] = {
    "directions": DIRECTIONS,
    "disciplines": DISCIPLINES,
    "kinds": KINDS,
}


def export_stages(
    recipe: Recipe, db: Mipld, pairs: Path, as_of: date, folder: Path
) -> dict[str, StageData]:
    """Write each stage's ``train`` and ``heldout`` JSON lines into ``folder``.

    ``pairs`` is a folder made by :func:`ecmiip.instruct.build.build`. Text and pairs are divided by
    one rule, so that no stage teaches what another is judged on. Raises UserError for a name that
    MIPLD does not know and for a stage whose query finds nothing.
    """
    _refuse_unknown_names(recipe)
    exported = {}
    for stage in recipe.stages:
        data = StageData(
            folder / f"{stage.name}.train.jsonl", folder / f"{stage.name}.heldout.jsonl"
        )
        found = list(_documents(stage, db, as_of)) if stage.kind == "pretrain" else []
        skips = stage.kind != "pretrain" and stage.too_long == "skip"
        longest = recipe.batch.sequence if skips else None
        for side, path, tokens in (
            ("train", data.train, stage.tokens),
            ("heldout", data.heldout, recipe.heldout_tokens),
        ):
            if stage.pairs:
                mine = list(_chosen(stage, pairs / f"{side}.jsonl", db))
            else:
                mine = [row for heldout, row in found if heldout == (side == "heldout")]
            if not mine:
                raise UserError(
                    f"stage '{stage.name}' finds nothing in MIPLD to put into its {side} set: "
                    "widen its query, or build MIPLD with more sources"
                )
            write_jsonl(path, _sample(mine, tokens, longest))
        exported[stage.name] = data
    return exported


def _refuse_unknown_names(recipe: Recipe) -> None:
    """A misspelt name would find nothing, in silence if another beside it finds something."""
    for stage in recipe.stages:
        for part in (*stage.corpus, *stage.pairs):
            for key, known in _NAMES.items():
                for name in getattr(part, key, ()):
                    if name not in known:
                        raise UserError(
                            f"stage '{stage.name}': '{name}' in {key} is unknown to MIPLD: "
                            f"choose among {', '.join(known)}"
                        )


def _sample(rows: list[dict[str, Any]], tokens: int, longest: int | None) -> list[dict[str, Any]]:
    """``rows`` in random order, cut down to a sample from which ``tokens`` can be drawn.

    A small budget reads a small part of a large corpus; tokenising the rest would take longer than
    the training. Each part of a stage keeps enough for the whole budget; a row that may be skipped
    for having more than ``longest`` tokens does not count towards it.
    """
    kept: list[dict[str, Any]] = []
    room: dict[int, int] = {}
    for row in sorted(rows, key=lambda row: _digest(f"sample {row['id']}")):
        part, size = row["part"], len(str(row))
        if room.setdefault(part, tokens * _CHARACTERS_PER_TOKEN) > 0:
            kept.append(row)
            if longest is None or size <= longest * _FEWEST_CHARACTERS_PER_TOKEN:
                room[part] -= size
    return kept


def _documents(stage: Stage, db: Mipld, as_of: date) -> Iterator[tuple[bool, dict[str, Any]]]:
    for part, query in enumerate(stage.corpus):
        for heldout, document in documents(db, query, as_of):
            yield heldout, document | {"part": part}


def documents(db: Mipld, query: Query, as_of: date) -> Iterator[tuple[bool, dict[str, Any]]]:
    """The passages that ``query`` finds, each with whether it is held out.

    A passage is neighbouring provisions of one side of the split, under their law and dates.
    """
    found = db.provisions(
        as_of=query.as_of or as_of,
        directions=query.directions,
        disciplines=query.disciplines,
        kinds=query.kinds,
    )
    sides: dict[bool, list[Provision]] = {False: [], True: []}
    for provision in found:
        sides[is_heldout(provision.address)].append(provision)
    for heldout, mine in sides.items():
        for passage in _passages(mine):
            yield heldout, _document(passage)


def _passages(provisions: Iterable[Provision]) -> Iterator[list[Provision]]:
    """``provisions`` in pieces of one law, version and chapter, short enough to be read at once."""
    for _, group in groupby(provisions, key=lambda p: (p.law, p.version, p.chapter)):
        passage: list[Provision] = []
        for provision in group:
            if passage and _length(passage) + len(provision.text) > _DOCUMENT_CHARACTERS:
                yield passage
                passage = []
            passage.append(provision)
        yield passage


def _document(passage: list[Provision]) -> dict[str, Any]:
    first = passage[0]
    since = f"{first.effective_from.isoformat()}起施行"
    title = f"《{first.law}》（{first.version}年文本，{since}）{first.chapter}".rstrip()
    body = "\n".join(f"{provision.number} {provision.text}" for provision in passage)
    return {"id": first.address, "text": f"{title}\n{body}"}


def _length(passage: list[Provision]) -> int:
    return sum(len(provision.text) for provision in passage)


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
