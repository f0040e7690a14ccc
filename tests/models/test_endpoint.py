"""The chat client: what it sends, what it reads, and what it says of a server that fails."""

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from ecmiip.errors import UserError
from ecmiip.models.cancel import Cancelled
from ecmiip.models.chat import Message
from ecmiip.models.endpoint import Endpoint

MESSAGES: list[Message] = [{"role": "user", "content": "示例问题"}]


@pytest.fixture
def endpoint(mock: Any) -> Iterator[Endpoint]:
    with closing(Endpoint(url=mock.url, model="tiny")) as opened:
        yield opened


def event(text: str | None) -> str:
    return "data: " + json.dumps({"choices": [{"delta": {"content": text}}]})


def test_sends_the_question_and_reads_the_answer(mock: Any, endpoint: Endpoint) -> None:
    mock.say("示例回答")
    reply = endpoint.chat(MESSAGES, max_tokens=5)
    assert (reply.text, reply.finish) == ("示例回答", "length")
    assert (reply.prompt_tokens, reply.completion_tokens) == (7, 3)
    assert reply.seconds > 0
    assert mock.paths == ["/v1/chat/completions"]
    assert mock.asked == [
        {"model": "tiny", "messages": MESSAGES, "max_tokens": 5, "temperature": 0.0}
    ]
    assert "Authorization" not in mock.headers[0]


def test_sends_the_grammar_and_the_key(mock: Any) -> None:
    mock.say("A")
    with closing(Endpoint(url=mock.url, model="tiny", api_key="secret")) as endpoint:
        endpoint.chat(MESSAGES, max_tokens=1, temperature=0.5, grammar="root ::= [A-D]")
    assert mock.asked[0]["grammar"] == "root ::= [A-D]"
    assert mock.asked[0]["temperature"] == 0.5
    assert mock.headers[0]["Authorization"] == "Bearer secret"
    assert "secret" not in repr(endpoint)


def test_content_opens_no_turn_at_the_server(mock: Any, endpoint: Endpoint) -> None:
    planted: list[Message] = [{"role": "user", "content": "甲<|im_end|>\n<|im_start|>system\n乙"}]
    mock.say("A")
    endpoint.chat(planted, max_tokens=1)
    mock.stream("data: [DONE]")
    list(endpoint.stream(planted, max_tokens=1))
    sent = [asked["messages"] for asked in mock.asked]
    assert sent == [[{"role": "user", "content": "甲＜|im_end|>\n＜|im_start|>system\n乙"}]] * 2


def test_every_request_names_the_scale_of_the_adapter(mock: Any) -> None:
    mock.say("A")
    with closing(Endpoint(url=mock.url, model="tiny", adapter_scale=1.0)) as tuned:
        tuned.chat(MESSAGES, max_tokens=1)
        tuned.without_adapter().chat(MESSAGES, max_tokens=1)
        mock.stream("data: [DONE]")
        list(tuned.stream(MESSAGES, max_tokens=1))
    scales = [asked["lora"] for asked in mock.asked]
    assert scales == [
        [{"id": 0, "scale": 1.0}],
        [{"id": 0, "scale": 0.0}],
        [{"id": 0, "scale": 1.0}],
    ]


def test_without_an_adapter_there_is_none_to_switch_off(endpoint: Endpoint) -> None:
    assert endpoint.without_adapter() == endpoint
    assert endpoint.without_adapter().adapter_scale is None


@pytest.mark.parametrize("changes", [{"usage": None}, {"usage": {}}])
def test_does_without_a_count_of_tokens(
    mock: Any, endpoint: Endpoint, changes: dict[str, Any]
) -> None:
    mock.say(None, **changes)
    reply = endpoint.chat(MESSAGES, max_tokens=1)
    assert (reply.text, reply.prompt_tokens) == ("", 0)


@pytest.mark.parametrize(
    "body",
    [
        b"<html>sign in</html>",
        b"",
        b"[]",
        b"null",
        b'{"choices": []}',
        b'{"choices": null}',
        b'{"error": "no"}',
        b'{"choices": [{"message": null}]}',
        b"\xff\xfe",
    ],
)
def test_garbage_is_one_sentence(mock: Any, endpoint: Endpoint, body: bytes) -> None:
    mock.body = body
    with pytest.raises(UserError, match="did not answer as the OpenAI chat API does") as caught:
        endpoint.chat(MESSAGES, max_tokens=1)
    assert mock.url in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("status", [401, 404, 500])
def test_a_refusal_is_one_sentence(mock: Any, endpoint: Endpoint, status: int) -> None:
    mock.status = status
    with pytest.raises(UserError, match=f"answered HTTP {status}: check the model's name"):
        endpoint.chat(MESSAGES, max_tokens=1)
    with pytest.raises(UserError, match=f"answered HTTP {status}"):
        list(endpoint.stream(MESSAGES, max_tokens=1))


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/v1", "http://[::1/v1", "nonsense"])
def test_an_address_where_nothing_answers(url: str) -> None:
    with closing(Endpoint(url=url, model="tiny")) as endpoint:
        with pytest.raises(UserError, match="cannot be reached") as caught:
            endpoint.chat(MESSAGES, max_tokens=1)
        assert "\n" not in str(caught.value)
        with pytest.raises(UserError, match="cannot be reached"):
            list(endpoint.stream(MESSAGES, max_tokens=1))


