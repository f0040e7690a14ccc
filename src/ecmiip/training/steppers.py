"""One optimizer step, from micro-batches to changed weights: in what order, holding what.

Three orders, each with any update (updates.py):

- Accumulating: backward through all micro-batches, then one update. Holds all gradients.
- Fused: each tensor is updated as soon as its gradient is there (LOMO). Holds one gradient, but
  takes one micro-batch per step only.
- Layered: all micro-batches through one layer, that layer's update, then the layer below. Holds
  one layer's gradient and the layers' inputs, and takes any number of micro-batches. The step
  is exact: an upper layer's update comes after its own gradient and its inputs' were taken.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

import torch
from torch import Tensor, nn

from ecmiip.training.network import Network
from ecmiip.training.packing import Rows
from ecmiip.training.processes import Processes
from ecmiip.training.recipe import Recipe
from ecmiip.training.updates import Parameters, Update, update_for

Make = Callable[[Parameters], Update]


class Stepper(Protocol):
    """What the loop needs of a method."""

    def step(self, rows: Sequence[Rows], rate: float) -> float:
        """Train on the micro-batches of one step; return the mean loss per target before it."""

    def state(self) -> dict[str, Tensor]:
        """Everything beside the weights that the next step depends on."""

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Take back what ``state`` gave."""


def stepper_for(
    recipe: Recipe, network: Network, spread: nn.Module, processes: Processes
) -> Stepper:
    """The stepper that the recipe's method asks for.

    ``spread`` is ``network``, or what Processes made of it.
    """
    make = update_for(recipe.trained, recipe.optimizer)
    if recipe.trained.layered:
        return Layered(network, make)
    if recipe.trained.method in ("lomo", "adalomo"):
        return Fused(network, make)
    return Accumulating(spread, make, processes)


class Accumulating:
    """Plain gradient accumulation, then one update; on any number of processes."""

    def __init__(self, network: nn.Module, make: Make, processes: Processes) -> None:
        self._network = network
        self._processes = processes
        self._update = make(_trained(network.parameters()))

    def step(self, rows: Sequence[Rows], rate: float) -> float:
        targets = self._processes.sum(_targets(rows))
        total = 0.0
        for number, row in enumerate(rows, 1):
            with self._processes.holding(self._network, last=number == len(rows)):
                loss = self._network(row) / targets
                # Gradients are averaged over the processes, and ours have to be summed.
                (loss * self._processes.count).backward()
            total += loss.item()
        self._update.apply(rate)
        return self._processes.sum(total)

    def state(self) -> dict[str, Tensor]:
        return self._update.state()

    def load(self, state: Mapping[str, Tensor]) -> None:
        self._update.load(state)


class _Many:
    """Several updates whose states are kept together."""

    def __init__(self, updates: Sequence[Update]) -> None:
        self._updates = updates

    def state(self) -> dict[str, Tensor]:
        return {
            f"{number}/{name}": tensor
            for number, update in enumerate(self._updates)
            for name, tensor in update.state().items()
        }

    def load(self, state: Mapping[str, Tensor]) -> None:
        for number, update in enumerate(self._updates):
            start = f"{number}/"
            update.load({k[len(start) :]: v for k, v in state.items() if k.startswith(start)})


class Fused(_Many):
    """Update within the backward pass, tensor by tensor (Lv et al. 2023, arXiv:2306.09782)."""

    def __init__(self, network: Network, make: Make) -> None:
        parameters = _trained(network.parameters())
        super().__init__([make([parameter]) for parameter in parameters])
        self._network = network
        self._rate = 0.0
        self._handles = [
            parameter.register_post_accumulate_grad_hook(self._hook(update))  # type: ignore[no-untyped-call]
            for parameter, update in zip(parameters, self._updates, strict=True)
        ]

    def step(self, rows: Sequence[Rows], rate: float) -> float:
        [row] = rows
        self._rate = rate
        loss: Tensor = self._network(row) / row.weight
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.item()

    def close(self) -> None:
        """Take the hooks off again."""
        for handle in self._handles:
            handle.remove()

    def _hook(self, update: Update) -> Callable[[Tensor], None]:
        return lambda _: update.apply(self._rate)


class Layered(_Many):
    """Layered gradient accumulation: see the module's description."""

    def __init__(self, network: Network, make: Make) -> None:
        self._network = network
        # From the top down. A tensor in two places (tied embeddings) belongs to the lower one.
        parts = [network.head(), *reversed(network.layers), network.embeddings]
        owner = {parameter: part for part in parts for parameter in part.parameters()}
        self._parts = [
            [p for p in _trained(part.parameters()) if owner[p] is part] for part in parts
        ]
        super().__init__([make(part) if part else _Nothing() for part in self._parts])

    def step(self, rows: Sequence[Rows], rate: float) -> float:
        network, top = self._network, len(self._network.layers)
        lowest = max(network.lowest, 0)
        targets = _targets(rows)
        inputs = [self._inputs(row, lowest) for row in rows]
        rotaries = [network.rotations(row) for row in rows]

        total = 0.0
        gradients: list[Tensor] = []
        for row, held in zip(rows, inputs, strict=True):
            hidden = held.pop().requires_grad_()
            loss = network.loss(hidden, row) / targets
            loss.backward()  # type: ignore[no-untyped-call]
            total += loss.item()
            gradients.append(_gradient(hidden))
        self._updates[0].apply(rate)

        for number in range(top - 1, lowest - 1, -1):
            wanted = number > lowest or network.lowest < 0
            for place, row in enumerate(rows):
                hidden = inputs[place].pop().requires_grad_(wanted)
                out = network.layer(number, hidden, row, rotaries[place])
                torch.autograd.backward(out, gradients[place])
                gradients[place] = _gradient(hidden) if wanted else gradients[place]
            self._updates[top - number].apply(rate)

        if network.lowest < 0:
            for row, gradient in zip(rows, gradients, strict=True):
                torch.autograd.backward(network.embed(row), gradient)
            self._updates[-1].apply(rate)
        return total

    @torch.no_grad()
    def _inputs(self, row: Rows, lowest: int) -> list[Tensor]:
        """The input of each layer from ``lowest`` up, and the output of the last."""
        network = self._network
        rotary = network.rotations(row)
        hidden = network.embed(row)
        held = []
        for number in range(len(network.layers)):
            if number >= lowest:
                held.append(hidden)
            hidden = network.layer(number, hidden, row, rotary)
        return [*held, hidden]


class _Nothing:
    """The update of a part that has nothing to train."""

    def apply(self, rate: float) -> None:
        pass

    def state(self) -> dict[str, Tensor]:
        return {}

    def load(self, state: Mapping[str, Tensor]) -> None:
        pass


def _trained(parameters: Iterator[nn.Parameter]) -> list[nn.Parameter]:
    return [parameter for parameter in parameters if parameter.requires_grad]


def _targets(rows: Sequence[Rows]) -> int:
    return sum(row.weight for row in rows)


def _gradient(tensor: Tensor) -> Tensor:
    assert tensor.grad is not None
    return tensor.grad
