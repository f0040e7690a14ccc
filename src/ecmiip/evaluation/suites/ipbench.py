"""IPBench: https://github.com/IPBench/IPBench (Wang et al. 2025, arXiv 2504.15524).

Layout that is read: JSON, JSON lines or CSV files under ``data`` (any depth), each one task; a
record with ``question``, ``answer`` and, in tasks that choose, ``options`` (a list, a table by
letter, fields ``A`` to ``D``, or lines of the question). The paper describes tasks of choice,
classification and writing in Chinese and English; no copy was at hand to check the names of the
fields, so that their usual other names are read too.
"""

import re
from datetime import date
from pathlib import Path

from ecmiip.errors import UserError
from ecmiip.evaluation.items import Language
from ecmiip.evaluation.suites import loose, records
from ecmiip.evaluation.suites.making import choice, opened
from ecmiip.evaluation.suites.suite import Read

URL = "https://github.com/IPBench/IPBench"

# The paper is of April 2025.
_WRITTEN = date(2025, 3, 31)
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def read(root: Path) -> Read:
    """Every record of every task."""
    folder = root / "data"
    paths = records.below(folder)
    if not paths:
        raise UserError(
            f"{folder}: no .json, .jsonl or .csv file: name with --root a whole checkout of {URL}"
        )
    for path in paths:
        name = loose.place(path, folder)
        for number, record in enumerate(records.read(path), 1):
            id, where = f"ipbench/{name}/{number}", f"{path}: record {number}"
            question = str(loose.value(record, loose.QUESTION, where))
            answer = loose.value(record, loose.ANSWER, where)
            language: Language = "zh" if _CHINESE.search(question) else "en"
            stem, options = loose.options(record, question)
            if options:
                yield choice(
                    id, stem, options, loose.letters(answer, options), task="doctrine",
                    as_of=_WRITTEN, tags=(name, "ip-suite", "metric:accuracy"), language=language,
                )  # fmt: skip
            else:
                yield opened(
                    id, question, [str(answer)], task="document", as_of=_WRITTEN,
                    tags=(name, "ip-suite", "metric:rouge-l"), language=language,
                )  # fmt: skip
