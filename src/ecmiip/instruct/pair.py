"""The Q&A pair: one fine-tuning example, and the provisions it rests on.

**Quotes by reference.** A pair names a provision by address (``商标法@2019#57(2)``) and never
holds its text. In a question, reasoning or answer, ``{{address}}`` stands for the text of that
provision and is filled in from MIPLD when pairs are built, so that a quote is exact, of the right
version, and not stored twice.
"""

import re
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from ecmiip.config import Config
from ecmiip.errors import UserError
from ecmiip.files import read_jsonl
from ecmiip.mipld import passage
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.document import Provision
from ecmiip.models import prompt
from ecmiip.models.chat import Message

Task = Literal["doctrine", "conduct", "case", "document"]
Origin = Literal["authored", "derived", "imported", "teacher"]

# Ids of pairs that put another pair again, which follows.
AGAIN = "derived/choose-reading/"

_REFERENCE = re.compile(r"\{\{([^{}]+)\}\}")


class Pair(Config):
    """One example. Everything but the references is in the words the model will see."""

    id: str
    task: Task
    direction: str
    as_of: date
    question: str
    reasoning: str = ""
    answer: str
    provisions: tuple[str, ...]  # what the answer rests on; empty only for an honest "not IP"
    cases: tuple[str, ...] = ()  # the decided cases it tells, by number or title
    context: tuple[str, ...] = ()  # what is shown with the question, distractors included
    difficulty: Literal["basic", "medium", "hard"] = "basic"
    origin: Origin
    licence: str = "Apache-2.0"
    key: str = ""  # the letters of a choice question

    @property
    def base(self) -> str:
        """The id of the pair that this one puts again, with other provisions; "" for most."""
        return self.id.removeprefix(AGAIN) if self.id.startswith(AGAIN) else ""


def expand(text: str, db: Mipld) -> str:
    """``text`` with every ``{{address}}`` replaced by that provision's text.

    Raises UserError for an address that MIPLD does not hold.
    """
    return _REFERENCE.sub(lambda match: _words(match[1], db), text)


def messages(pair: Pair, db: Mipld) -> list[Message]:
    """The chat that teaches ``pair``: the prompt as a user would get it, then the answer."""
    quotes = [_quote(address, db) for address in pair.context]
    asked = prompt.ask(pair.task, expand(pair.question, db), pair.as_of, quotes)
    answer = expand(pair.answer, db)
    if pair.reasoning:
        answer = f"{expand(pair.reasoning, db)}\n{answer}"
    return [*asked, {"role": "assistant", "content": answer}]


def look_up(address: str, db: Mipld) -> Provision | None:
    """The article that ``address`` names or lies in; None if MIPLD does not hold that very part."""
    parts = passage.split_address(address)
    if parts is None:
        return None
    article, paragraph, item = parts
    provision = db.at(article)
    if provision is None or passage.words(provision.text, paragraph, item) is None:
        return None
    return provision


def _words(address: str, db: Mipld) -> str:
    """What stands at ``address``: the article's text, or that of its 款 or 项."""
    parts, provision = passage.split_address(address), look_up(address, db)
    if parts is None or provision is None:
        raise _nothing_at(address)
    return passage.words(provision.text, *parts[1:]) or ""


def _quote(address: str, db: Mipld) -> str:
    provision = look_up(address, db)
    if provision is None:
        raise _nothing_at(address)
    return provision.quote()


def _nothing_at(address: str) -> UserError:
    return UserError(f"no provision at {address}: correct the address, or build MIPLD with it")


def row(pair: Pair, db: Mipld) -> dict[str, Any]:
    """``pair`` as a line of a built set: its fields, and the ``messages`` that training reads."""
    return pair.model_dump(mode="json") | {"messages": messages(pair, db)}


def read_built(path: Path) -> Iterator[Pair]:
    """The pairs of a built set."""
    for number, fields in enumerate(read_jsonl(path), 1):
        if isinstance(fields, dict):
            fields.pop("messages", None)
        yield _validated(fields, f"{path}:{number}")


def read_authored(path: Path) -> Iterator[Pair]:
    """The pairs of a TOML file of ``[[pair]]`` tables."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8")).get("pair", [])
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise UserError(f"{path}: no such file: check the path") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not valid TOML ({error}): mend it there") from error
    if not isinstance(tables, list):
        raise UserError(f"{path}: 'pair' is no list of tables: write [[pair]] above each pair")
    for number, fields in enumerate(tables, 1):
        whole = {"origin": "authored"} | fields if isinstance(fields, dict) else fields
        yield _validated(whole, f"{path}: pair {number}")


def _validated(fields: Any, where: str) -> Pair:
    try:
        return Pair.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise UserError(f"{where}: key '{key}': {first['msg']}") from error
