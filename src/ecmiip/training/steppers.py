"""One optimizer step: from micro-batches to changed weights. Methods differ here, not in the loop."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import torch
from torch import Tensor, nn

from ecmiip.training.network import Network
from ecmiip.training.packing import Rows
from ecmiip.training.recipe import Optimizer


class Stepper(Protocol):
    """What the loop needs of a method."""

    def step(self, rows: Sequence[Rows], rate: float) -> float:
        """Train on the micro-batches of one step; return the mean loss per target before it."""

    def state(self) -> dict[str, Tensor]:
        """Everything beside the weights that the next step depends on."""

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Take back what ``state`` gave."""


class Accumulating:
    """Plain gradient accumulation over the micro-batches, then AdamW."""

    def __init__(
        self, network: Network, parameters: Sequence[nn.Parameter], settings: Optimizer
    ) -> None:
        self._network = network
        self._parameters = list(parameters)
        self._clip = settings.clip
        self._adamw = torch.optim.AdamW(
            self._parameters,
            lr=0.0,
            betas=(settings.beta1, settings.beta2),
            eps=settings.epsilon,
            weight_decay=settings.weight_decay,
            fused=True,
        )

    def step(self, rows: Sequence[Rows], rate: float) -> float:
        targets = sum(len(row.targets) for row in rows)
        total = 0.0
        for row in rows:
            loss = self._network(row) / targets
            loss.backward()
            total += loss.item()
        if self._clip:
            nn.utils.clip_grad_norm_(self._parameters, self._clip)
        for group in self._adamw.param_groups:
            group["lr"] = rate
        self._adamw.step()
        self._adamw.zero_grad(set_to_none=True)
        return total

    def state(self) -> dict[str, Tensor]:
        return {
            f"{number}.{key}": value
            for number, values in self._adamw.state_dict()["state"].items()
            for key, value in values.items()
        }

    def load(self, state: Mapping[str, Tensor]) -> None:
        whole = self._adamw.state_dict()
        for name, value in state.items():
            number, key = name.split(".", 1)
            whole["state"].setdefault(int(number), {})[key] = value
        self._adamw.load_state_dict(whole)
