"""JEC-QA (Zhong et al. 2020) as AGIEval gives it: https://github.com/ruixiangcui/AGIEval.

Layout: ``data/v1/jec-qa-kd.jsonl`` (knowledge) and ``jec-qa-ca.jsonl`` (case analysis), or the same
under ``data/v1_1``; one JSON value per line with ``question``, ``options`` (a list of ``(A)…``) and
``label`` (a list of letters; in some copies one text).
"""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from ecmiip.evaluation.items import Item
from ecmiip.evaluation.suites import records
from ecmiip.evaluation.suites.making import choice
from ecmiip.evaluation.suites.suite import LeftOut, Read
from ecmiip.instruct.pair import Task

URL = "https://github.com/ruixiangcui/AGIEval"

_PARTS: dict[str, Task] = {"kd": "doctrine", "ca": "case"}
# A guess: the questions carry no year. No case is set after 2017 and none knows the 监察法 of 2018;
# some keys follow the law of their day (商标法第55条 of 2001). On the day of the last 司法考试 more
# of them were right than on any later one.
_EXAMINED = date(2017, 9, 16)
_MARK = re.compile(r"^\s*[(（]?([A-H])[)）.．:：、]\s*")
_FIELDS = ("question", "options", "label")


def read(root: Path) -> Read:
    """Every record of both parts."""
    for part, task in _PARTS.items():
        name = f"jec-qa-{part}.jsonl"
        places = [root / "data" / version / name for version in ("v1", "v1_1")]
        yield from _part(next((path for path in places if path.exists()), places[0]), part, task)


def _part(path: Path, part: str, task: Task) -> Iterator[Item | LeftOut]:
    for number, record in enumerate(records.read(path, _FIELDS), 1):
        id = f"jecqa/{part}/{number}"
        options: dict[str, str] = {}
        for option in record["options"] or []:
            mark = _MARK.match(str(option))
            if mark:
                options[mark[1]] = str(option)[mark.end() :]
        key = "".join(re.findall("[A-H]", "".join(record["label"] or [])))
        yield choice(
            id, records.text(record, "question"), options, key,
            task=task, as_of=_EXAMINED, tags=(part, "undated"),
        )  # fmt: skip
