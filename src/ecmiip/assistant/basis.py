"""A provision named by its address in one version, as it stands on another day."""

from datetime import date

from ecmiip.mipld import passage
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.document import Provision, Version

# A crosswalk link from which on two articles say the same; below it they may share no more than a
# sentence (商标法@2019#4, whose rule on bad faith moved away, goes on in 商标法@2026#5 by 0.39).
SAME = 0.5


def on(db: Mipld, address: str, as_of: date, least: float = 0.0) -> Provision | None:
    """The article at ``address``, or what continues it or what it continues, in force on ``as_of``.

    A 款 or 项 of the address is that of its own version and is not followed. Only crosswalk links
    of a score from ``least`` on are followed. None if the database has no such article, or nothing
    that corresponds to it on that day.
    """
    parts = passage.split_address(address)
    article = db.at(parts[0]) if parts else None
    if article is None or article.in_force(as_of):
        return article
    if article.effective_from > as_of:
        return _earlier(db, article, as_of, least)
    seen = {article.address}
    while article is not None and not article.in_force(as_of):
        continued = [link for link in db.continued_by(article.address) if link[1] >= least]
        article = db.at(continued[0][0]) if continued else None
        if article is not None and article.address in seen:
            return None
        if article is not None:
            seen.add(article.address)
    return article


def predecessor(
    db: Mipld, version: Version, article: Provision
) -> tuple[Provision, float, str] | None:
    """The article of the older ``version`` whose best continuation is ``article``; with the score
    and the changed words."""
    found: tuple[Provision, float, str] | None = None
    for old in db.of_version(version):
        for address, score, changed in db.continued_by(old.address):
            if address == article.address and (found is None or score > found[1]):
                found = (old, score, changed)
    return found


def _earlier(db: Mipld, article: Provision, as_of: date, least: float) -> Provision | None:
    version = db.version_in_force(article.law, as_of)
    found = predecessor(db, version, article) if version else None
    return found[0] if found and found[1] >= least else None
