"""Which citation may be shown as good, and how one that may not is marked in the text."""

from collections.abc import Sequence

from ecmiip.mipld.verify import Citation

_STATUS_MARKS = {
    "not_yet_in_force": "尚未施行",
    "superseded": "已被修改，非该日有效文本",
    "repealed": "已废止",
    "no_such_article": "查无此条",
    "unverified": "未能核实",
}


def is_good(citation: Citation) -> bool:
    """Whether a citation may be shown as verified."""
    return citation.status == "in_force" and citation.quote != "differs"


def complaint(citation: Citation) -> str:
    """What is wrong with a citation, in Chinese, for the reader; "" when it is good."""
    if citation.status == "in_force":
        if citation.elsewhere:
            return f"引文在{citation.elsewhere}"
        return "引文与原文不符" if citation.quote == "differs" else ""
    said = _STATUS_MARKS[citation.status]
    if citation.status == "not_yet_in_force" and citation.effective_from:
        said += f"，{citation.effective_from}起施行"
    if citation.replaced_by:
        said += f"，现见{citation.replaced_by}"
    return said


def mark(text: str, citations: Sequence[Citation]) -> str:
    """``text`` with 〔…〕 put behind every citation that is not good."""
    return marked(text, citations)[0]


def marked(text: str, citations: Sequence[Citation]) -> tuple[str, list[tuple[int, int]]]:
    """``text`` as :func:`mark` gives it, and where in it each of ``citations`` stands."""
    # One mark for each place: the articles of a range may share theirs.
    said: dict[int, list[str]] = {}
    for citation in citations:
        if not is_good(citation):
            words = said.setdefault(citation.end, [])
            if complaint(citation) not in words:
                words.append(complaint(citation))
    marks = {end: "".join(f"〔{word}〕" for word in words) for end, words in said.items()}
    out, done = "", 0
    for end in sorted(marks):
        out += text[done:end] + marks[end]
        done = end
    out += text[done:]
    places = []
    for citation in citations:
        start = citation.start + sum(len(m) for end, m in marks.items() if end <= citation.start)
        inside = sum(len(m) for end, m in marks.items() if citation.start < end < citation.end)
        places.append((start, start + citation.end - citation.start + inside))
    return out, places
