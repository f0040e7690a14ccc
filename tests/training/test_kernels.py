"""The hand-written kernels compute what plain PyTorch does, forward and backward."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, silu

from ecmiip.training import adapters, kernels, loss
from ecmiip.training.base import read_base
from ecmiip.training.data import Piece
from ecmiip.training.fusion import fuse
from ecmiip.training.kernels import Projection
from ecmiip.training.network import Network
from ecmiip.training.packing import collate
from ecmiip.training.recipe import Trained


def random(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, requires_grad=True)


def projection(wide: int, narrow: int, *, bias: bool, lora: bool) -> Projection:
    return Projection(
        0.5,
        random(narrow, wide),
        random(narrow) if bias else None,
        random(3, wide) if lora else None,
        random(narrow, 3) if lora else None,
    )


def plain(x: Tensor, p: Projection) -> Tensor:
    y = torch.nn.functional.linear(x, p.weight, p.bias)
    return y if p.a is None or p.b is None else y + p.scale * (x @ p.a.T) @ p.b.T


def same_gradients(ours: Tensor, theirs: Tensor, inputs: list[Tensor]) -> None:
    torch.testing.assert_close(ours, theirs)
    upstream = torch.randn_like(ours)
    expected = torch.autograd.grad(theirs, inputs, upstream)
    for got, want in zip(torch.autograd.grad(ours, inputs, upstream), expected, strict=True):
        torch.testing.assert_close(got, want)


def tensors(*parts: Any) -> list[Tensor]:
    return [t for part in parts for t in part if isinstance(t, Tensor)]


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("lora", [False, True])
def test_linear(bias: bool, lora: bool) -> None:
    x, p = random(7, 5), projection(5, 4, bias=bias, lora=lora)
    same_gradients(kernels.linear(x, p), plain(x, p), [x, *tensors(p)])


def test_a_frozen_weight_gets_no_gradient() -> None:
    x, p = random(7, 5), projection(5, 4, bias=True, lora=True)
    p.weight.requires_grad_(False)
    assert p.bias is not None
    p.bias.requires_grad_(False)
    kernels.linear(x, p).sum().backward()  # type: ignore[no-untyped-call]
    assert p.weight.grad is None
    assert p.bias.grad is None
    assert p.a is not None
    assert p.a.grad is not None


@pytest.mark.parametrize("lora", [False, True])
def test_gated_mlp(lora: bool) -> None:
    x = random(7, 5)
    gate, up = (projection(5, 6, bias=False, lora=lora) for _ in range(2))
    down = projection(6, 5, bias=True, lora=lora)
    expected = plain(silu(plain(x, gate)) * plain(x, up), down)
    same_gradients(kernels.gated_mlp(x, gate, up, down), expected, [x, *tensors(gate, up, down)])


def test_rms_norm() -> None:
    x, weight = random(2, 7, 5), random(5)
    expected = x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-6) * weight
    same_gradients(kernels.rms_norm(x, weight, 1e-6), expected, [x, weight])


def test_rotate() -> None:
    x = random(7, 3, 4)
    angles = torch.randn(7, 1, 2, dtype=torch.float64).repeat(1, 1, 2)
    turned = torch.cat((-x[..., 2:], x[..., :2]), -1)
    expected = x * angles.cos() + turned * angles.sin()
    same_gradients(kernels.rotate(x, angles.cos(), angles.sin()), expected, [x])


def test_linear_cross_entropy_over_several_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loss, "CHUNK", 4)
    hidden, weight = random(11, 5), random(9, 5)
    targets = torch.randint(0, 9, (11,))
    ours = loss.linear_cross_entropy(hidden, weight, targets)
    theirs = cross_entropy(hidden @ weight.T, targets, reduction="sum")
    same_gradients(ours, theirs, [hidden, weight])


def test_a_hopeless_target_has_a_finite_loss() -> None:
    hidden = torch.tensor([[200.0]], requires_grad=True)
    found = loss.linear_cross_entropy(hidden, torch.tensor([[1.0], [-1.0]]), torch.tensor([1]))
    assert 80 < found.item() < 90
    found.backward()  # type: ignore[no-untyped-call]
    assert hidden.grad is not None
    assert hidden.grad.item() == pytest.approx(2.0)


def pieces(*lengths: int) -> list[Piece]:
    numbers = np.random.default_rng(0)
    made = []
    for length in lengths:
        targets = numbers.random(length) < 0.7
        targets[0], targets[-1] = False, True
        made.append(Piece("made", numbers.integers(0, 256, length).astype(np.int32), targets))
    return made


@pytest.mark.parametrize("method", ["lora", "dora"])
def test_packed_loss_equals_unpacked_loss_of_the_plain_model(base: Path, method: str) -> None:
    """Our packed, fused network against transformers' own forward pass, one piece at a time."""
    from transformers import AutoModelForCausalLM

    documents = pieces(12, 3, 30, 1 + 1)
    model = read_base(base)
    torch.manual_seed(0)
    adapters.prepare(model, Trained.model_validate({"method": method, "rank": 4}))
    fuse(model)
    packed = Network(model)(collate(documents)).item()

    reference = AutoModelForCausalLM.from_pretrained(base, attn_implementation="eager")
    assert packed == pytest.approx(unpacked(reference, documents), rel=1e-5)


