"""From an element's legal basis to the provision that is law on a day.

A basis is an address (民事诉讼法@2023#124, 商标法@2019#63.1), or several joined by ``/`` where a
law was renumbered and the crosswalk alone would not say which article took over
(商标法@2019#30/商标法@2026#20). The address whose version is in force on the day counts; if none
is, the crosswalk is followed from the nearest one, and that is told.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from ecmiip.assistant.basis import on
from ecmiip.mipld import numerals, passage
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.document import Provision, parse_address

# What drafts call the interpretations whose own names fill two lines (after 最高人民法院关于).
_COURT = "最高人民法院关于"
_SHORT = {
    "民事诉讼法解释": "适用《中华人民共和国民事诉讼法》的解释",
    "行政诉讼法解释": "适用《中华人民共和国行政诉讼法》的解释",
    "反不正当竞争法解释": "适用《中华人民共和国反不正当竞争法》若干问题的解释",
    "专利侵权解释": "审理侵犯专利权纠纷案件应用法律若干问题的解释",
    "专利侵权解释（二）": "审理侵犯专利权纠纷案件应用法律若干问题的解释（二）",
    "专利授权确权规定": "审理专利授权确权行政案件适用法律若干问题的规定（一）",
    "商标授权确权规定": "审理商标授权确权行政案件若干问题的规定",
    "商标民事解释": "审理商标民事纠纷案件适用法律若干问题的解释",
    "著作权民事解释": "审理著作权民事纠纷案件适用法律若干问题的解释",
    "信息网络传播权规定": "审理侵害信息网络传播权民事纠纷案件适用法律若干问题的规定",
    "商业秘密规定": "审理侵犯商业秘密民事案件适用法律若干问题的规定",
    "惩罚性赔偿解释": "审理侵害知识产权民事案件适用惩罚性赔偿的解释",
    "植物新品种规定": "审理侵害植物新品种权纠纷案件具体应用法律问题的若干规定",
    "植物新品种规定（二）": "审理侵害植物新品种权纠纷案件具体应用法律问题的若干规定（二）",
    "技术合同解释": "审理技术合同纠纷案件适用法律若干问题的解释",
    "垄断民事解释": "审理垄断民事纠纷案件适用法律若干问题的解释",
    "行为保全规定": "审查知识产权纠纷行为保全案件适用法律若干问题的规定",
    "知识产权证据规定": "知识产权民事诉讼证据的若干规定",
    "民事证据规定": "民事诉讼证据的若干规定",
    "行政证据规定": "行政诉讼证据若干问题的规定",
    "知识产权管辖规定": "第一审知识产权民事、行政案件管辖的若干规定",
    "知识产权法院管辖规定": "北京、上海、广州知识产权法院案件管辖的规定",
    "诉讼时效规定": "审理民事案件适用诉讼时效制度若干问题的规定",
}
_FULL = {short: _COURT + rest for short, rest in _SHORT.items()}
_NAMES = {full: short for short, full in _FULL.items()}


@dataclass(frozen=True)
class Basis:
    """A provision found for a basis: the words it names, and whether the crosswalk was needed."""

    spec: str
    provision: Provision
    paragraph: int | None
    item: int | None
    text: str
    followed: bool

    @property
    def address(self) -> str:
        """The address of the words, in the version that is law on the day."""
        part = f".{self.paragraph}" if self.paragraph else ""
        return self.provision.address + part + (f"({self.item})" if self.item else "")

    @property
    def number(self) -> str:
        """第六十三条第一款."""
        number = numerals.article_number(self.provision.article, self.provision.suffix)
        return number + _part(self.paragraph, self.item)

    @property
    def citation(self) -> str:
        """《商标法》第六十三条第一款, a long name shortened."""
        return f"《{short_name(self.provision.law)}》{self.number}"


def expand(spec: str) -> str:
    """A basis with every short name of an interpretation replaced by its own."""
    found = []
    for address in spec.split("/"):
        law, at, rest = address.strip().partition("@")
        found.append(_FULL.get(law, law) + at + rest)
    return "/".join(found)


def specs(spec: str) -> tuple[str, ...]:
    """The addresses that a basis gives."""
    return tuple(spec.split("/"))


def short_name(law: str) -> str:
    """The name that drafts use for a law."""
    return _NAMES.get(law, law)


def cited(found: Iterable[Basis]) -> str:
    """Several provisions, each law named once: 《甲法》第一条、第二条，《乙法》第三条。"""
    by_law: dict[str, dict[str, None]] = {}
    for one in found:
        by_law.setdefault(short_name(one.provision.law), {})[one.number] = None
    return "，".join(f"《{law}》{'、'.join(numbers)}" for law, numbers in by_law.items())


def written(spec: str) -> str:
    """A basis as text without a database: 《商标法》（2019年）第五十七条."""
    split = passage.split_address(specs(spec)[0])
    parts = parse_address(split[0]) if split else None
    assert split is not None, spec
    assert parts is not None, spec
    law, label, article, suffix = parts
    number = numerals.article_number(article, suffix) + _part(split[1], split[2])
    return f"《{short_name(law)}》（{label}年）{number}"


def _part(paragraph: int | None, item: int | None) -> str:
    said = f"第{numerals.chinese(paragraph)}款" if paragraph else ""
    return said + (f"第{numerals.chinese(item)}项" if item else "")


def resolve(spec: str, *, as_of: date, db: Mipld) -> Basis | None:
    """The provision that ``spec`` means on ``as_of``; None if the database has none."""
    nearest: str | None = None
    for address in specs(spec):
        split = passage.split_address(address)
        if split is None or (parts := parse_address(split[0])) is None:
            return None
        law = db.names.find(parts[0])
        version = db.version_in_force(law, as_of) if law else None
        if version is None:
            continue
        if version.label == parts[1]:
            provision = db.numbered(version, parts[2], parts[3])
            text = passage.words(provision.text, split[1], split[2]) if provision else None
            if provision is None or text is None:
                return None
            return Basis(spec, provision, split[1], split[2], text, followed=False)
        nearest = split[0]
    # The 款 and 项 may have moved with the article: the whole of it is the basis then.
    current = on(db, nearest, as_of) if nearest else None
    return Basis(spec, current, None, None, current.text, followed=True) if current else None
