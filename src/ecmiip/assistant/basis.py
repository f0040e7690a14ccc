"""A provision named by its address in one version, as it stands on another day."""

from datetime import date

from ecmiip.mipld import passage
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.document import Provision


def on(db: Mipld, address: str, as_of: date) -> Provision | None:
    """The article at ``address``, or what continues it or what it continues, in force on ``as_of``.

    A 款 or 项 of the address is that of its own version and is not followed. None if the database
    has no such article, or nothing that certainly corresponds to it on that day.
    """
    parts = passage.split_address(address)
    article = db.at(parts[0]) if parts else None
    if article is None or article.in_force(as_of):
        return article
    if article.effective_from > as_of:
        return _earlier(db, article, as_of)
    seen = {article.address}
    while article is not None and not article.in_force(as_of):
        continued = db.continued_by(article.address)
        article = db.at(continued[0][0]) if continued else None
        if article is not None and article.address in seen:
            return None
        if article is not None:
            seen.add(article.address)
    return article


def _earlier(db: Mipld, article: Provision, as_of: date) -> Provision | None:
    """The article in force on ``as_of`` whose best continuation leads to ``article``."""
    version = db.version_in_force(article.law, as_of)
    if version is None:
        return None
    found: tuple[float, Provision] | None = None
    for old in db.of_version(version):
        for address, score, _ in db.continued_by(old.address):
            if address == article.address and (found is None or score > found[0]):
                found = (score, old)
    return found[1] if found else None
