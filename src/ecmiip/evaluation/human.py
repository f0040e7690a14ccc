"""A form on which people rate answers without knowing whose they are, and its way back.

``form.html`` works offline in any browser, ``form.csv`` in a spreadsheet; both hold the open items
of several evaluations, the answers to each in an order of chance and under a code. Who is behind a
code stands in ``key.json``, which raters do not get.
"""

import csv
import hashlib
import io
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

from ecmiip.errors import UserError
from ecmiip.evaluation.question import question_of
from ecmiip.evaluation.report.measures import Loaded
from ecmiip.evaluation.report.rendering import write_page
from ecmiip.evaluation.statistics import Mean, mean
from ecmiip.files import read_json, write_json, write_text

SCALE = {
    1: "错误，不可用 wrong, unusable",
    2: "多处错误 mostly wrong",
    3: "部分正确 partly right",
    4: "基本正确 mostly right",
    5: "正确、可用 right and usable",
}
_COLUMNS = ("answer", "item", "question", "text", "score", "comment")
# A spreadsheet runs a cell that begins so as a formula; a model may have written one.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Coded:
    """Whose answer a code stands for."""

    item: str
    subject: str


@dataclass(frozen=True)
class Key:
    """What raters must not see. ``form`` ties ratings to the form they are of."""

    form: str
    answers: Mapping[str, Coded]


@dataclass(frozen=True)
class Rating:
    """One rater's opinion of one answer."""

    rater: str
    answer: str
    score: int
    comment: str


@dataclass(frozen=True)
class Agreement:
    """Cohen's kappa of two raters on the ``n`` answers that both rated.

    ``weighted`` counts a disagreement by the square of its distance on the scale (Cohen 1968).
    None where a kappa is not defined: nothing in common, or both gave one and the same score.
    """

    raters: tuple[str, str]
    n: int
    kappa: float | None
    weighted: float | None


@dataclass(frozen=True)
class Outcome:
    """What the ratings come to. A subject's mean is over items, each the mean of its raters."""

    subjects: Mapping[str, Mean]
    agreements: tuple[Agreement, ...]
    raters: Mapping[str, int]  # how many answers each rated
    missing: int  # answers that nobody rated


_KEY = TypeAdapter(Key)


def make_form(loaded: Sequence[Loaded], folder: Path, *, count: int, seed: int = 0) -> Key:
    """Write ``form.html``, ``form.csv`` and ``key.json`` for ``count`` open items into ``folder``.

    The items are drawn from those that all of ``loaded`` answered. Raises UserError if there are
    none, or two evaluations of one name.
    """
    names = Counter(one.name for one in loaded)
    if twice := [name for name, count in names.items() if count > 1]:
        raise UserError(f"{twice[0]} is there twice: name each evaluation once")
    first, *others = loaded
    common = [
        verdict.id
        for verdict in first.verdicts
        if verdict.kind == "open" and all(verdict.id in other.by_id for other in others)
    ]
    if not common:
        raise UserError("the evaluations have no open item in common: name some of one suite")
    chance = random.Random(f"form {seed}")
    drawn = chance.sample(common, min(count, len(common)))
    answers: dict[str, Coded] = {}
    shown: list[dict[str, Any]] = []
    for number, item in enumerate(drawn, 1):
        given = [(one.name, one.by_id[item]) for one in loaded]
        chance.shuffle(given)
        rows = []
        for subject, verdict in given:
            code = _code(seed, item, subject)
            if code in answers:
                raise UserError("two answers got one code: take another --seed")
            answers[code] = Coded(item, subject)
            rows.append({"code": code, "text": verdict.raw.strip() or "（没有作答）"})
        shown.append(
            {"number": number, "question": question_of(first.by_id[item]), "answers": rows}
        )
    form = hashlib.sha256(" ".join(answers).encode()).hexdigest()[:12]
    key = Key(form, answers)
    write_json(folder / "key.json", _KEY.dump_python(key, mode="json"))
    write_text(folder / "form.csv", _as_csv(shown))
    write_page(
        folder / "form.html",
        "form.html.j2",
        script="form.js",
        items=shown,
        scale=SCALE,
        form=form,
    )
    return key


def read_key(path: Path) -> Key:
    """The key of a form. Raises UserError for another file."""
    try:
        return _KEY.validate_python(read_json(path))
    except ValidationError as error:
        raise UserError(f"{path}: not the key of a form: name the key.json made with it") from error


def read_ratings(paths: Sequence[Path], key: Key) -> list[Rating]:
    """The ratings in the CSV files of raters, answers left without a score passed over.

    A file has columns ``answer`` and ``score``, and may have ``rater`` (default: the file's name)
    and ``comment``. Raises UserError naming file and line for what is not a rating.
    """
    found: dict[tuple[str, str], Rating] = {}
    for path in paths:
        for line, row in _rows(path):
            rating = _rating(row, path, line, key)
            if rating is None:
                continue
            if (rating.rater, rating.answer) in found:
                raise UserError(
                    f"{path}:{line}: {rating.rater} rates {rating.answer} twice: keep one of them"
                )
            found[rating.rater, rating.answer] = rating
    if not found:
        raise UserError("the files hold no rating: fill in the column 'score'")
    return list(found.values())


