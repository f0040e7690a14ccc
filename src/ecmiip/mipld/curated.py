"""The curated, dated table: what no source says about validity and names (``curated.toml``)."""

from datetime import date
from functools import cache
from importlib.resources import as_file, files

from ecmiip.config import Config, read_toml


class Effective(Config):
    """First day in force of the version of ``law`` adopted on ``adopted``."""

    law: str
    adopted: date
    first_day: date
    reason: str


class Ended(Config):
    """Last day of ``law`` (of the version adopted on ``adopted``, or of every version)."""

    law: str
    adopted: date | None = None
    last_day: date
    replaced_by: str | None = None
    reason: str


class Alias(Config):
    """Names in use for ``law`` beyond those formed by rule."""

    law: str
    names: tuple[str, ...]


class Notice(Config):
    """Something a reader of ``law`` must know that changes neither its text nor its dates."""

    law: str
    since: date
    text: str


class Curated(Config):
    """The whole table."""

    effective: tuple[Effective, ...] = ()
    ended: tuple[Ended, ...] = ()
    alias: tuple[Alias, ...] = ()
    notice: tuple[Notice, ...] = ()


@cache
def table() -> Curated:
    """The table shipped with the package."""
    with as_file(files("ecmiip.mipld") / "curated.toml") as path:
        return read_toml(path, Curated)
