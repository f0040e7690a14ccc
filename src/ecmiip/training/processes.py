"""Training on several processes that torchrun started: DDP, or FSDP2 where the recipe is sharded.

Every process plans the same steps and takes its share of each step's micro-batches; gradients are
those of the whole step. Only the main process writes to the run folder.
"""

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from ecmiip.errors import UserError
from ecmiip.training import machine
from ecmiip.training.recipe import Recipe


class Processes:
    """The processes of this run; one, unless torchrun started more."""

    def __init__(self) -> None:
        self.count = int(os.environ.get("WORLD_SIZE", "1"))
        self.number = int(os.environ.get("RANK", "0"))
        self._sharded = False
        if self.count > 1:
            from accelerate import PartialState

            # Joins the group (NCCL on GPUs, gloo on CPUs) and gives each process its device.
            self._state = PartialState(cpu=not torch.cuda.is_available())

    @property
    def main(self) -> bool:
        """Whether this is the process that writes."""
        return self.number == 0

    def check(self, recipe: Recipe) -> None:
        """Raise UserError if ``recipe`` cannot be trained on this many processes."""
        if self.count == 1:
            if recipe.sharded:
                raise UserError("a sharded recipe needs several processes: start it with torchrun")
            return
        micros = recipe.batch.step // recipe.batch.micro
        if micros % self.count:
            raise UserError(
                f"{micros} micro-batches per step cannot be shared by {self.count} processes: "
                "make batch.step / batch.micro a multiple"
            )
        if recipe.trained.layered or recipe.trained.method in ("lomo", "adalomo"):
            raise UserError(
                f"{recipe.trained.method}, as this recipe has it, runs on one process: use full, "
                "sharded, on several"
            )

    def spread(self, network: nn.Module, layers: nn.ModuleList, *, sharded: bool) -> nn.Module:
        """What to call for a forward pass, so that gradients are those of all processes."""
        if self.count == 1:
            return network
        if sharded:
            from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard

            computed = MixedPrecisionPolicy(param_dtype=machine.number_type())
            for layer in layers:
                fully_shard(layer, mp_policy=computed)
            fully_shard(network, mp_policy=computed)
            self._sharded = True
            return network
        return nn.parallel.DistributedDataParallel(network)

    def mine(self, micros: list[Any]) -> list[Any]:
        """This process's micro-batches of a step."""
        return micros[self.number :: self.count]

    def holding(self, network: nn.Module, *, last: bool) -> AbstractContextManager[None]:
        """Around a micro-batch's forward and backward pass: exchange gradients after the last."""
        if self.count == 1:
            return nullcontext()
        if self._sharded:
            network.set_requires_gradient_sync(last)  # type: ignore[operator]
            return nullcontext()
        held: AbstractContextManager[None] = nullcontext() if last else network.no_sync()  # type: ignore[operator]
        return held

    def settle(self, network: nn.Module) -> None:
        """After a forward pass without a backward pass: put shards back in place.

        FSDP2 leaves the outermost parameters gathered until a backward pass; an optimizer made in
        that state would change the gathered copies.
        """
        if self._sharded:
            network.reshard()  # type: ignore[operator]

    def sum(self, value: float) -> float:
        """The sum of ``value`` over all processes."""
        if self.count == 1:
            return value
        whole = torch.tensor(value, dtype=torch.float64, device=machine.device())
        torch.distributed.all_reduce(whole)
        return whole.item()

    def wait(self) -> None:
        """Until every process is here."""
        if self.count > 1:
            self._state.wait_for_everyone()


def whole(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors as one process would have them; every process must call this."""
    return {name: _whole(tensor.detach()) for name, tensor in tensors.items()}


def share(like: Tensor, value: Tensor) -> Tensor:
    """This process's share of a whole ``value``, if ``like`` is a shard of that shape."""
    from torch.distributed.tensor import DTensor, distribute_tensor

    if isinstance(like, DTensor) and like.shape == value.shape:
        return distribute_tensor(value, like.device_mesh, like.placements)
    return value


def fill(tensor: Tensor, value: Tensor) -> None:
    """Put a whole ``value`` into a tensor that may be a shard."""
    with torch.no_grad():
        tensor.copy_(share(tensor, value))


def _whole(tensor: Tensor) -> Tensor:
    gather = getattr(tensor, "full_tensor", None)
    return tensor if gather is None else gather()
