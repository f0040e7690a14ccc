"""Every item with all answers to it, as the data that a page's script shows."""

from collections.abc import Sequence
from typing import Any

from ecmiip.evaluation.question import question_of
from ecmiip.evaluation.report.measures import Loaded
from ecmiip.evaluation.verdict import Verdict


def items_of(loaded: Sequence[Loaded], only: set[str] | None = None) -> dict[str, Any]:
    """The items of ``loaded``, those in ``only`` if given, in the order of the first that has them.

    Texts that recur (system prompts, provisions) are held once, in ``texts``; prompts and quotes
    name them by their place.
    """
    texts: dict[str, int] = {}

    def kept(text: str) -> int:
        return texts.setdefault(text, len(texts))

    items: dict[tuple[str, str], dict[str, Any]] = {}
    for place, evaluation in enumerate(loaded):
        for verdict in evaluation.verdicts:
            if only is not None and verdict.id not in only:
                continue
            item = items.setdefault((verdict.suite, verdict.id), _item(verdict))
            item["answers"].append(
                {
                    "evaluation": place,
                    "letters": verdict.letters,
                    "outcome": outcome(verdict),
                    "raw": verdict.raw,
                    "finish": verdict.finish,
                    "prompt": [[turn["role"], kept(turn["content"])] for turn in verdict.prompt],
                    "read": [[shown.address, kept(shown.quote)] for shown in verdict.retrieved],
                    "citations": [
                        [cited["text"], cited["status"], cited["quote"], cited["replaced_by"]]
                        for cited in verdict.citations
                    ],
                    "scores": {name: round(value, 3) for name, value in verdict.scores.items()},
                    "tokens": [verdict.prompt_tokens, verdict.completion_tokens],
                    "seconds": round(verdict.seconds, 2),
                    "error": verdict.error,
                }
            )
    return {
        "evaluations": [
            {"suite": one.evaluation.suite, "name": one.name, "subject": one.evaluation.subject}
            for one in loaded
        ],
        "items": list(items.values()),
        "texts": list(texts),
    }


def outcome(verdict: Verdict) -> str:
    """``right``, ``wrong``, ``unparseable``, ``error``, or ``open`` for a free answer."""
    if verdict.error:
        return "error"
    if verdict.kind == "open":
        return "open"
    if not verdict.letters:
        return "unparseable"
    return "right" if verdict.right else "wrong"


def _item(verdict: Verdict) -> dict[str, Any]:
    return {
        "id": verdict.id,
        "suite": verdict.suite,
        "kind": verdict.kind,
        "task": verdict.task,
        "direction": verdict.direction or "",
        "as_of": verdict.as_of.isoformat(),
        "half": verdict.half,
        "tags": list(verdict.tags),
        "key": verdict.key,
        "question": question_of(verdict),
        "answers": [],
    }
