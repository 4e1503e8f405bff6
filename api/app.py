"""The application: what it is made of, in order. Nothing else is here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version
from urllib.parse import urlencode

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from psycopg import OperationalError
from psycopg_pool import PoolTimeout, TooManyRequests
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api import pages, routes
from api.access import PUBLIC, refuse_routes_without_access_rule
from api.auth import KnownTokens
from api.database import Resources, open_resources
from api.four_eyes import Proposed, proposed_response
from api.methods import Methods
from api.middleware import AnswerHeaders, Head, RequestLog, Shedding, SizeLimits, Traffic
from api.problems import Problem, problem_of, problem_response
from api.published_digests import KeptDigests
from api.reading import wait_until_told
from api.reports_first import ReportsFirst
from api.settings import Settings
from api.sign_in.door import Knocks
from api.sign_in.issuers import read_issuers
from api.sign_in.provider import Provider
from api.sign_in.session import SignInFirst
from domain.event import Refused
from domain.procedure import PlanError
from ledger.documents import DocumentError
from ledger.log import LogError
from projections.moment import BadMoment
from projections.page import BadCursor
from projections.reading import NotReady

TOLD = (
    Problem, Refused, LogError, PlanError, NotReady, BadMoment, BadCursor, HTTPException, RequestValidationError,
    OperationalError, PoolTimeout, TooManyRequests, DocumentError,
)  # fmt: skip
"""What may be raised while a request is answered. Anything else is a bug, and `RequestLog` answers for it."""


TAKES_FILES = ("/api/v1/batches", "/api/v1/plan-imports", "/trabajo/carga", "/trabajo/calendario")
"""The addresses whose bodies may be as large as a file."""


def create_app(given: Settings | Resources) -> FastAPI:
    """Return the application.

    From settings it opens its resources when it starts and closes them when it ends; resources that are given are
    whoever gave them's to close. Raises `api.access.RouteWithoutAccessRule` and `api.sign_in.issuers.BadIssuers`.
    """
    settings = given if isinstance(given, Settings) else given.settings
    traffic = Traffic()
    app = FastAPI(
        title="Bitácora Electoral",
        version=version("bitacora-electoral"),
        lifespan=_lifespan(given),
        # Its own description and page are routes of ours (`api.routes.openapi`): these load scripts from elsewhere.
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        # What it tells is in its own log and at /metrics; looked for at each request, this costs as much as a layer.
        telemetry={"tracing": False, "metrics": False, "logs": False},
        # Outermost first.
        middleware=[
            Middleware(AnswerHeaders),
            Middleware(RequestLog, traffic=traffic),
            Middleware(Shedding, limit=settings.max_requests, traffic=traffic),
            Middleware(ReportsFirst),
            Middleware(
                SizeLimits,
                max_bytes=settings.max_body_bytes,
                files=TAKES_FILES,
                max_document_bytes=settings.max_document_bytes,
            ),
            Middleware(Head),
        ],
        exception_handlers={
            **dict.fromkeys(TOLD, _answer_problem),
            SignInFirst: _lead_to_sign_in,
            Proposed: _answer_proposed,
        },
    )
    app.state.traffic = traffic
    app.state.known_tokens = KnownTokens()
    app.state.digests = KeptDigests()
    app.state.knocks = Knocks(settings.sign_ins_per_minute)
    app.state.providers = {name: Provider(issuer) for name, issuer in read_issuers(settings.issuers).items()}
    app.state.problem_page = pages.problem_page
    app.state.language = settings.language
    if isinstance(given, Resources):
        app.state.resources = given
    # As they are: an included router is a layer more to pass for each request. The pages people work with come first,
    # because everybody sends theirs in the same minutes.
    for route in (each for router in pages.staff_routers for each in router.routes):
        if isinstance(route, APIRoute):
            route.include_in_schema = False
        app.router.routes.append(route)
    for router in routes.routers():
        app.router.routes.extend(router.routes)
    for router in pages.routers:
        app.include_router(router, dependencies=[PUBLIC], include_in_schema=False)
    app.state.methods = Methods(app)
    refuse_routes_without_access_rule(app)
    return app


def _lifespan(given: Settings | Resources) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Return what is done when the application starts and ends."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if isinstance(given, Resources):
            yield
            return
        resources = await asyncio.to_thread(open_resources, given)
        app.state.resources = resources
        try:
            yield
        finally:
            await asyncio.to_thread(resources.close)

    return lifespan


async def _answer_problem(request: Request, error: Exception) -> Response:
    problem = problem_of(error)
    if problem.status == 405:
        problem.headers["Allow"] = request.app.state.methods.at(request.url.path)
    return problem_response(request, problem)


async def _lead_to_sign_in(request: Request, _error: Exception) -> Response:
    """Lead a reader to the sign-in page and back; a form that was sent is answered, so that its words stay in it."""
    if request.method in {"GET", "HEAD"}:
        here = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
        return RedirectResponse(f"/entrar?{urlencode({'destino': here})}", 303)
    return problem_response(
        request,
        Problem(
            401,
            "not-signed-in",
            es="Tu sesión terminó: entra en otra pestaña, vuelve a ésta y envía otra vez.",
            en="Your session ended: sign in on another tab, come back to this one and send again.",
        ),
    )


async def _answer_proposed(request: Request, error: Exception) -> Response:
    """Say that a request waits for a second person, and where; lead who sent a form to its page."""
    assert isinstance(error, Proposed)  # noqa: S101 - it is registered for nothing else
    if not request.url.path.startswith("/api/"):
        await asyncio.to_thread(wait_until_told, request.app.state.resources)
        return RedirectResponse(f"/propuestas/{error.proposal}", 303)
    return proposed_response(error.recorded)
