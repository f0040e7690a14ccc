"""Hand-written forward and backward passes for the parts of a decoder where autograd wastes.

Plain autograd adds a LoRA branch with separate scale and add passes over the whole output, keeps
three tensors of the wide inner width per gated MLP, and normalises in five passes. These
functions compute the same values, with in-place updates, keeping only what cannot be recomputed
for next to nothing. All tensors are two-dimensional: [T tokens, features].
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import silu


class Projection(NamedTuple):
    """y = x @ weight.T + bias + scale * (x @ a.T) @ b.T.

    weight [out, in], bias [out] or None; a [rank, in] and b [out, rank], or both None (no LoRA).
    """

    scale: float
    weight: Tensor
    bias: Tensor | None
    a: Tensor | None
    b: Tensor | None


def _project(x: Tensor, p: Projection) -> Tensor:
    y = x @ p.weight.T if p.bias is None else torch.addmm(p.bias, x, p.weight.T)
    if p.a is not None and p.b is not None:
        y.addmm_(x @ p.a.T, p.b.T, alpha=p.scale)
    return y


class _Gradients(NamedTuple):
    x: Tensor | None
    weight: Tensor | None
    bias: Tensor | None
    a: Tensor | None
    b: Tensor | None


def _project_backward(
    grad: Tensor,
    x: Tensor,
    p: Projection,
    needs: tuple[bool, bool],
    into: Tensor | None,
    want_x: bool,
) -> _Gradients:
    """Gradients of _project. ``needs``: of weight, of bias. ``into``: add x's gradient there."""
    grad_x = None
    if want_x:
        grad_x = grad @ p.weight if into is None else into.addmm_(grad, p.weight)
    grad_a = grad_b = None
    if p.a is not None and p.b is not None:
        inner = grad @ p.b  # [T, rank]
        grad_a = inner.T @ x * p.scale
        grad_b = grad.T @ (x @ p.a.T) * p.scale
        if grad_x is not None:
            grad_x.addmm_(inner, p.a, alpha=p.scale)
    return _Gradients(
        grad_x,
        grad.T @ x if needs[0] else None,
        grad.sum(0) if needs[1] else None,
        grad_a,
        grad_b,
    )


class _Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, scale: float, *p: Any) -> Tensor:
        ctx.save_for_backward(x, *p)
        ctx.scale = scale
        return _project(x, Projection(scale, *p))

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, *p = ctx.saved_tensors
        need = ctx.needs_input_grad
        g = _project_backward(grad, x, Projection(ctx.scale, *p), (need[2], need[3]), None, need[0])
        return g.x, None, g.weight, g.bias, g.a, g.b


class _GatedMlp(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, scales: tuple[float, float, float], *p: Any) -> Tensor:
        gate, up, down = _three(p, scales)
        g, u = _project(x, gate), _project(x, up)
        ctx.save_for_backward(x, g, u, *p)
        ctx.scales = scales
        return _project(silu(g).mul_(u), down)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, g, u, *p = ctx.saved_tensors
        gate, up, down = _three(p, ctx.scales)
        need = ctx.needs_input_grad
        s = silu(g)
        d = _project_backward(grad, s * u, down, (need[10], need[11]), None, True)
        assert d.x is not None
        grad_u = s.mul_(d.x)
        grad_g = torch.ops.aten.silu_backward.grad_input(d.x.mul_(u), g, grad_input=d.x)
        b = _project_backward(grad_u, x, up, (need[6], need[7]), None, need[0])
        a = _project_backward(grad_g, x, gate, (need[2], need[3]), b.x, need[0])
        return a.x, None, *a[1:], *b[1:], *d[1:]


def _three(p: Any, scales: tuple[float, float, float]) -> list[Projection]:
    return [Projection(scales[n], *p[4 * n : 4 * n + 4]) for n in range(3)]


class _RmsNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, epsilon: float) -> Tensor:
        norm = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
        inverse = norm.square_().div_(x.shape[-1]).add_(epsilon).rsqrt_()
        ctx.save_for_backward(x, weight, inverse)
        out: Tensor = x * inverse
        return out.mul_(weight)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        x, weight, inverse = ctx.saved_tensors
        unit = x * inverse
        grad_weight = None
        if ctx.needs_input_grad[1]:
            grad_weight = (grad * unit).flatten(0, -2).sum(0)
        if not ctx.needs_input_grad[0]:
            return None, grad_weight, None
        out = grad * weight
        along = (out * unit).mean(-1, keepdim=True)
        return out.addcmul_(unit, along, value=-1).mul_(inverse), grad_weight, None


class _Rotate(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        ctx.save_for_backward(cos, sin)
        return _rotated(x, cos, sin, 1)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        cos, sin = ctx.saved_tensors
        return _rotated(grad, cos, sin, -1), None, None


def _rotated(x: Tensor, cos: Tensor, sin: Tensor, sign: int) -> Tensor:
    """Turn each pair (i, i + D/2) of x [T, H, D] by its angle, times ``sign``."""
    half = x.shape[-1] // 2
    out = x * cos
    out[..., :half].addcmul_(x[..., half:], sin[..., :half], value=-sign)
    out[..., half:].addcmul_(x[..., :half], sin[..., half:], value=sign)
    return out


def linear(x: Tensor, p: Projection) -> Tensor:
    """A linear layer with its LoRA branch; x [T, in] to [T, out]."""
    y: Tensor = _Linear.apply(x, p.scale, *p[1:])  # type: ignore[no-untyped-call]
    return y


def gated_mlp(x: Tensor, gate: Projection, up: Projection, down: Projection) -> Tensor:
    """down(silu(gate(x)) * up(x)), keeping gate(x) and up(x) only; x [T, D] to [T, D]."""
    scales = (gate.scale, up.scale, down.scale)
    y: Tensor = _GatedMlp.apply(x, scales, *gate[1:], *up[1:], *down[1:])  # type: ignore[no-untyped-call]
    return y


def rms_norm(x: Tensor, weight: Tensor, epsilon: float) -> Tensor:
    """x / rms(x) * weight over the last dimension."""
    y: Tensor = _RmsNorm.apply(x, weight, epsilon)  # type: ignore[no-untyped-call]
    return y


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary position embedding of x [T, H, D]; cos and sin [T, 1, D], both halves alike."""
    y: Tensor = _Rotate.apply(x, cos, sin)  # type: ignore[no-untyped-call]
    return y
