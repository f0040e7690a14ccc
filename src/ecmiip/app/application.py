"""The whole application: routes, guard, and how errors are told."""

import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import date
from http import HTTPStatus

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match

import ecmiip
from ecmiip.app import asking, conversations, drafting, law, openai, runs, schemas
from ecmiip.app.guard import Guard
from ecmiip.app.page import add_page
from ecmiip.app.services import Given, NoModel, Services
from ecmiip.app.turns import Busy
from ecmiip.errors import UserError
from ecmiip.mipld.document import DIRECTIONS, KINDS
from ecmiip.models.prompt import TASKS

log = logging.getLogger(__name__)

_REFUSALS: dict[int | str, dict[str, object]] = {
    400: {
        "model": schemas.Problem,
        "description": "Cannot be used; the message says how to mend it.",
    },
    403: {"model": schemas.Problem, "description": "Asked by another site."},
    413: {"model": schemas.Problem, "description": "Too large."},
    422: {"model": schemas.Problem, "description": "Not as this document describes."},
}
router = APIRouter(prefix="/api", tags=["server"])


@router.get("/status", response_model=schemas.ServerStatus)
def status(given: Given) -> schemas.ServerStatus:
    """What this server is and holds."""
    counted = list(given.db.laws())
    return schemas.ServerStatus(
        version=ecmiip.__version__,
        today=date.today(),
        model=given.model or None,
        waiting=given.turns.waiting,
        laws=len(counted),
        provisions=sum(version.articles for law in counted for version in law.versions),
        fingerprint=given.db.fingerprint,
        tasks=TASKS,
        directions=dict(DIRECTIONS),
        kinds=dict(KINDS),
    )


def create_app(
    services: Services, *, hosts: Iterable[str] = (), token: str | None = None
) -> FastAPI:
    """The application over ``services``, which it closes at its end.

    ``hosts`` and ``token`` are the :class:`Guard`'s.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        services.turns.close()
        services.history.close()

    app = FastAPI(
        title="EC-MIIP",
        version=ecmiip.__version__,
        description="An assistant for Chinese intellectual-property law: cited, dated, private.",
        # The usual pages of documentation load their scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        responses=_REFUSALS | ({401: {"model": schemas.Problem}} if token else {}),
    )
    app.state.services = services
    for part in (router, asking.router, law.router, drafting.router, conversations.router):
        app.include_router(part)
    app.include_router(runs.router)
    app.include_router(openai.router)
    add_page(app)
    app.add_exception_handler(UserError, _bad_input)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _not_as_described)
    app.add_exception_handler(Exception, _ours)
    app.add_middleware(Guard, hosts=tuple(hosts), token=token)
    return app


def _problem(status: int, words: str) -> JSONResponse:
    kind = HTTPStatus(status).name.lower()
    return JSONResponse({"error": {"type": kind, "message": words}}, status_code=status)


async def _bad_input(_: Request, error: Exception) -> JSONResponse:
    return _problem(503 if isinstance(error, Busy | NoModel) else 400, str(error))


async def _refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    answer = _problem(error.status_code, str(error.detail))
    answer.headers.update(error.headers or {})
    if error.status_code == 405:
        # Each route of a path knows its own methods only.
        answer.headers["allow"] = ", ".join(sorted(_methods(request)))
    return answer


def _methods(request: Request) -> set[str]:
    """Every method that the path of ``request`` takes."""
    found: set[str] = set()
    for route in request.app.routes:
        if route.matches(request.scope)[0] is not Match.NONE:
            found |= getattr(route, "methods", None) or set()
    return found


async def _not_as_described(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return _problem(422, f"{where}: {first['msg']}")


async def _ours(_: Request, error: Exception) -> JSONResponse:
    # The log is the place for details; a stranger may read the answer.
    log.error("request failed", exc_info=error)
    return _problem(500, "the server failed at this request: see its log")
