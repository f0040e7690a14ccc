"""What the evaluation itself takes, beside the model: items per second against a mock endpoint.

    python benchmarks/evaluation_overhead.py [--db mipld.sqlite] [--items 1000]

The mock answers at once and over HTTP, from another process; so all the time that passes is ours.
``overhead`` is that time against the time of an endpoint that takes 200 ms per item, as a fast
hosted model does. Every verdict is written and every reply kept, as in a real run. Prints JSON.
"""

import argparse
import json
import multiprocessing
import tempfile
import time
from dataclasses import replace
from datetime import date
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from ecmiip.evaluation import mock
from ecmiip.evaluation.calling import Caller
from ecmiip.evaluation.items import Item
from ecmiip.evaluation.run import Bench, run
from ecmiip.evaluation.setting import Setting
from ecmiip.evaluation.verdict import Evaluation
from ecmiip.mipld.database import Mipld
from ecmiip.models.endpoint import Endpoint

_STEM = (
    "甲公司的发明专利权被乙公司侵犯，乙公司主张其使用的技术属于现有技术。关于本案，下列说法正确的是"
)
_OPTIONS = {
    "A": "乙公司应当证明其实施的技术属于现有技术",
    "B": "乙公司应当先请求宣告专利权无效",
    "C": "人民法院应当中止诉讼",
    "D": "甲公司应当证明其专利具备创造性",
}
_ENDPOINT = 0.2  # seconds per item of the endpoint that the overhead is told against


def _items(count: int, kind: str) -> list[Item]:
    single = Item(
        id="", suite="bench", kind="single", question="", options=_OPTIONS, key="A", answers=(),
        task="conduct", direction="patent", as_of=date(2026, 11, 22),
    )  # fmt: skip
    opened = replace(single, kind="open", options={}, key="", answers=("可以。",))
    made = single if kind == "choice" else opened
    return [
        replace(made, id=f"bench/{number}", question=f"{number}：{_STEM}")
        for number in range(count)
    ]


def _serve(told: Connection, seconds: float) -> None:
    with mock.serving(seconds=seconds) as served:
        told.send(served.url)
        told.recv()


def measure(
    items: list[Item], db: Mipld | None, setting: Setting, *, jobs: int, seconds: float = 0.0
) -> dict[str, Any]:
    """Items per second, and the time that was not the endpoint's as a share of its own."""
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs, seconds))
    server.start()
    endpoint = Endpoint(url=ours.recv(), model="mock", grammars=True)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        evaluation = Evaluation(home, "bench", "mock", setting, len(items))
        with Caller(endpoint, "mock", home / "replies.sqlite") as caller:
            bench = Bench(caller, setting, db)
            run(items[:1], bench, evaluation)  # the connection, the index, the scorers' libraries
            start = time.perf_counter()
            run(items, bench, evaluation, jobs=jobs)
            took = time.perf_counter() - start
    endpoint.close()
    ours.send("done")
    server.join()
    rest = len(items) - 1
    found: dict[str, Any] = {"items_per_second": round(rest / took, 1), "jobs": jobs}
    if seconds:
        found["overhead"] = round(took / (rest * seconds / jobs) - 1, 4)
    return found


def main() -> None:
    """Measure each setting and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--db", type=Path, help="a built MIPLD (default: that of the home)")
    parser.add_argument("--items", type=int, default=1000)
    given = parser.parse_args()
    closed, shown = Setting(), Setting(depth=3)
    choices, opened = _items(given.items, "choice"), _items(given.items, "open")
    few = choices[: max(2, given.items // 20)]
    with Mipld.open(given.db) as db:
        report = {
            "choice closed-book": measure(choices, None, closed, jobs=1),
            "choice closed-book, 8 jobs": measure(choices, None, closed, jobs=8),
            "choice with MIPLD": measure(choices, db, shown, jobs=1),
            "open closed-book": measure(opened, db, closed, jobs=1),
            "choice, endpoint of 200 ms": measure(few, None, closed, jobs=1, seconds=_ENDPOINT),
            "choice with MIPLD, endpoint of 200 ms": measure(
                few, db, shown, jobs=1, seconds=_ENDPOINT
            ),
            "choice, endpoint of 200 ms, 8 jobs": measure(
                choices, None, closed, jobs=8, seconds=_ENDPOINT
            ),
        }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
