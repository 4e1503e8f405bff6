"""What every request passes through, outermost first. The order is written out in `api.app`.

Plain ASGI: a layer is called with (scope, receive, send) and wraps what it needs. Only HTTP reaches the layers.
"""

from __future__ import annotations

import itertools
import re
import secrets
import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

import structlog
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.documents.receiving import document_too_large
from api.logs import failure, log
from api.problems import SOON, Problem, problem_of, problem_response

_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_SECRET_ADDRESS = re.compile(r"(?<=^/calendarios/personas/).+")
"""What in an address lets whoever has it read what is somebody's own."""
_PROCESS = secrets.token_hex(6)
_NUMBERS = itertools.count(1)

_CONTENT_SECURITY_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    b"font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    b"require-trusted-types-for 'script'"
)
_SECURITY_HEADERS = (
    (b"content-security-policy", _CONTENT_SECURITY_POLICY),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)

MAX_FILE_BYTES = 10 * 1024 * 1024
"""The largest file that is taken, with what a form puts around it."""
MAX_ADDRESS_BYTES = 8_192
"""Of path and query together: as much as every proxy takes (RFC 9110, section 4.1)."""

_TAKES_DOCUMENTS = re.compile(
    r"/api/v1/documents(/uploads/[0-9a-f]{32})?|/procesos/[^/]+/actividades/[^/]+/soporte"
)
"""The addresses a document may be sent to; all others take a command."""
FORM_BYTES = 64 * 1024
"""What a form may hold beside its document."""

ALWAYS_ANSWERED = frozenset({"/livez", "/readyz", "/metrics"})
"""Whoever watches over the program must see it when it is busiest."""


@dataclass(slots=True)
class Traffic:
    """What this process has answered, for `api.routes.metrics`."""

    under_way: int = 0
    shed: int = 0
    answered: Counter[int] = field(default_factory=Counter)
    """By status."""


