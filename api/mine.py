"""Which activities are mine? Those of the places I hold a right over, as somebody who reports or validates.

A right over the whole country is over what is followed for the country; what is followed state by state is the
states' own, or of whoever holds a right over that state.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from psycopg import Connection

from domain.access import Action, Caller
from projections.milestone_filter import MilestoneFilter
from projections.milestones import MilestoneRow, list_milestones
from projections.moment import AsOf

PAGE_ROWS = 500


class MyPlace(NamedTuple):
    """A place, or one process there."""

    territory: str
    process: str | None


def places_of(caller: Caller, action: Action) -> list[MyPlace]:
    """Return the places where a caller may do something, each once."""
    held = {
        MyPlace(authority.territory, authority.process)
        for authority in caller.authorities
        if authority.allows(action)
    }
    return sorted(
        place for place in held if place.process is None or MyPlace(place.territory, None) not in held
    )


def rows_of(
    connection: Connection[Any], places: list[MyPlace], where: MilestoneFilter, as_of: AsOf
) -> Iterator[MilestoneRow]:
    """Yield the activities of some places that satisfy a filter; of cases only those that anyone may see."""
    for place in places:
        asked, after = replace(where, territory=place.territory, process=place.process), None
        while True:
            page = list_milestones(connection, asked, as_of, after=after, limit=PAGE_ROWS)
            yield from page.items
            if page.next is None:
                break
            after = page.next
