"""What the pages say of a log that is not simulated, where a simulated one says otherwise."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api.database import Resources
from api.opening import processes_of_the_cycle, record_opening, start_log
from domain.milestone_events import MilestoneDated, MilestoneStarted, Schedule
from domain.names import Names
from ledger.embedded import EmbeddedPostgres
from tests.database import fresh_database
from tests.pages.site import FEDERAL, JALISCO, NOW, ORIGIN, Site, running_site, text_of
from tests.pages.staff import happen
from tests.resources import record_and_tell

SOURCE = "Acuerdo IEPC-ACG-031/2026, anexo 2"


async def _begin(resources: Resources) -> None:
    """Begin a log that is not simulated, with the federal calendar and one state's."""
    await start_log(resources.ledger, ORIGIN, NOW)
    for command in processes_of_the_cycle():
        if command.process in {FEDERAL, JALISCO}:
            await record_opening(resources.ledger, ORIGIN, command, NOW)


@pytest.fixture(scope="module")
def real(postgres_18: EmbeddedPostgres) -> Iterator[Site]:
    """The site over a real log in which two reports came late and one date was loaded."""
    with fresh_database(postgres_18) as url:
        record_and_tell(url, ORIGIN, NOW, _begin)
        with running_site(url) as site:
            late = site.data(f"/processes/{FEDERAL}/milestones", standing="without_report", limit="2")[
                "items"
            ]
            for row in late:
                happen(site, FEDERAL, row["id"], MilestoneStarted())
            schedule = Schedule(
                due="2027-03-25", basis="calendar", rests_on="calendar", official=True,
                explanation=Names(es=f"Fecha tomada de: {SOURCE}.", en=f"Date taken from: {SOURCE}."), source=SOURCE,
            )  # fmt: skip
            happen(site, JALISCO, "L082", MilestoneDated(schedule=schedule, instrument=SOURCE))
            yield site


def test_the_national_page_leads_to_as_many_late_reports_as_it_says(real: Site) -> None:
    page = real.get("/").text
    whole = text_of(real.get("/reportes-tardios").text)

    assert '<a href="/reportes-tardios">2 reportes llegaron tarde o pasado el plazo</a>' in page
    assert "2 reportes" in whole
    assert "la historia simulada" not in whole


def test_a_loaded_date_says_by_which_instrument_and_not_that_it_was_checked(real: Site) -> None:
    page = real.get(f"/procesos/{JALISCO}/actividades/L082").text
    calendar = real.get(f"/calendarios/procesos/{JALISCO}.ics").text.replace("\r\n ", "")

    assert f'<li class="mark-read">Fecha cargada con su instrumento: {SOURCE}</li>' in page
    assert f"Fecha cargada con su instrumento: {SOURCE}".replace(",", "\\,") in calendar
    assert "Fecha leída" not in page + calendar
