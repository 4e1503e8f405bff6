"""Is the program alive, and is it fit for work? Asked by machines, every few seconds."""

from __future__ import annotations

import time
from typing import Literal

import psycopg
from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from api.access import PUBLIC
from api.database import Resources
from api.logs import log
from ledger.connect import connect
from ledger.log import LogError
from ledger.server import UnsafeServer, require_durability
from projections.health import Health, health
from projections.reading import NotReady

router = APIRouter(tags=["operations"], dependencies=[PUBLIC])

BELIEVED_SECONDS = 1.0
"""How long an answer is given again: whoever asks more often learns nothing new and costs nothing."""


class Alive(BaseModel):
    """The program answers."""

    status: Literal["alive"] = "alive"


class Readiness(BaseModel):
    """Whether the program is fit for work, and what it is that is not."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    status: Literal["ready", "not ready"]
    origin: str
    """The log's name; empty before it is started."""
    simulated: bool
    """Whether it is a simulated log."""
    position: int
    """Where the log ends."""
    can_record: bool
    """Whether the log's database answers and takes events."""
    can_tell: bool
    """Whether the projections of this version can be read."""
    projections: Health | None
    """How far behind the log they are, and whether the log moves."""
    roles_are_a_boundary: bool
    """Whether the database keeps readers from writing. With one login for all, only this program does."""
    warnings: list[str]
    """What is not as it should be, in sentences."""


@router.get("/livez", response_model=Alive)
async def livez() -> Response:
    """Whether the program answers. Asks no database."""
    return Response(Alive().model_dump_json(), media_type="application/json")


@router.get("/readyz", response_model=Readiness, responses={503: {"model": Readiness}})
def readyz(request: Request) -> Response:
    """Whether it can record and tell: 200, or 503 with what is wrong."""
    resources: Resources = request.app.state.resources
    kept: tuple[float, Readiness] | None = getattr(request.app.state, "readiness", None)
    if kept is None or time.monotonic() - kept[0] > BELIEVED_SECONDS:
        kept = (time.monotonic(), _look(resources))
        request.app.state.readiness = kept
    readiness = kept[1]
    status = 200 if readiness.status == "ready" else 503
    return Response(readiness.model_dump_json(), status, media_type="application/json")


def _look(resources: Resources) -> Readiness:
    warnings = _write_path(resources)
    can_record = warnings is not None
    told = _told(resources)
    boundary = resources.settings.reader_database_url is not None
    if not boundary:
        warnings = [*(warnings or []), "One database login serves all roles, so the roles are no boundary."]
    identity = resources.identity() if can_record else None
    return Readiness(
        status="ready" if can_record and told is not None else "not ready",
        origin=identity.origin if identity else "",
        simulated=identity.simulated if identity else False,
        position=resources.log_end.position,
        can_record=can_record,
        can_tell=told is not None,
        projections=told,
        roles_are_a_boundary=boundary,
        warnings=warnings or [],
    )


def _write_path(resources: Resources) -> list[str] | None:
    """Return warnings about the way events are recorded, or None where they cannot be."""
    settings = resources.settings
    try:
        with connect(resources.database_url, settings.roles.committer, "readiness") as connection:
            row = connection.execute(
                "SELECT pg_is_in_recovery(), has_function_privilege(oid, 'EXECUTE') FROM pg_proc"
                " WHERE pronamespace = 'ledger'::regnamespace AND proname = 'append'"
            ).fetchone()
            if row is None or row[0] or not row[1]:
                return None
            return require_durability(connection, unsafe=settings.unsafe_durability)
    except (psycopg.Error, UnsafeServer) as error:
        log.warning("not_ready", error=type(error).__qualname__)
        return None


def _told(resources: Resources) -> Health | None:
    """Return how the projections do, or None where they cannot be read."""
    try:
        with resources.readers.connection() as connection:
            return health(connection)
    except (psycopg.Error, NotReady, LogError) as error:
        log.warning("not_ready", error=type(error).__qualname__)
        return None