def unpacked(reference: Any, documents: list[Piece]) -> float:
    """The loss through transformers' own forward pass."""
    total = 0.0
    for document in documents:
        logits = reference(torch.from_numpy(document.ids).long()[None]).logits[0]
        wanted = (
            torch.from_numpy(document.ids)
            .long()
            .masked_fill(~torch.from_numpy(document.loss), -100)
        )
        total += cross_entropy(logits[:-1], wanted[1:], reduction="sum").item()
    return total


@pytest.mark.parametrize("family", ["Qwen3", "Llama"])
def test_other_families_have_their_own_losses(tmp_path: Path, family: str) -> None:
    """Qwen3 norms queries and keys; Llama has no biases: packed and fused, both are as plain."""
    import transformers

    config = getattr(transformers, f"{family}Config")(
        vocab_size=264,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=16,
        tie_word_embeddings=True,
    )
    torch.manual_seed(0)
    reference = getattr(transformers, f"{family}ForCausalLM")(config)
    reference.save_pretrained(tmp_path)
    model = read_base(tmp_path)
    fuse(model)
    documents = pieces(12, 30)
    packed = Network(model)(collate(documents)).item()
    assert packed == pytest.approx(unpacked(reference, documents), rel=1e-5)


def test_fused_gradients_equal_those_of_the_plain_modules(base: Path) -> None:
    gradients = []
    for fused in (False, True):
        model = read_base(base)
        torch.manual_seed(0)
        saved = adapters.prepare(model, Trained(rank=4))
        for name, weight in adapters.trainable(saved).items():
            if "lora_B" in name:
                torch.nn.init.normal_(weight, std=0.05)
        if fused:
            fuse(model)
        Network(model)(collate(pieces(12, 30))).backward()
        gradients.append({n: w.grad for n, w in adapters.trainable(saved).items()})
    for name, gradient in gradients[0].items():
        torch.testing.assert_close(gradients[1][name], gradient, rtol=1e-4, atol=1e-5)


def test_nothing_is_kept_below_the_lowest_trained_layer(base: Path) -> None:
    model = read_base(base)
    adapters.prepare(model, Trained(rank=4, layers=1))
    network = Network(model)
    assert network.lowest == 2
    seen: list[bool] = []
    for layer in network.layers:
        layer.register_forward_hook(lambda _, __, out: seen.append(out.requires_grad))
    network(collate(pieces(12)))
    assert seen == [False, False, True]
