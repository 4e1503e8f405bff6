"""Giving and ending rights, removing people, erasing names: decided once for API, pages and command line."""

from __future__ import annotations

from datetime import datetime

from api.persons import grant_in_force
from domain.access import Caller
from domain.administration import authorise_removal
from domain.person import PERSON, EraseName, GiveGrant, Person, RemovePerson, RevokeGrant, person_stream
from ledger.ledger import Folded, View


async def give_grant(
    view: View, person: str, command: GiveGrant, giver: Caller, now: datetime
) -> Folded[Person]:
    """Give a grant, under the right that lets the giver, and return the holder as they were. Raises `Refused`."""
    holder = await view.load(PERSON, person_stream(person))
    base = await grant_in_force(view, command.rests_on, now) if command.rests_on else None
    events = command.decide(holder.state, giver, base, now)
    if events:
        view.author = giver.author(command.given_under(giver))
    view.write(person_stream(person), events)
    return holder


async def revoke_grant(view: View, person: str, command: RevokeGrant, giver: Caller) -> Folded[Person]:
    """End a grant, and return its holder as they were. Raises `Refused`."""
    holder = await view.load(PERSON, person_stream(person))
    events = command.decide(holder.state, giver)
    if events:
        view.author = giver.author(command.ended_under(holder.state.grants[command.number], giver))
    view.write(person_stream(person), events)
    return holder


async def remove_person(view: View, person: str, command: RemovePerson, remover: Caller) -> Folded[Person]:
    """Remove a person, and return them as they were. Raises `Refused`."""
    before = await view.load(PERSON, person_stream(person))
    view.author = remover.author(authorise_removal(remover, before.state))
    view.write(person_stream(person), command.decide(before.state))
    return before


async def erase_name(view: View, person: str, command: EraseName, eraser: Caller) -> Folded[Person]:
    """Record that a name is erased, under the right that removes, and return the person as they were.

    Raises `Refused`. `api.erasing.forget` erases it, after this was recorded and each time it is asked for again.
    """
    before = await view.load(PERSON, person_stream(person))
    view.author = eraser.author(authorise_removal(eraser, before.state))
    view.write(person_stream(person), command.decide(before.state))
    return before
