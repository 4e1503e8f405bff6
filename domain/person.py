"""A person who works with the log: an opaque id with public posts. Names are kept elsewhere, where they can be erased.

The stream ``person/{id}`` holds every grant of one person, so that a decision that rests on a right is recorded only
if that right was not taken away meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Annotated, Literal, assert_never

from pydantic import AwareDatetime, Field

from domain.access import Authority, Caller, Role, authorise
from domain.event import Envelope, Event, Line, Payload, Prose, Refused, Subject
from domain.grant import Grant, GrantGiven, GrantId, GrantKind, GrantRevoked, refuse_wider
from domain.territory import Place

SignIn = Literal["issuer", "passkey"]
"""How a person is known: by their body's own identity provider, or by a passkey enrolled here."""

LONGEST_GRANT = timedelta(days=9 * 366)
"""The longest term there is: INE's councillors serve nine years (CPEUM 41.V.A)."""


class PersonEnrolled(Event, type="PersonEnrolled.v1"):
    """Somebody can sign in from now on. It gives no right by itself."""

    body: Line
    """The institution that answers for who this is."""
    way: SignIn


class PersonRemoved(Event, type="PersonRemoved.v1"):
    """A person can sign in no more, and holds nothing."""

    reason: Prose


class NameErased(Event, type="NameErased.v1"):
    """What was known of who a person is was erased. Their posts and acts stay as they were said."""

    reason: Prose


PersonEvent = PersonEnrolled | GrantGiven | GrantRevoked | PersonRemoved | NameErased
"""Everything that can happen to a person."""


@dataclass(frozen=True, slots=True)
class Person:
    """A person as their events leave them."""

    id: str = ""
    enrolled: PersonEnrolled | None = None
    grants: Mapping[int, Grant] = field(default_factory=dict)
    removed_at: datetime | None = None
    erased_at: datetime | None = None
    """When their name was erased; None while it may still be known."""
    version: int = 0

    @property
    def is_active(self) -> bool:
        """Whether they may sign in."""
        return self.enrolled is not None and self.removed_at is None

    def in_force(self, at: datetime, others: Mapping[str, Person]) -> Iterator[Grant]:
        """Yield the grants that hold at an instant; ``others`` are the persons whose grants theirs rest on."""
        if not self.is_active:
            return
        for grant in self.grants.values():
            if grant.is_in_force(at) and _base_holds(grant, at, others):
                yield grant

    def caller(self, at: datetime, others: Mapping[str, Person]) -> Caller:
        """Return who speaks, with every right they hold at an instant."""
        return Caller(self.id, tuple(grant.authority() for grant in self.in_force(at, others)))

    @property
    def rests_on(self) -> frozenset[str]:
        """The ids of the persons whose grants theirs rest on."""
        return frozenset(
            holder_of(grant.given.rests_on) for grant in self.grants.values() if grant.given.rests_on
        )


def evolve(person: Person, event: Event, envelope: Envelope) -> Person:
    """Return the person after one more event."""
    return replace(_evolved(person, event, envelope), version=envelope.version)  # type: ignore[arg-type]  # the ledger folds a stream with its own events


def _evolved(person: Person, event: PersonEvent, envelope: Envelope) -> Person:
    match event:
        case PersonEnrolled():
            return Person(envelope.stream.removeprefix("person/"), event)
        case GrantGiven():
            grant = Grant(f"{person.id}#g{event.number}", event, envelope.author.actor)
            return replace(person, grants={**person.grants, event.number: grant})
        case GrantRevoked():
            ended = replace(person.grants[event.number], revoked_at=envelope.recorded_at)
            return replace(person, grants={**person.grants, event.number: ended})
        case PersonRemoved():
            return replace(person, removed_at=envelope.recorded_at)
        case NameErased():
            return replace(person, erased_at=envelope.recorded_at)
        case _ as unknown:
            assert_never(unknown)


PERSON: Subject[Person] = Subject("person", Person(), evolve)
"""How a person's stream is folded."""


class GiveGrant(Payload):
    """Give a person the right to act in a post: an appointment, a delegation or a substitution."""

    kind: GrantKind = "appointment"
    role: Role
    territory: Place
    process: Line | None = None
    """The only process it is for; left out, every process of the place."""
    post: Line
    """The public office (*cargo*); stays readable in the log for ever."""
    body: Line
    """The institution of that office."""
    on_behalf_of: Line | None = None
    """The body it records for (*por cuenta de*), where that is another."""
    rests_on: GrantId | None = None
    """The grant that is delegated, or whose holder is stood in for."""
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    instrument: Line
    """The appointment, the agreement or the letter that gives it."""

    def decide(self, holder: Person, giver: Caller, base: Grant | None, at: datetime) -> Sequence[Event]:
        """Refuse what the giver may not give. ``base`` is the grant it rests on, where that is in force."""
        known_person(holder)
        given = GrantGiven(number=len(holder.grants) + 1, **dict(self))
        if any(_same(given, grant.given) and grant.is_in_force(at) for grant in holder.grants.values()):
            return []
        _refuse_wrong_dates(self.starts_at, self.ends_at, at)
        if giver.actor == holder.id:
            raise Refused(
                "own-grant",
                es="Nadie se nombra a sí mismo: pídelo a otra persona que administre.",
                en="Nobody appoints themselves: ask another administrator.",
            )
        self._refuse_without_base(giver, base)
        if base is not None:
            refuse_wider(given, base)
        self.given_under(giver)
        return [given]

    def given_under(self, giver: Caller) -> Authority:
        """Return the authority it is given under: the one that is delegated, or one that administers the place."""
        if self._delegates_own(giver):
            for authority in giver.authorities:
                if authority.grant == f"person/{self.rests_on}":
                    return authority
        return authorise(giver, "administer", self.territory, self.process)

    def _delegates_own(self, giver: Caller) -> bool:
        return self.kind == "delegation" and holder_of(self.rests_on or "") == giver.actor

    def _refuse_without_base(self, giver: Caller, base: Grant | None) -> None:
        is_lent = self.kind != "appointment"
        if is_lent != (self.rests_on is not None) or (is_lent and base is None):
            raise Refused(
                "base-not-in-force",
                es="Una delegación o suplencia descansa en un nombramiento vigente («rests_on»); un nombramiento, en "
                "ninguno.",
                en="A delegation or a substitution rests on a grant in force ('rests_on'); an appointment on none.",
                fields=("rests_on",),
            )
        if self.kind == "delegation" and not self._delegates_own(giver):
            raise Refused(
                "not-own-to-delegate",
                es="Sólo quien tiene un nombramiento lo delega: indica uno tuyo en «rests_on».",
                en="Only who holds a grant delegates it: name one of yours in 'rests_on'.",
                fields=("rests_on",),
            )


