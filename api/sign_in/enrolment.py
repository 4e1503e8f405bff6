"""Enrolling: a code that is given once, to one person, and becomes a passkey and an id in the log.

The log has it first: whatever breaks off in between, the code is still good, and the same code never makes two.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import NAMESPACE_URL, uuid5

from pydantic import BaseModel, ConfigDict

from api.database import Resources
from api.opening import CONSOLE
from api.persons import new_person_id
from api.problems import Problem
from api.sign_in.passkeys import verified_registration
from api.sign_in.site import Site
from domain.event import Author, Event
from domain.grant import GrantGiven
from domain.person import PERSON, PersonEnrolled, person_stream
from ledger.desk.codes import about_code, keep_code, readable_code, use_code
from ledger.desk.passkeys import add_passkey
from ledger.desk.people import KnownPerson, remember_person
from ledger.ledger import View

PURPOSE = "enrolment"
GOOD_FOR = timedelta(days=3)
"""How long an invited person has to come."""
FIRST_GOOD_FOR = timedelta(minutes=15)
"""How long whoever runs the service has, sitting before it."""
FIRST_TERM = timedelta(days=366)
"""How long the first administrator is appointed."""


class Invitation(BaseModel):
    """Who is expected, and who said so."""

    model_config = ConfigDict(frozen=True)

    person: str
    """The id they will have."""
    name: str
    """What colleagues call them."""
    body: str
    """The institution that answers for who they are."""
    by: Author
    """Who invited them."""
    is_first: bool = False
    """Whether the service has nobody yet: they then administer it."""


def invite(resources: Resources, name: str, body: str, by: Author | None = None) -> str:
    """Return a code for somebody to enrol with, once. Without ``by`` it is for the first administrator."""
    invitation = Invitation(
        person=new_person_id(), name=name, body=body, by=by or CONSOLE, is_first=by is None
    )
    code, now = readable_code(), resources.clock()
    expires_at = now + (FIRST_GOOD_FOR if by is None else GOOD_FOR)
    with resources.desk.connection() as connection:
        keep_code(
            connection,
            code,
            purpose=PURPOSE,
            about=invitation.model_dump_json(),
            expires_at=expires_at,
            now=now,
        )
    return code


def invitation_of(resources: Resources, code: str) -> Invitation:
    """Return what a code is for, without using it. Raises a `Problem` where it is not good."""
    with resources.desk.connection() as connection:
        about = about_code(connection, code, purpose=PURPOSE, now=resources.clock())
    if about is None:
        raise code_refused()
    return Invitation.model_validate_json(about)


async def enrol(resources: Resources, site: Site, code: str, answer: str) -> str:
    """Return the id of the person a code made. Raises a `Problem` where the code or the passkey is not good."""
    invitation = invitation_of(resources, code)
    passkey = verified_registration(resources, site, invitation.person, answer)
    now = resources.clock()
    events: list[Event] = [PersonEnrolled(body=invitation.body, way="passkey")]
    if invitation.is_first:
        events.append(_first_grant(invitation, resources))

    async def decide(view: View) -> None:
        if (await view.load(PERSON, person_stream(invitation.person))).state.enrolled is None:
            view.write(person_stream(invitation.person), events)

    key = uuid5(NAMESPACE_URL, f"{resources.settings.origin}#enrol/{invitation.person}")
    await resources.ledger.execute(decide, command_id=key, author=invitation.by, occurred_at=now)
    with resources.desk.connection() as connection, connection.transaction():
        # Of two browsers with the same code one gets it.
        if use_code(connection, code, purpose=PURPOSE, now=now) is None:
            raise code_refused()
        remember_person(connection, KnownPerson(invitation.person, invitation.name, None, None, now))
        add_passkey(connection, passkey, now)
    return invitation.person


def _first_grant(invitation: Invitation, resources: Resources) -> GrantGiven:
    """Return the appointment of the first administrator, who appoints everybody else."""
    now = resources.clock()
    return GrantGiven(
        number=1, kind="appointment", role="administrator", territory="MX", post=CONSOLE.post,
        body=invitation.body, starts_at=now, ends_at=now + FIRST_TERM, instrument="bitacora admin bootstrap",
    )  # fmt: skip


def code_refused() -> Problem:
    """Return the problem of a code that lets nobody in: the same whether it never was, was used or is over."""
    return Problem(
        403,
        "code-refused",
        es="El código no sirve: está mal escrito, ya se usó o venció. Pide otro a quien te lo dio.",
        en="The code is not good: mistyped, used already or over. Ask whoever gave it to you for another.",
    )
