"""Running the application: a socket of its own, and uvicorn kept quiet."""

import contextlib
import socket
import threading
import webbrowser
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

from ecmiip.errors import UserError


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to ``host`` and ``port`` (0: a free one). Raises UserError if it is taken."""
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise UserError(
            f"--host {host}: no such address ({error}): name one of this machine's"
        ) from error
    bound = socket.socket(family, kind, protocol)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(where)
        bound.listen(128)
    except OSError as error:
        bound.close()
        raise UserError(
            f"port {port} of {host} cannot be had ({error.strerror}): "
            "stop what uses it, or choose another with --port (0 takes a free one)"
        ) from error
    return bound


def address(bound: socket.socket, token: str | None = None) -> str:
    """The page's URL. A token goes behind the #, which browsers keep to themselves."""
    host, port = bound.getsockname()[:2]
    if host in ("0.0.0.0", "::"):
        host = socket.gethostname()
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}/" + (f"#token={token}" if token else "")


def run(app: FastAPI, bound: socket.socket, started: Callable[[], None] | None = None) -> None:
    """Serve ``app`` on ``bound`` until it is interrupted; call ``started`` once it answers."""
    config = uvicorn.Config(
        app,
        log_level="warning",
        # Questions of clients stand in some addresses: requests are not logged.
        access_log=False,
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=3,
    )
    server = _Server(config, started)
    with contextlib.suppress(KeyboardInterrupt):  # how a server is meant to end
        server.run(sockets=[bound])


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, started: Callable[[], None] | None) -> None:
        super().__init__(config)
        self._tell = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._tell is not None and self.started:
            self._tell()


def open_page(url: str) -> None:
    """Open ``url`` in the user's browser, without waiting for it."""
    threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()
