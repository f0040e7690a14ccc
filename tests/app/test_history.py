"""The history keeps every word, gives it back, and forgets it for good when told to."""

import stat
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from ecmiip.app.history import History, as_markdown
from ecmiip.errors import UserError

ANSWER = {
    "text": "答",
    "citations": [{"good": False, "text": "某法第一条", "complaint": "查无此条"}],
}


def asked(
    history: History, question: str = "问", conversation: str | None = None
) -> tuple[str, str]:
    return history.begin(conversation, question=question, task="", facts="", as_of="2026-11-22")


def test_a_conversation_comes_back_as_it_was(history: History) -> None:
    conversation, first = asked(history, "第一问")
    history.end(first, "done", "答", ANSWER)
    _, second = asked(history, "第二问", conversation)
    history.write(second, "未完")
    found = history.conversation(conversation)
    assert found is not None
    assert found["title"] == "第一问"
    assert [(t["question"], t["text"], t["state"]) for t in found["turns"]] == [
        ("第一问", "答", "done"),
        ("第二问", "未完", "running"),
    ]
    assert found["turns"][0]["answer"] == ANSWER
    assert history.conversations()[0]["turns"] == 2


def test_going_on_with_what_is_not_there_is_an_error(history: History) -> None:
    with pytest.raises(KeyError):
        asked(history, conversation="abcdefghijkl")
    assert history.conversations() == []


def test_what_a_crash_left_is_found_interrupted(history: History) -> None:
    conversation, turn = asked(history)
    history.write(turn, "写到一半")
    again = History(history.path)
    found = again.conversation(conversation)
    assert found is not None
    assert (found["turns"][0]["state"], found["turns"][0]["text"]) == ("interrupted", "写到一半")
    again.close()


def test_deleted_words_are_gone_from_the_disk(history: History) -> None:
    secret = "甲公司收购乙公司的计划"
    conversation, turn = asked(history, secret)
    history.end(turn, "done", secret)
    kept, _ = asked(history, "另一问")
    files = [history.path, history.path.with_name(history.path.name + "-wal")]
    assert any(secret.encode() in file.read_bytes() for file in files if file.exists())
    assert history.delete(conversation) == 1
    assert not any(secret.encode() in file.read_bytes() for file in files if file.exists())
    assert [row["id"] for row in history.conversations()] == [kept]
    assert history.delete() == 1
    assert history.conversations() == []


def test_a_turn_whose_conversation_was_deleted_stays_deleted(history: History) -> None:
    _, turn = asked(history)
    history.delete()
    history.end(turn, "done", "答", ANSWER)
    assert history.everything() == []


def test_nobody_else_may_read_it(history: History) -> None:
    assert stat.S_IMODE(history.path.stat().st_mode) == 0o600


def test_another_file_is_not_taken_for_it(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(UserError, match="not a history"):
        History(path)
    assert path.read_bytes() == b"not a database" * 100


def test_markdown_has_everything_and_no_way_out_of_its_fence(history: History) -> None:
    conversation, turn = history.begin(
        None, question="问", task="case", facts="```\n# 冒充\n````", as_of="2026-11-22"
    )
    history.end(turn, "done", "答", ANSWER)
    found = history.conversation(conversation)
    assert found is not None
    text = as_markdown([found])
    assert "✗ 某法第一条：查无此条" in text
    assert "`````\n```\n# 冒充\n````\n`````" in text


def test_the_routes_list_export_and_delete(app: FastAPI, history: History) -> None:
    client = TestClient(app, base_url="http://127.0.0.1")
    first, turn = asked(history, "第一问")
    history.end(turn, "done", "答", ANSWER)
    second, _ = asked(history, "第二问")
    listed = client.get("/api/history").json()["conversations"]
    assert {row["id"] for row in listed} == {first, second}
    assert client.get(f"/api/history/{first}").json()["turns"][0]["text"] == "答"
    exported = client.get("/api/export", params={"conversation": first})
    assert [row["id"] for row in exported.json()] == [first]
    assert "attachment" in exported.headers["content-disposition"]
    markdown = client.get("/api/export", params={"format": "markdown"}).text
    assert "第一问" in markdown
    assert "第二问" in markdown
    assert client.delete(f"/api/history/{first}").json() == {"deleted": 1}
    assert client.get(f"/api/history/{first}").status_code == 404
    assert client.delete(f"/api/history/{first}").status_code == 404
    assert client.delete("/api/history").json() == {"deleted": 1}
    assert client.get("/api/history").json() == {"conversations": []}
