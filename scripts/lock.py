"""Write requirements.lock: the exact versions of everything that the project uses.

uv resolves (it is quick and universal); torch is left to the Makefile, which installs it first.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements.lock"
# What .venv holds: all that demo and tests use. Peers of benchmarks and a cluster's packages are
# installed by whoever needs them.
EXTRAS = ("serve", "app", "eval", "train", "qlora", "corpus", "dev")
COMMAND = [
    *(sys.executable, "-m", "uv", "pip", "compile", str(ROOT / "pyproject.toml")),
    *(flag for extra in EXTRAS for flag in ("--extra", extra)),
    *("--universal", "--python-version", "3.11", "--no-header", "--no-annotate"),
    *("--no-emit-index-url", "--no-emit-find-links", "--quiet"),
    *("--constraint", str(ROOT / "scripts" / "constraints.txt")),
]
HEADER = "# Made by `make lock` from pyproject.toml; torch==2.13.0 is installed before it.\n"
# What a CUDA build of torch would bring; the CPU build at hand has none of it.
CUDA = ("torch==", "nvidia-", "triton", "cuda-")


def main() -> None:
    made = subprocess.run(COMMAND, check=True, capture_output=True, text=True).stdout
    kept = [line for line in made.splitlines() if not line.startswith(CUDA)]
    LOCK.write_text(HEADER + "\n".join(kept) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
