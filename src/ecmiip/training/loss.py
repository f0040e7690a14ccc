"""Cross-entropy straight from hidden states, never holding the logits of a whole row.

The vocabulary is large (151,936): the logits of 1024 tokens alone are 622 MB in float32, and
usual code keeps several such tensors. Here a chunk of rows at a time makes its logits, its loss
and, at once, its gradients; then its buffer is used again. Method as in Liger-Kernel (Hsu et al.
2024, arXiv:2410.10989).
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from ecmiip.training.packing import Choice

CHUNK = 512  # rows whose logits exist at the same time


class _LinearCrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
        need_hidden, need_weight, _ = ctx.needs_input_grad
        grad_hidden = torch.empty_like(hidden) if need_hidden else None
        grad_weight = torch.zeros_like(weight) if need_weight else None
        buffer = hidden.new_empty(min(CHUNK, len(hidden)), len(weight))
        total = hidden.new_zeros((), dtype=torch.float64)
        for start in range(0, len(hidden), CHUNK):
            here = slice(start, start + CHUNK)
            h, t = hidden[here], targets[here, None]
            p = buffer[: len(h)]
            torch.mm(h, weight.T, out=p)
            torch.softmax(p, -1, out=p)
            # A target's probability below the smallest float counts as that: a loss of 87 nats.
            likely = p.gather(1, t).double().clamp_min_(torch.finfo(p.dtype).tiny)
            total -= likely.log_().sum()
            if not (need_hidden or need_weight):
                continue
            # The logits' gradient: softmax minus the one-hot target.
            p.scatter_add_(1, t, p.new_full((), -1.0).expand(len(h), 1))
            if grad_hidden is not None:
                torch.mm(p, weight, out=grad_hidden[here])
            if grad_weight is not None:
                grad_weight.addmm_(p.T, h)
        ctx.save_for_backward(grad_hidden, grad_weight)
        return total.to(hidden.dtype)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        grad_hidden, grad_weight = ctx.saved_tensors
        return (
            None if grad_hidden is None else grad_hidden.mul_(grad),
            None if grad_weight is None else grad_weight.mul_(grad),
            None,
        )


def linear_cross_entropy(hidden: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
    """Sum over S rows of -log softmax(hidden @ weight.T)[target].

    hidden [S, D], weight [V, D], targets [S]; a scalar. Only one backward pass is possible.
    """
    loss: Tensor = _LinearCrossEntropy.apply(hidden, weight, targets)  # type: ignore[no-untyped-call]
    return loss


def choosing(words: Tensor, judging: Tensor, weight: Tensor, choice: Choice) -> Tensor:
    """How badly the right options of a choice question are told from the wrong ones; a scalar.

    words [C, D] and judging [K, D] are hidden states, weight [V, D]. It has two halves, both
    counted ``choice.weight`` times. An option's score is its log-likelihood over the square root
    of its length (the sum favours short options, the mean long ones); each likely option is put
    against all others in a softmax, and the mean cross-entropy counts. And of every option
    the model says whether it is to be chosen: the mean binary cross-entropy.
    """
    logs = (words @ weight.T).log_softmax(-1).gather(1, choice.targets[:, None])[:, 0]
    empty = logs.new_zeros(len(choice.right))
    lengths = empty.index_add(0, choice.owners, torch.ones_like(logs))
    scores = empty.index_add(0, choice.owners, logs) / lengths.sqrt()
    likely, others = scores[choice.likely], scores[~choice.likely]
    rivals = torch.cat([likely[:, None], others.expand(len(likely), -1)], 1)
    apart = -rivals.log_softmax(1)[:, 0].mean()
    yes, no = weight[choice.answers]
    judged = binary_cross_entropy_with_logits(judging @ (yes - no), choice.right.to(logs.dtype))
    return (apart + judged) * choice.weight
