"""What happened as feeds to follow: the country's, each state's, each process's."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.pages.entity import unknown_entity
from api.pages.process import known_process
from api.view.atom_file import MEDIA_TYPE, AtomPage, atom_file
from api.view.feeds import feed_answer, known_tag, site_address
from api.view.formats import in_language
from api.view.visit import Asked, Reading, Visit
from api.words import speak_plainly
from domain.entity import entities
from projections.recorded import recorded_at
from projections.timeline import TimelineFilter, list_timeline

router = APIRouter(tags=["pages"])

PAGE_ENTRIES = 50

Before = Annotated[
    str | None,
    Query(max_length=20, description="El asiento antes del cual seguir, como lo da la página anterior."),
]


@router.get("/novedades.atom")
def country_news(visit: Asked, antes: Before = None) -> Response:
    """Lo que pasó en el país, como Atom."""
    with visit.reading() as reading:
        title = speak_plainly(visit.language)("feed.news")
        return _answer(visit, reading, title, "/", TimelineFilter(reports_only=True), antes)


@router.get("/novedades/{territory}.atom")
def territory_news(visit: Asked, territory: str, antes: Before = None) -> Response:
    """Lo que pasó en una entidad, como Atom."""
    if territory not in entities():
        raise unknown_entity(territory)
    title = speak_plainly(visit.language)("feed.news_of", name=entities()[territory].name)
    where = TimelineFilter(territory=territory, reports_only=True)
    with visit.reading() as reading:
        return _answer(visit, reading, title, f"/entidades/{territory}", where, antes)


@router.get("/novedades/procesos/{process}.atom")
def process_news(visit: Asked, process: str, antes: Before = None) -> Response:
    """Lo que pasó en un proceso o en un expediente público, como Atom."""
    with visit.reading() as reading:
        known = known_process(reading, process)
        title = speak_plainly(visit.language)("feed.news_of", name=in_language(known.name, visit.language))
        where = TimelineFilter(process=process, reports_only=True)
        of_case = known.election_day is None
        return _answer(visit, reading, title, f"/procesos/{process}", where, antes, of_case=of_case)


def _answer(
    visit: Visit, reading: Reading, title: str, page: str, where: TimelineFilter, before: str | None, *,
    of_case: bool = False,
) -> Response:  # fmt: skip
    """Return a page of a feed, or that the reader has it."""
    found = list_timeline(
        reading.connection, where, reading.as_of, newest_first=True, after=before, limit=PAGE_ENTRIES
    )
    tag = known_tag(visit, title, found.next, [(one.position, one.corrected_by) for one in found.items])
    address = site_address(visit)

    def make() -> bytes:
        feed = AtomPage(
            title=title,
            address=address + visit.here(antes=before or ""),
            page=address + page,
            entries=found.items,
            before=address + visit.here(antes=found.next) if found.next else None,
            began_at=recorded_at(reading.connection, [1]).get(1, reading.as_of.at),
            of_case=of_case,
        )
        return atom_file(visit, feed, address)

    return feed_answer(visit, tag, make, MEDIA_TYPE)
