"""MoZIP: https://github.com/AI-for-Science/MoZIP (Ni et al. 2024, arXiv 2402.16389).

Layout that is read: folders ``IPQuiz`` (choice questions on IP in several languages), ``IPQA``
(questions with a reference answer) and ``PatentMatch`` (a patent, and four of which one is most
like it), each with JSON, JSON lines or CSV files, at the top or under ``data``. A record has
``question``, ``options`` (a list, a table by letter, fields ``A`` to ``D``, or lines of the
question) and ``answer``. The paper describes the three parts; no copy was at hand to check the
names of the fields, so that their usual other names are read too.
"""

import re
from datetime import date
from pathlib import Path

from ecmiip.errors import UserError
from ecmiip.evaluation.items import Language
from ecmiip.evaluation.suites import loose, records
from ecmiip.evaluation.suites.making import choice, opened
from ecmiip.evaluation.suites.suite import Read
from ecmiip.instruct.pair import Task

URL = "https://github.com/AI-for-Science/MoZIP"

PARTS: dict[str, Task] = {"IPQuiz": "doctrine", "IPQA": "doctrine", "PatentMatch": "document"}
# The paper is of February 2024, its questions of the year before.
_WRITTEN = date(2023, 12, 31)
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def read(root: Path) -> Read:
    """Every record of the three parts."""
    for part, task in PARTS.items():
        places = [root / part, root / "data" / part]
        folder = next((place for place in places if place.is_dir()), None)
        paths = records.below(folder) if folder else []
        if folder is None or not paths:
            raise UserError(
                f"{places[0]}: no folder with .json, .jsonl or .csv files: "
                f"name with --root a whole checkout of {URL}"
            )
        for path in paths:
            stem = f"mozip/{part}/{loose.place(path, folder)}"
            for number, record in enumerate(records.read(path), 1):
                id, where = f"{stem}/{number}", f"{path}: record {number}"
                question = str(loose.value(record, loose.QUESTION, where))
                answer = loose.value(record, loose.ANSWER, where)
                language: Language = "zh" if _CHINESE.search(question) else "en"
                tags = (part, "ip-suite")
                if part == "IPQA":
                    yield opened(
                        id, question, [str(answer)], task=task, as_of=_WRITTEN,
                        tags=(*tags, "metric:rouge-l"), language=language,
                    )  # fmt: skip
                    continue
                put, options = loose.options(record, question)
                yield choice(
                    id, put, options, loose.letters(answer, options), task=task, as_of=_WRITTEN,
                    tags=(*tags, "metric:accuracy"), language=language,
                )  # fmt: skip
