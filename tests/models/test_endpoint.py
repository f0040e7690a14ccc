"""The chat client: what it sends, what it reads, and what it says of a server that fails."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from ecmiip.errors import UserError
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
