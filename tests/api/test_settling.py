"""What depends on something outside a case takes effect by itself, once, whatever is killed meanwhile."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from api.case_opening import open_case as write_opening
from api.database import Resources
from api.opening import CONSOLE
from api.reporting import write_report
from api.settling import SETTLER
from domain.case import OpenCase
from domain.milestone_commands import CompleteMilestone
from domain.process import FactGiven
from domain.working_calendar import WORKING_CALENDAR, LoadWorkingCalendar, calendar_stream
from ledger.embedded import EmbeddedPostgres
from ledger.ledger import View
from ledger.log import Commit, NewEvent
from tests.api.cases import due, load_calendar, open_case, report, step_of
from tests.api.harness import NOW, ORIGIN, Api, begin, milestone, opened
from tests.api.settlers import place, settled, settling
from tests.database import fresh_database, template_database
from tests.resources import record_and_tell
from tests.waiting import eventually

FACTS = (FactGiven(id="origin", value="complaint"), FactGiven(id="matter", value="ordinary"))
"""What a complaint about a party's money is opened with."""
CASES = 20
JALISCO = "MX-JAL"
ROOT = Path(__file__).parents[2]
SETTLE = (
    "import sys, threading; from datetime import datetime; from tests.resources import resources_at;"
    "from api.settling import Settler;"
    "now = datetime.fromisoformat(sys.argv[3]); found = resources_at(sys.argv[1], sys.argv[2], now);"
    "Settler(found).run(threading.Event())"
)


def complaint(api: Api, folio: str) -> str:
    """Open a complaint received on Friday, 13 November 2026, and return the id of its case."""
    facts = [fact.model_dump() for fact in FACTS]
    answer = open_case(
        api, kind="audit_complaint", territory=JALISCO, folio=folio, received="2026-11-13T10:00", facts=facts,
        matter=None,
    )  # fmt: skip
    assert answer.status_code == 201, answer.text
    case = str(answer.json()["process"])
    assert report(api, case, "S01").status_code == 200
    return case


def test_a_calendar_that_is_loaded_dates_the_steps_that_waited_for_it(api: Api) -> None:
    case = complaint(api, "C-1")
    assert due(api, case, "S02") is None
    before = api.head()

    with settling(api.resources):
        assert load_calendar(api, JALISCO, 2026, "2026-11-18").status_code == 201
        settled(api.resources)

    # Three days from Friday 13: not 14, 15, nor Monday 16, a day of rest (LFT 74), nor 18, the institute's own.
    assert due(api, case, "S02") == "2026-11-20"
    followed = [each for each in api.resources.ledger.log.read(before, 1_000) if case in each.stream]
    assert {each.type for each in followed} == {"MilestoneScheduled.v1"}
    assert {each.author for each in followed} == {SETTLER}


def test_an_election_that_begins_is_corrected_and_ends_moves_the_days_that_count(api: Api) -> None:
    load_calendar(api, JALISCO, 2026)
    case = complaint(api, "C-2")
    assert due(api, case, "S02") == "2026-11-19", "three business days: 17, 18, 19"
    begins = milestone("L010")

    with settling(api.resources):
        answer = api.write(f"{begins}/completion", {"occurred_at": "2026-11-14T12:00:00-06:00"})
        assert answer.status_code == 200, answer.text
        settled(api.resources)
        assert due(api, case, "S02") == "2026-11-16", "every day counts since 14: 14, 15, 16"

        wrong = {
            "report": "completion",
            "reason": "Fue el día 15",
            "occurred_at": "2026-11-15T12:00:00-06:00",
        }
        assert api.write(f"{begins}/correction", wrong).status_code == 200
        settled(api.resources)
        assert due(api, case, "S02") == "2026-11-17", "every day counts since 15: 15, 16, 17"

        ending = {"instrument": "Acuerdo de cierre", "occurred_at": "2026-11-15T20:00:00-06:00"}
        process = begins.partition("/milestones")[0]
        assert api.write(f"{process}/closing", ending).status_code == 200
        settled(api.resources)
        assert due(api, case, "S02") == "2026-11-18", "15 counts; then business days again: 17, 18"


def test_without_a_settler_a_case_keeps_its_old_dates(api: Api) -> None:
    """The control: what the tests above see is the settler's work, and nobody else's."""
    case = complaint(api, "C-3")
    before = due(api, case, "S02")

    load_calendar(api, JALISCO, 2026, "2026-11-17", "2026-11-18", "2026-11-19", "2026-11-20")
    time.sleep(1)

    assert due(api, case, "S02") == before
    with settling(api.resources):
        settled(api.resources)
    assert due(api, case, "S02") != before


def test_cases_elsewhere_and_those_that_no_calendar_moves_are_left_alone(api: Api) -> None:
    facts = [fact.model_dump() for fact in FACTS]
    elsewhere = open_case(
        api, kind="audit_complaint", territory="MX-COL", folio="C-4", received="2026-11-13T10:00", facts=facts,
        matter=None,
    ).json()["process"]  # fmt: skip
    unmoved = open_case(api, kind="special_sanctioning", territory=JALISCO, folio="C-4", facts=[]).json()
    before = api.head()

    with settling(api.resources):
        load_calendar(api, JALISCO, 2027, "2027-03-26")
        settled(api.resources)

    streams = [each.stream for each in api.resources.ledger.log.read(before, 1_000)]
    assert not [stream for stream in streams if elsewhere in stream or unmoved["process"] in stream]


