"""DISC-Law-Eval: https://github.com/FudanDISC/DISC-LawLLM (Yue et al. 2023, arXiv 2309.11325).

Layout of the choice questions: ``eval/datasets/objective/mcq_<sing|mult>_<exam>.csv`` with the
columns input, output (letters), A, B, C, D, source (as ``2019 national judical examination``) and
multichoice (True or False). Any exam laid out so is read: nje, pae, cpa, ungee, pfe, lbk.

Layout of the short answers: JSON, JSON lines or CSV files under ``eval/datasets/subjective`` whose
records have ``input`` and ``output``, as the questions above (no copy was at hand to check it).
"""

import re
from datetime import date
from pathlib import Path

from ecmiip.errors import UserError
from ecmiip.evaluation.suites import records
from ecmiip.evaluation.suites.making import choice, opened
from ecmiip.evaluation.suites.suite import Read
from ecmiip.instruct.pair import Task

URL = "https://github.com/FudanDISC/DISC-LawLLM"

_FIELDS = ("input", "output", "A", "B", "C", "D", "source", "multichoice")
_SAYS = {"true": True, "false": False}
_YEAR = re.compile(r"(?:19|20)\d\d")
# What names no year. The collection is of 2023; its latest examination is that of 2022.
_UNDATED = date(2022, 12, 31)
# A stem this long tells a case.
_CASE = 60


def read(root: Path) -> Read:
    """Every exam."""
    yield from _exams(root, "")


def read_nje(root: Path) -> Read:
    """The national judicial examination alone."""
    yield from _exams(root, "nje")


def read_short(root: Path) -> Read:
    """The short answers."""
    folder = root / "eval" / "datasets" / "subjective"
    paths = records.below(folder)
    if not paths:
        raise UserError(
            f"{folder}: no file of short answers (.json, .jsonl or .csv with input and output): "
            f"name with --root a whole checkout of {URL}"
        )
    for path in paths:
        for id, record in records.numbered(path, "disc-short", ("input", "output")):
            question = records.text(record, "input")
            yield opened(
                id, question, [records.text(record, "output")],
                task=_task(question), as_of=_UNDATED, tags=(path.stem, "metric:rouge-l"),
            )  # fmt: skip


def _exams(root: Path, exam: str) -> Read:
    folder = root / "eval" / "datasets" / "objective"
    paths = sorted(folder.glob(f"mcq_*{exam}.csv"))
    if not paths:
        raise UserError(
            f"{folder}: no file mcq_*{exam}.csv: name with --root a whole checkout of {URL}"
        )
    for path in paths:
        for id, record in records.numbered(path, "disc", _FIELDS):
            stem, source = records.text(record, "input"), records.text(record, "source")
            said = records.text(record, "multichoice").strip().lower()
            if said not in _SAYS:
                raise UserError(f"{path}: {id}: multichoice is '{said}': it must be True or False")
            yield choice(
                id, stem, {letter: records.text(record, letter) for letter in "ABCD"},
                re.sub(r"[^A-Z]", "", records.text(record, "output")),
                task=_task(stem), as_of=sat_on(source), tags=(path.stem, source),
                several=_SAYS[said],
            )  # fmt: skip


def sat_on(source: str) -> date:
    """The day of an examination: its keys follow the law in force on it.

    The national judicial examination is held in September, that for postgraduate entrance at the
    end of the year before the one it is named for, others in the autumn.
    """
    found = _YEAR.search(source)
    if found is None:
        return _UNDATED
    year = int(found[0])
    if "entrance" in source:
        return date(year - 1, 12, 20)
    return date(year, 9, 15) if "judic" in source else date(year, 11, 1)


def _task(stem: str) -> Task:
    return "case" if len(stem) >= _CASE else "doctrine"
