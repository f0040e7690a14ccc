"""What a training run reports."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any

HeldOut = dict[str, float]  # held-out set (a stage's name) to mean loss per target, in nats


@dataclass(frozen=True)
class StageResult:
    """One finished stage. ``seconds`` are of training alone, held-out evaluation not counted."""

    name: str
    before: HeldOut
    after: HeldOut
    steps: int
    tokens: int
    seconds: float
    skipped: int
    stopped_early: bool

    @property
    def tokens_per_second(self) -> float:
        return self.tokens / self.seconds if self.seconds else 0.0


@dataclass(frozen=True)
class TrainResult:
    """A finished run: its stages in order, and the most memory that the process had, in bytes."""

    stages: list[StageResult] = field(default_factory=list)
    peak_memory: int = 0

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "TrainResult":
        """Read back what ``json`` gave."""
        names = {part.name for part in fields(StageResult)}
        stages = [
            StageResult(**{key: value for key, value in stage.items() if key in names})
            for stage in values["stages"]
        ]
        return cls(stages, values["peak_memory"])

    def json(self) -> dict[str, Any]:
        """As plain values, for run.json and reports."""
        stages = [
            asdict(stage) | {"tokens_per_second": stage.tokens_per_second} for stage in self.stages
        ]
        return {"stages": stages, "peak_memory": self.peak_memory}
