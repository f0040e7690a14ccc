"""First words of an answer and of a follow-up, and what the page costs over llama.cpp alone.

    python benchmarks/app_latency.py --model base --questions 5

Each question is put to llama.cpp directly and through /api/ask, in turn, with another prompt in
between so that neither finds the other's in the cache. The overhead compares the times until the
same piece of the same greedy answer; ours includes the search. Prints JSON.
"""

import argparse
import json
import os
import threading
import time
from datetime import date
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import httpx2
import uvicorn
from app_server import events

from ecmiip.app.application import create_app
from ecmiip.app.history import History
from ecmiip.app.running import listen
from ecmiip.app.services import Services
from ecmiip.assistant import question as assistant
from ecmiip.assistant.answer import MAX_TOKENS
from ecmiip.mipld.database import Mipld
from ecmiip.models.endpoint import Endpoint
from ecmiip.models.subject import open_subject

QUESTIONS = (
    ("外观设计专利权的保护期限是多久？", "从哪一天起算？"),
    ("什么是驰名商标？由谁认定？", "可以用于广告宣传吗？"),
    ("哪些行为构成侵犯商业秘密？", "客户名单算商业秘密吗？"),
    ("职务作品的著作权归谁？", "单位可以使用多久？"),
    ("专利侵权的赔偿数额如何计算？", "法定赔偿的上限是多少？"),
    ("注册商标连续三年不使用有什么后果？", "由谁提出申请？"),
)


def bare(endpoint: Endpoint, messages: Any) -> list[float]:
    """Seconds until each piece of llama.cpp's own answer."""
    start = time.perf_counter()
    return [time.perf_counter() - start for _ in endpoint.stream(messages, max_tokens=MAX_TOKENS)]


def through(
    client: httpx2.Client, url: str, pieces: int | None = None, **body: Any
) -> tuple[list[float], str]:
    """Seconds until each of the first ``pieces`` (None: all) of an answer through the API, and its
    conversation."""
    start = time.perf_counter()
    times: list[float] = []
    conversation = ""
    for kind, data in events(client, url, body):
        if kind == "text":
            times.append(time.perf_counter() - start)
            if len(times) == pieces:
                break  # hangs up, which stops the answer
        elif kind == "started":
            conversation = data["conversation"]
        elif kind == "error":
            raise SystemExit(data["message"])
    return times, conversation


def summary(seconds: list[float]) -> dict[str, float]:
    """The middle and the worst."""
    return {"median": round(median(seconds), 2), "max": round(max(seconds), 2)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="base")
    parser.add_argument("--questions", type=int, default=len(QUESTIONS))
    arguments = parser.parse_args()
    first, follow, overhead = [], [], []
    with (
        Mipld.open() as db,
        open_subject(arguments.model) as endpoint,
        TemporaryDirectory() as folder,
        listen("127.0.0.1", 0) as bound,
        httpx2.Client() as client,
    ):
        services = Services(db, History(Path(folder) / "history.sqlite"), endpoint, "benchmark")
        server = uvicorn.Server(uvicorn.Config(create_app(services), log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        while not server.started:
            time.sleep(0.05)
        url = "http://{}:{}".format(*bound.getsockname()[:2])
        db.search("预热", as_of=date.today())
        for number, (question, next_question) in enumerate(QUESTIONS[: arguments.questions]):
            asked = assistant.ask(question, db=db, as_of=date.today(), task="doctrine")
            clear = [{"role": "user", "content": "，".join(str(n) for n in range(200))}]

            def alone(messages: Any = asked.messages, other: Any = clear) -> list[float]:
                endpoint.chat(other, max_tokens=1)
                return bare(endpoint, messages)

            # Who goes first changes from question to question.
            ours_alone = alone() if number % 2 else []
            endpoint.chat(clear, max_tokens=1)
            ours, conversation = through(client, url, question=question, task="doctrine")
            again, _ = through(client, url, 1, question=next_question, conversation=conversation)
            ours_alone = ours_alone or alone()
            pieces = min(len(ours), len(ours_alone)) - 1
            first.append(ours[0])
            follow.append(again[0])
            overhead.append(ours[pieces] / ours_alone[pieces] - 1)
        server.should_exit = True
        thread.join()
    print(
        json.dumps(
            {
                "model": arguments.model,
                "cores": os.cpu_count(),
                "first_words_seconds": {
                    "median": round(median(first), 2),
                    "max": round(max(first), 2),
                },
                "follow_up_seconds": {
                    "median": round(median(follow), 2),
                    "max": round(max(follow), 2),
                },
                "overhead_percent": [round(100 * share, 1) for share in overhead],
                "overhead_percent_median": round(100 * median(overhead), 1),
            }
        )
    )


if __name__ == "__main__":
    main()
