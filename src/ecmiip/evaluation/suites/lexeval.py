"""LexEval: https://github.com/CSHaitao/LexEval (Li et al. 2024, arXiv 2409.20288).

Layout: ``data/<task>.json``, one JSON value per line with ``instruction``, ``input`` and
``answer``, all text. In a choice task the input ends with lines ``A: …`` to ``D: …`` (3_6: to
``E``) and the answer is letters, in some lines small, apart, after 选项 or before a remark in
brackets.
"""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Literal

from ecmiip.evaluation.items import Item
from ecmiip.evaluation.suites import records
from ecmiip.evaluation.suites.making import choice, opened, option_lines
from ecmiip.evaluation.suites.suite import LeftOut, Read
from ecmiip.instruct.pair import Task

URL = "https://github.com/CSHaitao/LexEval"

_DOCTRINE: tuple[Task, str] = ("doctrine", "accuracy")
_CASE: tuple[Task, str] = ("case", "accuracy")
_CONDUCT: tuple[Task, str] = ("conduct", "accuracy")
# Task → what kind of work it is, and the metric that the upstream scores it by.
TASKS: dict[str, tuple[Task, str]] = {
    "1_1": _DOCTRINE,
    "1_2": _DOCTRINE,
    "1_3": _DOCTRINE,
    "2_1": _CASE,
    "2_2": _CASE,
    "2_3": _CASE,
    "2_4": _CASE,
    "2_5": _CASE,
    "3_1": _CASE,
    "3_2": _CASE,
    "3_3": _CASE,
    "3_4": _CASE,
    "3_5": _CASE,
    "3_6": _CASE,
    "4_1": _CASE,
    "4_2": ("document", "accuracy"),
    "5_1": ("document", "rouge-l"),
    "5_2": ("case", "rouge-l"),
    "5_3": ("document", "rouge-l"),
    "5_4": ("doctrine", "rouge-l"),
    "6_1": _CONDUCT,
    "6_2": _CONDUCT,
    "6_3": _CONDUCT,
}
# The tasks of the IP subset, by the definition that the published counts follow.
IP_TASKS = ("1_1", "1_2", "1_3", "2_2", "3_4", "3_5", "6_2", "6_3")
IP_ITEMS: dict[Literal["single", "multi"], int] = {"single": 146, "multi": 85}
# Above 4 MB: some copies of the repository leave them out.
_LARGE = ("4_1", "5_1", "5_2")

# The law that the keys follow, a guess. 1_2 asks for the Civil Code and for 刑法第二百一十三条 as
# amended on 2021-03-01, 1_3 for 刑法修正案（十一）; neither knows the Company Law or the Criminal
# Law as amended for 2024. The paper is of 2024, so the data are of the year before.
_WRITTEN = date(2023, 12, 31)
# 1_1 and 3_4 are of judicial examinations: both cite 合同法 and 婚姻法, 3_4 knows the 监察法 of
# March 2018, and the Civil Code of 2021 is in neither. So the examination of September 2018.
_EXAMINED = date(2018, 9, 22)
# 3_1 and 3_2 are judgments of 2021, 3_3 those of 2013 to 2017.
_AS_OF = {
    "1_1": _EXAMINED,
    "3_4": _EXAMINED,
    "3_1": date(2021, 12, 31),
    "3_2": date(2021, 12, 31),
    "3_3": date(2017, 12, 31),
}

_KEY = re.compile(r"^\s*(?:选项)?([A-H][A-H\s]*)(?:（.*|\(.*)?$", re.S | re.I)
_FIELDS = ("instruction", "input", "answer")


def read(root: Path) -> Read:
    """Every record of every task."""
    for task in TASKS:
        path = root / "data" / f"{task}.json"
        if task in _LARGE and path.parent.is_dir() and not path.exists():
            yield LeftOut(f"lexeval/{task}", f"{task}.json is not in this copy")
        else:
            yield from _task(path)


def read_ip(root: Path) -> Read:
    """The records of the tasks that the IP subset is taken from."""
    for task in IP_TASKS:
        yield from _task(root / "data" / f"{task}.json")


def in_ip_subset(item: Item) -> bool:
    """The published definition: a choice of at least four, whose text has a word of IP law."""
    return "ip" in item.tags and len(item.options) >= 4


def _task(path: Path) -> Iterator[Item | LeftOut]:
    name = path.stem
    task, metric = TASKS[name]
    as_of = _AS_OF.get(name, _WRITTEN)
    tags = (
        name,
        f"metric:{metric}",
        *(["date-sensitive"] if name == "1_3" else []),
        *(["undated"] if as_of == _EXAMINED else []),
    )
    for id, record in records.numbered(path, "lexeval", _FIELDS):
        question, answer = records.text(record, "input"), records.text(record, "answer")
        if metric != "accuracy":
            yield opened(
                id, question, [answer], task=task, as_of=as_of, tags=tags,
                instruction=records.text(record, "instruction"),
            )  # fmt: skip
            continue
        stem, options = option_lines(question)
        key = _KEY.match(answer)
        # By the length of what is written: 选项C counts among several, as in published counts.
        several = len(answer.strip()) > 1
        yield choice(
            id, stem, options, "".join(key[1].upper().split()) if key else "",
            task=task, as_of=as_of, tags=tags, several=several,
        )  # fmt: skip
