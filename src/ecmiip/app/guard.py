"""Who may talk to the server, and what a page of it may do: the first thing every request meets.

A web page anywhere can make a browser send requests to 127.0.0.1. What stands against that: the
Host must not be a foreign name (DNS rebinding), the Origin must be our own (cross-site requests),
and nothing but our own files may run in the page (Content-Security-Policy).
"""

import ipaddress
import secrets
from collections.abc import Iterable
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ecmiip.assistant.upload import MAX_BYTES

# What holds a lawyer's documents is closed by default: scripts and styles from here alone, no
# strings turned into code or HTML, no frames, no forms that go elsewhere.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
# The page's own files are no secret; everything that answers is.
_GUARDED = ("/api/", "/v1/", "/openapi.json")

# In bytes. FastAPI's own limit answers before this guard does, without its headers.
MAX_JSON = 2 << 20
MAX_UPLOAD = MAX_BYTES
UPLOAD_PATH = "/api/upload"


class Guard:
    """ASGI middleware: refuses what does not come from our own page or a program on our side.

    ``hosts`` are the names by which the server may be called besides localhost; an IP address is
    always one, since no name can be rebound to it. ``token``, if given, must come with every
    guarded request as ``Authorization: Bearer``.
    """

    def __init__(self, app: ASGIApp, *, hosts: Iterable[str] = (), token: str | None = None):
        self.app = app
        self._hosts = frozenset({"localhost", *(host.lower() for host in hosts)})
        self._token = token.encode() if token else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            raise RuntimeError(f"no {scope['type']} here")
        headers = Headers(scope=scope)

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    sent[name] = value
                if scope["path"].startswith(_GUARDED):
                    sent.setdefault("cache-control", "no-store")
            await send(message)

        refusal = self._refusal(scope["path"], headers)
        if refusal is not None:
            status, words = refusal
            response = JSONResponse(
                {"error": {"type": HTTPStatus(status).name.lower(), "message": words}},
                status_code=status,
                headers={"www-authenticate": "Bearer"} if status == 401 else None,
            )
            await response(scope, receive, send_guarded)
            return
        limit = MAX_UPLOAD if scope["path"] == UPLOAD_PATH else MAX_JSON
        await self.app(scope, _limited(receive, limit), send_guarded)

    def _refusal(self, path: str, headers: Headers) -> tuple[int, str] | None:
        """(status, reason) if the request must not go on."""
        host = headers.get("host", "")
        if not self._is_ours(host):
            return 403, f"this server is not {host[:80]}: open it by its address, or name it --host"
        if not path.startswith(_GUARDED):
            return None
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            return 403, "requests from other sites are refused"
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return 403, "requests from other sites are refused"
        if self._token is not None:
            scheme, _, given = headers.get("authorization", "").partition(" ")
            known = secrets.compare_digest(given.strip().encode(), self._token)
            if scheme.lower() != "bearer" or not known:
                return 401, "this server asks for its token: send it as Authorization: Bearer TOKEN"
        return None

    def _is_ours(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if name in self._hosts:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server bound to ``host``."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _limited(receive: Receive, limit: int) -> Receive:
    """``receive`` that refuses to hand over more than ``limit`` bytes."""
    taken = 0

    async def receive_some() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > limit:
            raise HTTPException(413, f"too large: at most {limit >> 20} MB are taken")
        return message

    return receive_some