class RequestLog:
    """Give each request a number, write one line about it, and answer for errors that nobody handled.

    The line holds no query, no address and no name.
    """

    def __init__(self, app: ASGIApp, *, traffic: Traffic) -> None:
        self.app = app
        self.traffic = traffic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _request_id(scope)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.perf_counter()
        status = 0

        async def numbered(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self.app(scope, receive, numbered)
        except Exception as error:
            log.error("request_failed", path=_told(scope["path"]), **failure(error))
            if status:  # the answer had begun: only breaking the connection tells that it is not whole
                raise
            await problem_response(HTTPConnection(scope), problem_of(error))(scope, receive, numbered)
        finally:
            self.traffic.answered[status] += 1
            milliseconds = round(1000 * (time.perf_counter() - started), 1)
            log.info(
                "request",
                method=scope["method"],
                path=_told(scope["path"]),
                status=status,
                milliseconds=milliseconds,
            )


def _told(path: str) -> str:
    """Return an address as it may be written down."""
    return _SECRET_ADDRESS.sub("…", path)


class AnswerHeaders:
    """Put the headers on every answer: what a browser may do with it, and where the log ends."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                position = scope["app"].state.resources.log_end.position
                headers = message["headers"] = [
                    *message["headers"],
                    *_SECURITY_HEADERS,
                    (b"bitacora-position", b"%d" % position),
                ]
                if not any(name == b"cache-control" for name, _ in headers):
                    headers.append((b"cache-control", b"no-store"))
            await send(message)

        await self.app(scope, receive, with_headers)


class Shedding:
    """Take only so many requests at a time: the rest are asked to come back, while there is time to say so."""

    def __init__(self, app: ASGIApp, *, limit: int, traffic: Traffic) -> None:
        self.app = app
        self.limit = limit
        self.traffic = traffic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or turn it away."""
        if scope["type"] != "http" or scope["path"] in ALWAYS_ANSWERED:
            await self.app(scope, receive, send)
            return
        if self.traffic.under_way >= self.limit:
            self.traffic.shed += 1
            await problem_response(HTTPConnection(scope), _too_busy())(scope, receive, send)
            return
        self.traffic.under_way += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self.traffic.under_way -= 1


class SizeLimits:
    """Refuse an address that is too long, and stop reading a body that is too large, whatever length it gave."""

    def __init__(
        self, app: ASGIApp, *, max_bytes: int, max_document_bytes: int, files: Collection[str] = ()
    ) -> None:
        self.app = app
        self.max_bytes = max_bytes
        self.max_document_bytes = max_document_bytes
        self.files = frozenset(files)
        """The addresses that take files, whose bodies may be `MAX_FILE_BYTES` long."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting what is read of its body."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if len(scope["raw_path"]) + len(scope["query_string"]) > MAX_ADDRESS_BYTES:
            await problem_response(HTTPConnection(scope), _too_long())(scope, receive, send)
            return
        if b"%00" in scope["raw_path"] or b"%00" in scope["query_string"]:
            # No text of ours holds NUL, and a database refuses to be asked about it.
            await problem_response(HTTPConnection(scope), _holds_nul())(scope, receive, send)
            return
        limit, problem = self._limit(scope["path"])
        for name, value in scope["headers"]:
            if name == b"content-length" and value.isdigit() and int(value[:20]) > limit:
                await problem_response(HTTPConnection(scope), problem)(scope, receive, send)
                return
            if name == b"content-encoding" and value.lower() != b"identity":
                await problem_response(HTTPConnection(scope), _compressed())(scope, receive, send)
                return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            if message["type"] == "http.request":
                read += len(message.get("body", b""))
                if read > limit:
                    raise problem
            return message

        await self.app(scope, counted, send)

    def _limit(self, path: str) -> tuple[int, Problem]:
        """Return how many bytes a body sent to an address may have, and what a longer one is answered."""
        if path in self.files:
            return MAX_FILE_BYTES, _too_large(MAX_FILE_BYTES)
        if _TAKES_DOCUMENTS.fullmatch(path):
            return self.max_document_bytes + FORM_BYTES, document_too_large(self.max_document_bytes)
        return self.max_bytes, _too_large(self.max_bytes)


class _HeadAnswered(Exception):
    """The head of an answer is on its way: whoever makes its body can stop."""


class Head:
    """Answer HEAD as GET without its body (RFC 9110, section 9.3.2), and without the work of making it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def only_the_start(message: Message) -> None:
            await send(message)
            await send({"type": "http.response.body", "body": b""})
            raise _HeadAnswered

        try:
            await self.app({**scope, "method": "GET"}, receive, only_the_start)
        except* _HeadAnswered:
            pass


def _request_id(scope: Scope) -> str:
    """Return the number a proxy in front gave the request, or a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            given: str = value.decode("latin-1")
            if _REQUEST_ID.fullmatch(given):
                return given
    return f"{_PROCESS}-{next(_NUMBERS):x}"


def _too_busy() -> Problem:
    return Problem(
        503,
        "too-busy",
        es="Hay demasiadas solicitudes a la vez. No se registró nada: repite en un momento.",
        en="There are too many requests at a time. Nothing was recorded: try again in a moment.",
        headers=SOON,
    )


def _too_large(max_bytes: int) -> Problem:
    size = f"{max_bytes // 1024:,} KiB"
    return Problem(
        413,
        "body-too-large",
        es=f"El cuerpo de la solicitud pasa de {size}.",
        en=f"The request's body is over {size}.",
    )


def _too_long() -> Problem:
    size = f"{MAX_ADDRESS_BYTES:,}"
    return Problem(
        414,
        "address-too-long",
        es=f"La dirección pasa de {size} bytes.",
        en=f"The address is over {size} bytes.",
    )


def _holds_nul() -> Problem:
    return Problem(
        400,
        "malformed-address",
        es="La dirección contiene un carácter NUL.",
        en="The address holds a NUL character.",
    )


def _compressed() -> Problem:
    return Problem(
        415,
        "content-encoding-unsupported",
        es="Envía el cuerpo sin comprimir.",
        en="Send the body without compression.",
        headers={"Accept-Encoding": "identity"},
    )
