"""Playing the simulated cases into a log: opened, and led on as far as they would have come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date, datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from api.case_opening import open_case
from api.case_simulation import PLACES, CaseStory, Report, case_stories, next_reports
from api.courses import course_of
from api.opening import CONSOLE
from api.playing import GRANT
from api.reporting import write_report
from domain.consequence import Course
from domain.event import Author
from domain.process import PROCESS, process_stream
from domain.working_calendar import WORKING_CALENDAR, LoadWorkingCalendar, authority_of, calendar_stream
from ledger.ledger import Ledger, View

HOLIDAYS = {2026: ("2026-09-14", "2026-11-02", "2026-12-21"), 2027: ("2027-03-25", "2027-03-26"), 2028: ()}
"""Invented days of rest, so that business days can be counted."""

ABREAST = 8
"""How many cases are led on at the same time."""


async def play_cases(
    ledger: Ledger, now: datetime, seed: int, progress: Callable[[int, int], None] = lambda _done, _of: None
) -> None:
    """Load the simulated calendars, open the cases that are not open, and lead each on up to now.

    ``progress`` hears how many of how many cases are done.
    """
    for place in PLACES:
        for year, days in HOLIDAYS.items():
            await _load_calendar(ledger, place, year, tuple(date.fromisoformat(day) for day in days), now)
    stories = list(case_stories(now, seed))
    turns = asyncio.Semaphore(ABREAST)
    done = 0

    async def one(story: CaseStory) -> None:
        nonlocal done
        async with turns:
            await _play(ledger, story, now, seed)
        done += 1
        progress(done, len(stories))

    await asyncio.gather(*(one(story) for story in stories))


async def _play(ledger: Ledger, story: CaseStory, now: datetime, seed: int) -> None:
    case = story.command.process
    state = (await ledger.load(PROCESS, process_stream(case))).state
    if state.opened is None:

        async def opening(view: View) -> None:
            await open_case(view, story.command, now)

        await ledger.execute(
            opening, command_id=_key(seed, case), author=_author(story), occurred_at=story.opened_at
        )
    while reports := next_reports(case, await _course(ledger, case, now), now, seed):
        for report in reports:
            await _record(ledger, story, report, now, seed)


async def _course(ledger: Ledger, case: str, now: datetime) -> Course:
    course = await course_of(View(ledger, fresh=False), case, now)
    assert course is not None  # noqa: S101 - it was opened
    return course


async def _record(ledger: Ledger, story: CaseStory, report: Report, now: datetime, seed: int) -> None:
    case = story.command.process

    async def decide(view: View) -> None:
        await write_report(view, case, report.milestone, report.command, report.occurred_at, now)

    key = _key(seed, f"{case}/{report.milestone}/{type(report.command).__name__}")
    await ledger.execute(decide, command_id=key, author=_author(story), occurred_at=report.occurred_at)


async def _load_calendar(
    ledger: Ledger, place: str, year: int, days: tuple[date, ...], now: datetime
) -> None:
    stream = calendar_stream(place, year)
    command = LoadWorkingCalendar(
        territory=place, year=year, days=days, instrument=f"Acuerdo simulado de días inhábiles {year}"
    )

    async def decide(view: View) -> None:
        view.write(stream, command.decide((await view.load(WORKING_CALENDAR, stream)).state))

    await ledger.execute(
        decide, command_id=uuid5(NAMESPACE_URL, f"bitacora-demo/{stream}"), author=CONSOLE, occurred_at=now
    )


def _author(story: CaseStory) -> Author:
    body = authority_of(story.command.territory)
    return Author("simulation", "Enlace de seguimiento (simulado)", body, GRANT)


def _key(seed: int, name: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"bitacora-demo/{seed}/{name}")
