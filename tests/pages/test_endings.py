"""A process that was closed, and one whose election day moved: what its page and the news say of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from uuid import NAMESPACE_URL, uuid5

import pytest

from api.opening import CONSOLE
from domain.event import Event
from domain.process import PROCESS, ElectionDayMoved, ProcessClosed, process_stream
from ledger.embedded import EmbeddedPostgres
from ledger.ledger import Ledger, View
from tests.database import fresh_database
from tests.pages.site import JALISCO, NOW, Site, opened, running_site, text_of

COLIMA = "pel-2026-2027-col"
HAPPENED: dict[str, Event] = {
    JALISCO: ProcessClosed(instrument="Acta 1/2026", open_milestones=3),
    COLIMA: ElectionDayMoved(
        election_day="2027-06-13", election_day_basis="calendar", instrument="Acuerdo 9/2026", reason="Prueba"
    ),
}


@pytest.fixture(scope="module")
def site(postgres_18: EmbeddedPostgres, told_calendar: str) -> Iterator[Site]:
    """The site after both happened."""
    with fresh_database(postgres_18, told_calendar) as url:
        resources = opened(url)
        for process, event in HAPPENED.items():
            asyncio.run(_record(resources.ledger, process, event))
        resources.projector().catch_up()
        resources.close()
        with running_site(url) as running:
            yield running


async def _record(ledger: Ledger, process: str, event: Event) -> None:

    async def decide(view: View) -> None:
        await view.load(PROCESS, process_stream(process))
        view.write(process_stream(process), [event])

    key = uuid5(NAMESPACE_URL, f"ending/{process}")
    await ledger.execute(decide, command_id=key, author=CONSOLE, occurred_at=NOW)


@pytest.mark.parametrize("path", ["/", "/entidades/MX-JAL", f"/procesos/{JALISCO}"])
def test_a_process_that_was_closed_with_activities_to_be_done_says_how_many(site: Site, path: str) -> None:
    said = text_of(site.get(path).text).lower()

    assert "concluido con 3 actividades abiertas" in said
    assert "closed with 3 activities still open" in text_of(site.get(f"{path}?lang=en").text).lower()


def test_an_election_day_that_moved_says_where_the_new_one_comes_from(site: Site) -> None:
    page, news = (text_of(site.get(path).text) for path in (f"/procesos/{COLIMA}", "/"))

    assert "13 de junio de 2027 (de calendario aprobado)" in page
    assert "13 de junio de 2027 (de calendario aprobado): Acuerdo 9/2026" in news
