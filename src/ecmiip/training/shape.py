"""A base model's sizes, known without loading it."""

import json
from dataclasses import dataclass
from pathlib import Path

from ecmiip.errors import UserError


@dataclass(frozen=True)
class Shape:
    """Sizes of a decoder of the Llama family (counts of numbers, layers and heads)."""

    hidden: int
    inner: int
    layers: int
    heads: int
    key_heads: int
    head: int
    vocabulary: int
    tied: bool

    @property
    def linear(self) -> dict[str, tuple[int, int]]:
        """(in, out) of each linear layer of one decoder layer, by name."""
        wide, narrow = self.heads * self.head, self.key_heads * self.head
        return {
            "q_proj": (self.hidden, wide),
            "k_proj": (self.hidden, narrow),
            "v_proj": (self.hidden, narrow),
            "o_proj": (wide, self.hidden),
            "gate_proj": (self.hidden, self.inner),
            "up_proj": (self.hidden, self.inner),
            "down_proj": (self.inner, self.hidden),
        }

    @property
    def layer(self) -> int:
        """Parameters of the linear layers of one decoder layer."""
        return sum(wide * narrow for wide, narrow in self.linear.values())

    @property
    def embedding(self) -> int:
        """Parameters of the embedding matrix, and of the output matrix."""
        return self.vocabulary * self.hidden

    @property
    def parameters(self) -> int:
        """All parameters but norms and biases, which are less than a thousandth."""
        return self.layers * self.layer + self.embedding * (1 if self.tied else 2)


# From the config.json that each model's authors publish, so that a plan needs no download.
KNOWN = {
    "qwen2.5-coder-0.5b": Shape(896, 4864, 24, 14, 2, 64, 151936, False),
    "qwen2.5-coder-1.5b": Shape(1536, 8960, 28, 12, 2, 128, 151936, False),
    "Qwen/Qwen3-4B": Shape(2560, 9728, 36, 32, 8, 128, 151936, True),
}


def shape_of(base: str) -> Shape:
    """The shape of a base known by name, or in a folder. Raises UserError if it is neither."""
    if base in KNOWN:
        return KNOWN[base]
    path = Path(base) / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        heads = config["num_attention_heads"]
        return Shape(
            hidden=config["hidden_size"],
            inner=config["intermediate_size"],
            layers=config["num_hidden_layers"],
            heads=heads,
            key_heads=config.get("num_key_value_heads", heads),
            head=config.get("head_dim") or config["hidden_size"] // heads,
            vocabulary=config["vocab_size"],
            tied=config.get("tie_word_embeddings", False),
        )
    except (OSError, ValueError, KeyError) as error:
        raise UserError(
            f"base '{base}': neither a known name ({', '.join(KNOWN)}) nor a folder whose "
            "config.json describes a model: correct it"
        ) from error
