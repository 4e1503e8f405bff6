"""Is the program alive, and is it fit for work? Asked by machines, every few seconds."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Literal

import psycopg
from fastapi import APIRouter, Request
from psycopg_pool import PoolTimeout
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from api.access import PUBLIC
from api.database import Resources
from api.followers import FollowerHealth, followers_health
from api.logs import log
from api.witness_health import WitnessHealth, witness_health
from ledger.connect import connect
from ledger.log import LogError
from ledger.server import UnsafeServer, require_durability
from projections.health import Health, health
from projections.reading import NotReady

router = APIRouter(tags=["operations"], dependencies=[PUBLIC])

BELIEVED_SECONDS = 1.0
"""How long an answer is given again: whoever asks more often learns nothing new and costs nothing."""


STANDS_STILL_SECONDS = 120.0
"""What is recorded is signed within a second: after this long nobody signs, or who does refuses to."""


class Alive(BaseModel):
    """The program answers."""

    status: Literal["alive"] = "alive"


class SigningHealth(BaseModel):
    """How far the log is signed, and how much waits for it."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    size: int
    """How many entries are signed; 0 while none is."""
    signed_at: datetime | None
    """When that was last said; null while none is."""
    lag_events: int
    """How many events are recorded and not signed yet."""
    lag_seconds: float
    """How long the oldest of them has waited."""


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
    followers: list[FollowerHealth]
    """How those do who tell others of the log; empty where the desk cannot be read."""
    signing: SigningHealth | None
    """Whether the log is signed as it grows; null where its database takes no events."""
    witnesses: WitnessHealth | None
    """How its witnesses do; null where it has no quorum of them, or nothing is signed yet."""
    roles_are_a_boundary: bool
    """Whether the database keeps the login that reads from appending. With one login for all, it does not."""
    warnings: list[str]
    """What is not as it should be, in sentences."""


@router.get("/livez", response_model=Alive)
async def livez() -> Response:
    """Whether the program answers. Asks no database."""
    return Response(Alive().model_dump_json(), media_type="application/json")


@router.get("/readyz", response_model=Readiness, responses={503: {"model": Readiness}})
def readyz(request: Request) -> Response:
    """Whether it can record and tell: 200, or 503 with what is wrong in `warnings`.

    An answer is given again for a second, so a database that is lost or found shows that much later.
    """
    resources: Resources = request.app.state.resources
    kept: tuple[float, Readiness] | None = getattr(request.app.state, "readiness", None)
    if kept is None or time.monotonic() - kept[0] > BELIEVED_SECONDS:
        kept = (time.monotonic(), _look(resources))
        request.app.state.readiness = kept
    readiness = kept[1]
    status = 200 if readiness.status == "ready" else 503
    return Response(readiness.model_dump_json(), status, media_type="application/json")


def _look(resources: Resources) -> Readiness:
    can_record, warnings = _write_path(resources)
    told, boundary = _told(resources)
    if told is None:
        warnings.append(
            "The projections cannot be read: they are being built, or their database does not answer."
        )
    elif not told.leader_alive:
        warnings.append("No projector is at work: what is recorded now is not told until there is one.")
    if told is not None and not boundary:
        warnings.append("The login that reads may also append, so the roles are no boundary.")
    followers = _followers(resources)
    warnings += [
        f"Nobody tells others by {one.name}: {one.waiting} wait until somebody does."
        for one in followers
        if one.waiting and not one.leader_alive
    ]
    signing = _signing(resources) if can_record else None
    if signing is not None and signing.lag_seconds > STANDS_STILL_SECONDS:
        warnings.append(
            f"Signing stands still at position {signing.size:,}: {signing.lag_events:,} wait, the oldest for "
            f"{signing.lag_seconds / 60:,.0f} minutes. Start 'bitacora sign', or read why it ended."
        )
    if signing is not None:
        warnings += _unstamped(resources)
    witnesses = _witnesses(resources) if signing else None
    if witnesses is not None and witnesses.warning:
        warnings.append(witnesses.warning)
    identity = resources.identity() if can_record else None
    return Readiness(
        status="ready" if can_record and told is not None else "not ready",
        origin=identity.origin if identity else "",
        simulated=identity.simulated if identity else False,
        position=resources.log_end.position,
        can_record=can_record,
        can_tell=told is not None,
        projections=told,
        followers=followers,
        signing=signing,
        witnesses=witnesses,
        roles_are_a_boundary=boundary,
        warnings=warnings,
    )


def _write_path(resources: Resources) -> tuple[bool, list[str]]:
    """Return whether events can be recorded, and what is not as it should be about that."""
    settings = resources.settings
    try:
        with connect(resources.database_url, settings.roles.committer, "readiness") as connection:
            row = connection.execute(
                "SELECT pg_is_in_recovery(), has_function_privilege(oid, 'EXECUTE') FROM pg_proc"
                " WHERE pronamespace = 'ledger'::regnamespace AND proname = 'append'"
            ).fetchone()
            if row is None or row[0] or not row[1]:
                return False, [
                    "The log's database takes no events: it is a standby, or its role may not append."
                ]
            return True, require_durability(connection, unsafe=settings.unsafe_durability)
    except UnsafeServer as error:
        log.warning("not_ready", error=type(error).__qualname__)
        return False, [str(error)]
    except psycopg.Error as error:
        # What the driver says names hosts and logins, and anybody may ask.
        log.warning("not_ready", error=type(error).__qualname__)
        return False, ["The log's database does not answer."]


def _told(resources: Resources) -> tuple[Health | None, bool]:
    """Return how the projections do, None where they cannot be read, and whether who reads them cannot append."""
    committer = resources.settings.roles.committer
    try:
        with resources.readers.connection() as connection:
            row = connection.execute("SELECT pg_has_role(session_user, %s, 'MEMBER')", [committer]).fetchone()
            return health(connection), row == (False,)
    except (psycopg.Error, NotReady, LogError) as error:
        log.warning("not_ready", error=type(error).__qualname__)
        return None, False


def _followers(resources: Resources) -> list[FollowerHealth]:
    try:
        return followers_health(resources)
    except (psycopg.Error, PoolTimeout) as error:
        log.warning("not_ready", error=type(error).__qualname__)
        return []


def _signing(resources: Resources) -> SigningHealth | None:
    try:
        return SigningHealth.model_validate(resources.signed_log.signing()._asdict())
    except LogError as error:
        log.warning("not_ready", error=type(error).__qualname__)
        return None


def _unstamped(resources: Resources) -> list[str]:
    """Return that the log is not time-stamped as it should be, where an authority for that was set."""
    every_seconds = resources.settings.timestamp_minutes * 60.0
    if not resources.settings.timestamps:
        return []
    try:
        waited_seconds = resources.signed_log.unstamped_seconds()
    except LogError as error:
        log.warning("not_ready", error=type(error).__qualname__)
        return []
    if waited_seconds <= 2 * every_seconds + STANDS_STILL_SECONDS:
        return []
    warning = (
        f"The oldest event without a time stamp has waited for {waited_seconds / 60:,.0f} minutes: the time-stamping "
        "authority does not answer as it should, or nobody asks it ('bitacora log timestamp')."
    )
    return [warning]


def _witnesses(resources: Resources) -> WitnessHealth | None:
    try:
        return witness_health(resources)
    except LogError as error:
        log.warning("not_ready", error=type(error).__qualname__)
        return None
