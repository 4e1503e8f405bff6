"""A case as far as it has come, read for one decision; and what follows in it, written with that decision."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime

from domain.calendar import Moment, NonWorkingDays, statutory_calendars
from domain.case import case_milestones
from domain.consequence import Course, consequences, round_id
from domain.entity import entities
from domain.event import Event
from domain.legal_time import LegalTime, UnderWay
from domain.milestone import MILESTONE, Milestone, milestone_id, milestone_stream
from domain.occurrence import occurrences
from domain.procedure import Procedure
from domain.procedure_text import PROCEDURE_TEXT, procedure_text_stream
from domain.process import PROCESS, CaseOpened, Process, ProcessClosed, ProcessReopened, process_stream
from domain.regime import called_elections_of, elections_of, under_way
from domain.timetable import Grounds
from domain.working_calendar import WORKING_CALENDAR, authority_of, calendar_stream
from ledger.ledger import View

YEARS_AHEAD = 2
"""For how many years after the present one working calendars and elections are looked for."""


async def course_of(view: View, process: str, now: datetime) -> Course | None:
    """Return a case as far as it has come, None where the process is an election's plan."""
    opened = (await view.load(PROCESS, process_stream(process))).state.opened
    if not isinstance(opened, CaseOpened):
        return None
    procedure = await procedure_of(view, opened)
    time = await legal_time(view, procedure, opened.territory, years_of(opened.received, now))
    facts = {fact.id: fact.value for fact in opened.facts}
    grounds = Grounds(opened.year, opened=opened.received, facts=facts, time=time)
    return Course(
        procedure, grounds, opened.territory, await _milestones(view, process, procedure, opened, grounds)
    )


async def procedure_of(view: View, opened: CaseOpened) -> Procedure:
    """Return the text a case was opened from."""
    return (await view.load(PROCEDURE_TEXT, procedure_text_stream(opened.plan_digest))).state.procedure()


def years_of(received: Moment, now: datetime) -> range:
    """Return the years in which a case's days may be counted."""
    return range(int(received[:4]), now.year + YEARS_AHEAD)


async def legal_time(view: View, procedure: Procedure, territory: str, years: Iterable[int]) -> LegalTime:
    """Return how time counts for a territory's authority in these years, as far as its calendars are loaded."""
    body, years = authority_of(territory), list(years)
    loaded = await asyncio.gather(
        *(view.load(WORKING_CALENDAR, calendar_stream(territory, year)) for year in years)
    )
    calendars: dict[tuple[str, int], NonWorkingDays] = dict(statutory_calendars())
    for year, calendar in zip(years, loaded, strict=True):
        if days := calendar.state.non_working_days():
            calendars[body, year] = days
    elections = await _under_way(view, territory, years) if procedure.regime else []
    return LegalTime(body, calendars, elections)


def rounds_required(course: Course, milestone: Milestone) -> dict[str, Milestone]:
    """Return the steps an article makes a condition of one: the last round of each, and what replaced it."""
    needed = milestone.plan.required if milestone.plan else ()
    found = {each.milestone: course.rounds(each.milestone)[-1] for each in needed}
    for state in list(found.values()):
        other = state.replaced_by
        while other is not None and other in course.milestones:
            found.setdefault(other, course.milestones[other])
            other = course.milestones[other].replaced_by
    return found


async def write_what_follows(
    view: View, process: str, course: Course, reported: str | None, at: datetime
) -> Course:
    """Write everything that follows in a case from what has happened in it, its end included.

    ``reported`` is the step that was reported on, None as the case is opened.
    """
    for id_, events in consequences(course).items():
        stream = milestone_stream(process, id_)
        await view.load(MILESTONE, stream)
        view.write(stream, events)
        course = course.after(id_, events, at)
    state = (await view.load(PROCESS, process_stream(process))).state
    step = f"{process}/{reported}" if reported else None
    view.write(process_stream(process), _ending(course, state, step))
    return course


def _ending(course: Course, process: Process, step: str | None) -> list[Event]:
    """Return the end of a case with nothing left to do, or its reopening where there is something again."""
    if course.is_over and process.status == "open":
        return [ProcessClosed(step=step)]
    if step and not course.is_over and process.status == "closed":
        return [ProcessReopened(step=step)]
    return []


async def _milestones(
    view: View, process: str, procedure: Procedure, opened: CaseOpened, grounds: Grounds
) -> Mapping[str, Milestone]:
    """Return every milestone of a case: those it began with, and the later rounds of what repeats."""
    ids = [milestone_id(step.id) for step in procedure.steps]
    # A recurring duty has one for each period, where its periods could be worked out when the case was opened.
    ids += [
        id_ for id_ in case_milestones(procedure, entities().get(opened.territory), grounds) if "." in id_
    ]
    found = await _existing(view, process, ids)
    found |= await _existing(view, process, _periods(procedure, found, grounds))
    repeating = {step.id for step in procedure.steps if step.repeats and step.id in found}
    number = 2
    while repeating:
        later = await _existing(view, process, [round_id(row, number) for row in sorted(repeating)])
        found |= later
        repeating = {row for row in repeating if round_id(row, number) in later}
        number += 1
    return found


def _periods(procedure: Procedure, found: Mapping[str, Milestone], grounds: Grounds) -> list[str]:
    """Return the ids of the periods of what recurs and had no dates at the opening, where it has them now."""
    dated = [(step, found[step.id].schedule) for step in procedure.steps if step.every and step.id in found]
    return [
        milestone_id(step.id, occurrence=period)
        for step, schedule in dated
        if schedule is not None
        for period, _ in occurrences(step, schedule, grounds)
    ]


async def _existing(view: View, process: str, ids: Iterable[str]) -> dict[str, Milestone]:
    ids = list(ids)
    loaded = await asyncio.gather(*(view.load(MILESTONE, milestone_stream(process, id_)) for id_ in ids))
    return {
        id_: folded.state for id_, folded in zip(ids, loaded, strict=True) if folded.state.plan is not None
    }


async def _under_way(view: View, territory: str, years: Iterable[int]) -> list[UnderWay]:
    """Return when the territory's own elections of these years were under way, those that a call set included."""
    years, found = list(years), []
    for begins, process in (each for year in years for each in elections_of(territory, year)):
        election = (await view.load(PROCESS, process_stream(process))).state
        if election.opened is not None:
            beginning = (await view.load(MILESTONE, milestone_stream(process, begins))).state
            found.append(under_way(election, beginning))
    # A vote that was called for December ends in the next year.
    voted = sorted({year - ago for year in years for ago in (0, 1)})
    prefixes = [prefix for year in voted for prefix in called_elections_of(territory, year)]
    streams = [stream for prefix in prefixes for stream in await view.family(process_stream(prefix))]
    found += [under_way((await view.load(PROCESS, stream)).state, None) for stream in streams]
    return [spell for spell in found if spell is not None]
