"""The data card of a built set: what is in it, where it is from, how it was checked, what it lacks.

Made of ``stats.json`` and the origins of the held-out pairs, so that the same set gives the same
bytes. The words are in ``data-card.md.j2``.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from ecmiip.mipld.document import DIRECTIONS
from ecmiip.models.prompt import TASKS

_ORIGINS = {
    "authored": "written for this project by someone who read the provision first",
    "derived": "made of MIPLD's provisions, crosswalk and cases by rules",
    "imported": "questions of lawyer-llama (Apache-2.0), IP part; the answers are ours where "
    "its own do not hold",
    "teacher": "written by a model that was shown the provisions",
}
_RULES = {
    "recall": "article number → text",
    "reverse": "text → article",
    "choose-article": "text → article, a choice",
    "choose-content": "article number → text, a choice",
    "choose-quantity": "a term, amount or multiple, a choice",
    "choose-day": "facts with dates → the day on which a term ends, a choice",
    "choose-sum": "numbers and profits → the sum of damages, a choice",
    "fill-quantity": "a term, amount or multiple, to be filled in",
    "fill-penalty": "a sanction or consequence, to be filled in",
    "true-or-false": "a sentence as it reads, or with one element changed",
    "define": "term → definition",
    "name-term": "definition → term",
    "choose-term": "definition → term, a choice",
    "conduct": "act → provision and item",
    "choose-one": "which act is, or is not, on the list",
    "choose-several": "which acts are on the list (several letters)",
    "case": "condition → issue, rule, application, conclusion",
    "choose-meaning": "term → definition, a choice",
    "document": "what a document must state or come with",
    "missing": "what a draft lacks of that",
    "basis": "a rule → the sentence that cites it",
    "statements-one-right": "which of four statements on neighbouring articles is right",
    "statements-one-wrong": "which of them is wrong",
    "statements-several": "which of them are right (two to four letters)",
    "evolution": "which of four quotations belong to the version they are given to",
    "moved": "old article number → new",
    "changed": "what the new version changed",
    "not-yet": "law that is adopted and not yet in force",
    "recall-then": "the text of an earlier day",
    "reading-one": "3 to 5 provisions shown, one decides",
    "reading-two": "3 to 5 provisions shown, two decide",
    "reading-none": "3 to 5 provisions shown, none decides",
    "choose-reading": "a choice put again with what the search finds; the deciding one may "
    "be missing",
    "judgment": "a decided case: facts → holding",
}
_REASONS = {
    "law": "cites what is not law on the pair's date",
    "quote": "quotes a provision in other words",
    "address": "names a provision that MIPLD does not hold",
    "time": "rests only on provisions of another time",
    "ungrounded": "cites nothing, or cites an article for what it does not say",
    "changed": "the article it cites was changed",
    "upstream": "the question in its place is not the one that was answered",
    "direction": "belongs to no IP direction",
    "key": "the answer is not that of the key",
    "text": "length, language or repetition",
    "split": "rests on provisions of both sides of the split",
    "benchmark": "repeats a benchmark",
    "repeat": "nearly repeats another pair",
    "other": "other",
}


def data_card(stats: Mapping[str, Any], held_out: Mapping[str, int]) -> str:
    """The card as Markdown. ``held_out``: how many held-out pairs there are of each origin."""
    environment = Environment(
        loader=PackageLoader("ecmiip.instruct", ""),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # Markdown of our own counts, not HTML of anyone's input
    )
    environment.filters["number"] = lambda count: f"{count:,}"
    met = {kind for counts in stats["dropped"].values() for kind in counts}
    return environment.get_template("data-card.md.j2").render(
        stats=stats,
        held_out=Counter(held_out),  # 0 where there are none
        origins=_ORIGINS,
        rules=_RULES,
        reasons={kind: what for kind, what in _REASONS.items() if kind in met},
        tasks=TASKS,
        directions=DIRECTIONS,
    )
