"""Shared by the app_*.py benchmarks: `ecmiip serve` in a process of its own, and its events."""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import httpx2

from ecmiip import files
from ecmiip.mipld.database import Mipld

DIRECTIONS = ("patent", "trademark", "copyright", "unfair_competition")


@dataclass(frozen=True)
class Server:
    """Where it listens, and its process."""

    url: str
    pid: int

    def memory(self) -> int:
        """Bytes of the process that are its own and in memory."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("no RssAnon: this benchmark needs Linux")


@contextmanager
def serving(model: str) -> Iterator[Server]:
    """Serve ``model`` over the built database while the block runs, with an empty history."""
    home = files.home()
    with tempfile.TemporaryDirectory() as folder:
        for name in ("models", "runs", "mipld.sqlite"):
            if (home / name).exists():
                (Path(folder) / name).symlink_to(home / name)
        code = "from ecmiip.cli import main; main()"
        process = subprocess.Popen(
            [sys.executable, "-c", code, "serve", "--port", "0", "--model", model],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"ECMIIP_HOME": folder},
        )
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if line.startswith("page:"):
                    yield Server(line.split()[1].rstrip("/"), process.pid)
                    break
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)


def clauses(count: int, seed: int = 1) -> list[str]:
    """``count`` different queries: the first clauses of IP provisions in force today."""
    with Mipld.open() as db:
        found = {
            provision.text.split("\n")[0].split("，")[0].split("。")[0][:40]
            for provision in db.provisions(as_of=date.today(), directions=DIRECTIONS)
        }
    drawn = sorted(clause for clause in found if len(clause) > 5)
    random.Random(seed).shuffle(drawn)
    return drawn[:count]


def events(client: httpx2.Client, url: str, body: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The events of one question, as they come."""
    with client.stream("POST", f"{url}/api/ask", json=body, timeout=3600) as response:
        response.raise_for_status()
        kind = ""
        for line in response.iter_lines():
            if line.startswith("event: "):
                kind = line.removeprefix("event: ")
            elif line.startswith("data: "):
                yield kind, json.loads(line.removeprefix("data: "))
