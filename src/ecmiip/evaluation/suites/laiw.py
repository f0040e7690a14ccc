"""LAiW: https://github.com/Dai-shen/LAiW (Dai et al. 2023, arXiv 2310.05620).

Layout that is read: one JSON, JSON lines or CSV file for each task under ``data`` (or at the top),
a record with ``query`` (instruction and question in one), ``answer`` and, in tasks that choose,
``choices`` (a list) and ``gold`` (the number of the right one). Where the choices are bare letters
the query has the options as lines; where they are labels (charges, articles) they are too many to
be options, and the item is open with the label as its answer. The field names are those of the
evaluation harness that LAiW is built on; no copy was at hand to check them.
"""

from datetime import date
from pathlib import Path

from ecmiip.errors import UserError
from ecmiip.evaluation.suites import loose, records
from ecmiip.evaluation.suites.making import choice, opened
from ecmiip.evaluation.suites.suite import Read

URL = "https://github.com/Dai-shen/LAiW"

# The paper is of October 2023.
_WRITTEN = date(2023, 9, 30)


def read(root: Path) -> Read:
    """Every record of every task."""
    folder = root / "data" if (root / "data").is_dir() else root
    paths = records.below(folder)
    if not paths:
        raise UserError(
            f"{folder}: no .json, .jsonl or .csv file: name with --root a checkout of {URL}"
        )
    for path in paths:
        name = loose.place(path, folder)
        for number, record in enumerate(records.read(path), 1):
            id, where = f"laiw/{name}/{number}", f"{path}: record {number}"
            query = str(loose.value(record, ("query", "question"), where))
            stem, options = loose.options(record, query)
            answer = record.get("gold", loose.value(record, loose.ANSWER, where))
            if 2 <= len(options) <= 5:
                yield choice(
                    id, stem, options, loose.letters(answer, options), task="case",
                    as_of=_WRITTEN, tags=(name, "metric:accuracy"),
                )  # fmt: skip
            else:
                chosen = bool(record.get("choices"))
                metric = "metric:f1" if chosen else "metric:rouge-l"
                reference = str(loose.value(record, ("answer",), where))
                yield opened(
                    id, query, [reference], task="case", as_of=_WRITTEN, tags=(name, metric)
                )
