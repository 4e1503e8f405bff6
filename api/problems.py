"""Every error as a problem document (RFC 9457), in the reader's language, with the rule and its legal basis.

Whatever is raised anywhere becomes a `Problem` here, and nowhere else. Two families stay apart: what the rules
refuse (4xx, with the rule's name) and what fails (503 with ``Retry-After``; 500 is a bug).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypedDict

from fastapi.exceptions import RequestValidationError
from psycopg import OperationalError
from psycopg_pool import PoolTimeout, TooManyRequests
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import Response

from api.language import language_of
from api.problem_words import message_of, title_of
from api.settings import Language
from domain.event import Refused
from domain.procedure import PlanError
from ledger.documents import DocumentError, NoRoom, PartBusy
from ledger.ledger import Contended, StreamExists
from ledger.log import LogError, OutcomeUnknown, ReusedCommandId, Unavailable
from projections.moment import BadMoment
from projections.page import BadCursor
from projections.reading import NotReady

MEDIA_TYPE = "application/problem+json"
SOON = {"Retry-After": "1"}

NOT_FOUND = frozenset(
    {
        "unknown-milestone",
        "unknown-process",
        "unknown-token",
        "unknown-entity",
        "unknown-page",
        "unknown-proposal",
        "unknown-person",
        "unknown-grant",
        "unknown-client",
        "upload-gone",
    }
)
"""Rules that say that something is not there."""
FORBIDDEN = frozenset({"no-grant", "role-not-enough", "another-territory", "another-process", "another-body"})
"""Rules that say that this one may not do it."""


class FieldError(TypedDict):
    """What is wrong with one field, said in a sentence. ``field`` is its path: ``declare.0``, ``query.limit``."""

    field: str
    es: str
    en: str


class Problem(Exception):
    """An error as it is told: the status, the rule's stable name, and the sentence in both languages."""

    def __init__(
        self,
        status: int,
        rule: str,
        *,
        es: str,
        en: str,
        basis: str = "",
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        **members: Any,
    ) -> None:
        super().__init__(f"{rule}: {en}")
        self.status = status
        self.rule = rule
        self.es = es
        self.en = en
        self.basis = basis
        self.errors = errors
        self.headers = dict(headers or {})
        self.members = members

    def document(self, language: Language, instance: str) -> dict[str, Any]:
        """Return the members of the problem document."""
        told: dict[str, Any] = {
            "type": f"/problemas/{self.rule}",
            "title": title_of(self.status, language),
            "status": self.status,
            "detail": self.es if language == "es" else self.en,
            "instance": instance,
            "rule": self.rule,
        }
        if self.basis:
            told["basis"] = self.basis
        if self.errors:
            told["errors"] = [{"field": error["field"], "message": error[language]} for error in self.errors]
        return told | self.members


def problem_response(connection: HTTPConnection, problem: Problem) -> Response:
    """Return a problem as it is sent: a document for programs, a page for people."""
    language = language_of(connection, otherwise=connection.app.state.language)
    document = problem.document(language, connection.url.path)
    render = getattr(connection.app.state, "problem_page", None)
    if render is not None and _is_for_a_person(connection):
        response: Response = render(connection, document)
        response.status_code = problem.status
    else:
        response = Response(json.dumps(document, ensure_ascii=False), problem.status, media_type=MEDIA_TYPE)
    response.headers.update(problem.headers)
    response.headers["Content-Language"] = language
    response.headers["Cache-Control"] = "no-store"
    return response


def _is_for_a_person(connection: HTTPConnection) -> bool:
    if connection.url.path.startswith("/api/"):
        return False
    accepted = connection.headers.get("accept", "")
    return "text/html" in accepted


def problem_of(error: Exception) -> Problem:
    """Return what is told of an error. One that nobody expected is a 500, and says nothing about its inside."""
    match error:
        case Problem():
            return error
        case Refused():
            return _refused(error)
        case RequestValidationError():
            return invalid(error.errors())
        case BadMoment():
            return _of_parameter("bad-moment", f"query.{error.field}", error.es, error.en)
        case BadCursor():
            return _of_parameter("bad-cursor", "query.cursor", error.es, error.en)
        case HTTPException():
            return _of_status(error)
        case _:
            return _failed(error)


def invalid(errors: Sequence[Any], *, rule: str = "invalid-fields") -> Problem:
    """Return pydantic's errors field by field."""
    told: list[FieldError] = [
        {
            "field": ".".join(str(part) for part in error["loc"]) or "body",
            "es": message_of(error, "es"),
            "en": message_of(error, "en"),
        }
        for error in errors[:100]
    ]
    if told and all(error["field"].startswith("path.") for error in told):
        return nothing_here()
    names = ", ".join(dict.fromkeys(error["field"] for error in told[:10]))
    return Problem(
        422,
        rule,
        es=f"Revisa estos campos: {names}.",
        en=f"Check these fields: {names}.",
        errors=told,
    )


