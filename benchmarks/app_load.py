"""Twenty users at once: is anyone refused without notice, mixed up, and does memory stay flat?

    python benchmarks/app_load.py --minutes 10 --model base

Each user asks one question after the other; every question carries a mark of its own, which must
stand in what comes back and in what the history keeps. Prints JSON; exits with 1 if anyone was
mixed up or refused.
"""

import argparse
import json
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from statistics import mean

import httpx2
from app_server import Server, clauses, events, serving

SAMPLE_SECONDS = 2.0


@dataclass
class Seen:
    """What the users saw."""

    answered: int = 0
    waited: int = 0  # answers that had to wait; each was told its place
    untold: int = 0  # answers that waited more than two seconds without a word
    refused: int = 0
    mixed_up: int = 0
    seconds: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


def user(server: Server, number: int, questions: list[str], end: float, seen: Seen) -> None:
    """Ask until the time is up."""
    with httpx2.Client() as client:
        for turn in count():
            if time.monotonic() > end:
                return
            mark = f"U{number}T{turn}"
            question = f"（{mark}）{questions[(number * 97 + turn) % len(questions)]}，如何理解？"
            start = time.monotonic()
            told = started = None
            done = conversation = None
            try:
                for kind, data in events(client, server.url, {"question": question}):
                    now = time.monotonic() - start
                    if kind == "started":
                        conversation = data["conversation"]
                    elif kind == "queued":
                        told = told or now
                    elif kind == "detected":
                        started = now
                    elif kind == "done":
                        done = data
            except httpx2.HTTPError:
                done = None
            kept = None
            if conversation is not None:
                kept = client.get(f"{server.url}/api/history/{conversation}").json()["turns"][0]
            with seen.lock:
                if done is None or kept is None:
                    seen.refused += 1
                    continue
                seen.answered += 1
                seen.seconds.append(time.monotonic() - start)
                seen.waited += told is not None
                seen.untold += told is None and (started or 0) > 2.0
                same = kept["answer"] == done and kept["question"] == question
                seen.mixed_up += not (same and mark in done["question"] and mark in done["prompt"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--model", default="base")
    arguments = parser.parse_args()
    seen = Seen()
    memory: list[int] = []
    questions = clauses(500)
    with serving(arguments.model) as server:
        end = time.monotonic() + 60 * arguments.minutes
        with ThreadPoolExecutor(arguments.users) as pool:
            users = [
                pool.submit(user, server, number, questions, end, seen)
                for number in range(arguments.users)
            ]
            while not all(one.done() for one in users):
                memory.append(server.memory())
                time.sleep(SAMPLE_SECONDS)
            for one in users:
                one.result()
    third = max(1, len(memory) // 3)
    # The first third fills the caches of the search and of the model's context.
    middle, last = mean(memory[third : 2 * third] or memory), mean(memory[-third:])
    print(
        json.dumps(
            {
                "users": arguments.users,
                "minutes": arguments.minutes,
                "answered": seen.answered,
                "waited_and_told": seen.waited,
                "waited_untold": seen.untold,
                "refused": seen.refused,
                "mixed_up": seen.mixed_up,
                "longest_seconds": round(max(seen.seconds, default=0.0), 1),
                "memory_mb": [round(size / 2**20) for size in (memory[0], middle, last)],
                "memory_growth_percent": round(100 * (last / middle - 1), 2),
            }
        )
    )
    sys.exit(1 if seen.refused or seen.mixed_up or seen.untold else 0)


if __name__ == "__main__":
    main()
