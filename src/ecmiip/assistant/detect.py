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

# The options of a multiple-choice question are not what it tells.
_OPTIONS = re.compile(r"(?:[（(][多单]选[)）])?\s*\n\s*[A-G][.．、].*", re.DOTALL)
_SENTENCE = re.compile(r"(?:[^。！？；\n!?;.]|\.(?=\S))+[。！？；\n!?;.]?")
# What ends a sentence that tells nothing, and what begins one.
_ASKS = re.compile(r"[？?]\s*$|^\s*(?:请|下列|关于|Summari|Explain|Compare|List|Describe)")
_WORD = re.compile(r"[一-龥]|\w+", re.ASCII)
# How many words a question tells that is about a particular matter: some if they are particular,
# else many.
_SOME, _MANY = 7, 35


class TaskCue(Config):
    """A question that ``text`` is found in is of task ``name``.

    ``told``: only where a particular matter is told of, by the question or in material.
    ``at_end``: only in the question's last sentence.
    """

    name: Task
    text: str
    told: bool = False
    at_end: bool = False


class Cues(Config):
    """The whole table, ``detect.toml``."""

    particular: str
    task: tuple[TaskCue, ...]
    directions: dict[str, str]


@cache
def _cues() -> Cues:
    with as_file(files("ecmiip.assistant") / "detect.toml") as path:
        return read_toml(path, Cues)


def detect_task(question: str, facts: str = "") -> Task:
    """The task that the question's words point to; doctrine where none does.

    ``facts`` is material that the question is about. It tells of a matter; what it may ask for is
    not what its reader asks for.
    """
    question = _OPTIONS.sub("", question)
    sentences = [said for said in _SENTENCE.findall(question) if said.strip()]
    told = bool(facts) or _tells(sentences)
    for cue in _cues().task:
        if cue.told and not told:
            continue
        if cue.at_end:
            where = "".join(sentences[-1:])
        else:
            where = f"{facts}\n{question}" if cue.told else question
        if re.search(cue.text, where, re.IGNORECASE):
            return cue.name
    return "doctrine"


def _tells(sentences: Sequence[str]) -> bool:
    """Whether ``sentences`` tell of a particular matter, rather than ask of the law at large."""
    words = sum(len(_WORD.findall(said)) for said in sentences if not _ASKS.search(said))
    return words >= _MANY or (
        words >= _SOME
        and re.search(_cues().particular, "".join(sentences), re.IGNORECASE) is not None
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
