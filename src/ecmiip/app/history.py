"""What was asked and answered, kept in one SQLite file on this machine, and nowhere else."""

import json
import secrets
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import (
    URL,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Row,
    Table,
    Text,
    create_engine,
    delete,
    event,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import DatabaseError

from ecmiip.errors import UserError

State = Literal["running", "done", "stopped", "failed", "interrupted"]
FORMAT = 1
_TITLE_LENGTH = 60

_metadata = MetaData()
_conversation = Table(
    "conversation",
    _metadata,
    Column("id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("task", Text, nullable=False),  # the view it was begun in
    Column("created", Text, nullable=False),
    Column("updated", Text, nullable=False),
)
_turn = Table(
    "turn",
    _metadata,
    Column("id", Text, primary_key=True),
    Column("conversation", ForeignKey("conversation.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("created", Text, nullable=False),
    Column("question", Text, nullable=False),
    Column("facts", Text, nullable=False),  # the text of an upload, "" without one
    Column("as_of", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("text", Text, nullable=False),  # what has been written so far
    Column("answer", Text, nullable=False),  # the whole answer as JSON, "" until there is one
    Index("turn_conversation", "conversation", "position", unique=True),
)


class History:
    """Conversations and their turns. Safe to use from several threads.

    The write-ahead log keeps every finished write through a crash of the process; turns that were
    being answered then are found ``interrupted``, with the words written so far.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Conversations of clients: nobody else on this machine may read them.
        path.touch(mode=0o600)
        self.path = path
        self._lock = threading.RLock()
        self._engine = create_engine(
            URL.create("sqlite", database=str(path)), connect_args={"check_same_thread": False}
        )
        event.listen(self._engine, "connect", _prepare)
        try:
            with self._writing() as connection:
                found = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
                if found not in (0, FORMAT):
                    raise UserError(
                        f"{path}: made by another version of ecmiip: move it away to begin anew"
                    )
                _metadata.create_all(connection)
                connection.exec_driver_sql(f"PRAGMA user_version = {FORMAT}")
                connection.execute(
                    update(_turn).where(_turn.c.state == "running").values(state="interrupted")
                )
        except DatabaseError as error:
            raise UserError(
                f"{path}: not a history of ecmiip, or damaged: move it away to begin anew"
            ) from error

    def close(self) -> None:
        """Close the file."""
        self._engine.dispose()

    # --- writing ------------------------------------------------------------------------------

    def begin(
        self, conversation: str | None, *, question: str, task: str, facts: str, as_of: str
    ) -> tuple[str, str]:
        """Note a question that is about to be answered; give (conversation id, turn id).

        ``conversation`` None begins a new one. Raises KeyError if there is no such conversation.
        """
        now = _now()
        turn = _new_id()
        with self._writing() as connection:
            if conversation is None:
                conversation = _new_id()
                title = " ".join(question.split())
                connection.execute(
                    insert(_conversation).values(
                        id=conversation,
                        title=title[:_TITLE_LENGTH] + ("…" if len(title) > _TITLE_LENGTH else ""),
                        task=task,
                        created=now,
                        updated=now,
                    )
                )
            else:
                self._touch(connection, conversation, now)
            position = connection.execute(
                select(func.count()).where(_turn.c.conversation == conversation)
            ).scalar_one()
            connection.execute(
                insert(_turn).values(
                    id=turn,
                    conversation=conversation,
                    position=position,
                    created=now,
                    question=question,
                    facts=facts,
                    as_of=as_of,
                    state="running",
                    text="",
                    answer="",
                )
            )
        return conversation, turn

    def write(self, turn: str, text: str) -> None:
        """Keep the words of a turn that are there so far."""
        with self._writing() as connection:
            connection.execute(update(_turn).where(_turn.c.id == turn).values(text=text))

    def end(self, turn: str, state: State, text: str, answer: dict[str, Any] | None = None) -> None:
        """Close a turn. One whose conversation was deleted meanwhile stays deleted."""
        with self._writing() as connection:
            connection.execute(
                update(_turn)
                .where(_turn.c.id == turn)
                .values(
                    state=state,
                    text=text,
                    answer=json.dumps(answer, ensure_ascii=False) if answer else "",
                )
            )

    def delete(self, conversation: str | None = None) -> int:
        """Delete a conversation, or all of them; give how many there were.

        The words are overwritten on disk, not just unlinked.
        """
        query = delete(_conversation)
        if conversation is not None:
            query = query.where(_conversation.c.id == conversation)
        with self._writing() as connection:
            count = connection.execute(query).rowcount
        with self._lock, self._engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        return count

    # --- reading ------------------------------------------------------------------------------

    def conversations(self) -> list[dict[str, Any]]:
        """Each conversation with its number of turns, the latest first."""
        turns = (
            select(func.count())
            .where(_turn.c.conversation == _conversation.c.id)
            .scalar_subquery()
            .label("turns")
        )
        query = select(_conversation, turns).order_by(
            _conversation.c.updated.desc(), _conversation.c.id
        )
        return [dict(row._mapping) for row in self._read(query)]

    def conversation(self, identity: str) -> dict[str, Any] | None:
        """One conversation with its turns in order."""
        found = self._read(select(_conversation).where(_conversation.c.id == identity))
        if not found:
            return None
        query = select(_turn).where(_turn.c.conversation == identity).order_by(_turn.c.position)
        return dict(found[0]._mapping) | {"turns": [_turn_json(row) for row in self._read(query)]}

    def everything(self) -> list[dict[str, Any]]:
        """Every conversation with its turns, the latest first."""
        found = (self.conversation(row["id"]) for row in self.conversations())
        return [conversation for conversation in found if conversation is not None]

    # --- inside -------------------------------------------------------------------------------

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._lock, self._engine.begin() as connection:
            yield connection

    def _read(self, query: Any) -> Sequence[Row[Any]]:
        with self._lock, self._engine.connect() as connection:
            return connection.execute(query).all()

    def _touch(self, connection: Connection, conversation: str, now: str) -> None:
        changed = connection.execute(
            update(_conversation).where(_conversation.c.id == conversation).values(updated=now)
        )
        if not changed.rowcount:
            raise KeyError(conversation)


def as_markdown(conversations: Sequence[dict[str, Any]]) -> str:
    """Conversations to read or file away."""
    parts = []
    for conversation in conversations:
        parts.append(f"# {conversation['title']}\n\n{conversation['created']}\n")
        for turn in conversation["turns"]:
            parts.append(f"## 问（法律日期 {turn['as_of']}）\n\n{turn['question']}\n")
            if turn["facts"]:
                parts.append(f"### 所附材料\n\n{_fenced(turn['facts'])}\n")
            parts.append(f"## 答（{turn['state']}）\n\n{turn['text']}\n")
            citations = (turn["answer"] or {}).get("citations", [])
            if citations:
                lines = [
                    f"- {'✓' if cited['good'] else '✗'} {cited['text']}"
                    + (f"：{cited['complaint']}" if cited["complaint"] else "")
                    for cited in citations
                ]
                parts.append("### 引用核对\n\n" + "\n".join(lines) + "\n")
    return "\n".join(parts)


def _fenced(text: str) -> str:
    """``text`` as a code block that nothing in it can close."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}\n{text}\n{fence}"


def _turn_json(row: Row[Any]) -> dict[str, Any]:
    return dict(row._mapping) | {"answer": json.loads(row.answer) if row.answer else None}


def _prepare(connection: Any, _record: Any) -> None:
    for pragma in (
        "journal_mode = WAL",
        "synchronous = NORMAL",
        "foreign_keys = ON",
        "secure_delete = ON",
        "busy_timeout = 5000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _now() -> str:
    return datetime.now(UTC).isoformat("T", "milliseconds")


def _new_id() -> str:
    return secrets.token_urlsafe(9)