def evaluate(ratings: Sequence[Rating], key: Key) -> Outcome:
    """Means by subject and agreement between raters."""
    by_rater: dict[str, dict[str, int]] = {}
    by_answer: dict[str, list[int]] = {}
    for rating in ratings:
        by_rater.setdefault(rating.rater, {})[rating.answer] = rating.score
        by_answer.setdefault(rating.answer, []).append(rating.score)
    values: dict[str, list[float]] = {}
    for answer, scores in by_answer.items():
        values.setdefault(key.answers[answer].subject, []).append(sum(scores) / len(scores))
    agreements = []
    for first, second in combinations(sorted(by_rater), 2):
        both = sorted(by_rater[first].keys() & by_rater[second].keys())
        a = [by_rater[first][answer] for answer in both]
        b = [by_rater[second][answer] for answer in both]
        agreements.append(
            Agreement((first, second), len(both), kappa(a, b), kappa(a, b, weighted=True))
        )
    return Outcome(
        subjects={subject: mean(scores) for subject, scores in sorted(values.items())},
        agreements=tuple(agreements),
        raters={rater: len(rated) for rater, rated in sorted(by_rater.items())},
        missing=len(key.answers) - len(by_answer),
    )


def as_json(found: Outcome) -> dict[str, Any]:
    """The outcome as plain values."""
    return asdict(found)


def as_text(found: Outcome) -> str:
    """The outcome to read in a terminal."""
    lines = [
        f"{subject}: {one.value:.2f} of {max(SCALE)} [{one.interval[0]:.2f}, {one.interval[1]:.2f}]"
        f" on {one.n} answers"
        for subject, one in found.subjects.items()
    ]
    for one in found.agreements:
        plain, weighted = (
            "undefined" if value is None else f"{value:.2f}" for value in (one.kappa, one.weighted)
        )
        lines.append(
            f"{' and '.join(one.raters)}: kappa {plain}, weighted {weighted}, on {one.n} answers"
        )
    rated = ", ".join(f"{rater} {count}" for rater, count in found.raters.items())
    lines.append(f"rated: {rated}; answers that nobody rated: {found.missing}")
    return "\n".join(lines)


def kappa(first: Sequence[int], second: Sequence[int], *, weighted: bool = False) -> float | None:
    """Cohen's kappa (1960) of two raters' scores of the same answers, quadratically weighted or
    not; None where chance alone would already agree wholly."""
    if not first:
        return None
    size = len(SCALE)
    seen = np.zeros((size, size))
    for a, b in zip(first, second, strict=True):
        seen[a - 1, b - 1] += 1 / len(first)
    by_chance = np.outer(seen.sum(axis=1), seen.sum(axis=0))
    steps = np.subtract.outer(np.arange(size), np.arange(size)).astype(np.float64)
    weights = steps**2 if weighted else (steps != 0).astype(np.float64)
    expected = float((weights * by_chance).sum())
    return 1.0 - float((weights * seen).sum()) / expected if expected else None


def _code(seed: int, item: str, subject: str) -> str:
    return hashlib.sha256(f"{seed}\n{item}\n{subject}".encode()).hexdigest()[:8]


def _as_csv(shown: Sequence[dict[str, Any]]) -> str:
    """The form for a spreadsheet; the mark at its beginning tells Excel that it is UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for item in shown:
        for answer in item["answers"]:
            words = (_harmless(item["question"]), _harmless(answer["text"]))
            writer.writerow((answer["code"], item["number"], *words, "", ""))
    return "\ufeff" + out.getvalue()


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    """Each row of a CSV file and the line on which it ends."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            for column in ("answer", "score"):
                if column not in (reader.fieldnames or ()):
                    raise UserError(f"{path}:1: no column '{column}': save the form as CSV again")
            return [(reader.line_num, row) for row in reader]
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise UserError(f"{path}: no such file: check the path") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path}: not a CSV file in UTF-8 ({error}): save it as that") from error


def _rating(row: Mapping[str, str | None], path: Path, line: int, key: Key) -> Rating | None:
    said = (row.get("score") or "").strip()
    answer = (row.get("answer") or "").strip()
    if not said:
        return None
    if row.get("form") not in (None, "", key.form):
        raise UserError(f"{path}:{line}: rates the form {row['form']}, the key is of {key.form}")
    if answer not in key.answers:
        raise UserError(f"{path}:{line}: no answer has the code '{answer}': take it from the form")
    if said not in {str(score) for score in SCALE}:
        raise UserError(f"{path}:{line}: score '{said}': write 1, 2, 3, 4 or 5")
    rater = (row.get("rater") or "").strip() or path.stem
    return Rating(rater, answer, int(said), (row.get("comment") or "").strip())