def test_a_case_that_cannot_be_read_stops_none_of_the_others(api: Api) -> None:
    broken, sound = complaint(api, "C-5"), complaint(api, "C-6")
    before = due(api, sound, "S02")
    strange = NewEvent(f"milestone/{broken}/S03", step_version(api, broken, "S03") + 1, "Unheard.v1", b"{}")
    api.resources.ledger.log.append([Commit(uuid4(), CONSOLE, NOW, [strange])])

    with settling(api.resources):
        load_calendar(api, JALISCO, 2026, "2026-11-19", "2026-11-17")
        settled(api.resources)

    assert due(api, sound, "S02") != before
    assert place(api.resources.database_url) == api.head()


def test_the_metrics_say_how_far_the_settler_is(api: Api) -> None:
    with settling(api.resources):
        settled(api.resources)
    api.read("/api/v1/processes")

    figures = dict(
        line.rsplit(" ", 1) for line in api.client.get("/metrics").text.splitlines() if line[0] != "#"
    )

    assert float(figures["bitacora_settled_position"]) == api.head()
    assert float(figures["bitacora_settling_lag_events"]) == 0


def test_a_settler_killed_twice_in_the_middle_records_what_an_undisturbed_one_does(
    postgres_18: EmbeddedPostgres, waiting_cases: str
) -> None:
    with (
        fresh_database(postgres_18, waiting_cases) as calm,
        fresh_database(postgres_18, waiting_cases) as stormy,
    ):
        undisturbed = opened(calm)
        cause = undisturbed.ledger.log.head().position
        with settling(undisturbed):
            eventually(lambda: (place(calm) or 0) > cause)
            eventually(lambda: place(calm) == undisturbed.ledger.log.head().position)
        expected = recorded(calm, cause)
        undisturbed.close()

        for kill_at in (2, 6):
            killed_after(stormy, cause, kill_at)
            assert kill_at <= len(commands(stormy, cause)) < CASES, "it was killed in the middle"
        survivor = opened(stormy)
        with settling(survivor):
            eventually(lambda: (place(stormy) or 0) > cause)
        survivor.close()

        assert recorded(stormy, cause) == expected
        assert len(commands(stormy, cause)) == CASES


@pytest.fixture(scope="module")
def waiting_cases(postgres_18: EmbeddedPostgres) -> Iterator[str]:
    """The name of a database with cases that wait for a calendar, which was loaded last, and no settler yet."""
    with template_database(
        postgres_18, lambda url: record_and_tell(url, ORIGIN, NOW, wait_for_calendar)
    ) as name:
        yield name


async def wait_for_calendar(resources: Resources) -> None:
    """Open the cases, then load the calendar they wait for."""
    await begin(resources)
    at = NOW - timedelta(days=1)
    for number in range(CASES):
        command = OpenCase(
            kind="audit_complaint",
            territory=JALISCO,
            folio=f"K-{number}",
            received="2026-11-13T10:00",
            facts=FACTS,
        )

        async def opening(view: View, command: OpenCase = command) -> None:
            await write_opening(view, command, NOW)

        async def receiving(view: View, command: OpenCase = command) -> None:
            await write_report(view, command.process, "S01", CompleteMilestone(), at, NOW)

        for decide in (opening, receiving):
            await resources.ledger.execute(decide, command_id=uuid4(), author=CONSOLE, occurred_at=at)
    calendar = LoadWorkingCalendar(territory=JALISCO, year=2026, days=(), instrument="Acuerdo 1")
    stream = calendar_stream(JALISCO, 2026)

    async def loading(view: View) -> None:
        view.write(stream, calendar.decide((await view.load(WORKING_CALENDAR, stream)).state))

    await resources.ledger.execute(loading, command_id=uuid4(), author=CONSOLE, occurred_at=at)


def killed_after(url: str, cause: int, count: int) -> None:
    """Let a settler run as a program of its own until it has settled so many cases, then kill it."""
    settler = subprocess.Popen([sys.executable, "-c", SETTLE, url, ORIGIN, NOW.isoformat()], cwd=ROOT)
    try:
        eventually(lambda: len(commands(url, cause)) >= count)
        settler.send_signal(signal.SIGKILL)
    finally:
        settler.kill()
        settler.wait(10)


def recorded(url: str, after: int) -> list[tuple[Any, ...]]:
    """Return what was recorded beyond a position, but for when."""
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT position, stream, version, type, body, occurred_at, command_id, author_actor FROM ledger.events"
            " WHERE position > %s ORDER BY position",
            [after],
        ).fetchall()


def commands(url: str, after: int) -> set[Any]:
    """Return the ids of the commits beyond a position."""
    return {row[6] for row in recorded(url, after)}


def step_version(api: Api, case: str, step: str) -> int:
    """Return the last version of a step's stream."""
    position = step_of(api, case, step)[1]
    return api.resources.ledger.log.read(position - 1, 1)[0].version
