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
    _: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    lengths: tuple[int, ...],
    scaling: float | None = None,
    dropout: float = 0.0,
    **ignored: Any,
) -> tuple[Tensor, None]:
    """Attention of query [1, H, T, D] over key and value [1, K, T, D], H a multiple of K.

    ``lengths`` are the pieces' lengths, of sum T. Returns [1, T, H, D].
    """
    del ignored  # what other implementations read: sliding windows, position ids
    assert attention_mask is None, "packed rows need no mask"
    shared = query.shape[1] != key.shape[1]
    if len(lengths) == 1:
        pieces = [(query, key, value)]
    else:
        pieces = list(
            zip(*(t.split_with_sizes(lengths, 2) for t in (query, key, value)), strict=True)
        )
    out = [
        scaled_dot_product_attention(
            q, k, v, is_causal=True, scale=scaling, dropout_p=dropout, enable_gqa=shared
        ).transpose(1, 2)
        for q, k, v in pieces
    ]
    return (out[0] if len(out) == 1 else torch.cat(out, 1)), None


def register() -> None:
    """Make the implementation known to transformers under NAME."""
    from transformers import AttentionInterface, AttentionMaskInterface

    AttentionInterface.register(NAME, attend)
    AttentionMaskInterface.register(NAME, lambda *_, **__: None)
