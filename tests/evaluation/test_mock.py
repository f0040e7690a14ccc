"""The mock endpoint: a server of the chat API whose answers depend on the request alone."""

import json
import re
from typing import Any

import pytest

from ecmiip.errors import UserError
from ecmiip.evaluation import mock
from ecmiip.evaluation.asking import choice_grammar, choice_schema
from ecmiip.models.chat import Message
from ecmiip.models.endpoint import Unavailable

OPTIONS = {"A": "甲", "B": "乙", "C": "丙", "D": "丁"}
CHOICE: list[Message] = [{"role": "user", "content": "问\nA. 甲\nB. 乙\nC. 丙\nD. 丁"}]
SEVERAL: list[Message] = [{"role": "user", "content": f"多选{CHOICE[0]['content']}"}]


def test_answers_depend_on_the_request_and_the_seed() -> None:
    def letters(seed: int) -> str:
        reply = mock.seeded(seed)
        asked = [[{"content": f"{n}{CHOICE[0]['content']}"}] for n in range(40)]
        return "".join(reply({"messages": turns, "grammar": "x"}) for turns in asked)

    assert letters(0) == letters(0) != letters(1)
    assert set(letters(0)) == set("ABCD")


@pytest.mark.parametrize(
    ("messages", "held", "like"),
    [
        (CHOICE, {"grammar": choice_grammar(OPTIONS, several=False)}, r"^[A-D]$"),
        (SEVERAL, {"grammar": choice_grammar(OPTIONS, several=True)}, r"^A?B?C?D?。$"),
        (SEVERAL, {"grammar": 'root ::= "对" | "不"'}, r"^[对不]$"),
        (CHOICE, {}, r"^[A-D]。依据"),
        ([{"role": "user", "content": "问"}], {}, r"^依据《著作权法》第.条"),
    ],
)
def test_answers_come_in_the_form_that_is_asked_for(
    messages: list[Message], held: dict[str, Any], like: str
) -> None:
    with mock.serving() as served:
        assert re.match(like, served.endpoint().chat(messages, max_tokens=9, **held).text)


def test_json_where_a_schema_is_given() -> None:
    with mock.serving() as served:
        for messages, several in ((CHOICE, False), (SEVERAL, True)):
            schema = choice_schema(OPTIONS, several=several)
            reply = served.endpoint().chat(messages, max_tokens=9, schema=schema)
            answer = json.loads(reply.text)["answer"]
            assert set(answer) <= set("ABCD")
            assert isinstance(answer, list) == several


def test_it_does_wrong_when_told_to() -> None:
    with mock.serving(faults=["limit", "denied", "garbage", "endless", None]) as served:
        endpoint = served.endpoint()
        with pytest.raises(Unavailable, match="429"):
            endpoint.chat(CHOICE, max_tokens=5)
        with pytest.raises(UserError, match="401"):
            endpoint.chat(CHOICE, max_tokens=5)
        with pytest.raises(UserError, match="OpenAI chat API"):
            endpoint.chat(CHOICE, max_tokens=5)
        cut = endpoint.chat(CHOICE, max_tokens=30)
        assert (cut.finish, len(cut.text)) == ("length", 30)
        assert endpoint.chat(CHOICE, max_tokens=5).finish == "stop"
        assert len(served.asked) == 5


def test_own_answers() -> None:
    with mock.serving(lambda request: request["model"]) as served:
        assert served.endpoint(model="own").chat(CHOICE, max_tokens=5).text == "own"
