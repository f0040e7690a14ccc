"""Chats that wait together are answered together, as each would be alone."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ecmiip.errors import UserError
from ecmiip.models.chat import Message
from ecmiip.models.endpoint import Reply
from ecmiip.models.inprocess import Batches, Weights

CHATS = [
    [Message(role="user", content=text)] for text in ("商标", "专利权的保护范围是什么？", "赔")
]


def test_replies_do_not_depend_on_who_else_is_asked(base: Path) -> None:
    weights = Weights(base)
    together = weights.replies(CHATS, 12)
    alone = [weights.replies([chat], 12)[0] for chat in CHATS]
    assert [reply.text for reply in together] == [reply.text for reply in alone]
    assert [reply.prompt_tokens for reply in together] == [r.prompt_tokens for r in alone]
    assert all(0 < reply.completion_tokens <= 12 for reply in together)


def test_a_reply_ends_at_the_end_of_its_turn(base: Path) -> None:
    weights = Weights(base)
    [whole] = weights.replies(CHATS[:1], 6)
    assert whole.finish == "length"
    second = weights._ids(whole.text)[0][1]
    weights._tokenizer.eos_token = weights._tokenizer.convert_ids_to_tokens(second)
    ended = weights.replies(CHATS, 6)[0]
    assert (ended.finish, ended.completion_tokens) == ("stop", 2)


class _Counted:
    """Weights that remember the batches they were asked."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.fail = False

    def replies(self, chats: Sequence[list[Message]], most: int, _: object) -> list[Reply]:
        if self.fail:
            raise UserError("no memory")
        self.batches.append([chat[0]["content"] for chat in chats])
        return [Reply(f"{chat[0]['content']} {most}", "stop", 1, 1, 0.1) for chat in chats]


def test_chats_that_wait_together_share_a_batch_of_at_most_its_size() -> None:
    counted = _Counted()
    batches = Batches(counted, 3)  # type: ignore[arg-type]
    chats = [[Message(role="user", content=str(number))] for number in range(7)]
    with ThreadPoolExecutor(7) as pool:
        asked = [
            pool.submit(batches.chat, chat, max_tokens=8 + number % 2)
            for number, chat in enumerate(chats)
        ]
    replies = [future.result() for future in asked]
    assert [reply.text for reply in replies] == [f"{n} {8 + n % 2}" for n in range(7)]
    assert max(map(len, counted.batches)) <= 3
    assert len(counted.batches) < 7


def test_a_failure_reaches_all_who_wait() -> None:
    counted = _Counted()
    counted.fail = True
    batches = Batches(counted, 2)  # type: ignore[arg-type]
    with ThreadPoolExecutor(2) as pool:
        for future in [pool.submit(batches.chat, CHATS[0], max_tokens=3) for _ in range(2)]:
            with pytest.raises(UserError, match="no memory"):
                future.result()


def test_what_was_given_up_is_no_reply(base: Path) -> None:
    batches = Batches(Weights(base), 1)
    batches.close()
    with pytest.raises(UserError, match="given up"):
        batches.chat(CHATS[0], max_tokens=3)
    with pytest.raises(UserError, match="--constraint"):
        batches.chat(CHATS[0], max_tokens=3, grammar="root ::= A")