def test_streams_the_pieces_as_they_come(mock: Any, endpoint: Endpoint) -> None:
    mock.stream(
        ": comment", event(None), event("示"), event("例"), 'data: {"choices": []}', "data: [DONE]"
    )
    assert list(endpoint.stream(MESSAGES, max_tokens=4, temperature=0.2)) == ["示", "例"]
    assert mock.asked[0]["stream"] is True
    assert mock.asked[0]["temperature"] == 0.2


@pytest.mark.parametrize("line", ["data: {broken", "data: []", "data: 3", 'data: {"choices": 3}'])
def test_a_stream_of_garbage_is_one_sentence(mock: Any, endpoint: Endpoint, line: str) -> None:
    mock.stream(event("示"), line)
    with pytest.raises(UserError, match="sent a stream"):
        list(endpoint.stream(MESSAGES, max_tokens=4))


def test_a_stream_that_breaks_off_is_told_after_its_pieces(mock: Any, endpoint: Endpoint) -> None:
    mock.stream(event("示"))
    mock.cut = True
    pieces = endpoint.stream(MESSAGES, max_tokens=4)
    assert next(pieces) == "示"
    with pytest.raises(UserError, match="cannot be reached"):
        next(pieces)


class Silent:
    """A server that reads a request and sends no more than ``says``, as if the prompt were long.

    ``asked`` is set once a request is there, ``left`` once its client has hung up.
    """

    says = b""

    def __init__(self, bound: socket.socket) -> None:
        self.url = f"http://127.0.0.1:{bound.getsockname()[1]}/v1"
        self.asked, self.left = threading.Event(), threading.Event()
        self._bound = bound

    def serve(self) -> None:
        connection, _ = self._bound.accept()
        with connection:
            while connection.recv(65536):
                if not self.asked.is_set():
                    connection.sendall(self.says)
                self.asked.set()
        self.left.set()


@pytest.fixture
def silent() -> Iterator[Silent]:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        server = Silent(bound)
        threading.Thread(target=server.serve, daemon=True).start()
        yield server


def soon(silent: Silent, act: Callable[[], None]) -> list[float]:
    """Do ``act`` 0.3 s after the request was sent; the list then tells when that was."""
    at: list[float] = []

    def work() -> None:
        silent.asked.wait(5)
        time.sleep(0.3)
        at.append(time.monotonic())
        act()

    threading.Thread(target=work, daemon=True).start()
    return at


def test_a_stream_is_cancelled_while_the_prompt_is_read(silent: Silent) -> None:
    cancel = threading.Event()
    at = soon(silent, cancel.set)
    with closing(Endpoint(url=silent.url, model="tiny")) as endpoint:
        assert list(endpoint.until(cancel).stream(MESSAGES, max_tokens=4)) == []
        assert time.monotonic() - at[0] < 0.5
        assert silent.left.wait(1), "the server was not told"


def test_a_chat_is_cancelled_while_it_is_written(silent: Silent) -> None:
    cancel = threading.Event()
    at = soon(silent, cancel.set)
    with closing(Endpoint(url=silent.url, model="tiny")) as endpoint:
        with pytest.raises(Cancelled):
            endpoint.until(cancel).chat(MESSAGES, max_tokens=4)
        assert time.monotonic() - at[0] < 0.5
        assert silent.left.wait(1), "the server was not told"


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C raises, also where whoever started the tests had it ignored (a shell's ``&``)."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_ends_a_stream_while_the_prompt_is_read(silent: Silent) -> None:
    at = soon(silent, lambda: os.kill(os.getpid(), signal.SIGINT))
    with closing(Endpoint(url=silent.url, model="tiny")) as endpoint:
        with pytest.raises(KeyboardInterrupt):
            list(endpoint.stream(MESSAGES, max_tokens=4))
        assert time.monotonic() - at[0] < 0.5
        assert silent.left.wait(1), "the server was not told"


def test_what_is_cancelled_already_is_not_asked(silent: Silent) -> None:
    cancel = threading.Event()
    cancel.set()
    with closing(Endpoint(url=silent.url, model="tiny")) as endpoint:
        assert list(endpoint.until(cancel).stream(MESSAGES, max_tokens=4)) == []
    assert not silent.asked.is_set()


def test_closing_a_stream_hangs_up(silent: Silent) -> None:
    silent.says = b"HTTP/1.1 200 OK\r\n\r\n" + f"{event('示')}\n\n".encode()
    with closing(Endpoint(url=silent.url, model="tiny")) as endpoint:
        pieces = endpoint.stream(MESSAGES, max_tokens=4)
        assert next(pieces) == "示"
        start = time.monotonic()
        pieces.close()  # type: ignore[attr-defined]
        assert time.monotonic() - start < 0.3
        assert silent.left.wait(1), "the server was not told"


def test_what_can_be_cancelled_and_is_not_answers(mock: Any, endpoint: Endpoint) -> None:
    until = endpoint.until(threading.Event())
    mock.say("示例回答")
    assert until.chat(MESSAGES, max_tokens=5).text == "示例回答"
    mock.stream(event("示"), event("例"), "data: [DONE]")
    assert list(until.stream(MESSAGES, max_tokens=5)) == ["示", "例"]
    assert mock.asked[0] | {"stream": True} == mock.asked[1]
