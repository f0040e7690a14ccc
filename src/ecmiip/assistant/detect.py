"""What kind of work a question asks for, and which branch of IP law it belongs to."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import as_file, files
from typing import Literal

from ecmiip.config import Config, read_toml
from ecmiip.mipld.document import DIRECTIONS, Hit

Task = Literal["doctrine", "conduct", "case", "document"]

# A crime or a matter of procedure is always about some branch too: its words decide.
_OVERRIDING = {"ip_crime": 2.0, "technology_contract": 1.3, "ip_procedure": 0.8}
# How many of the provisions found have a vote; from what score a direction is taken to be meant.
_VOTERS = 15
_ENOUGH = 0.34


class TaskCue(Config):
    """A question that matches ``text`` is of task ``name``."""

    name: Task
    text: str


class Cues(Config):
    """The whole table, ``detect.toml``."""

    task: tuple[TaskCue, ...]
    directions: dict[str, str]


@cache
def _cues() -> Cues:
    with as_file(files("ecmiip.assistant") / "detect.toml") as path:
        return read_toml(path, Cues)


def detect_task(question: str) -> Task:
    """The task that the question's words point to; doctrine where none does."""
    return next(
        (cue.name for cue in _cues().task if re.search(cue.text, question, re.IGNORECASE)),
        "doctrine",
    )


def direction_scores(question: str, hits: Sequence[Hit] = ()) -> dict[str, float]:
    """How much a question speaks of each direction.

    Each different word of a branch counts one; the branches of the best of the provisions found
    for it share one more, as far as those are IP law at all.
    """
    scores: defaultdict[str, float] = defaultdict(float)
    for direction, spoken in _cues().directions.items():
        said = {found.lower() for found in re.findall(spoken, question, re.IGNORECASE)}
        scores[direction] = len(said) * _OVERRIDING.get(direction, 1.0)
    voters = hits[:_VOTERS]
    cast = sum(hit.score for hit in voters)
    for hit in voters:
        for direction in hit.provision.directions:
            scores[direction] += hit.score / cast / len(hit.provision.directions)
    return {name: scores[name] for name in DIRECTIONS if scores.get(name)}


def direction_of(scores: Mapping[str, float]) -> str | None:
    """The direction meant most; None where too little points to any."""
    best = max(scores, key=lambda name: scores[name], default=None)
    return best if best is not None and scores[best] >= _ENOUGH else None
