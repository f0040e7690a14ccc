"""What the task files beside this one call; a copy of it goes with them. Needs lm-eval alone."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import datasets

_LETTERS = re.compile(r"(?<![A-Za-z])[A-H](?:[、,，和及\s]*[A-H])*(?![A-Za-z])")


def load(data: str, **_: object) -> datasets.DatasetDict:
    """The items of the file ``data`` beside this one, as the split test."""
    path = Path(__file__).with_name(data)
    return datasets.DatasetDict({"test": datasets.Dataset.from_json(str(path))})


def process_docs(dataset: datasets.Dataset) -> datasets.Dataset:
    """The items that can be scored: those whose key is among their letters."""
    return dataset.filter(lambda item: item["key"] and set(item["key"]) <= set(item["letters"]))


def process_results(doc: dict[str, Any], results: Sequence[str]) -> dict[str, float]:
    """Whether the first letters in the reply are exactly those of the key."""
    found = _LETTERS.search(results[0])
    letters = set(found[0]) & set(doc["letters"]) if found else set()
    return {"exact_set": float(letters == set(doc["key"])), "unparseable": float(not letters)}
