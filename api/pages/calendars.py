"""Deadlines as calendars to subscribe to: the country's, each state's, each process's."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter, Response

from api.pages.entity import unknown_entity
from api.pages.process import known_process
from api.view.calendar_file import MEDIA_TYPE, calendar_file, calendar_rows
from api.view.feeds import PUBLIC_CACHE, feed_answer, known_tag, site_address
from api.view.formats import in_language
from api.view.visit import Asked, Reading, Visit
from api.words import speak_plainly
from domain.entity import FEDERATION, entities
from projections.milestone_filter import MilestoneFilter
from projections.milestones import MilestoneRow, list_milestones
from projections.recorded import recorded_at

router = APIRouter(tags=["pages"])

PAGE_ROWS = 500


@router.get("/calendarios/{territory}.ics")
def territory_calendar(visit: Asked, territory: str) -> Response:
    """Los plazos de una entidad, o los nacionales (`MX`), como calendario."""
    if territory != FEDERATION and territory not in entities():
        raise unknown_entity(territory)
    say = speak_plainly(visit.language)
    name = (
        say("feed.country")
        if territory == FEDERATION
        else say("feed.deadlines_of", name=entities()[territory].name)
    )
    with visit.reading() as reading:
        rows = [row for row in all_rows(reading, MilestoneFilter(territory=territory)) if not row.same_as]
        return calendar_answer(visit, reading, name, rows)


@router.get("/calendarios/procesos/{process}.ics")
def process_calendar(visit: Asked, process: str) -> Response:
    """Los plazos de un proceso o de un expediente público, como calendario."""
    with visit.reading() as reading:
        known = known_process(reading, process)
        name = speak_plainly(visit.language)(
            "feed.deadlines_of", name=in_language(known.name, visit.language)
        )
        return calendar_answer(visit, reading, name, all_rows(reading, MilestoneFilter(process=process)))


def all_rows(reading: Reading, where: MilestoneFilter) -> Iterator[MilestoneRow]:
    """Yield every activity that satisfies a filter."""
    after: str | None = None
    while True:
        page = list_milestones(reading.connection, where, reading.as_of, after=after, limit=PAGE_ROWS)
        yield from page.items
        if page.next is None:
            return
        after = page.next


def calendar_answer(
    visit: Visit, reading: Reading, name: str, rows: Iterator[MilestoneRow] | list[MilestoneRow],
    *, caching: str = PUBLIC_CACHE,
) -> Response:  # fmt: skip
    """Return the calendar of these activities, or that the reader has it: it changes only when one of them does."""
    shown = calendar_rows(rows)
    tag = known_tag(visit, name, [(row.id, row.position) for row in shown])

    def make() -> bytes:
        stamps = recorded_at(reading.connection, {row.position for row in shown})
        return calendar_file(visit, name, shown, stamps, site_address(visit))

    return feed_answer(visit, tag, make, MEDIA_TYPE, caching=caching)
