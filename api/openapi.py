"""The API's own description (OpenAPI 3.1): from the routes, with the domain's words, in one document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, ConfigDict
from pydantic.json_schema import models_json_schema

from api.access import reach_of
from api.auth import authenticate
from api.body import FromBody
from api.documents.sender import sender
from api.four_eyes import Waiting
from api.openapi_headers import describe_body, describe_key, describe_read, describe_write
from api.preconditions import command_id
from api.problems import MEDIA_TYPE
from api.recording import ToRecord

FEED = "/api/v1/events"
"""The only read that is no resource with a tag: a part of the log as it is now."""
TITLE = "Bitácora Electoral"
DESCRIPTION = """\
La bitácora de la organización de las elecciones federales y locales de México: qué ocurrió, quién lo dijo y cuándo.
Proyecto independiente; no es un sitio del INE ni de los OPL.

- **Leer es público**; los expedientes que no lo son se muestran a quien trae un token de su territorio.
- `as_of` (un asiento o un instante) consulta lo que se sabía entonces.
- **Escribir** lleva un token, `Idempotency-Key` (un UUID por solicitud: repetirla nunca registra dos veces) y, si ya
  existe, `If-Match` con el `ETag` con que se leyó.
- Todo error es un *problem document* (RFC 9457) en español o inglés, con la regla y su fundamento.
- `Bitacora-Position` dice en cada respuesta dónde termina la bitácora; `Bitacora-Min-Position` pide ver al menos
  ese asiento: tras reportar, el `position` del acuse.
- Un **503** lleva `Retry-After`: repite la misma solicitud con la misma `Idempotency-Key`.
- Las listas van por páginas (`limit`, `cursor`, encabezado `Link`) y también en CSV (`Accept: text/csv`).
- La API es para programas: no lleva CORS, así que la página web de otro sitio la consulta desde su servidor.

