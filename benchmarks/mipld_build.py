"""How long a full build takes, and a rebuild with nothing new.

    python benchmarks/mipld_build.py [--shared FOLDER] [--law-db FILE]

Limits: 90 s for the build on two cores, 5 s for the rebuild. Prints JSON.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

from ecmiip import files
from ecmiip.mipld.build import build


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=files.shared())
    parser.add_argument("--law-db", type=Path, default=None)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mipld-build-") as folder:
        path = Path(folder) / "mipld.sqlite"
        started = time.perf_counter()
        report = build(path, shared=options.shared, law_db=options.law_db, progress=False)
        full = time.perf_counter() - started
        started = time.perf_counter()
        again = build(path, shared=options.shared, law_db=options.law_db, progress=False)
        rebuild = time.perf_counter() - started
        assert again.unchanged
        print(
            json.dumps(
                {
                    "documents": sum(report.by_source.values()),
                    "provisions": report.provisions,
                    "build_seconds": round(full, 1),
                    "rebuild_seconds": round(rebuild, 2),
                    "database_mb": round(path.stat().st_size / 1e6, 1),
                }
            )
        )


if __name__ == "__main__":
    main()
