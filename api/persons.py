"""A person's rights as the log has them: their own grants, and those they rest on."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from domain.access import Caller
from domain.event import Subject
from domain.grant import Grant
from domain.person import PERSON, Person, holder_of, is_person, person_stream
from ledger.ledger import Folded, Ledger, State, recorded_event

FAMILY_PAGE = 5_000
"""How many events of a family are read at once."""


class Source(Protocol):
    """The ledger, or what one decision sees of it: what is read through a decision binds it."""

    async def load(self, subject: Subject[State], stream: str) -> Folded[State]:
        """Return a stream folded."""
        ...


def new_person_id() -> str:
    """Return an id nobody has."""
    return f"p-{secrets.token_hex(6)}"


async def caller_of(source: Source, person: str, now: datetime) -> tuple[Person, Caller]:
    """Return a person and who speaks when they do, with every right they hold now."""
    state = (await source.load(PERSON, person_stream(person))).state
    return state, state.caller(now, await bases_of(source, state))


async def bases_of(source: Source, person: Person) -> Mapping[str, Person]:
    """Return the persons whose grants a person's rest on, by id."""
    needed = sorted(person.rests_on)
    found = await asyncio.gather(*(source.load(PERSON, person_stream(other)) for other in needed))
    return {other: folded.state for other, folded in zip(needed, found, strict=True)}


async def grant_in_force(source: Source, grant: str, now: datetime) -> Grant | None:
    """Return a grant by its id where it holds now."""
    holder = (await source.load(PERSON, person_stream(holder_of(grant)))).state
    held = holder.in_force(now, await bases_of(source, holder))
    return next((each for each in held if each.id == grant), None)


def all_persons(ledger: Ledger) -> Mapping[str, Folded[Person]]:
    """Return everybody who was ever enrolled, by id, in the order they were."""
    return folded_family(ledger, PERSON)


def folded_family(ledger: Ledger, subject: Subject[State]) -> Mapping[str, Folded[State]]:
    """Return every stream of a family folded, by what follows the family's name, in the order they began."""
    prefix = f"{subject.family}/"
    found: dict[str, Folded[State]] = {}
    after = 0
    while page := ledger.log.read_family(prefix, after, FAMILY_PAGE):
        for stored in page:
            id_ = stored.stream.removeprefix(prefix)
            before = found[id_].state if id_ in found else subject.initial
            state = subject.evolve(before, *recorded_event(stored))
            found[id_] = Folded(state, stored.version, stored.position)
        after = page[-1].position
    return found


async def as_of_now(source: Source, caller: Caller, now: datetime) -> Caller:
    """Return who asks with the rights they hold now. A system's are its token's, which was just looked at."""
    return (await caller_of(source, caller.actor, now))[1] if is_person(caller.actor) else caller
