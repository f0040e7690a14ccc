"""An endpoint that costs nothing: it answers the OpenAI chat API with seeded letters.

For trying out a suite, for tests, and for measuring what the evaluation itself takes. It can also
do what real ones do at times: be slow, limit the rate, fail, answer garbage, never stop.
"""

import hashlib
import json
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Literal

from ecmiip.instruct import choices
from ecmiip.models.endpoint import Endpoint

Fault = Literal["slow", "limit", "broken", "garbage", "endless", "too_long", "denied"]

Request = dict[str, Any]

_STATUS: dict[Fault, int] = {"limit": 429, "broken": 503, "too_long": 400, "denied": 401}


@dataclass
class Mock:
    """The endpoint, what it was asked, and what it is told to do wrong.

    ``faults`` are used up one per request; None means that this request goes well. ``seconds`` is
    how long an answer takes, ``slow`` how long where the fault is that.
    """

    reply: Callable[[Request], str]
    faults: Iterator[Fault | None]
    seconds: float = 0.0
    slow: float = 5.0
    asked: list[Request] = field(default_factory=list)
    url: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def endpoint(self, **fields: Any) -> Endpoint:
        """A client of it."""
        return replace(Endpoint(url=self.url, model="mock", grammars=True), **fields)

    def answer(self, request: Request) -> tuple[int, bytes]:
        """HTTP status and body of the reply to ``request``."""
        with self._lock:
            fault = next(self.faults, None)
            self.asked.append(request)
        wait = self.slow if fault == "slow" else self.seconds
        if wait:
            time.sleep(wait)
        if fault in _STATUS:
            return _STATUS[fault], b'{"error": {"message": "as told"}}'
        if fault == "garbage":
            return 200, b"<html>not what was asked</html>"
        text, finish = self.reply(request), "stop"
        if fault == "endless":
            text, finish = text * (1 + 2 * request["max_tokens"] // max(1, len(text))), "length"
            text = text[: request["max_tokens"]]
        body = {
            "choices": [
                {"message": {"role": "assistant", "content": text}, "finish_reason": finish}
            ],
            "usage": {
                "prompt_tokens": len(request["messages"][-1]["content"]),
                "completion_tokens": len(text),
            },
        }
        return 200, json.dumps(body, ensure_ascii=False).encode()


@contextmanager
def serving(
    reply: Callable[[Request], str] | None = None,
    *,
    faults: Iterable[Fault | None] = (),
    seconds: float = 0.0,
    slow: float = 5.0,
) -> Iterator[Mock]:
    """Serve on a free port of 127.0.0.1 while the block runs.

    ``reply`` gives the text of an answer; :func:`seeded` by default.
    """
    mock = Mock(reply or seeded(), iter(faults), seconds, slow)

    class Handler(_Handler):
        told = mock

    server = _Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    mock.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield mock
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def seeded(seed: int = 0) -> Callable[[Request], str]:
    """Answers by chance, the same to the same request: letters to a choice, a citation to all else.

    The letters come in the form that the request's grammar or schema asks for.
    """

    def reply(request: Request) -> str:
        asked = "\n".join(turn["content"] for turn in request["messages"])
        digest = hashlib.sha256(f"{seed} {request['messages']}".encode()).digest()
        chance = random.Random(digest)
        grammar = request.get("grammar", "")
        if "对" in grammar:
            return chance.choice("对不")
        options = "".join(choices.options(asked))
        if not options:
            article = chance.choice("一二三四五六七八九十")
            return f"依据《著作权法》第{article}条，结论成立。"
        several = "多选" in asked
        picked = sorted(chance.sample(options, chance.randint(1, len(options)) if several else 1))
        if "response_format" in request:
            return json.dumps({"answer": picked if several else picked[0]})
        end = "。" if "。" in grammar else "" if grammar else "。依据所给法条。"
        return "".join(picked) + end

    return reply


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that was interrupted leaves its connections as they are."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps the connection
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave together
    told: ClassVar[Mock]

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status, body = self.told.answer(request)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""
