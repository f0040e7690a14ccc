"""LawBench: https://github.com/open-compass/LawBench (Fei et al. 2023, arXiv 2309.16289).

Layout: ``data/zero_shot/<task>.json``, a list of records with ``instruction``, ``question`` and
``answer``, all text. In the choice tasks 1-2, 2-8 and 3-6 the options run on in the question
(``A:…;B:…;C:…;D:…。``) and the answer is 正确答案：B。 or [正确答案]C<eoa>.
"""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from ecmiip.evaluation.items import Item
from ecmiip.evaluation.suites import records
from ecmiip.evaluation.suites.making import choice, opened
from ecmiip.evaluation.suites.suite import LeftOut, Read
from ecmiip.instruct.pair import Task

URL = "https://github.com/open-compass/LawBench"

# Task → what kind of work it is, and the metric that the upstream scores it by.
TASKS: dict[str, tuple[Task, str]] = {
    "1-1": ("doctrine", "rouge-l"),
    "1-2": ("doctrine", "accuracy"),
    "2-1": ("document", "f0.5"),
    "2-2": ("case", "f1"),
    "2-3": ("case", "f1"),
    "2-4": ("doctrine", "accuracy-of-label"),
    "2-5": ("case", "rc-f1"),
    "2-6": ("case", "soft-f1"),
    "2-7": ("document", "rouge-l"),
    "2-8": ("case", "accuracy"),
    "2-9": ("case", "f1"),
    "2-10": ("case", "soft-f1"),
    "3-1": ("case", "f1"),
    "3-2": ("doctrine", "rouge-l"),
    "3-3": ("case", "f1"),
    "3-4": ("case", "normalized-log-distance"),
    "3-5": ("case", "normalized-log-distance"),
    "3-6": ("case", "accuracy"),
    "3-7": ("case", "accuracy-of-amount"),
    "3-8": ("doctrine", "rouge-l"),
}
CHOICE_LETTERS = {"1-2": "ABCD", "2-8": "ABCDE", "3-6": "ABCD"}

# The law that the answers follow, a guess. 1-1 and 3-2 quote the Copyright Law and the Patent Law
# as amended for June 2021 (专利法第七十六条 on medicines); the paper is of September 2023.
_WRITTEN = date(2023, 6, 30)
# 1-2 and 3-6 are drawn from JEC-QA: examinations until 2017.
_EXAMINED = date(2017, 9, 16)
# The crimes of 3-1, 3-3, 3-4 and 3-5 were tried from 2011 to 2017.
_TRIED = date(2017, 12, 31)
_AS_OF = {
    "1-2": _EXAMINED,
    "3-6": _EXAMINED,
    "3-1": _TRIED,
    "3-3": _TRIED,
    "3-4": _TRIED,
    "3-5": _TRIED,
}

_KEY = re.compile(r"正确答案\]?\s*[:：]?\s*([A-E])")
_FIELDS = ("instruction", "question", "answer")


def read(root: Path) -> Read:
    """Every record of every task."""
    for task in TASKS:
        yield from _task(root / "data" / "zero_shot" / f"{task}.json")


def _task(path: Path) -> Iterator[Item | LeftOut]:
    name = path.stem
    task, metric = TASKS[name]
    as_of, undated = _AS_OF.get(name, _WRITTEN), _AS_OF.get(name) == _EXAMINED
    tags = (name, f"metric:{metric}", *(["undated"] if undated else []))
    for id, record in records.numbered(path, "lawbench", _FIELDS):
        question, answer = records.text(record, "question"), records.text(record, "answer")
        if name in CHOICE_LETTERS:
            stem, options = inline_options(question, CHOICE_LETTERS[name])
            key = _KEY.search(answer)
            yield choice(
                id, stem, options, key[1] if key else "", task=task, as_of=as_of, tags=tags
            )
        else:
            yield opened(
                id, question, [answer], task=task, as_of=as_of, tags=tags,
                instruction=records.text(record, "instruction"),
            )  # fmt: skip


def inline_options(question: str, letters: str) -> tuple[str, dict[str, str]]:
    """(stem, options) of a question that runs on into ``A:…;B:…``; no options where one lacks."""
    starts: list[re.Match[str]] = []
    for letter in letters:
        mark = re.compile(rf"(?<![A-Za-z0-9]){letter}\s*[:：]")
        found = mark.search(question, starts[-1].end() if starts else 0)
        if found is None:
            return question, {}
        starts.append(found)
    ends = [following.start() for following in starts[1:]] + [len(question)]
    options = {
        letter: question[found.end() : end].strip().rstrip(";；")
        for letter, found, end in zip(letters, starts, ends, strict=True)
    }
    # The full stop closes the sentence that the options make, not the last of them.
    if not any(text.endswith("。") for text in list(options.values())[:-1]):
        options[letters[-1]] = options[letters[-1]].rstrip("。")
    return question[: starts[0].start()], options
