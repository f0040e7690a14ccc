"""From gradients to changed weights, for one set of parameters: AdamW, LOMO, AdaLOMO.

A stepper (steppers.py) decides for which parameters, and when, an update runs: for all of them
after the last micro-batch, for a layer, or for one tensor in the middle of the backward pass.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Protocol

import torch
from torch import Tensor, nn

from ecmiip.training.processes import share
from ecmiip.training.recipe import Optimizer, Trained

Parameters = Sequence[nn.Parameter]


class Update(Protocol):
    """An optimizer for a fixed set of parameters."""

    def apply(self, rate: float) -> None:
        """Change the parameters by their gradients, and free the gradients."""

    def state(self) -> dict[str, Tensor]:
        """What the next ``apply`` depends on, beside the parameters."""

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Take back what ``state`` gave."""


def update_for(trained: Trained, settings: Optimizer) -> Callable[[Parameters], Update]:
    """What makes the method's updates."""
    kinds: dict[str, Callable[[Parameters, Optimizer], Update]] = {
        "lomo": Lomo,
        "adalomo": AdaLomo,
    }
    return partial(_made, kinds.get(trained.method, AdamW), settings)


def _made(
    kind: Callable[[Parameters, Optimizer], Update], settings: Optimizer, parameters: Parameters
) -> Update:
    return kind(parameters, settings)


class AdamW:
    """Torch's fused AdamW (Loshchilov and Hutter 2019), gradients clipped by their joint norm."""

    def __init__(self, parameters: Parameters, settings: Optimizer) -> None:
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

    def apply(self, rate: float) -> None:
        _clip(self._parameters, self._clip)
        for group in self._adamw.param_groups:
            group["lr"] = rate
        self._adamw.step()
        self._adamw.zero_grad(set_to_none=True)

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
            shared = share(self._parameters[int(number)], value)
            whole["state"].setdefault(int(number), {})[key] = shared
        self._adamw.load_state_dict(whole)


class Lomo:
    """Plain gradient descent without any state (LOMO: Lv et al. 2023, arXiv:2306.09782).

    LOMO's joint norm over all layers would cost a second backward pass, so each parameter set that
    is updated together is clipped by its own norm.
    """

    def __init__(self, parameters: Parameters, settings: Optimizer) -> None:
        self._parameters = list(parameters)
        self._settings = settings

    def apply(self, rate: float) -> None:
        _clip(self._parameters, self._settings.clip)
        with torch.no_grad():
            for p in self._parameters:
                if p.grad is not None:
                    p.mul_(1 - rate * self._settings.weight_decay).add_(p.grad, alpha=-rate)
                    p.grad = None

    def state(self) -> dict[str, Tensor]:
        return {}

    def load(self, state: Mapping[str, Tensor]) -> None:
        assert not state, "LOMO has no state"


class AdaLomo:
    """AdaLOMO (Lv et al. 2023, arXiv:2310.10195): a factored second moment and grouped updates.

    As its authors' code has it: the second moment of a matrix is kept as row and column means with
    a decay of 1 - t^-0.8; the update is scaled to a root mean square of at most 1, and then to the
    parameter's own. There is no momentum. The state of an n x m matrix is n + m numbers.
    """

    DECAY = -0.8
    TINY = 1e-30  # added to squared gradients
    SMALLEST_SCALE = 1e-3  # of a parameter's root mean square, so that zeros can learn

    def __init__(self, parameters: Parameters, settings: Optimizer) -> None:
        self._parameters = list(parameters)
        self._settings = settings
        self._step = 0
        self._moments: dict[int, list[Tensor]] = {}

    def apply(self, rate: float) -> None:
        self._step += 1
        keep = 1 - self._step**self.DECAY
        _clip(self._parameters, self._settings.clip)
        with torch.no_grad():
            for number, p in enumerate(self._parameters):
                if p.grad is None:
                    continue
                change = self._direction(number, p.grad, keep)
                change.div_(max(1.0, _rms(change)))
                scale = max(self.SMALLEST_SCALE, _rms(p))
                p.mul_(1 - rate * self._settings.weight_decay).add_(change, alpha=-rate * scale)
                p.grad = None

    def _direction(self, number: int, grad: Tensor, keep: float) -> Tensor:
        """The gradient over the root of its (factored) second moment; overwrites ``grad``."""
        square = grad.square().add_(self.TINY)
        new = [square.mean(-1), square.mean(-2)] if grad.dim() == 2 else [square]
        old = self._moments.setdefault(number, [torch.zeros_like(moment) for moment in new])
        for moment, fresh in zip(old, new, strict=True):
            moment.lerp_(fresh, 1 - keep)
        if grad.dim() != 2:
            return grad.mul_(old[0].rsqrt())
        rows, columns = old
        grad.mul_((rows / rows.mean()).rsqrt_()[:, None])
        return grad.mul_(columns.rsqrt()[None])

    def state(self) -> dict[str, Tensor]:
        moments = {
            f"{number}.{place}": moment
            for number, pair in self._moments.items()
            for place, moment in enumerate(pair)
        }
        return moments | {"step": torch.tensor(self._step)}

    def load(self, state: Mapping[str, Tensor]) -> None:
        self._step = int(state["step"])
        self._moments = {}
        for name in sorted(state.keys() - {"step"}):
            self._moments.setdefault(int(name.split(".")[0]), []).append(state[name])


def _clip(parameters: Parameters, norm: float) -> None:
    if norm:
        nn.utils.clip_grad_norm_(parameters, norm)


def _rms(tensor: Tensor) -> float:
    norm: float = torch.linalg.vector_norm(tensor).item()
    return norm / math.sqrt(tensor.numel())
