"""Cleaning and near-duplicates at 10k, 100k and 1M synthetic judgments, in bounded memory.

    python benchmarks/mipld_dedup.py [--sizes 10000 100000 1000000] [--runner native|ray]

Five in a hundred texts are planted near-duplicates (1 to 3 % of the characters replaced) of another
one. Prints, per size: seconds, peak memory of the process tree, recall and precision of the drops,
and a digest of the kept ids, which must be the same on every runner. Needs the corpus extra, numpy.
"""

import argparse
import hashlib
import json
import shutil
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq

from ecmiip.mipld.dedup import deduplicate, use_runner

PHRASES = (
    "原告主张被告未经许可使用其商标", "被告辩称不构成侵权", "经审理查明", "本院认为", "综上所述",
    "依照有关法律的规定", "判决如下", "案件受理费由被告负担", "如不服本判决", "可以提起上诉",
)  # fmt: skip
PLANTED = 0.05


def write_corpus(folder: Path, size: int, seed: int = 7) -> dict[int, int]:
    """Write ``size`` judgments; return planted near-duplicate → its original (ids)."""
    dice = np.random.default_rng(seed)
    han = np.array([chr(0x4E00 + i) for i in range(2_500)])
    planted: dict[int, int] = {}
    folder.mkdir(parents=True)
    for part, start in enumerate(range(0, size, 50_000)):
        ids = list(range(start, min(size, start + 50_000)))
        texts: list[str] = []
        for number in ids:
            if len(texts) > 10 and dice.random() < PLANTED:
                original = int(dice.integers(len(texts)))
                if ids[original] in planted:
                    original = planted[ids[original]] - start
                planted[number] = ids[original]
                text = list(texts[original])
                for place in dice.integers(
                    len(text), size=max(1, int(len(text) * dice.uniform(0.01, 0.03)))
                ):
                    text[place] = han[dice.integers(len(han))]
                texts.append("".join(text))
                continue
            length = int(dice.integers(150, 450))
            words = han[dice.integers(len(han), size=length)]
            cut = sorted(dice.integers(length, size=len(PHRASES)))
            pieces = [
                "".join(words[a:b]) + phrase
                for a, b, phrase in zip([0, *cut], cut, PHRASES, strict=False)
            ]
            texts.append("，".join(pieces) + "".join(words[cut[-1] :]) + "。")
        pq.write_table(pa.table({"id": ids, "text": texts}), folder / f"part-{part:04}.parquet")
    return planted


class PeakMemory:
    """Samples the resident memory of this process and its children."""

    def __enter__(self) -> "PeakMemory":
        self.peak = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        me = psutil.Process()
        while not self._stop.wait(0.2):
            total = 0
            for process in (me, *me.children(recursive=True)):
                try:
                    total += process.memory_info().rss
                except psutil.Error:
                    continue
            self.peak = max(self.peak, total)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--runner", choices=("native", "ray"), default="native")
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir()))
    options = parser.parse_args()
    if options.runner == "ray":
        import ray

        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    use_runner(options.runner)
    for size in options.sizes:
        folder = Path(tempfile.mkdtemp(prefix="mipld-dedup-", dir=options.scratch))
        try:
            planted = write_corpus(folder / "in", size)
            with PeakMemory() as memory:
                started = time.perf_counter()
                report = deduplicate(str(folder / "in" / "*.parquet"), folder / "out")
                seconds = time.perf_counter() - started
            kept = set(pq.read_table(folder / "out" / "kept", columns=["id"])["id"].to_pylist())
            dropped = set(range(size)) - kept
            right = len(dropped & set(planted))
            digest = hashlib.sha256(",".join(map(str, sorted(kept))).encode()).hexdigest()[:16]
            print(
                json.dumps(
                    {
                        "runner": options.runner,
                        "texts": size,
                        "planted": len(planted),
                        "seconds": round(seconds, 1),
                        "peak_gb": round(memory.peak / 1e9, 2),
                        "recall": round(right / len(planted), 4),
                        "precision": round(right / max(1, len(dropped)), 4),
                        "kept": report.kept,
                        "kept_digest": digest,
                    }
                ),
                flush=True,
            )
        finally:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