def nothing_here() -> Problem:
    """Return the problem of an address nobody answers at."""
    return Problem(
        404, "not-found", es="No hay nada en esta dirección.", en="There is nothing at this address."
    )


def _refused(refusal: Refused) -> Problem:
    status = 404 if refusal.rule in NOT_FOUND else 403 if refusal.rule in FORBIDDEN else 422
    errors: list[FieldError] = [
        {"field": field, "es": refusal.es, "en": refusal.en} for field in refusal.fields
    ]
    return Problem(status, refusal.rule, es=refusal.es, en=refusal.en, basis=refusal.basis, errors=errors)


def _of_parameter(rule: str, field: str, es: str, en: str) -> Problem:
    return Problem(422, rule, es=es, en=en, errors=[{"field": field, "es": es, "en": en}])


def _of_status(error: HTTPException) -> Problem:
    """Return the framework's own errors: no such path, no such method, a request it could not read."""
    if error.status_code == 404:
        return nothing_here()
    if error.status_code == 405:
        return Problem(
            405,
            "method-not-allowed",
            es="Esta dirección no admite ese método; los que admite están en «Allow».",
            en="This address does not take that method; those it takes are in 'Allow'.",
            headers=error.headers,
        )
    return Problem(
        error.status_code,
        "malformed-request",
        es="No se pudo leer la solicitud.",
        en="The request could not be read.",
        headers=error.headers,
    )


class Failure(NamedTuple):
    """A kind of failure, and what is told of it."""

    kinds: tuple[type[Exception], ...]
    status: int
    rule: str
    es: str
    en: str
    members: Mapping[str, Any] = {}


_FAILURES = (
    Failure(
        (OutcomeUnknown,), 503, "outcome-unknown",
        "No se sabe si quedó registrado. Repite la solicitud con la misma Idempotency-Key: "
        "nunca se registra dos veces.",
        "It is not known whether this was recorded. Send it again with the same Idempotency-Key: "
        "it is never recorded twice.",
        {"outcome": "unknown"},
    ),
    Failure(
        (ReusedCommandId,), 422, "command-id-reused",
        "Esa Idempotency-Key ya se usó para otra solicitud. Usa una nueva.",
        "That Idempotency-Key was already used for another request. Use a new one.",
    ),
    Failure(
        (StreamExists,), 409, "exists-already",
        "Eso ya existe; no se registró nada.",
        "It exists already; nothing was recorded.",
    ),
    Failure(
        (NotReady,), 503, "not-told-yet",
        "Lo pedido está registrado pero aún no se puede consultar: repite en un momento.",
        "What was asked for is recorded but cannot be read yet: try again in a moment.",
    ),
    Failure(
        (Unavailable, Contended, PoolTimeout, TooManyRequests, OperationalError), 503, "unavailable",
        "El servicio está ocupado o su base de datos no responde. No se registró nada: repite en un momento.",
        "The service is busy or its database does not answer. Nothing was recorded: try again in a moment.",
    ),
    Failure(
        (PlanError,), 422, "plan-contradicts-itself",
        "Los datos del plan se contradicen; no se registró nada.",
        "The plan's data contradicts itself; nothing was recorded.",
    ),
    Failure(
        (PartBusy,), 409, "upload-busy",
        "Otra solicitud está escribiendo en esa carga: espera a que termine y pregunta hasta dónde llegó.",
        "Another request is writing to that upload: wait for it to end and ask how far it came.",
    ),
    Failure(
        (NoRoom,), 507, "no-room-for-documents",
        "Ya casi no hay espacio para documentos y no se guardó ninguno: avisa a quien opera el servicio.",
        "There is hardly room left for documents and none was kept: tell whoever runs the service.",
    ),
    Failure(
        (DocumentError,), 503, "documents-unavailable",
        "La carpeta de documentos no responde. No se guardó ninguno: repite en un momento.",
        "The folder of documents does not answer. None was kept: try again in a moment.",
    ),
    Failure(
        (LogError,), 503, "unavailable",
        "La bitácora no puede registrar ahora. No se registró nada.",
        "The log cannot record now. Nothing was recorded.",
    ),
    Failure(
        (Exception,), 500, "internal-error",
        "Algo falló de nuestro lado. Queda anotado con el número de esta solicitud (X-Request-ID).",
        "Something failed on our side. It is noted under this request's number (X-Request-ID).",
    ),
)  # fmt: skip
"""What is told of failures; the first that fits. Whether anything was recorded, and whether to come back."""


def _failed(error: Exception) -> Problem:
    failure = next(one for one in _FAILURES if isinstance(error, one.kinds))
    headers = SOON if failure.status == 503 else {}
    return Problem(
        failure.status, failure.rule, es=failure.es, en=failure.en, headers=headers, **failure.members
    )
