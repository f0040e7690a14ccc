"""What a document must state or come with: the whole list, and what a draft has left out."""

import random
import re
from collections.abc import Iterator, Sequence

from ecmiip.instruct.derive.rule import Made, listings, lone_sentences, name
from ecmiip.instruct.derive.shapes import subject_of
from ecmiip.mipld.document import Provision

# The words that introduce the contents of a document or what is filed with it.
_CONTENTS = re.compile(
    r"(?:载明|写明|记载|提交|附送|包含|包括|注明|提供|附具)(?:下列|以下)(?:主要)?"
    r"(?:内容|事项|文件|材料|条款|资料|信息|证据)[^：]{0,40}$"
)
_ENUMERATED = re.compile(
    r"应当(?:提交|载明|写明|附送|注明|附具)(?P<items>[^。；，“”]*、[^。；“”]*?)"
    r"(?:等(?:文件|材料|事项|内容|情况|有关资料)?)?[。，；]"
)
_AND = re.compile(r"、|以及|(?<=[^或])和(?=[^、]*$)")
# A heading longer than this tells more than which document is meant.
_LONGEST_HEAD = 110
_DRAFTS = 3  # of one list, each without another item


def document(provision: Provision, _: Sequence[Provision], chance: random.Random) -> Made:
    """A duty to state or file something → what the document needs."""
    for sentence in lone_sentences(provision):
        subject = subject_of(sentence)
        if len(subject) >= 4 and 20 <= len(sentence) <= 200:
            yield _required(subject, chance), _listed(provision, sentence), ""
            break
    for head, items in _lists(provision):
        subject, words = _about(head, provision), _quoted(head, items)
        yield _required(subject, chance), _listed(provision, words), ""


def missing(provision: Provision, _: Sequence[Provision], chance: random.Random) -> Made:
    """A draft that has all required contents but one → which one it lacks."""
    for head, items in _lists(provision):
        # 其他材料 cannot be told to be missing.
        words = [item for _, item in items if 2 <= len(item) <= 90 and "其他" not in item]
        words = [item for item in words if not item.startswith("双方认为")]
        if len(words) < 3:
            continue
        for left_out in chance.sample(words, min(_DRAFTS, len(words))):
            has = "；".join(word for word in words if word != left_out)
            answer = f"缺少：{left_out}。{name(provision)}规定：“{_quoted(head, items)}”"
            yield _draft(_about(head, provision), has, chance), answer, ""
    for sentence in lone_sentences(provision):
        found = _ENUMERATED.search(sentence)
        words = [word for word in _AND.split(found["items"]) if word] if found else []
        subject = subject_of(sentence)
        # What begins with a pronoun or is long was not cut at its joints.
        sound = all(2 <= len(word) <= 24 and word[0] not in "其该并或" for word in words)
        if len(words) >= 3 and sound and len(subject) >= 4:
            left_out = chance.choice(words)
            has = "、".join(word for word in words if word != left_out)
            answer = f"缺少：{left_out}。{name(provision)}规定：“{sentence}”"
            yield _draft(subject, has, chance), answer, ""


def _lists(provision: Provision) -> Iterator[tuple[str, tuple[tuple[str, str], ...]]]:
    """The lists of contents in ``provision``: the sentence that introduces one, and its items."""
    for listing in listings(provision):
        head = listing.head.rsplit("。", 1)[-1]
        one_of = "之一" in head  # what suffices alone is not missing
        if _CONTENTS.search(head) and len(head) <= _LONGEST_HEAD and not one_of:
            yield head, listing.items


def _about(head: str, provision: Provision) -> str:
    """Which document ``head`` introduces the contents of; by its law if that is just 申请书."""
    before = _BEFORE.split(head)[0]
    subject = _DUTY.sub("", re.sub(r"(?:的，|，|的|还|并|均|都|也)+$", "", before))
    return f"《{provision.law}》规定的{subject}" if len(subject) <= _GENERIC else subject


_BEFORE = re.compile(
    r"，?(?:并|可以|应当|要求其|可以要求其)?(?:应当|至少)?"
    r"(?:载明|写明|记载|提交|附送|包含|包括|注明|提供|附具)(?=下列|以下)"
)
# The duty itself, which the question is about.
_DUTY = re.compile(r"的?，应当[^，]{2,20}$|，?可以(?:要求其)?$")
_GENERIC = 5


def _quoted(head: str, items: Sequence[tuple[str, str]]) -> str:
    return f"{head}：{'；'.join(label + words for label, words in items)}。"


def _required(subject: str, chance: random.Random) -> str:
    return chance.choice(
        [
            f"我要准备文书，事项是：{subject}。文书应当写明或者附上什么？",
            f"起草文书前请列出要求：{subject}时，法律要求写什么、交什么？",
            f"请给出一份文书清单，适用于：{subject}。",
            f"{subject}，递交的材料怎样才算齐全？",
        ]
    )


def _draft(subject: str, has: str, chance: random.Random) -> str:
    return chance.choice(
        [
            f"{subject}。草稿已有：{has}。对照法律的要求还缺什么？",
            f"请审核文书（{subject}）。已经写明或者附上的有：{has}。漏了哪一项？",
            f"同事准备的材料涉及：{subject}；其中有{has}。递交之前还要补什么？",
        ]
    )


def _listed(provision: Provision, words: str) -> str:
    return f"{name(provision)}规定：“{words}”\n请逐项核对，缺少的先补齐。"
