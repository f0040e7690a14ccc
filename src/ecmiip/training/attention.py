"""Causal attention within each piece of a packed row, without padding and without a mask.

Registered with transformers as an attention implementation, so any decoder that uses its attention
interface runs on packed rows. Cost is the sum of the squared lengths, not the square of the sum.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

NAME = "ecmiip_pieces"


def attend(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    lengths: tuple[int, ...],
    scaling: float | None = None,
    dropout: float = 0.0,
    **_: Any,
) -> tuple[Tensor, None]:
    """Attention of query [1, H, T, D] over key and value [1, K, T, D], H a multiple of K.

    ``lengths`` are the pieces' lengths, of sum T. Returns [1, T, H, D].
    """
    assert attention_mask is None, "packed rows need no mask"
    shared = query.shape[1] != key.shape[1]
    out = [
        scaled_dot_product_attention(
            q, k, v, is_causal=True, scale=scaling, dropout_p=dropout, enable_gqa=shared
        )
        for q, k, v in zip(
            query.split(lengths, 2), key.split(lengths, 2), value.split(lengths, 2), strict=True
        )
    ]
    return torch.cat(out, 2).transpose(1, 2), None


def register() -> None:
    """Make the implementation known to transformers under NAME."""
    from transformers import AttentionInterface, AttentionMaskInterface

    AttentionInterface.register(NAME, attend)
    AttentionMaskInterface.register(NAME, lambda *_, **__: None)
