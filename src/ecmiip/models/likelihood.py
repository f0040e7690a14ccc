"""How likely a model holds a text to be: read from its logits, where a chat would be sampled.

A small model that cannot name the letter of the right option often gives its words far more
likelihood than those of the others; docs/decisions.md has the figures.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from ecmiip.errors import UserError
from ecmiip.models import prompt


@dataclass(frozen=True)
class Likelihood:
    """What a model holds of one option.

    ``log`` is the natural logarithm of the probability of its words after the prompt, ``tokens``
    their number, ``odds`` the log-odds of yes over no when asked whether it is to be chosen
    (:data:`ecmiip.models.prompt.ASKS_WHETHER`).
    """

    log: float
    tokens: int
    odds: float

    @property
    def score(self) -> float:
        """``log`` over the square root of the length: the sum favours short options, the mean
        long ones."""
        return self.log / math.sqrt(self.tokens)


class Weighs(Protocol):
    """Anything that can tell how likely options are."""

    def likelihoods(self, text: str, options: Sequence[str]) -> list[Likelihood]:
        """Of each of ``options``, as what follows ``text`` directly."""


class Weights:
    """A base in float32, with or without an adapter, computed in this process.

    llama.cpp's server tells nothing of the tokens of a prompt, so this reads the safetensors.
    """

    def __init__(self, base: Path, adapter: Path | None = None) -> None:
        """``base`` is a folder that transformers loads, ``adapter`` one of peft's."""
        self._base, self._adapter = base, adapter

    def likelihoods(self, text: str, options: Sequence[str]) -> list[Likelihood]:
        """See :class:`Weighs`. ``text`` is computed once for all ``options``."""
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
