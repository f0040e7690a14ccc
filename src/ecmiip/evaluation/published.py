"""Results of other systems on the same items, counted from the predictions they published.

``published.json`` has two tables: ``lexeval_ip`` (``definition`` with the number of items of each
kind; ``results`` with ``single_correct``, ``single_n``, ``multi_correct`` and ``multi_n`` of each
``model``) and ``disc_law_eval_nje`` (``single`` and ``multi`` in percent).
"""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError
from tqdm import tqdm

from ecmiip.config import Config
from ecmiip.errors import UserError
from ecmiip.evaluation.statistics import Share
from ecmiip.evaluation.suites import lexeval, records
from ecmiip.evaluation.suites.making import is_ip, option_lines
from ecmiip.files import read_json, shared

ChoiceKind = Literal["single", "multi"]
KINDS: tuple[ChoiceKind, ...] = ("single", "multi")

# What the national judicial examination of DISC-Law-Eval has; with these, every published percent
# is that of a whole number of right answers.
_NJE: dict[ChoiceKind, int] = {"single": 537, "multi": 463}
# Two decimals of a percent.
_ROUNDING = 0.005 + 1e-9
# A letter inside a Latin word is none.
_LETTERS = re.compile(r"(?<![A-Za-z])[A-E]+(?![A-Za-z])")
_TASK = re.compile(r"(?<!\d)([1-6]_[1-6])(?!\d)")


@dataclass(frozen=True)
class Published:
    """What one system reached on the items of one kind of a suite, as others measured it."""

    system: str
    suite: str
    kind: ChoiceKind
    share: Share
    items: int  # how many the suite has
    source: str

    @property
    def comparable(self) -> bool:
        """Whether it was asked exactly the items that the suite has."""
        return self.share.n == self.items


class _Definition(Config):
    tasks: tuple[str, ...]
    keep_if_input_matches: str
    options: str
    scoring: str
    items: dict[ChoiceKind, int]


class _Counted(Config):
    model: str
    single_correct: int
    single_n: int
    multi_correct: int
    multi_n: int


class _LexEval(Config):
    definition: _Definition
    source: str
    results: tuple[_Counted, ...]


class _Percent(Config):
    model: str
    single: float
    multi: float


class _Disc(Config):
    source: str
    results: tuple[_Percent, ...]


class _File(Config):
    lexeval_ip: _LexEval
    disc_law_eval_nje: _Disc


def results(path: Path | None = None) -> tuple[Published, ...]:
    """The results in ``path`` (default: ``published.json`` of the shared folder; none without it).

    Raises UserError for a file of another layout.
    """
    if path is None:
        beside = shared()
        if beside is None or not (beside / "published.json").exists():
            return ()
        path = beside / "published.json"
    try:
        read = _File.model_validate(read_json(path))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise UserError(f"{path}: key '{key}': {first['msg'][:1].lower()}{first['msg'][1:]}") from (
            error
        )
    return (*_lexeval(read.lexeval_ip), *_disc(read.disc_law_eval_nje, path))


def _lexeval(table: _LexEval) -> list[Published]:
    found = []
    for row in table.results:
        counted: dict[ChoiceKind, Share] = {
            "single": Share(row.single_correct, row.single_n),
            "multi": Share(row.multi_correct, row.multi_n),
        }
        for kind, share in counted.items():
            n = table.definition.items[kind]
            found.append(Published(row.model, "lexeval-ip", kind, share, n, table.source))
    return found


def _disc(table: _Disc, path: Path) -> list[Published]:
    found = []
    for row in table.results:
        percents: dict[ChoiceKind, float] = {"single": row.single, "multi": row.multi}
        for kind, percent in percents.items():
            n = _NJE[kind]
            hits = round(percent / 100 * n)
            if abs(100 * hits / n - percent) > _ROUNDING:
                raise UserError(
                    f"{path}: {row.model}: {percent} % of {n} is no whole number of right answers: "
                    "correct it"
                )
            found.append(Published(row.model, "disc-nje", kind, Share(hits, n), n, table.source))
    return found


def recount(checkout: Path) -> tuple[Published, ...]:
    """Count the IP subset anew from the predictions in a checkout of LexEval.

    Layout: ``model_output/zero_shot/<model>/`` with one file per task, whose name holds the task
    (``1_2.json``, ``gpt4_1_2.jsonl``), of records with ``input``, ``answer`` and ``output``. The
    items are those of the predictions themselves; letters are read from the first line of an output
    that is not empty. Raises UserError naming what is missing or laid out otherwise.
    """
    folder = checkout / "model_output" / "zero_shot"
    models = sorted(path for path in folder.glob("*") if path.is_dir())
    if not models:
        raise UserError(
            f"{folder}: no folder of a model's predictions: name the top folder of a checkout of "
            f"{lexeval.URL}"
        )
    found = []
    for model in tqdm(models, unit="model", disable=None):
        shares = _recounted(model)
        found += [
            Published(
                model.name, "lexeval-ip", kind, shares[kind], lexeval.IP_ITEMS[kind], str(folder)
            )
            for kind in KINDS
        ]
    return tuple(found)


def _recounted(model: Path) -> dict[ChoiceKind, Share]:
    hits: dict[ChoiceKind, int] = dict.fromkeys(KINDS, 0)
    total: dict[ChoiceKind, int] = dict.fromkeys(KINDS, 0)
    by_task = {}
    for path in records.below(model):
        named = _TASK.search(path.stem)
        if named:
            by_task[named[1]] = path
    missing = [task for task in lexeval.IP_TASKS if task not in by_task]
    if missing:
        raise UserError(f"{model}: no predictions for task {', '.join(missing)}: fetch them too")
    for task in lexeval.IP_TASKS:
        for record in records.read(by_task[task], ("input", "answer", "output")):
            question, answer = records.text(record, "input"), records.text(record, "answer").strip()
            if not answer or not is_ip(question) or len(option_lines(question)[1]) < 4:
                continue
            kind: ChoiceKind = "single" if len(answer) == 1 else "multi"
            total[kind] += 1
            hits[kind] += read_letters(records.text(record, "output")) == set(
                re.findall("[A-E]", answer)
            )
    return {kind: Share(hits[kind], total[kind]) for kind in KINDS}


def read_letters(output: str) -> set[str]:
    """The option letters in the first line of ``output`` that is not empty."""
    first = next((line for line in output.splitlines() if line.strip()), "")
    return set("".join(_LETTERS.findall(first)))


def rows(found: Sequence[Published]) -> list[dict[str, Any]]:
    """``found`` as plain values, each share with its 95 % interval."""
    return [
        asdict(result)
        | {
            "value": result.share.value,
            "interval": result.share.interval,
            "comparable": result.comparable,
        }
        for result in found
    ]
