"""A causal language model on packed rows: from token ids to the loss at the targets only.

Below the lowest trained layer nothing is kept for a backward pass. The final norm and the output
matrix see only the hidden states that predict a target.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from ecmiip.training.loss import choosing, linear_cross_entropy
from ecmiip.training.packing import Rows

Rotations = tuple[Tensor, Tensor]  # cosines and sines of the positions, each [1, T, D of a head]


class Network(nn.Module):
    """Wraps a transformers causal LM of the Llama family; shares its parameters.

    ``lowest`` is the number of the lowest trained layer; -1 if the embeddings are trained too.
    """

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.embeddings: nn.Module = model.model.embed_tokens
        self.rotary: nn.Module = model.model.rotary_emb
        self.layers: nn.ModuleList = model.model.layers
        self.norm: nn.Module = model.model.norm
        self.output: nn.Linear = model.lm_head
        trained = [any(p.requires_grad for p in layer.parameters()) for layer in self.layers]
        self.lowest = trained.index(True) if any(trained) else len(trained)
        if any(p.requires_grad for p in self.embeddings.parameters()):
            self.lowest = -1

    def forward(self, rows: Rows) -> Tensor:
        """Sum of the cross-entropy over the row's targets, in nats; a scalar.

        To it comes the loss of each choice question in the row.
        """
        grad = torch.is_grad_enabled()
        with torch.set_grad_enabled(grad and self.lowest < 0):
            hidden = self.embed(rows)
        rotations = self.rotations(rows)
        for number in range(len(self.layers)):
            with torch.set_grad_enabled(grad and self.lowest <= number):
                hidden = self.layer(number, hidden, rows, rotations)
        return self.loss(hidden, rows)

    def embed(self, rows: Rows) -> Tensor:
        """The first layer's input, [1, T, D]."""
        hidden: Tensor = self.embeddings(rows.ids)[None]
        return hidden

    def rotations(self, rows: Rows) -> Rotations:
        """What rotary position embedding needs of the row."""
        like = self.norm.weight  # for its number type and device
        rotations: Rotations = self.rotary(like, rows.positions[None])
        return rotations

    def layer(self, number: int, hidden: Tensor, rows: Rows, rotations: Rotations) -> Tensor:
        """One decoder layer, [1, T, D] to [1, T, D]."""
        out: Tensor = self.layers[number](hidden, position_embeddings=rotations, spans=rows.spans)
        return out

    def loss(self, hidden: Tensor, rows: Rows) -> Tensor:
        """The loss from the last layer's output, hidden [1, T, D]."""
        weight = self.output.weight
        total = linear_cross_entropy(self.norm(hidden[0, rows.predictors]), weight, rows.targets)
        for choice in rows.choices:
            words, judging = hidden[0, choice.predictors], hidden[0, choice.judging]
            total = total + choosing(self.norm(words), self.norm(judging), weight, choice)
        return total

    def head(self) -> nn.ModuleList:
        """What lies above the layers: the final norm and the output matrix."""
        return nn.ModuleList([self.norm, self.output])


@contextmanager
def without_dropout(network: nn.Module) -> Iterator[None]:
    """For evaluation. Not ``eval()``: bitsandbytes repacks its weights for inference then."""
    dropouts = [module for module in network.modules() if isinstance(module, nn.Dropout)]
    for module in dropouts:
        module.eval()
    try:
        yield
    finally:
        for module in dropouts:
            module.train()
