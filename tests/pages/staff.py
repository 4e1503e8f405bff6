"""People who work with the log, for the tests: enrolled, appointed, signed in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from httpx2 import Client, Response
from playwright.sync_api import Page

from api.opening import CONSOLE
from api.persons import new_person_id
from domain.access import Role
from domain.event import Author, Event
from domain.grant import GrantGiven
from domain.legal_effect import LegalEffect
from domain.milestone import MILESTONE, milestone_stream
from domain.person import PERSON, PersonEnrolled, person_stream
from domain.proposal import GOOD_FOR, ProposalMade, digest_of, proposal_stream
from ledger.desk.people import KnownPerson, remember_person
from ledger.desk.sessions import begin_session
from ledger.ledger import View
from tests.pages.site import NOW, Site

PROPOSER = Author("p-aaaaaaaaaaaa", "Dirección Ejecutiva", "INE", "person/p-aaaaaaaaaaaa#g1")
"""Who proposes, in tests of who decides."""


def record(site: Site, person: str, *events: Event) -> None:
    """Record what happens to a person, as the service itself."""

    async def decide(view: View) -> None:
        await view.load(PERSON, person_stream(person))
        view.write(person_stream(person), events)

    now = site.resources.clock()
    recording = site.resources.ledger.execute(decide, command_id=uuid4(), author=CONSOLE, occurred_at=now)
    # In a thread of its own: while a browser is open, this one belongs to playwright's loop.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, recording).result()


def happen(site: Site, process: str, milestone: str, *events: Event, by: Author = CONSOLE) -> None:
    """Record what happens to an activity, whatever the rules would say, and have it told."""
    stream = milestone_stream(process, milestone)

    async def decide(view: View) -> None:
        await view.load(MILESTONE, stream)
        view.write(stream, events)

    now = site.resources.clock()
    asyncio.run(site.resources.ledger.execute(decide, command_id=uuid4(), author=by, occurred_at=now))
    site.resources.projector().catch_up()


def proposed(
    site: Site, effect: LegalEffect, address: str, command: dict[str, Any], territory: str,
    process: str | None = None, by: Author = PROPOSER,
) -> str:  # fmt: skip
    """Record a proposal as it stands after it was made, and return the address of its page."""
    id_, sent = str(uuid4()), json.dumps(command)
    made = ProposalMade(
        effect=effect, address=f"/api/v1/{address}", command=sent, digest=digest_of(address, NOW, sent),
        rests_on="0" * 64, territory=territory, process=process, expires_at=NOW + GOOD_FOR,
    )  # fmt: skip

    async def decide(view: View) -> None:
        view.write(proposal_stream(id_), [made])

    ledger = site.resources.ledger
    at = NOW - timedelta(hours=1)
    asyncio.run(ledger.execute(decide, command_id=uuid4(), author=by, occurred_at=at))
    site.resources.projector().catch_up()
    return f"/propuestas/{id_}"


def appoint(
    site: Site, person: str, role: Role = "coordinator", territory: str = "MX-JAL", *,
    body: str = "IEPC", process: str | None = None, number: int = 1,
) -> None:  # fmt: skip
    """Give a person a right for a year."""
    now = site.resources.clock()
    given = GrantGiven(
        number=number, kind="appointment", role=role, territory=territory, process=process,
        post="Enlace de seguimiento", body=body, starts_at=now, ends_at=now + timedelta(days=365),
        instrument="Oficio 12/2026",
    )  # fmt: skip
    record(site, person, given)


def enrolled(site: Site, name: str = "Ana Ruiz", body: str = "IEPC") -> str:
    """Return the id of somebody new, who holds nothing."""
    person, now = new_person_id(), site.resources.clock()
    record(site, person, PersonEnrolled(body=body, way="passkey"))
    with site.resources.desk.connection() as connection:
        remember_person(connection, KnownPerson(person, name, None, None, now))
    return person


@dataclass(frozen=True, slots=True)
class Desk:
    """A browser without a screen, signed in."""

    site: Site
    client: Client
    person: str

    def get(self, path: str) -> Response:
        """Ask for a page."""
        return self.client.get(self.site.address + path, headers={"Accept": "text/html"})

    def post(self, path: str, fields: dict[str, str], **headers: str) -> Response:
        """Send a form of a page of our own."""
        sent = {"Accept": "text/html", **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self.client.post(self.site.address + path, data=fields, headers=sent)


@contextmanager
def signed_in(site: Site, person: str) -> Iterator[Desk]:
    """Sign a person in, without the passkey."""
    with site.resources.desk.connection() as connection:
        secret = begin_session(connection, person, site.resources.clock())
    with Client(timeout=30, cookies={"bitacora-local": secret}) as client:
        yield Desk(site, client, person)


def with_authenticator(page: Page) -> None:
    """Give a browser's page a device that makes passkeys, whose owner is always there."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
                "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True,
            }
        },
    )  # fmt: skip
