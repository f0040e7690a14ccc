"""A causal language model on packed rows: from token ids to the loss at the targets only.

Below the lowest trained layer nothing is kept for a backward pass. The final norm and the output
matrix see only the hidden states that predict a target.
"""

from typing import Any

import torch
from torch import Tensor, nn

from ecmiip.training.loss import linear_cross_entropy
from ecmiip.training.packing import Rows


class Network(nn.Module):
    """Wraps a transformers causal LM of the Llama family; shares its parameters."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.embeddings: nn.Module = model.model.embed_tokens
        self.rotary: nn.Module = model.model.rotary_emb
        self.layers: nn.ModuleList = model.model.layers
        self.norm: nn.Module = model.model.norm
        self.output: nn.Module = model.lm_head
        trained = [any(p.requires_grad for p in layer.parameters()) for layer in self.layers]
        self.lowest = trained.index(True) if any(trained) else len(trained)
        if any(p.requires_grad for p in self.embeddings.parameters()):
            self.lowest = -1

    def forward(self, rows: Rows) -> Tensor:
        """Sum of the cross-entropy over the row's targets, in nats; a scalar."""
        grad = torch.is_grad_enabled()
        with torch.set_grad_enabled(grad and self.lowest < 0):
            hidden = self.embeddings(rows.ids)[None]
        rotary = self.rotary(hidden, rows.positions[None])
        for number, layer in enumerate(self.layers):
            with torch.set_grad_enabled(grad and self.lowest <= number):
                hidden = layer(hidden, position_embeddings=rotary, lengths=rows.lengths)
        return self.loss(hidden, rows)

    def loss(self, hidden: Tensor, rows: Rows) -> Tensor:
        """The loss from the last layer's output, hidden [1, T, D]."""
        predicting = self.norm(hidden[0, rows.predictors])
        return linear_cross_entropy(predicting, self.output.weight, rows.targets)
