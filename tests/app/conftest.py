"""A model that writes what a test tells it to, and the application served over it."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI

from ecmiip.app.application import create_app
from ecmiip.app.history import History
from ecmiip.app.running import listen
from ecmiip.app.services import Services
from ecmiip.app.turns import Turns
from ecmiip.mipld.database import Mipld
from ecmiip.models.endpoint import Endpoint

GOOD = "结论：保护期限为十年。\n依据：《示例专利法》第二条。"


class FakeModel:
    """An OpenAI chat server: ``says`` gives the answer to the messages, piece by piece.

    ``pause`` seconds pass before each piece of ``size`` characters; ``asked`` are the bodies of
    the requests; ``working`` is how many answers are being written, ``most`` the most ever.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.says: Callable[[list[dict[str, str]]], str] = lambda _: GOOD
        self.pause = 0.0
        self.size = 4
        self.asked: list[dict[str, Any]] = []
        self.hung_up = 0
        self.working = 0
        self.most = 0
        self.lock = threading.Lock()

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(url=f"{self.url}/v1", model="fake")

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Whoever asks first while the block runs gets no word: the prompt is being read."""
        done = threading.Event()
        says = self.says

        def read(messages: list[dict[str, str]]) -> str:
            self.says = says
            done.wait(20)
            return says(messages)

        self.says = read
        try:
            yield
        finally:
            done.set()


class _Handler(BaseHTTPRequestHandler):
    model: FakeModel

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the test output quiet."""

    def do_POST(self) -> None:
        model = self.model
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with model.lock:
            model.asked.append(body)
            model.working += 1
            model.most = max(model.most, model.working)
        self.over = False
        try:
            self._answer(body, model.says(body["messages"]))
        except OSError:
            model.hung_up += 1
        finally:
            self._end()

    def _end(self) -> None:
        """The answer is over for the model; once, and before its last byte tells the client."""
        if not self.over:
            self.over = True
            with self.model.lock:
                self.model.working -= 1

    def _answer(self, body: dict[str, Any], text: str) -> None:
        model = self.model
        self.send_response(200)
        if not body.get("stream"):
            message = {"role": "assistant", "content": text}
            answer = {"choices": [{"message": message, "finish_reason": "stop"}], "usage": {}}
            data = json.dumps(answer).encode()
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self._end()
            self.wfile.write(data)
            return
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for start in range(0, len(text), model.size):
            time.sleep(model.pause)
            delta = {"content": text[start : start + model.size]}
            chunk = json.dumps({"choices": [{"delta": delta}]})
            self.wfile.write(f"data: {chunk}\n\n".encode())
            self.wfile.flush()
        self._end()
        self.wfile.write(b"data: [DONE]\n\n")


@pytest.fixture
def model() -> Iterator[FakeModel]:
    """A fake model on a free port of 127.0.0.1."""
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    handler.model = FakeModel(f"http://127.0.0.1:{server.server_address[1]}")
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}).start()
    yield handler.model
    server.shutdown()
    server.server_close()


@pytest.fixture
def history(home: Path) -> Iterator[History]:
    """An empty history."""
    history = History(home / "history.sqlite")
    yield history
    history.close()


@pytest.fixture
def services(small_mipld: Mipld, history: History, model: FakeModel) -> Services:
    """The small database, an empty history, the fake model."""
    return Services(small_mipld, history, model.endpoint, "fake", Turns(seconds=20))


@pytest.fixture
def app(services: Services) -> FastAPI:
    """The application without a token."""
    return create_app(services)


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """Serve ``app`` on a free port while the block runs; give its address, without a final /."""
    bound = listen("127.0.0.1", 0)
    config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    try:
        yield "http://{}:{}".format(*bound.getsockname()[:2])
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        bound.close()


@pytest.fixture
def url(app: FastAPI) -> Iterator[str]:
    """The address of the application, served."""
    with served(app) as address:
        yield address
