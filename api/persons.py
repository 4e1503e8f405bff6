"""A person's rights as the log has them: their own grants, and those they rest on."""

from __future__ import annotations

import asyncio
import secrets
from datetime import datetime
from typing import Protocol

from domain.access import Caller
from domain.event import Subject
from domain.person import PERSON, Person, is_person, person_stream
from ledger.ledger import Folded, State


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
    needed = sorted(state.rests_on)
    found = await asyncio.gather(*(source.load(PERSON, person_stream(other)) for other in needed))
    others = {other: folded.state for other, folded in zip(needed, found, strict=True)}
    return state, state.caller(now, others)


async def as_of_now(source: Source, caller: Caller, now: datetime) -> Caller:
    """Return who asks with the rights they hold now. A system's are its token's, which was just looked at."""
    return (await caller_of(source, caller.actor, now))[1] if is_person(caller.actor) else caller
