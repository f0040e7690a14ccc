"""Exported JSON-lines files to tokenised documents. Training reads files, never the database."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecmiip.errors import UserError
from ecmiip.files import read_jsonl
from ecmiip.models import prompt
from ecmiip.models.chat import render
from ecmiip.training.recipe import Stage


@dataclass(frozen=True)
class StageData:
    """The two exported files of a stage: what it trains on, and what it is judged on.

    Each line is a JSON object: {"id", "text"} for a pretrain stage, {"id", "messages"} for a
    finetune stage, {"id", "prompt", "options", "right"} for a choose stage. It may have "part",
    the number (from 0) of the recipe's [[stages.corpus]] or [[stages.pairs]] that it came from;
    the parts' weights mix them.
    """

    train: Path
    heldout: Path


@dataclass(frozen=True)
class Branch:
    """One option of a choice question: the tokens of its words, then the question whether it is
    to be chosen; ``length`` is that of both. ``right``: it is to be chosen; ``likely``: its words
    are to be likelier than those of the others, which is not so where the wrong one is asked for.
    """

    words: int
    length: int
    right: bool
    likely: bool


@dataclass(frozen=True)
class Piece:
    """A document, or a window of one, that no other piece can see.

    ``loss[i]`` says whether token i is a target; token 0 never is, since nothing stands before it.
    A choice question ends in ``branches``: each goes on from the same prompt and sees no other.
    Its targets are the words of the right options; ``answers`` are the tokens of yes and no.
    """

    source: str
    ids: NDArray[np.int32]
    loss: NDArray[np.bool_]
    part: int = 0
    branches: tuple[Branch, ...] = ()
    answers: tuple[int, int] | None = None

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class Pieces:
    """What one file gave: its pieces, and how many lines were too long and left out."""

    pieces: list[Piece]
    skipped: int = 0

    @property
    def tokens(self) -> int:
        return sum(map(len, self.pieces))


def read_pieces(path: Path, stage: Stage, tokenizer: Any, sequence: int) -> Pieces:
    """Tokenise ``path`` for ``stage`` into pieces of at most ``sequence`` tokens.

    A pre-training document that is longer is cut into windows which share one token, so that each
    token but the document's first is a target once. A Q&A pair is never cut: see Stage.too_long.
    Raises UserError for an empty file, a line without the needed keys, a pair that is too long.
    """
    pieces: list[Piece] = []
    skipped = 0
    end = document_end(tokenizer)
    for number, row in enumerate(read_jsonl(path), 1):
        where = f"{path}:{number}"
        if stage.kind == "pretrain":
            pieces += _windows(_document(row, where, stage, tokenizer, end), sequence)
            continue
        read = _choice if stage.kind == "choose" else _pair
        pair = read(row, where, stage, tokenizer)
        if len(pair) <= sequence:
            pieces.append(pair)
        elif stage.too_long == "skip":
            skipped += 1
        else:
            raise UserError(
                f"{where}: pair '{pair.source}' has {len(pair)} tokens, a sequence holds "
                f"{sequence}: shorten it, raise batch.sequence, or set too_long to 'skip'"
            )
    pieces = [piece for piece in pieces if piece.loss.any()]
    if not pieces and skipped:
        raise UserError(
            f"{path}: all {skipped} pairs are longer than a sequence of {sequence} tokens: raise "
            "batch.sequence"
        )
    if not pieces:
        raise UserError(f"{path}: nothing to learn from for stage '{stage.name}': export it again")
    return Pieces(pieces, skipped)


def _document(row: Any, where: str, stage: Stage, tokenizer: Any, end: int) -> Piece:
    text = _field(row, "text", str, where)
    part = _part(row, where, stage)
    ids = [*tokenizer(text, add_special_tokens=False)["input_ids"], end]
    return _piece(_field(row, "id", str, where), ids, [True] * len(ids), part)


def _part(row: Any, where: str, stage: Stage) -> int:
    part = row.get("part", 0)
    if not isinstance(part, int) or not 0 <= part < len(stage.weights):
        raise UserError(
            f"{where}: part {part!r}: stage '{stage.name}' has {len(stage.weights)} parts"
        )
    return part


def _pair(row: Any, where: str, stage: Stage, tokenizer: Any) -> Piece:
    try:
        rendered = render(tokenizer, _list(row, "messages", dict, where))
    except UserError as error:
        raise UserError(f"{where}: {error}") from error
    part = _part(row, where, stage)
    return _piece(_field(row, "id", str, where), rendered.ids, rendered.loss, part)


def _choice(row: Any, where: str, stage: Stage, tokenizer: Any) -> Piece:
    options = _list(row, "options", str, where)
    right = _list(row, "right", bool, where)
    if len(options) != len(right) or len(options) < 2 or not any(right):
        raise UserError(f"{where}: needs two options or more, and which of them are right")
    likely = _list(row, "likely", bool, where) if "likely" in row else right
    if len(likely) != len(options) or not any(likely):
        raise UserError(f"{where}: needs which of the options are likely: export it again")
    texts = [_field(row, "prompt", str, where), prompt.ASKS_WHETHER, prompt.YES, prompt.NO]
    given, whether, [yes, *_], [no, *_] = tokenizer(texts, add_special_tokens=False)["input_ids"]
    words = tokenizer(options, add_special_tokens=False)["input_ids"]
    if not given or not all(words):
        raise UserError(f"{where}: the prompt or an option is empty: export it again")
    ids, loss = list(given), [False] * len(given)
    for option, is_right in zip(words, right, strict=True):
        ids += [*option, *whether]
        loss += [is_right] * len(option) + [False] * len(whether)
    return Piece(
        _field(row, "id", str, where),
        np.array(ids, dtype=np.int32),
        np.array(loss, dtype=np.bool_),
        _part(row, where, stage),
        tuple(
            Branch(len(option), len(option) + len(whether), is_right, is_likely)
            for option, is_right, is_likely in zip(words, right, likely, strict=True)
        ),
        (yes, no),
    )


def _piece(source: str, ids: list[int], loss: list[bool], part: int = 0) -> Piece:
    targets = np.array(loss, dtype=np.bool_)
    targets[0] = False
    return Piece(source, np.array(ids, dtype=np.int32), targets, part)


def _windows(document: Piece, sequence: int) -> list[Piece]:
    if len(document) <= sequence:
        return [document]
    windows = []
    for start in range(0, len(document) - 1, sequence - 1):
        window = slice(start, start + sequence)
        windows.append(
            _piece(
                document.source,
                list(document.ids[window]),
                list(document.loss[window]),
                document.part,
            )
        )
    return windows


def document_end(tokenizer: Any) -> int:
    """The token that ends a document in pre-training: <|endoftext|> where there is one.

    Slow (it copies the vocabulary): ask once, not per document.
    """
    end: int | None = tokenizer.get_vocab().get("<|endoftext|>", tokenizer.eos_token_id)
    if end is None:
        raise UserError(
            "this tokenizer has neither <|endoftext|> nor an end token: use another base"
        )
    return end


def _field(row: Any, key: str, kind: type, where: str) -> Any:
    value = row.get(key) if isinstance(row, dict) else None
    if not isinstance(value, kind):
        raise UserError(f"{where}: needs '{key}' as {kind.__name__}: export it again")
    return value


def _list(row: Any, key: str, of: type, where: str) -> list[Any]:
    values: list[Any] = _field(row, key, list, where)
    if not all(isinstance(value, of) for value in values):
        raise UserError(f"{where}: needs '{key}' as a list of {of.__name__}: export it again")
    return values