*English*: reads are public; cases that are not are shown to who brings a token of their territory. Writes take a
token, an `Idempotency-Key` and, for what exists, `If-Match` with the `ETag` it was read with. Send the receipt's
`position` as `Bitacora-Min-Position` to read what was just reported. A 503 says when to repeat, with the same key.
Messages follow `Accept-Language`. There is no CORS: other sites ask from a server.
"""
TAGS = [
    {"name": "entities", "description": "Las 32 entidades y el país: en qué están sus elecciones."},
    {
        "name": "procedures",
        "description": "Las catorce funciones y sus procedimientos: qué pide la ley, paso por paso.",
    },
    {"name": "processes", "description": "Procesos electorales y su plan completo."},
    {
        "name": "cases",
        "description": "Expedientes: se abren con su folio; sus pasos se reportan como actividades.",
    },
    {
        "name": "sheets",
        "description": "Las actas PREP: esperadas, acopiadas, capturadas y verificadas; nunca sus votos.",
    },
    {"name": "milestones", "description": "Actividades: sus fechas, su estado y su historia."},
    {"name": "reports", "description": "Lo que se reporta de una actividad; cada cambio es un recurso."},
    {
        "name": "proposals",
        "description": "Actos de efecto legal que esperan a una segunda persona.",
    },
    {
        "name": "people",
        "description": "Quién puede reportar qué: nombramientos, claves y los actos de quienes administran.",
    },
    {
        "name": "documents",
        "description": "El soporte documental: se guarda por su SHA-256 y se adjunta a un reporte.",
    },
    {"name": "events", "description": "La bitácora misma: un documento CloudEvents por asiento."},
    {
        "name": "webhooks",
        "description": "Avisos firmados a otros sistemas de lo que se asienta (Standard Webhooks).",
    },
    {"name": "operations", "description": "Para quien opera el servicio."},
]


class FieldProblem(BaseModel):
    """What is wrong with one field."""

    field: str
    message: str


class ProblemDocument(BaseModel):
    """An error (RFC 9457)."""

    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)

    type: str
    """The page that explains it: `/problemas/{rule}`."""
    title: str
    status: int
    detail: str
    """What is wrong and what to do."""
    instance: str
    """The path that was asked."""
    rule: str
    """A stable word for programs."""
    basis: str | None = None
    """The article behind it."""
    errors: list[FieldProblem] | None = None
    """What is wrong, field by field."""


def _problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}}
    return {status: {"description": _MEANINGS[status], "content": content} for status in statuses}


_MEANINGS: Mapping[int, str] = {
    400: "The body is not JSON as we read it, or the address or a text holds NUL.",
    401: "No token, or one that is not good.",
    403: "The token's role or territory does not reach this.",
    404: "It is not there, or was not at the moment asked about.",
    406: "Not offered in an accepted format.",
    412: "It changed since it was read; the problem lists what changed.",
    413: "The body is too large.",
    414: "The address is too long.",
    409: "The log has not been started, or an upload is at another offset.",
    410: "The log names it, but its bytes are no longer here.",
    415: "The body is not `application/json`.",
    422: "A field is wrong, or a rule refuses; the problem names it.",
    428: "`Idempotency-Key` is missing, or `If-Match` does not bring the resource's `ETag`.",
    429: "Asked too often; Retry-After says when to ask again.",
    507: "There is no room for documents.",
    503: "Busy, not told yet, or the outcome is not known: repeat after `Retry-After`, with the same key.",
}

_READ_BY_THEIR_ROUTES: list[type[BaseModel]] = []


def body_schema(*models: type[BaseModel]) -> dict[str, Any]:
    """Return a reference to the first of these models, the body of a request that its route reads itself."""
    _READ_BY_THEIR_ROUTES.extend(models)
    return {"$ref": f"#/components/schemas/{models[0].__name__}"}


READ_PROBLEMS = _problems(400, 404, 406, 414, 422, 503)
"""The errors of every read."""
TOKEN_READ_PROBLEMS = _problems(400, 401, 404, 406, 414, 422, 503)
"""Those of a read that may bring a token."""
OWN_PROBLEMS = _problems(400, 401, 403, 404, 406, 414, 422, 503)
"""The errors of a read that is not for everybody."""
WRITE_PROBLEMS = _problems(400, 401, 403, 404, 409, 412, 413, 414, 415, 422, 428, 503)
"""The errors of every write."""
UPLOAD_PROBLEMS = _problems(400, 401, 403, 404, 409, 413, 414, 415, 422, 503, 507)
"""The errors of sending a document."""
TOKEN_PROBLEMS = _problems(400, 401, 413, 414, 422, 429, 503)
TOKEN_PROBLEMS[400]["description"] = "What is asked for is not offered; `error` says so in OAuth's words."
TOKEN_PROBLEMS[401]["description"] = "The system did not prove who it is (`invalid_client`)."
"""The errors of asking for a token with a form."""
LEGAL_EFFECT: dict[int | str, dict[str, Any]] = {
    **WRITE_PROBLEMS,
    202: {"model": Waiting, "description": "It has legal effect: it waits for a second person to agree."},
}
"""What else a write of legal effect may be answered."""


def document(app: FastAPI) -> dict[str, Any]:
    """Return the description of the JSON API, made once."""
    if app.openapi_schema is None:
        described = get_openapi(
            title=TITLE,
            version=app.version,
            description=DESCRIPTION,
            routes=app.routes,
            tags=TAGS,
            license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        )
        app.openapi_schema = _completed(described, app)
    return app.openapi_schema


def _completed(described: dict[str, Any], app: FastAPI) -> dict[str, Any]:
    """Add what the framework does not see: strict bodies, headers that must be there, tokens."""
    schemas = described.setdefault("components", {}).setdefault("schemas", {})
    bodies: list[type[BaseModel]] = [ProblemDocument, *_READ_BY_THEIR_ROUTES]
    for route in iter_route_contexts(app.routes):
        operation = described["paths"].get(route.path, {}).get(min(route.methods or {"GET"}).lower())
        if operation is None:
            continue
        operation["operationId"] = _operation_id(route.path or "", min(route.methods or ()))
        for needed in _needed_by(route.dependant):
            if needed is reach_of:
                operation["security"] = [{}, {"token": []}]
            if needed in {authenticate, sender}:
                operation["security"] = [{"token": []}]
            if needed is command_id:
                describe_key(operation)
            if isinstance(needed, FromBody):
                bodies.append(needed.model)
                describe_body(operation, needed.model.__name__)
            if isinstance(needed, ToRecord):
                bodies.append(needed.model)
                describe_write(operation, needed.model.__name__, exists=needed.exists)
        if (
            "GET" in (route.methods or ())
            and (route.path or "").startswith("/api/v1/")
            and route.path != FEED
        ):
            describe_read(operation)
    _, definitions = models_json_schema(
        [(model, "validation") for model in bodies], ref_template="#/components/schemas/{model}"
    )
    schemas.update(definitions["$defs"])
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    described["components"]["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "`bit_…`, from `bitacora token create`."}
    }
    return described


def _needed_by(dependant: Dependant) -> Iterator[Any]:
    """Yield every function a route depends on."""
    for one in dependant.dependencies:
        yield one.call
        yield from _needed_by(one)


def _operation_id(path: str, method: str) -> str:
    """Return a name for an operation that says what it asks: ``post_processes_milestones_completion``."""
    words = re.sub(r"\{[^}]*\}", "", path.removeprefix("/api/v1"))
    one = "_one" if path.endswith("}") else ""
    return f"{method.lower()}_{re.sub(r'[^a-z]+', '_', words).strip('_')}{one}"
