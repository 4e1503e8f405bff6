"""Staying signed in: the cookie, who it is, and that a form was sent from our own page."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import urlsplit

import structlog
from fastapi import Depends
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from api.database import Resources
from api.persons import caller_of
from api.problems import Problem
from api.sign_in.site import Site, site_of
from domain.access import Caller
from ledger.desk.sessions import LONGEST, Session, begin_session, session_of

PROOF_LASTS = timedelta(minutes=5)
"""How long after proving who they are a person may do what has legal effect."""


class SignInFirst(Exception):
    """A page was asked for that is only for those who signed in."""


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody who is signed in."""

    session: Session
    secret: str
    name: str
    """What colleagues call them; never in the log."""
    caller: Caller
    """Who speaks, with every right they hold now."""
    body: str
    """The institution that answers for who this is."""

    @property
    def form_key(self) -> str:
        """What every form of this session carries, and no other site can know (OWASP, synchronizer token)."""
        return hashlib.sha256(f"form {self.secret}".encode()).hexdigest()[:32]

    def proved_lately(self, at: datetime) -> bool:
        """Tell whether they may do now what has legal effect."""
        return at < self.session.proved_at + PROOF_LASTS


async def signed_in(request: Request) -> Staff:
    """Return who is at the browser. Raises `SignInFirst`."""
    staff = await staff_of(request)
    if staff is None:
        raise SignInFirst(SignInFirst.__doc__)
    structlog.contextvars.bind_contextvars(actor=staff.caller.actor)
    return staff


StaffOnly = Annotated[Staff, Depends(signed_in)]
"""Only who is signed in."""


async def staff_if_any(request: Request) -> Staff | None:
    """Return who is at the browser; nobody is at an address at which nobody can sign in."""
    try:
        return await staff_of(request)
    except Problem:
        return None


StaffIfAny = Annotated[Staff | None, Depends(staff_if_any)]
"""Anybody; who is signed in is known."""


async def staff_of(request: HTTPConnection) -> Staff | None:
    """Return who is at the browser, None where nobody is signed in."""
    resources: Resources = request.app.state.resources
    secret = request.cookies.get(site_of(request).cookie)
    if not secret:
        return None
    now = resources.clock()
    session = await asyncio.to_thread(_at_the_desk, resources, secret, now)
    if session is None:
        return None
    person, caller = await caller_of(resources.ledger, session.person, now)
    if not person.is_active or person.enrolled is None:
        return None
    return Staff(session, secret, session.name, caller, person.enrolled.body)


def sign_in(
    resources: Resources, site: Site, person: str, response: Response, *, proved_at: datetime | None = None
) -> None:
    """Begin a session, and let the browser keep its secret. ``proved_at``: when they proved it, if not just now."""
    with resources.desk.connection() as connection:
        keep(response, site, begin_session(connection, person, resources.clock(), proved_at=proved_at))


def keep(response: Response, site: Site, secret: str) -> None:
    """Let the browser keep a session's secret: for this host, for requests of this site, unseen by scripts."""
    response.set_cookie(
        site.cookie, secret, max_age=int(LONGEST.total_seconds()), path="/", secure=site.is_encrypted,
        httponly=True, samesite="lax",
    )  # fmt: skip


def refuse_foreign_form(request: Request, staff: Staff, form_key: str) -> None:
    """Refuse a form that was not sent from a page of this session's own. Raises a 403 `Problem`."""
    if came_from_elsewhere(request) or not hmac.compare_digest(form_key.encode(), staff.form_key.encode()):
        raise foreign_form()


def came_from_elsewhere(request: Request) -> bool:
    """Tell whether a browser says that another site sent this (Fetch Metadata; Origin, RFC 6454)."""
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in {"same-origin", "none"}:
        return True
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != request.url.netloc


def foreign_form() -> Problem:
    """Return the problem of a form that another site may have sent."""
    return Problem(
        403,
        "foreign-form",
        es="El formulario no viene de una página abierta en esta sesión: ábrela otra vez y envíalo desde ahí.",
        en="The form does not come from a page opened in this session: open the page again and send it from there.",
    )


def _at_the_desk(resources: Resources, secret: str, now: datetime) -> Session | None:
    with resources.desk.connection() as connection:
        return session_of(connection, secret, now)
