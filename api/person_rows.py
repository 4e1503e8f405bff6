"""People as the API tells of them: by opaque id, body and public posts; never a name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from domain.access import Authority, Role
from domain.grant import Grant, GrantKind
from domain.person import Person, SignIn
from domain.territory import covers
from ledger.ledger import Folded
from projections.page import Row


class GrantRow(Row):
    """One right of a person."""

    id: str
    """The grant: the person's id and its number."""
    number: int
    """Which of the person's grants it is."""
    kind: GrantKind
    """An appointment, a delegation or a substitution."""
    role: Role
    """What it lets them do."""
    territory: str
    """The place it reaches, with everything inside."""
    process: str | None
    """The only process it is for; null for every process of the place."""
    post: str
    """The public office (*cargo*)."""
    body: str
    """The institution of that office."""
    on_behalf_of: str | None
    """The body it records for (*por cuenta de*), where that is another."""
    rests_on: str | None
    """The grant that was delegated, or whose holder is stood in for."""
    starts_at: datetime
    ends_at: datetime
    instrument: str
    """The appointment, the agreement or the letter that gives it."""
    revoked_at: datetime | None
    """When it was ended before its time."""
    in_force: bool
    """Whether it holds now, with what it rests on."""


class PersonRow(Row):
    """Somebody who works with the log."""

    id: str
    """An opaque id, which says nothing of who it is."""
    body: str
    """The institution that answers for who this is."""
    way: SignIn
    """How they sign in: with their institution's identity, or a passkey."""
    active: bool
    """Whether they may sign in."""
    erased_at: datetime | None
    """When what was known of who they are was erased."""
    grants: list[GrantRow]
    """Every right they were given, those that ended too."""
    position: int
    """The last position that changed any of this."""


def person_row(folded: Folded[Person], others: Mapping[str, Person], now: datetime) -> PersonRow:
    """Return the row of an enrolled person; ``others`` are those whose grants theirs rest on."""
    person = folded.state
    assert person.enrolled is not None  # noqa: S101 - callers have asked `known_person`
    in_force = {grant.id for grant in person.in_force(now, others)}
    return PersonRow(
        id=person.id, body=person.enrolled.body, way=person.enrolled.way, active=person.is_active,
        erased_at=person.erased_at,
        grants=[_grant_row(grant, in_force=grant.id in in_force) for grant in person.grants.values()],
        position=folded.position,
    )  # fmt: skip


def person_rows(
    people: Mapping[str, Folded[Person]], authority: Authority, territory: str, now: datetime
) -> list[PersonRow]:
    """Return who works in a place, as one who administers it sees them, in the order of their ids.

    Somebody without any grant is seen by who administers for their body, and by who administers the country.
    """
    states = {id_: folded.state for id_, folded in people.items()}
    return [
        person_row(folded, states, now)
        for _, folded in sorted(people.items())
        if works_in(folded.state, territory, authority)
    ]


def works_in(person: Person, territory: str, authority: Authority) -> bool:
    """Tell whether somebody works in a place, as one who administers it sees it."""
    if person.enrolled is None:
        return False
    if territory == "MX" or any(covers(territory, grant.given.territory) for grant in person.grants.values()):
        return True
    return not person.grants and person.enrolled.body == authority.body


def _grant_row(grant: Grant, *, in_force: bool) -> GrantRow:
    given = dict(grant.given)
    return GrantRow(id=grant.id, revoked_at=grant.revoked_at, in_force=in_force, **given)
