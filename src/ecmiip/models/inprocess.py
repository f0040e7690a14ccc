"""A model computed in this process from its float32 weights: likelihoods, and chats in batches.

llama.cpp's server tells nothing of the tokens of a prompt, and on a processor it reads a prompt
at less than half the rate of torch's matrix products; EXPERIMENTS.md has the figures.
"""

import queue
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from ecmiip.errors import UserError
from ecmiip.models import prompt
from ecmiip.models.chat import Message, render
from ecmiip.models.endpoint import Reply
from ecmiip.models.likelihood import Likelihood

# Seconds in which those who ask at about the same time come together in one batch.
_GATHERING = 0.2


class Weights:
    """A base in float32, with or without an adapter. One call at a time."""

    def __init__(self, base: Path, adapter: Path | None = None) -> None:
        """``base`` is a folder that transformers loads, ``adapter`` one of peft's."""
        self._base, self._adapter = base, adapter

    def likelihoods(self, text: str, options: Sequence[str]) -> list[Likelihood]:
        """See :class:`ecmiip.models.likelihood.Weighs`. ``text`` is computed once for all
        ``options``."""
        import torch

        if not text or not all(options):
            raise UserError("an empty text has no likelihood: leave it out")
        given, whether, [yes, *_], [no, *_], *words = self._ids(
            text, prompt.ASKS_WHETHER, prompt.YES, prompt.NO, *options
        )
        branches = [[*ids, *whether] for ids in words]
        longest = max(map(len, branches))
        # What pads a shorter branch comes after it and so changes nothing.
        padded = torch.tensor([[*ids, *[0] * (longest - len(ids))] for ids in branches])
        with torch.inference_mode():
            read = self._model(torch.tensor([given]), use_cache=True, logits_to_keep=1)
            first = read.logits[0, -1].log_softmax(-1)
            read.past_key_values.batch_repeat_interleave(len(branches))
            logits = self._model(padded, past_key_values=read.past_key_values).logits
            found = []
            for ids, branch, row in zip(words, branches, logits, strict=True):
                later = row[: len(ids) - 1].log_softmax(-1)
                log = float(first[ids[0]]) + sum(
                    float(later[place, token]) for place, token in enumerate(ids[1:])
                )
                last = row[len(branch) - 1]
                found.append(Likelihood(log, len(ids), float(last[yes] - last[no])))
        return found

    def replies(
        self,
        chats: Sequence[Sequence[Message]],
        max_tokens: int,
        stop: threading.Event | None = None,
    ) -> list[Reply]:
        """The likeliest next token again and again, for all ``chats`` together.

        Once ``stop`` is set the replies end where they are. The seconds of the batch are shared
        out among its replies.
        """
        import torch

        begun = time.perf_counter()
        given = [render(self._tokenizer, chat, add_generation_prompt=True).ids for chat in chats]
        longest = max(map(len, given))
        pad = self._tokenizer.pad_token_id or 0
        ids = torch.tensor([[pad] * (longest - len(one)) + one for one in given])
        mask = torch.tensor([[0] * (longest - len(one)) + [1] * len(one) for one in given])
        end = self._tokenizer.eos_token_id
        with torch.inference_mode():
            out = self._model.generate(
                ids,
                attention_mask=mask,
                generation_config=self._greedy(max_tokens, pad, end),
                stopping_criteria=[lambda ids, *_: torch.full(ids.shape[:1], _is_set(stop))],
            )
        written = [
            row[: row.index(end) + 1] if end in row else row for row in out[:, longest:].tolist()
        ]
        each = (time.perf_counter() - begun) / len(given)
        return [
            Reply(
                text=self._tokenizer.decode(new, skip_special_tokens=True),
                finish="stop" if new[-1:] == [end] else "length",
                prompt_tokens=len(old),
                completion_tokens=len(new),
                seconds=each,
            )
            for old, new in zip(given, written, strict=True)
        ]

    @staticmethod
    def _greedy(max_tokens: int, pad: int, end: int) -> Any:
        """Not what the base's own configuration has, which may sample and punish repetition."""
        from transformers import GenerationConfig

        return GenerationConfig(
            max_new_tokens=max_tokens, do_sample=False, pad_token_id=pad, eos_token_id=end
        )

    def _ids(self, *texts: str) -> list[list[int]]:
        ids: list[list[int]] = self._tokenizer(list(texts), add_special_tokens=False)["input_ids"]
        return ids

    @cached_property
    def _tokenizer(self) -> Any:
        from transformers import AutoTokenizer

        return AutoTokenizer.from_pretrained(self._base)

    @cached_property
    def _model(self) -> Any:
        import torch
        from transformers import AutoModelForCausalLM

        model = AutoModelForCausalLM.from_pretrained(self._base, dtype=torch.float32)
        if self._adapter is not None:
            from peft import PeftModel

            model = PeftModel.from_pretrained(model, self._adapter).merge_and_unload()
        return model.eval()


def _is_set(stop: threading.Event | None) -> bool:
    return stop is not None and stop.is_set()


@dataclass(frozen=True)
class _Asked:
    messages: Sequence[Message]
    max_tokens: int
    reply: "Future[Reply]" = field(default_factory=Future)


class Batches:
    """An endpoint of :class:`Weights`: chats that wait at the same time are answered together.

    On a processor each token of one chat reads all weights from memory; those of many chats read
    them once.
    """

    grammars = False

    def __init__(self, weights: Weights, size: int) -> None:
        """``size`` is how many chats a batch may hold."""
        self._weights, self._size = weights, size
        self._waiting: queue.SimpleQueue[_Asked] = queue.SimpleQueue()
        self._turn = threading.Lock()
        self._stop = threading.Event()

    def chat(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        grammar: str | None = None,
        schema: dict[str, Any] | None = None,
    ) -> Reply:
        """Answer ``messages`` as :class:`ecmiip.models.endpoint.Endpoint` does, at temperature 0.

        Raises UserError for a constraint, which it cannot hold a reply to.
        """
        if temperature or grammar is not None or schema is not None:
            raise UserError("weights in this process write freely: leave out --constraint")
        mine = _Asked(messages, max_tokens)
        self._waiting.put(mine)
        with self._turn:  # whoever comes first answers for those who wait with it
            while not mine.reply.done():
                self._answer(self._gathered())
        return mine.reply.result()

    def close(self) -> None:
        """End what is being written."""
        self._stop.set()

    def _gathered(self) -> list[_Asked]:
        found: list[_Asked] = []
        with suppress(queue.Empty):
            while len(found) < self._size:
                found.append(self._waiting.get(timeout=_GATHERING))
        return found

    def _answer(self, asked: list[_Asked]) -> None:
        most = asked[0].max_tokens
        for one in asked:
            if one.max_tokens != most:
                self._waiting.put(one)
        asked = [one for one in asked if one.max_tokens == most]
        try:
            replies = self._weights.replies([one.messages for one in asked], most, self._stop)
            if self._stop.is_set():
                raise UserError("given up before the answer was whole")
        except BaseException as error:
            for one in asked:
                one.reply.set_exception(error)
            return
        for one, reply in zip(asked, replies, strict=True):
            one.reply.set_result(reply)
