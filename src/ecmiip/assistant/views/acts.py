"""The acts that IP law judges, and the elements of each (``acts.toml``)."""

import re
from functools import cache
from importlib.resources import as_file, files

from ecmiip.config import Config, read_toml


class Element(Config):
    """One thing that must be so. ``basis`` are addresses; ``told_by`` are words by which a question
    speaks of it, ``ask`` is what to ask for where it does not."""

    id: str
    name: str
    basis: tuple[str, ...]
    told_by: str
    ask: str


class Act(Config):
    """A kind of act within a direction; ``cue`` are the words by which it is recognised."""

    id: str
    name: str
    direction: str
    cue: str
    element: tuple[Element, ...]


class Acts(Config):
    """The whole table."""

    act: tuple[Act, ...]


@cache
def table() -> tuple[Act, ...]:
    """Every act, in the order of the table."""
    with as_file(files("ecmiip.assistant.views") / "acts.toml") as path:
        return read_toml(path, Acts).act


def act_of(text: str, direction: str | None) -> Act | None:
    """The act that ``text`` speaks of most among those of ``direction``; its first where none is
    named, None where the direction has none."""
    own = [act for act in table() if act.direction == direction]
    return max(own, key=lambda act: len(set(re.findall(act.cue, text))), default=None)


def untold(act: Act, text: str) -> list[Element]:
    """The elements of ``act`` that ``text`` says nothing about."""
    return [element for element in act.element if not re.search(element.told_by, text)]
