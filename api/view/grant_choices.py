"""What the forms that give rights offer to choose from: places, processes, people and grants, each by its name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from api.person_rows import works_in
from api.persons import all_persons
from api.view.places import place_name
from api.view.visit import Visit
from domain.access import Authority, Caller
from domain.entity import FEDERATION, entities
from domain.grant import Grant
from domain.person import Person
from domain.territory import covers
from ledger.desk.people import names_of
from projections.processes import ProcessName, list_process_names


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the things a form offers: the code it sends, and what people call it."""

    code: str
    name: str


def places_to_choose(visit: Visit, held: Sequence[Authority]) -> list[Choice]:
    """Return the places of some rights with the states inside; a part of a state is written by its number."""
    known = (FEDERATION, *entities())
    inside = [
        place
        for authority in held
        for place in (authority.territory, *(one for one in known if covers(authority.territory, one)))
    ]
    return [Choice(place, place_name(place, visit.language)) for place in dict.fromkeys(inside)]


def processes_to_choose(visit: Visit, held: Sequence[Authority]) -> list[Choice]:
    """Return the elections some rights reach, in the order they were opened. A case file is written by its id."""
    with visit.reading() as reading:
        known = list_process_names(reading.connection, reading.as_of)
    return [
        Choice(one.id, visit.in_language(one.name))
        for one in known
        if any(_is_of(one, authority) for authority in held)
    ]


def people_to_choose(visit: Visit, caller: Caller, held: Sequence[Authority]) -> list[Choice]:
    """Return who else works inside some rights, by public post, and by name where the caller may know it."""
    now, people = visit.resources.clock(), _everybody(visit)
    found = [
        person
        for person in people.values()
        if person.is_active and person.id != caller.actor
        if any(works_in(person, authority.territory, authority) for authority in held)
    ]
    names = _names_told(visit, caller, found)
    choices = [
        Choice(person.id, " · ".join([*names.get(person.id, []), *_posts(person, now, people)]))
        for person in found
    ]
    return sorted(choices, key=lambda choice: choice.name)


def grants_to_stand_in_for(visit: Visit, caller: Caller, stand_in: str, territory: str) -> list[Choice]:
    """Return the appointments in force in a place, by post, place and holder, but for those of who would stand in."""
    now, people = visit.resources.clock(), _everybody(visit)
    found = [
        (holder, grant)
        for holder in people.values()
        if holder.id != stand_in
        for grant in holder.in_force(now, people)
        if grant.given.kind == "appointment" and covers(territory, grant.given.territory)
    ]
    names = _names_told(visit, caller, [holder for holder, _ in found])
    choices = [
        Choice(
            grant.id,
            " · ".join(
                [_post(grant), place_name(grant.given.territory, visit.language), *names.get(holder.id, [])]
            ),
        )
        for holder, grant in found
    ]
    return sorted(choices, key=lambda choice: choice.name)


def _is_of(process: ProcessName, authority: Authority) -> bool:
    """Tell whether a process has activities inside a right: the federal one has some in each state."""
    touches = covers(authority.territory, process.territory) or covers(process.territory, authority.territory)
    return touches and authority.process in {None, process.id}


def _everybody(visit: Visit) -> dict[str, Person]:
    return {id_: folded.state for id_, folded in all_persons(visit.resources.ledger).items()}


def _posts(person: Person, now: datetime, people: dict[str, Person]) -> list[str]:
    """Return the posts somebody holds, each once; the body that answers for them where they hold none."""
    held = [_post(grant) for grant in person.in_force(now, people)]
    return list(dict.fromkeys(held)) or [person.enrolled.body if person.enrolled else person.id]


def _post(grant: Grant) -> str:
    return f"{grant.given.post}, {grant.given.body}"


def _names_told(visit: Visit, caller: Caller, people: Iterable[Person]) -> dict[str, list[str]]:
    """Return the names of those who work where the caller administers: nobody else is told a name."""
    administered = [authority for authority in caller.authorities if authority.allows("administer")]
    told = [
        person.id
        for person in people
        if any(works_in(person, authority.territory, authority) for authority in administered)
    ]
    with visit.resources.desk.connection() as connection:
        return {person: [name] for person, name in names_of(connection, told).items()}
