"""Which provisions pairs are derived from: those that are about IP, not those that mention it."""

import re
from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta

from ecmiip.mipld.database import Mipld
from ecmiip.mipld.document import DIRECTIONS, KINDS, Provision

# Amending texts say what to change in a law; what they say stands in the law they amend.
_KINDS = tuple(kind for kind in KINDS if kind not in ("amendment", "decision"))
# A law is an IP law if this share of its articles belongs to some direction, and that many of
# those use its words.
_IP_LAW, _IN_IP_WORDS = 0.5, 0.2
_IP_WORDS = re.compile(
    r"专利|发明|商标|著作权|作品|商业秘密|技术秘密|不正当竞争|植物新品种|品种权|布图设计"
    r"|地理标志|域名|知识产权|技术(?:合同|开发|转让|许可|咨询|服务|进出口|调查官)|混淆|仿冒|侵权复制品|复制权|录音制品|软件"
    r"|(?:特殊|奥林匹克|世界博览会)标志"
)
# A clerk's duty to keep secrets speaks of trade secrets without being law about them.
_DUTY_TO_KEEP = re.compile(
    r"(?:保守|保密|泄露|知悉|涉及|涉密|属于)[^。；]{0,24}商业秘密"
    r"|国家秘密[^。；]{0,12}商业秘密|商业秘密[^。；]{0,10}(?:个人隐私|个人信息|保密)"
)
# So many characters to one IP word, at most, in an article of another law.
_DENSITY = 60
# Law that was adopted but is not yet in force is taught if it comes within this time.
_COMING = timedelta(days=366)


def ip_provisions(db: Mipld, as_of: date) -> list[Provision]:
    """The provisions in force on ``as_of`` that are about IP, in legal order.

    All of an IP law (half of its articles at least belong to a direction); of any other law, the
    articles of a direction in which IP words are dense and do more than name a duty of secrecy.
    """
    found = list(db.provisions(as_of=as_of, directions=tuple(DIRECTIONS), kinds=_KINDS))
    tagged = Counter(provision.law for provision in found)
    worded = Counter(provision.law for provision in found if _IP_WORDS.search(provision.text))
    return [
        provision
        for provision in found
        if provision.number.startswith("第")  # 五、 and texts without articles cannot be cited
        and worded[provision.law] >= _IN_IP_WORDS * tagged[provision.law]
        and (tagged[provision.law] >= _IP_LAW * _articles(db, provision) or _is_dense(provision))
    ]


def coming_days(db: Mipld, as_of: date) -> list[date]:
    """The days within a year on which a new version of an IP law takes effect."""
    return sorted(
        {
            version.effective_from
            for law in db.laws(directions=tuple(DIRECTIONS), kinds=_KINDS)
            for version in law.versions
            if as_of < version.effective_from <= as_of + _COMING
        }
    )


def effective_on(provisions: Iterable[Provision], day: date) -> list[Provision]:
    """Those of ``provisions`` that take effect on ``day``."""
    return [provision for provision in provisions if provision.effective_from == day]


def _articles(db: Mipld, provision: Provision) -> int:
    return next(
        version.articles
        for version in db.versions(provision.law)
        if version.label == provision.version
    )


def _is_dense(provision: Provision) -> bool:
    text = _DUTY_TO_KEEP.sub("", provision.text)
    return len(_IP_WORDS.findall(text)) * _DENSITY >= len(provision.text)
