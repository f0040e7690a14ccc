"""Draw speed and peak memory against length, a line for each batch, from training_cost.py.

python benchmarks/training_cost_plot.py COST.md docs/pictures/training-cost.svg

Needs ``pip install matplotlib``.
"""

import sys
from collections import defaultdict
from pathlib import Path

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "training-cost"
import matplotlib.pyplot as plt  # noqa: E402  (the backend is chosen first)

PANELS = (("tokens_per_second", "tokens per second"), ("peak_gib", "peak memory, GiB"))


def table(text: str) -> list[dict[str, str]]:
    """The rows of the first Markdown table in ``text``."""
    lines = [line.strip("| \n").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return [dict(zip(lines[0], row, strict=True)) for row in lines[1:]]


def main() -> None:
    source, destination = map(Path, sys.argv[1:])
    lines: dict[int, list[dict[str, str]]] = defaultdict(list)
    for row in table(source.read_text(encoding="utf-8")):
        lines[int(row["batch"])].append(row)
    figure, axes = plt.subplots(1, len(PANELS), figsize=(9, 3.2), layout="constrained")
    for axis, (column, label) in zip(axes, PANELS, strict=True):
        for batch, rows in sorted(lines.items()):
            lengths = [int(row["length"]) for row in rows]
            values = [float(row[column]) for row in rows]
            axis.plot(lengths, values, marker="o", label=f"batch {batch}")
        axis.set_xscale("log", base=2)
        axis.set_xticks(lengths, [str(length) for length in lengths])
        axis.set_ylim(bottom=0)
        axis.set_xlabel("sequence length, tokens")
        axis.set_ylabel(label)
        axis.grid(alpha=0.3)
    axes[0].legend(loc="lower right")
    figure.savefig(destination, metadata={"Date": None})


if __name__ == "__main__":
    main()