class RevokeGrant(Payload):
    """End a grant now. What was said under it stays as it was said."""

    number: Annotated[int, Field(ge=1)]
    """Which of the person's grants."""
    reason: Prose
    instrument: Line | None = None

    def decide(self, holder: Person, giver: Caller) -> Sequence[Event]:
        """Do nothing where it is revoked; refuse who neither gave it nor administers its place."""
        known_person(holder)
        grant = holder.grants.get(self.number)
        if grant is None:
            raise Refused(
                "unknown-grant",
                es=f"Esa persona no tiene un nombramiento {self.number}: revisa su lista.",
                en=f"That person has no grant {self.number}: look at their list.",
                fields=("number",),
            )
        self.ended_under(grant, giver)
        if grant.revoked_at is not None:
            return []
        return [GrantRevoked(number=self.number, reason=self.reason, instrument=self.instrument)]

    def ended_under(self, grant: Grant, giver: Caller) -> Authority:
        """Return the authority it is ended under: any of who gave it, or one that administers its place."""
        if grant.given_by == giver.actor and giver.authorities:
            base = next(
                (each for each in giver.authorities if each.grant == f"person/{grant.given.rests_on}"), None
            )
            return base or giver.authorities[0]
        return authorise(giver, "administer", grant.given.territory, grant.given.process)


class RemovePerson(Payload):
    """End everything a person may do, and their sessions. Their posts and acts stay in the log."""

    reason: Prose

    def decide(self, person: Person) -> Sequence[Event]:
        """Do nothing where it is so already."""
        known_person(person)
        return [PersonRemoved(reason=self.reason)] if person.is_active else []


class EraseName(Payload):
    """Erase what is known of who a removed person is. Their posts and acts stay in the log, under their id."""

    reason: Prose
    """Stays readable in the log for ever: it names nobody."""

    def decide(self, person: Person) -> Sequence[Event]:
        """Do nothing where it is so already; refuse while they may still sign in."""
        known_person(person)
        if person.is_active:
            raise Refused(
                "still-active",
                es="Esa persona todavía puede entrar: dale de baja primero, y después borra su nombre.",
                en="That person can still sign in: remove them first, and then erase their name.",
            )
        return [] if person.erased_at else [NameErased(reason=self.reason)]


class EraseNameAgain(Payload):
    """Erase a name that was erased before, in a log that was restored to before that."""

    reason: Prose
    """Stays readable in the log for ever: it names nobody."""

    def decide(self, person: Person) -> Sequence[Event]:
        """Do nothing where the log knows; else remove who could sign in again, and erase."""
        known_person(person)
        if person.erased_at:
            return []
        return [*RemovePerson(reason=self.reason).decide(person), NameErased(reason=self.reason)]


def known_person(person: Person) -> PersonEnrolled:
    """Return how a person was enrolled. Raises `Refused` where there is no such person."""
    if person.enrolled is None:
        raise Refused(
            "unknown-person",
            es="No hay una persona con ese identificador: lo ve en «Mi cuenta» quien entra.",
            en="There is no person with that id: who signs in sees theirs under 'My account'.",
        )
    return person.enrolled


def person_stream(person: str) -> str:
    """Return the stream of a person."""
    return f"person/{person}"


def is_person(actor: str) -> bool:
    """Tell whether who speaks is a person, not a system."""
    return actor.startswith("p-")


def holder_of(grant: str) -> str:
    """Return whose a grant is."""
    return grant.partition("#")[0]


def _base_holds(grant: Grant, at: datetime, others: Mapping[str, Person]) -> bool:
    """Tell whether what a grant rests on holds. A substitution outlives nothing: it ends with the post."""
    if grant.given.rests_on is None:
        return True
    holder = others.get(holder_of(grant.given.rests_on))
    base = (
        next((each for each in holder.grants.values() if each.id == grant.given.rests_on), None)
        if holder
        else None
    )
    return holder is not None and holder.is_active and base is not None and base.is_in_force(at)


def _same(one: GrantGiven, other: GrantGiven) -> bool:
    return one.model_copy(update={"number": other.number}) == other


def _refuse_wrong_dates(starts_at: datetime, ends_at: datetime, at: datetime) -> None:
    if starts_at < ends_at <= starts_at + LONGEST_GRANT and ends_at > at:
        return
    raise Refused(
        "wrong-term",
        es="El nombramiento termina después de empezar, no ha terminado ya y dura a lo más nueve años: corrige las "
        "fechas.",
        en="A grant ends after it starts, has not ended yet and lasts nine years at most: correct the dates.",
        fields=("starts_at", "ends_at"),
        basis="CPEUM 41.V.A",
    )
