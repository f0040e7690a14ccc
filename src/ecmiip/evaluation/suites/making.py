"""From a benchmark's record to an item: one cleaning, one test of the key, one test for IP."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from ecmiip.evaluation.items import Item, Kind, Language
from ecmiip.evaluation.suites.suite import LeftOut
from ecmiip.instruct.pair import Task
from ecmiip.mipld.taxonomy import text_directions

# The definition of the IP subsets, the same that the published counts follow.
_IP = re.compile(
    r"专利|商标|著作权|知识产权|版权|商业秘密|不正当竞争|信息网络传播|植物新品种|布图设计|地理标志"
)
_IP_ENGLISH = re.compile(
    r"patent|trade ?mark|copyright|intellectual property|trade secret|unfair competition", re.I
)
# What says little of a question that speaks of something narrower too.
_BROAD = ("unfair_competition", "copyright", "trademark", "patent", "ip_procedure")
_OPTION_LINE = re.compile(r"^[ \t]*\(?([A-H])(?:[:：.．、]|\))[ \t]*", re.M)


def is_ip(text: str, language: Language = "zh") -> bool:
    """Whether ``text`` speaks of IP, by the words of the published subset's definition."""
    return bool(_IP.search(text) or (language == "en" and _IP_ENGLISH.search(text)))


def choice(
    id: str,
    stem: str,
    options: Mapping[str, str],
    key: str,
    *,
    task: Task,
    as_of: date,
    tags: Iterable[str] = (),
    language: Language = "zh",
    several: bool | None = None,
) -> Item | LeftOut:
    """A choice item, or the reason why the record is none.

    ``several`` says whether more than one letter may be right, where the upstream does; else the
    key shows it.
    """
    words = {letter: clean(text).strip(" ;；,，") for letter, text in sorted(options.items())}
    letters = "".join(sorted(set(key)))
    if not letters:
        return LeftOut(id, "no key")
    if len(words) < 2:
        return LeftOut(id, "fewer than two options")
    if not all(words.values()):
        return LeftOut(id, "an empty option")
    if not set(letters) <= set(words):
        return LeftOut(id, "the key names no option")
    kind: Kind = "multi" if (len(letters) > 1 if several is None else several) else "single"
    if kind == "single" and len(letters) > 1:
        return LeftOut(id, "one right letter is announced, the key has several")
    question = clean(stem)
    return _item(
        id, kind, question, words, letters, (), task, as_of, tags, language,
        about=[question, *words.values()],
    )  # fmt: skip


def opened(
    id: str,
    question: str,
    answers: Iterable[str],
    *,
    task: Task,
    as_of: date,
    tags: Iterable[str] = (),
    language: Language = "zh",
    instruction: str = "",
) -> Item | LeftOut:
    """An open item, or the reason why the record is none.

    ``instruction`` is what the upstream tells the model to do with every record of the task; it
    is asked, but does not count for what the question is about.
    """
    references = tuple(answer.strip() for answer in answers if answer.strip())
    if not references:
        return LeftOut(id, "no reference answer")
    if not question.strip():
        return LeftOut(id, "no question")
    about = clean(question)
    put = f"{clean(instruction)}\n{about}" if instruction else about
    return _item(
        id, "open", put, {}, "", references, task, as_of, tags, language, about=[about]
    )  # fmt: skip


def _item(
    id: str,
    kind: Kind,
    question: str,
    options: Mapping[str, str],
    key: str,
    answers: tuple[str, ...],
    task: Task,
    as_of: date,
    tags: Iterable[str],
    language: Language,
    *,
    about: Sequence[str],
) -> Item:
    ip = is_ip("\n".join(about), language)
    return Item(
        id=id,
        suite=id.partition("/")[0],
        kind=kind,
        question=question,
        options=options,
        key=key,
        answers=answers,
        task=task,
        direction=direction(*about) if ip else None,
        as_of=as_of,
        language=language,
        tags=(*tags, "ip" if ip else "non-ip"),
    )


def direction(stem: str, *options: str) -> str | None:
    """The direction that a question is counted under, by the taxonomy's rules for free text.

    That of the stem; where it has none, as in 下列哪些说法正确, that of the options.
    """
    for text in (stem, "\n".join(options)):
        found = text_directions(text)
        # In a statute these words need their context (a clerk keeps 商业秘密 too); in a question
        # they are the subject.
        for name, word in (("trade_secret", "商业秘密"), ("copyright", "版权")):
            if word in text:
                found[name] = f"text has {word}"
        if found:
            return min(found, key=_breadth)
    return None


def _breadth(name: str) -> int:
    return _BROAD.index(name) + 1 if name in _BROAD else 0


def clean(text: str) -> str:
    """``text`` without empty lines and without space around its lines."""
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def option_lines(text: str) -> tuple[str, dict[str, str]]:
    """(stem, options) of a question whose options begin lines: ``A: …``, ``B. …``, ``(C)…``.

    Letters count only in their order from A, so that a line of a letter in the material is none;
    no options at all where there is no second.
    """
    starts: list[re.Match[str]] = []
    for found in _OPTION_LINE.finditer(text):
        if ord(found[1]) - ord("A") == len(starts):
            starts.append(found)
    if len(starts) < 2:
        return text, {}
    ends = [following.start() for following in starts[1:]] + [len(text)]
    options = {found[1]: text[found.end() : end] for found, end in zip(starts, ends, strict=True)}
    return text[: starts[0].start()], options
