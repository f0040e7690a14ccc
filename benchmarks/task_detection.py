"""How often the task of a question is recognised by its words.

    python benchmarks/task_detection.py

On the questions that we wrote for training, which the cues of detect.toml were tuned on, and on
those of MIPLD-Eval, which they were not. ``by_task`` is a row per true task: how many of its
questions were taken for which. Prints JSON.
"""

import json
import tomllib
from collections import Counter
from typing import Any, get_args

from ecmiip.assistant.detect import Task, detect_task
from ecmiip.files import shipped

TASKS = get_args(Task)


def questions(folder: str, table: str) -> list[tuple[str, str]]:
    """(task, question) of every entry of ``table`` in the TOML files of ``folder``."""
    return [
        (entry["task"], entry["question"])
        for path in sorted(shipped(folder).rglob("*.toml"))
        for entry in tomllib.loads(path.read_text(encoding="utf-8")).get(table, [])
    ]


def measured(asked: list[tuple[str, str]]) -> dict[str, Any]:
    """The share recognised, and what was taken for what."""
    counts = Counter((task, detect_task(question)) for task, question in asked)
    return {
        "questions": len(asked),
        "right": round(sum(counts[task, task] for task in TASKS) / len(asked), 3),
        "by_task": {task: {taken: counts[task, taken] for taken in TASKS} for task in TASKS},
    }


if __name__ == "__main__":
    print(
        json.dumps(
            {
                "authored": measured(questions("data/pairs", "pair")),
                "mipld-eval": measured(questions("data/eval", "item")),
            },
            indent=2,
        )
    )
