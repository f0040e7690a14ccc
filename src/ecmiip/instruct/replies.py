"""A cache of a teacher's replies: what was paid for once is not asked again."""

import hashlib
import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from ecmiip.errors import UserError
from ecmiip.models.endpoint import Reply

_SCHEMA = """
CREATE TABLE IF NOT EXISTS reply (
    key TEXT PRIMARY KEY,
    model TEXT NOT NULL,
    request TEXT NOT NULL,
    text TEXT NOT NULL,
    finish TEXT NOT NULL,
    prompt_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    seconds REAL NOT NULL
)
"""


@dataclass(frozen=True)
class Spent:
    """What the replies of one model took."""

    replies: int
    prompt_tokens: int
    completion_tokens: int
    seconds: float

    def price(self, prompt_million: float, completion_million: float) -> float:
        """In the currency of the two prices, which are per million tokens."""
        paid = self.prompt_tokens * prompt_million + self.completion_tokens * completion_million
        return paid / 1e6


class Replies:
    """A SQLite file of replies by request. Each is on disk before the next request is sent."""

    def __init__(self, path: Path) -> None:
        """Open or create ``path``. Raises UserError if it is another kind of file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, isolation_level=None)
        try:
            self._connection.execute(_SCHEMA)
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise UserError(f"{path}: not a cache of replies ({error}): move it away") from error

    def __enter__(self) -> "Replies":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def get(self, request: dict[str, Any]) -> Reply | None:
        """The reply to ``request`` (a body of the chat API), if it was kept."""
        found = self._connection.execute(
            "SELECT text, finish, prompt_tokens, completion_tokens, seconds FROM reply"
            " WHERE key = ?",
            (key(request),),
        ).fetchone()
        return Reply(*found) if found else None

    def put(self, request: dict[str, Any], reply: Reply) -> None:
        """Keep the reply to ``request``."""
        self._connection.execute(
            "INSERT OR REPLACE INTO reply VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                key(request),
                request["model"],
                _canonical(request),
                reply.text,
                reply.finish,
                reply.prompt_tokens,
                reply.completion_tokens,
                reply.seconds,
            ),
        )

    def spent(self, model: str) -> Spent:
        """What all kept replies of ``model`` took together."""
        row = self._connection.execute(
            "SELECT COUNT(*), TOTAL(prompt_tokens), TOTAL(completion_tokens), TOTAL(seconds)"
            " FROM reply WHERE model = ?",
            (model,),
        ).fetchone()
        return Spent(row[0], int(row[1]), int(row[2]), row[3])


def key(request: dict[str, Any]) -> str:
    """The digest under which a request's reply is kept; also its id in a batch file."""
    return hashlib.sha256(_canonical(request).encode()).hexdigest()


def _canonical(request: dict[str, Any]) -> str:
    return json.dumps(request, ensure_ascii=False, sort_keys=True)
