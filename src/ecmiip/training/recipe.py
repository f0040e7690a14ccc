"""The recipe: one readable, strict TOML file that says what is trained, on what, and how."""

from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from ecmiip.config import Config, read_toml
from ecmiip.models.prompt import TASKS

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[int, Field(gt=0)]

LINEAR_LAYERS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
ADAPTER_METHODS = ("lora", "rslora", "dora", "qlora")


class Query(Config):
    """One part of a pre-training corpus, as a query on MIPLD. An empty list means all.

    Training does not know MIPLD: whoever exports the corpus judges whether the names are its own.
    """

    disciplines: tuple[str, ...] = ()
    directions: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    as_of: date | None = None
    weight: Annotated[float, Field(gt=0)] = 1.0
    """This part's share of the stage's own tokens, relative to the other parts."""


class Pairs(Config):
    """One part of the Q&A pairs of a fine-tuning stage. An empty list means all."""

    tasks: tuple[str, ...] = ()
    directions: tuple[str, ...] = ()
    origins: tuple[Literal["authored", "derived", "imported", "teacher"], ...] = ()
    rules: tuple[str, ...] = ()
    """Of derived pairs: what their ids go on with after ``derived/``: a rule, the beginning of some
    (reading, choose-), or a rule and what it was applied to (choose-reading/authored)."""
    choice: bool | None = None
    """Only choice questions (true), or only the others (false)."""
    context: bool | None = None
    """Only pairs that show provisions (true), or only those that do not (false)."""
    weight: Annotated[float, Field(gt=0)] = 1.0
    """This part's share of the stage's own tokens; a pair belongs to the first part it fits."""

    @field_validator("tasks")
    @classmethod
    def _known(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for task in given:
            if task not in TASKS:
                raise ValueError(f"there is no task '{task}': choose among {', '.join(TASKS)}")
        return given


class Trained(Config):
    """What is trained, and by which method. docs/training.md says when to choose which."""

    method: Literal["lora", "rslora", "dora", "qlora", "full", "lomo", "adalomo"] = "lora"
    layers: Positive | tuple[int, ...] | None = None
    """None: all decoder layers; a number: that many upper ones; a list: these (0 is the lowest)."""
    rank: Positive = 16
    alpha: Annotated[float, Field(gt=0)] = 32
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    targets: Annotated[tuple[str, ...], Field(min_length=1)] = LINEAR_LAYERS
    layered: bool = False
    """Layered accumulation: one layer's gradient over all micro-batches, its update, the next."""

    @property
    def adapter(self) -> bool:
        """Whether the result is an adapter (else: a whole model)."""
        return self.method in ADAPTER_METHODS

    @field_validator("layers")
    @classmethod
    def _some(cls, given: int | tuple[int, ...] | None) -> int | tuple[int, ...] | None:
        if given == ():
            raise ValueError("names no layer: list one, or leave it out to train all")
        return given


class Optimizer(Config):
    """AdamW (adapters, full). LOMO and AdaLOMO read ``clip`` and ``weight_decay`` only."""

    beta1: Share = 0.9
    beta2: Share = 0.95
    epsilon: Annotated[float, Field(gt=0)] = 1e-8
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    clip: Annotated[float, Field(ge=0)] = 1.0
    """Largest gradient norm; 0 turns clipping off."""


class Batch(Config):
    """Sizes, all in tokens."""

    sequence: Annotated[int, Field(ge=2)] = 1024
    """The longest document piece: a token sees at most this many tokens. One predicts nothing."""
    micro: Positive = 1024
    """Tokens that go through the model at once; whole documents, packed without padding."""
    step: Positive = 4096
    """Tokens per optimizer step, in whole micro-batches."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not self.sequence <= self.micro <= self.step:
            raise ValueError("must satisfy sequence <= micro <= step")
        if self.step % self.micro:
            raise ValueError("step must be a multiple of micro")
        return self


class Schedule(Config):
    """The learning rate's course over a stage, as a factor of the stage's rate."""

    shape: Literal["constant", "cosine", "wsd", "period_shift"] = "cosine"
    warmup: Share = 0.05
    """Share of the steps over which the rate rises linearly."""
    floor: Share = 0.1
    """The factor at the end."""
    decay: Share = 0.2
    """wsd: share of the steps over which the rate falls."""
    periods: Positive = 3
    """period_shift: number of cosine periods."""
    shift: Annotated[float, Field(ge=0, lt=1)] = 0.5
    """period_shift: how far along the cosine a later period starts (0: a full warm restart)."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.shape == "wsd" and self.warmup + self.decay > 1:
            raise ValueError("warmup and decay together must not exceed 1")
        return self


class Stage(Config):
    """One step of continued pre-training, or of fine-tuning on Q&A pairs.

    ``finetune`` teaches the answers of pairs, ``choose`` to give the right options of choice
    questions more likelihood than the wrong ones.
    """

    name: Annotated[str, Field(pattern=r"^[\w-]+$")]
    kind: Literal["pretrain", "finetune", "choose"]
    tokens: Positive
    """Token budget, replay included."""
    learning_rate: Annotated[float, Field(gt=0)]
    schedule: Schedule = Schedule()
    corpus: tuple[Query, ...] = ()
    pairs: tuple[Pairs, ...] = ()
    replay: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of the tokens that come from earlier stages, in equal parts."""
    epochs: Annotated[float, Field(gt=0)] | None = None
    """Upper limit on passes over the stage's own corpus; the budget shrinks to it."""
    start: str | None = None
    """Whose weights it starts from: an earlier stage's, "base", or (none) the stage before's."""
    too_long: Literal["refuse", "skip"] = "refuse"
    """A Q&A pair longer than a sequence: stop with a sentence, or leave it out and count it."""
    distractors: bool = True
    """choose: whether a question also shows provisions that it does not rest on."""
    evaluate_every: Annotated[int, Field(ge=0)] = 0
    """Steps between evaluations on the stage's own held-out set; 0: only before and after."""
    patience: Positive | None = None
    """Stop the stage after so many evaluations without a better loss (needs evaluate_every)."""

    @field_validator("pairs", mode="before")
    @classmethod
    def _one_part(cls, given: object) -> object:
        """``pairs = {}`` is one part that takes all."""
        return [given] if isinstance(given, dict) else given

    @property
    def weights(self) -> tuple[float, ...]:
        """The weights of the stage's own parts."""
        parts: tuple[Query | Pairs, ...] = (*self.corpus, *self.pairs)
        return tuple(part.weight for part in parts)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.kind == "pretrain" and (not self.corpus or self.pairs):
            raise ValueError("a pretrain stage needs [[stages.corpus]] and takes no pairs")
        if self.kind != "pretrain" and (not self.pairs or self.corpus):
            raise ValueError(f"a {self.kind} stage needs [[stages.pairs]] and takes no corpus")
        if self.kind != "choose" and not self.distractors:
            raise ValueError("distractors are left out of choose stages only")
        if self.patience is not None and not self.evaluate_every:
            raise ValueError("patience needs evaluate_every")
        return self


class Recipe(Config):
    """A whole training run."""

    name: Annotated[str, Field(pattern=r"^[\w.-]+$")]
    base: str
    """A base that ``ecmiip`` knows by name, or a folder with safetensors and tokenizer."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1
    trained: Trained = Trained()
    optimizer: Optimizer = Optimizer()
    batch: Batch = Batch()
    heldout_tokens: Positive = 2048
    """Tokens of each held-out set that are evaluated; at least a sequence, so that some piece fits.
    """
    gpus: Annotated[int, Field(ge=0)] = 0
    """How many GPUs the recipe is written for (0: a CPU); what --plan estimates for."""
    sharded: bool = False
    """On several processes: divide weights and optimizer state over them (FSDP2), or copy (DDP)."""
    checkpoint_every: Positive = 50
    """Optimizer steps between checkpoints."""
    stages: Annotated[tuple[Stage, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.heldout_tokens < self.batch.sequence:
            raise ValueError("heldout_tokens must be at least batch.sequence")
        return self

    @model_validator(mode="after")
    def _method(self) -> Self:
        if self.trained.layered and self.trained.dropout:
            raise ValueError("layered accumulation computes layers twice: set trained.dropout to 0")
        fused = self.trained.method in ("lomo", "adalomo") and not self.trained.layered
        if fused and self.batch.step > self.batch.micro:
            raise ValueError(
                f"{self.trained.method} takes one micro-batch per step: set trained.layered to "
                "true, or batch.step to batch.micro"
            )
        return self

    @model_validator(mode="after")
    def _names(self) -> Self:
        seen: list[str] = []
        for stage in self.stages:
            if stage.name in (*seen, "base"):
                raise ValueError(f"stage name '{stage.name}' is taken: choose another")
            if stage.start not in (None, "base", *seen):
                raise ValueError(
                    f"stage '{stage.name}' starts from '{stage.start}', no earlier stage"
                )
            if stage.replay and not seen:
                raise ValueError(f"stage '{stage.name}' is the first: it has nothing to replay")
            seen.append(stage.name)
        return self


def read_recipe(path: Path) -> Recipe:
    """Read a recipe file. Raises UserError naming the file and the key at fault."""
    return read_toml(path, Recipe)
