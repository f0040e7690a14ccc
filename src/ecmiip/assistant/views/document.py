"""The document view: which of the draft forms fit what is asked."""

from typing import Any

from ecmiip.mipld.segment import segment

SUGGESTED = 3
# Words that a title shares with half of the others say little.
_COMMON = frozenset(["民事", "行政", "纠纷", "权", "状", "书", "的", "表"])
# Titles say 侵害, people say 侵权.
_SAME = {"侵权": "侵害", "侵犯": "侵害"}


def table(question: str, direction: str | None) -> dict[str, Any] | None:
    """{kind, forms: [{id, title: {zh, en}}]}, the best first; None where no form fits."""
    # Forms, their parts and Word are read only where a document is wanted.
    from ecmiip.assistant import draft

    words = set(segment(question)) - _COMMON
    asked = words | {_SAME[word] for word in words if word in _SAME}
    scored = []
    for place, form in enumerate(draft.forms()):
        title = set(segment(form.title["zh"])) - _COMMON
        shared = len(asked & title)
        worth = shared + (0.5 if direction and form.direction == direction else 0.0)
        if shared:
            scored.append((-worth, place, form))
    best = [form for _, _, form in sorted(scored, key=lambda entry: entry[:2])[:SUGGESTED]]
    if not best:
        return None
    return {"kind": "document", "forms": [{"id": form.id, "title": form.title} for form in best]}
