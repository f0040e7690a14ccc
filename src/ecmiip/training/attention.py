"""Causal attention within each piece of a packed row, without padding.

Registered with transformers as an attention implementation, so any decoder that uses its attention
interface runs on packed rows. Cost is the sum of the squared lengths, not the square of the sum.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from ecmiip.training.packing import Span

NAME = "ecmiip_pieces"


def attend(
    _: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    spans: tuple[Span, ...],
    scaling: float | None = None,
    dropout: float = 0.0,
    **ignored: Any,
) -> tuple[Tensor, None]:
    """Attention of query [1, H, T, D] over key and value [1, K, T, D], H a multiple of K.

    ``spans`` are the pieces, of sum T. Returns [1, T, H, D].
    """
    del ignored  # what other implementations read: sliding windows, position ids
    assert attention_mask is None, "packed rows need no mask"
    common: dict[str, Any] = {
        "scale": scaling,
        "dropout_p": dropout,
        "enable_gqa": query.shape[1] != key.shape[1],
    }
    lengths = [length for span in spans for length in (span.length, *span.branches)]
    parts = zip(*(t.split_with_sizes(lengths, 2) for t in (query, key, value)), strict=True)
    out = []
    for span in spans:
        q, k, v = next(parts)
        out.append(scaled_dot_product_attention(q, k, v, is_causal=True, **common))
        for length in span.branches:
            own_q, own_k, own_v = next(parts)
            # A branch sees the whole prompt, and itself causally.
            seen = torch.ones(length, span.length + length, dtype=torch.bool, device=q.device)
            out.append(
                scaled_dot_product_attention(
                    own_q,
                    torch.cat([k, own_k], 2),
                    torch.cat([v, own_v], 2),
                    attn_mask=seen.tril(span.length),
                    **common,
                )
            )
    whole = out[0] if len(out) == 1 else torch.cat(out, 2)
    return whole.transpose(1, 2), None


def register() -> None:
    """Make the implementation known to transformers under NAME."""
    from transformers import AttentionInterface, AttentionMaskInterface

    AttentionInterface.register(NAME, attend)
    AttentionMaskInterface.register(NAME, lambda *_, **__: None)
