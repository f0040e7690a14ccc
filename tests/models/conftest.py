"""A mock of a server that speaks the OpenAI chat API."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest


class ChatServer:
    """Answers every request with ``body``; remembers what it was asked."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.status = 200
        self.body = b""
        self.cut = False  # hang up before the whole body is sent
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []

    def say(self, text: str | None, **changes: Any) -> None:
        """Answer as a good server does; ``changes`` replace top-level keys."""
        answer = {
            "choices": [{"message": {"content": text}, "finish_reason": "length"}],
            "usage": {"prompt_tokens": 7, "completion_tokens": 3},
        }
        self.body = json.dumps(answer | changes).encode()

    def stream(self, *lines: str) -> None:
        """Answer with server-sent events, one per line."""
        self.body = "".join(f"{line}\n\n" for line in lines).encode()


class _Handler(BaseHTTPRequestHandler):
    mock: ChatServer

    def do_POST(self) -> None:
        mock = self.mock
        mock.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        mock.headers.append(dict(self.headers))
        mock.paths.append(self.path)
        self.send_response(mock.status)
        self.send_header("Content-Length", str(len(mock.body) + (10 if mock.cut else 0)))
        self.end_headers()
        self.wfile.write(mock.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the test output quiet."""


@pytest.fixture
def mock() -> Iterator[ChatServer]:
    """A chat server on a free port of 127.0.0.1."""
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    handler.mock = ChatServer(f"http://127.0.0.1:{server.server_address[1]}/v1")
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}).start()
    yield handler.mock
    server.shutdown()
    server.server_close()
