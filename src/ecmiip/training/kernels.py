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

    weight: Tensor
    bias: Tensor | None
    a: Tensor | None
    b: Tensor | None
    scale: float


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
    grad: Tensor, x: Tensor, p: Projection, needs: tuple[bool, bool], into: Tensor | None, want_x: bool
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
    def forward(ctx: Any, x: Tensor, scale: float, *p: Tensor | None) -> Tensor:
        ctx.save_for_backward(x, *p)
        ctx.scale = scale
        return _project(x, Projection(*p, scale))  # type: ignore[arg-type]

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, *p = ctx.saved_tensors
        need = ctx.needs_input_grad
        g = _project_backward(
            grad, x, Projection(*p, ctx.scale), (need[2], need[3]), None, need[0]
        )
        return g.x, None, g.weight, g.bias, g.a, g.b


class _GatedMlp(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, scales: tuple[float, float, float], *p: Tensor | None) -> Tensor:
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
        grad_g = torch.ops.aten.silu_backward(d.x.mul_(u), g)
        b = _project_backward(grad_u, x, up, (need[6], need[7]), None, need[0])
        a = _project_backward(grad_g, x, gate, (need[2], need[3]), b.x, need[0])
        return a.x, None, *a[1:], *b[1:], *d[1:]


def _three(
    p: "tuple[Tensor | None, ...] | list[Tensor | None]", scales: tuple[float, float, float]
) -> tuple[Projection, Projection, Projection]:
    gate, up, down = (Projection(*p[4 * n : 4 * n + 4], scales[n]) for n in range(3))  # type: ignore[arg-type]
    return gate, up, down


class _RmsNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, epsilon: float) -> Tensor:
        norm = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
        inverse = norm.square_().div_(x.shape[-1]).add_(epsilon).rsqrt_()
        ctx.save_for_backward(x, weight, inverse)
        return (x * inverse).mul_(weight)

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


def linear(x: Tensor, p: Projection) -> Tensor:
    """A linear layer with its LoRA branch; x [T, in] to [T, out]."""
    y: Tensor = _Linear.apply(x, p.scale, *p[:4])  # type: ignore[no-untyped-call]
    return y


def gated_mlp(x: Tensor, gate: Projection, up: Projection, down: Projection) -> Tensor:
    """down(silu(gate(x)) * up(x)), keeping gate(x) and up(x) only; x [T, D] to [T, D]."""
    scales = (gate.scale, up.scale, down.scale)
    y: Tensor = _GatedMlp.apply(x, scales, *gate[:4], *up[:4], *down[:4])  # type: ignore[no-untyped-call]
    return y


def rms_norm(x: Tensor, weight: Tensor, epsilon: float) -> Tensor:
    """x / rms(x) * weight over the last dimension."""
    y: Tensor = _RmsNorm.apply(x, weight, epsilon)  # type: ignore[no-untyped-call]
    return y
