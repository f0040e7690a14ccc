"""Pages that stand by themselves: styles, scripts and data inside, nothing fetched.

What a model wrote is hostile until shown otherwise. In the tables it is escaped; the items travel
as data that no HTML parser reads, and the script puts them on the page as text. Should something
slip through, the page's policy runs no script but ours and loads nothing.
"""

import base64
import gzip
import hashlib
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ecmiip.files import write_text
from ecmiip.mipld.document import DIRECTIONS
from ecmiip.models.prompt import TASKS

_PACKAGE = "ecmiip.evaluation.report"


def write_page(
    path: Path, template: str, *, script: str | None = None, data: Any = None, **values: Any
) -> Path:
    """Fill ``template`` and write it to ``path``. ``script`` is the name of the only one that the
    page may run, ``data`` what it reads as gzipped JSON."""
    environment = Environment(
        loader=PackageLoader(_PACKAGE, "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = percent
    code = _asset(script) if script else ""
    page = environment.get_template(template).render(
        style=Markup(_asset("style.css")),
        script=Markup(code),
        policy=(
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none';"
            f" form-action 'none'; script-src 'sha256-{_digest(code)}'"
        ),
        data=pack(data),
        tasks=TASKS,
        directions=DIRECTIONS,
        **values,
    )
    write_text(path, page)
    return path


def percent(share: float) -> str:
    """A share as a percentage with one decimal."""
    return f"{100 * share:.1f}"


def pack(value: Any) -> str:
    """``value`` as JSON, gzipped, in base64; the same value gives the same text."""
    plain = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(gzip.compress(plain.encode(), 9, mtime=0)).decode()


def unpack(text: str) -> Any:
    """What :func:`pack` was given."""
    return json.loads(gzip.decompress(base64.b64decode(text)))


def _asset(name: str) -> str:
    return files(_PACKAGE).joinpath("templates", name).read_text(encoding="utf-8")


def _digest(code: str) -> str:
    """The digest by which a content security policy knows a script."""
    return base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
