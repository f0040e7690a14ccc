"""Put the hand-written kernels in place of a model's modules, where they compute the same thing.

Only the modules' ``forward`` changes: parameters, their names and what is saved stay. A module
that does more than the kernels know (DoRA, dropout, a quantised weight, another activation) is
left as it is.
"""

from functools import partial
from typing import Any

from torch import Tensor, nn

from ecmiip.training import kernels
from ecmiip.training.attention import attend
from ecmiip.training.kernels import Projection
from ecmiip.training.packing import Span

# Attention modules whose whole forward pass is the one below; others run as they are.
ATTENTIONS = ("LlamaAttention", "MistralAttention", "Qwen2Attention", "Qwen3Attention")


def fuse(model: nn.Module) -> None:
    """Fuse every module of ``model`` that can be. Call it after adapters are in place."""
    for module in model.modules():
        forward = _fused(module)
        if forward is not None:
            module.forward = forward


def _fused(module: nn.Module) -> Any:
    if hasattr(module, "variance_epsilon") and hasattr(module, "weight"):
        return partial(_norm, module)
    if all(hasattr(module, name) for name in ("gate_proj", "up_proj", "down_proj", "act_fn")):
        parts = [module.gate_proj, module.up_proj, module.down_proj]
        if all(map(_plain, parts)) and _is_silu(module.act_fn):
            return partial(_mlp, module)
    if type(module).__name__ in ATTENTIONS:
        return partial(_attention, module)
    if type(module) is not nn.Linear and _plain(module):
        return partial(_linear, module)
    return None


def _norm(module: Any, x: Tensor) -> Tensor:
    return kernels.rms_norm(x, module.weight, module.variance_epsilon)


def _linear(module: Any, x: Tensor) -> Tensor:
    return kernels.linear(x.flatten(0, -2), _projection(module)).view(*x.shape[:-1], -1)


def _mlp(module: Any, x: Tensor) -> Tensor:
    parts = (_projection(part) for part in (module.gate_proj, module.up_proj, module.down_proj))
    return kernels.gated_mlp(x.flatten(0, -2), *parts).view(x.shape)


def _attention(
    module: Any,
    hidden_states: Tensor,
    position_embeddings: tuple[Tensor, Tensor],
    spans: tuple[Span, ...],
    **ignored: Any,
) -> tuple[Tensor, None]:
    del ignored  # masks, caches: a packed training row has none
    x = hidden_states[0]
    cos, sin = (part[0, :, None] for part in position_embeddings)
    query, key, value = (
        part(x).view(len(x), -1, module.head_dim)
        for part in (module.q_proj, module.k_proj, module.v_proj)
    )
    if hasattr(module, "q_norm"):  # Qwen3
        query, key = module.q_norm(query), module.k_norm(key)
    query, key = kernels.rotate(query, cos, sin), kernels.rotate(key, cos, sin)
    query, key, value = (part.transpose(0, 1)[None] for part in (query, key, value))
    out, _ = attend(module, query, key, value, None, spans=spans, scaling=module.scaling)
    return module.o_proj(out.flatten(2)), None


def _projection(module: Any) -> Projection:
    if type(module) is nn.Linear:
        return Projection(0.0, module.weight, module.bias, None, None)
    [name] = module.active_adapters
    inner = module.base_layer
    a, b = module.lora_A[name].weight, module.lora_B[name].weight
    return Projection(module.scaling[name], inner.weight, inner.bias, a, b)


def _plain(module: Any) -> bool:
    """Whether this is a linear layer, or one with a single LoRA that needs nothing special."""
    if type(module) is nn.Linear:
        return True
    if not (hasattr(module, "lora_A") and type(getattr(module, "base_layer", None)) is nn.Linear):
        return False
    return (
        len(module.lora_A) == 1
        and not module.lora_variant
        and all(isinstance(dropout, nn.Identity) for dropout in module.lora_dropout.values())
    )


def _is_silu(activation: Any) -> bool:
    return isinstance(activation, nn.SiLU) or type(activation).__name__ == "SiLUActivation"
