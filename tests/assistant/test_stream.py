"""Events in their order, stop at once, one mending, offsets that fit the text."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from ecmiip.assistant import answer as assistant
from ecmiip.assistant.answer import Event
from ecmiip.mipld.database import Mipld
from ecmiip.models.cancel import Cancelled
from ecmiip.models.endpoint import Reply

from .test_answer import DAY, LATER

GOOD = "依据《示例专利法》第二条，期限为十年。"


class Streaming:
    """Streams ``first``, then answers every further request with ``again``."""

    def __init__(self, first: str, again: str = "") -> None:
        self.first, self.again = first, again
        self.chats: list[Any] = []
        self.given = 0
        self.closed = False

    def until(self, _: Any) -> Any:
        return self

    def stream(self, _: Any, **__: Any) -> Iterator[str]:
        try:
            for character in self.first:
                self.given += 1
                yield character
        finally:
            self.closed = True

    def chat(self, messages: Any, **_: Any) -> Reply:
        self.chats.append(messages)
        return Reply(self.again, "stop", 1, 1, 0.5)


def run(db: Mipld, model: Any, question: str = "示例专利权的期限？", **more: Any) -> list[Event]:
    more = {"as_of": DAY} | more
    return list(assistant.stream(question, db=db, endpoint=model, **more))


def test_events_come_in_order(small_mipld: Mipld) -> None:
    events = run(small_mipld, Streaming(GOOD))
    kinds = [event.kind for event in events]
    assert kinds[:2] == ["detected", "retrieved"]
    assert kinds[-1] == "done"
    assert set(kinds[2:-1]) == {"text"}
    assert "".join(e.data["piece"] for e in events if e.kind == "text") == GOOD
    done = events[-1].data
    assert done["text"] == done["raw"] == GOOD
    assert done["first_token_seconds"] is not None
    assert done["disclaimer"] == assistant.DISCLAIMER
    assert events[1].data[0]["address"] == "示例专利法@2020#2"


def test_places_of_citations_fit_the_marked_text(small_mipld: Mipld) -> None:
    raw = "见《示例专利法》第九条和《示例专利法》第二条，以及《无名法》第一条。"
    done = run(small_mipld, Streaming(raw, raw))[-1].data
    assert len(done["citations"]) == 3
    for citation in done["citations"]:
        shown = done["text"][citation["start"] : citation["end"]]
        assert shown == citation["text"]
        marked = done["text"][citation["end"] :].startswith("〔")
        assert marked == (not citation["good"])


def test_a_failing_answer_is_mended_once(small_mipld: Mipld) -> None:
    model = Streaming("依据《示例专利法》第九条。", GOOD)
    events = run(small_mipld, model)
    assert [e.data["text"] for e in events if e.kind == "mended"] == [GOOD]
    assert events[-1].data["text"] == GOOD
    assert events[-1].data["written"] == "依据《示例专利法》第九条。"
    assert len(model.chats) == 1
    assert "第九条：查无此条" in model.chats[0][-1]["content"]


def test_what_does_not_get_better_stays_and_is_marked(small_mipld: Mipld) -> None:
    model = Streaming("依据《示例专利法》第九条。", "依据《示例专利法》第八条。")
    events = run(small_mipld, model)
    assert not [e for e in events if e.kind == "mended"]
    assert events[-1].data["text"] == "依据《示例专利法》第九条〔查无此条〕。"
    assert len(model.chats) == 1


def test_an_answer_without_citations_is_asked_for_them(small_mipld: Mipld) -> None:
    events = run(small_mipld, Streaming("期限为十年。", GOOD))
    assert events[-1].data["text"] == GOOD


def test_a_moved_number_is_put_right_without_the_model(small_mipld: Mipld) -> None:
    # Articles 5 and 6 exist in the text of 2020 only: five articles follow it in 2027.
    model = Streaming("《示例专利法》第三条，另见第六条。", "")
    events = run(small_mipld, model, as_of=LATER)
    statuses = {c["text"]: c["status"] for c in events[-1].data["citations"]}
    assert "superseded" in statuses.values() or all(s == "in_force" for s in statuses.values())


def test_stop_ends_the_stream_and_keeps_what_there_is(small_mipld: Mipld) -> None:
    cancel = threading.Event()
    model = Streaming(GOOD * 3)
    events = []
    for event in assistant.stream(
        "期限？",
        db=small_mipld,
        endpoint=model,
        as_of=DAY,
        cancel=cancel,  # type: ignore[arg-type]
    ):
        events.append(event)
        if len([e for e in events if e.kind == "text"]) == 9:
            cancel.set()
    assert events[-1].kind == "done"
    assert events[-1].data["stopped"] is True
    assert model.closed
    assert model.given <= 10
    assert not model.chats


def test_stop_while_it_is_mended_keeps_what_there_is_marked(small_mipld: Mipld) -> None:
    cancel = threading.Event()
    model = Streaming("依据《示例专利法》第九条。")

    def chat(*_: Any, **__: Any) -> Reply:
        cancel.set()
        raise Cancelled("cancelled")

    model.chat = chat  # type: ignore[method-assign]
    done = run(small_mipld, model, cancel=cancel)[-1].data
    assert done["stopped"] is True
    assert done["text"] == "依据《示例专利法》第九条〔查无此条〕。"


def test_closing_the_iterator_stops_the_model(small_mipld: Mipld) -> None:
    model: Any = Streaming(GOOD)
    events = assistant.stream("期限？", db=small_mipld, endpoint=model, as_of=DAY)
    while next(events).kind != "text":
        pass
    events.close()  # type: ignore[attr-defined]
    assert model.closed


def test_a_loop_is_not_waited_for(small_mipld: Mipld) -> None:
    model = Streaming("依据《示例专利法》第二条的规定处理。" * 50)
    events = run(small_mipld, model)
    assert model.given < 60
    assert events[-1].data["text"].count("第二条") == 1


def test_a_given_task_and_direction_are_kept(small_mipld: Mipld) -> None:
    detected = run(small_mipld, Streaming(GOOD), task="doctrine", direction="copyright")[0].data
    assert (detected["task"], detected["direction"]) == ("doctrine", "copyright")


@pytest.mark.parametrize("text", ["", "   ", "。"])
def test_an_empty_answer_is_no_failure(small_mipld: Mipld, text: str) -> None:
    done = run(small_mipld, Streaming(text, GOOD))[-1].data
    assert isinstance(done["text"], str)
