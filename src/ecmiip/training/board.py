"""The metrics of a run for TensorBoard, beside ``metrics.jsonl``."""

from pathlib import Path
from typing import Any

from ecmiip.errors import UserError


class Board:
    """Writes event files into ``folder``: a stage's loss, rate, speed, and held-out losses."""

    def __init__(self, folder: Path) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise UserError(
                "--tensorboard needs the package tensorboard: pip install tensorboard"
            ) from error
        self._writer = SummaryWriter(str(folder))

    def add(self, row: dict[str, Any]) -> None:
        """Add a row of metrics, as :mod:`ecmiip.training.loop` records it."""
        stage = row["stage"]
        if row["event"] == "step":
            place = row["tokens"]
            values = {"loss": row["loss"], "rate": row["rate"]}
            values["tokens per second"] = place / row["seconds"] if row["seconds"] else 0.0
            for name, value in values.items():
                self._scalar(f"{stage}/{name}", value, place)
        elif isinstance(row["when"], int):
            self._scalar(f"{stage}/held-out loss", row["loss"][stage], row["tokens"])
        else:
            for name, loss in row["loss"].items():
                self._scalar(f"held-out {name}/{row['when']} {stage}", loss, 0)
        self._writer.flush()

    def _scalar(self, name: str, value: float, place: int) -> None:
        self._writer.add_scalar(name, value, place)
