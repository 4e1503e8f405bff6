"""Believable cases for the demonstration: what would be opened, and what each step would come to, by seed.

Nothing here is a fact about any institute or person. Each procedure has a case in a few places; subjects are invented
parties or opaque ids. A case's story depends on the seed and on its own steps alone, so it goes on where it stood.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from math import ceil
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.case import OpenCase, may_be_opened_in
from domain.consequence import Course
from domain.entity import zone_of
from domain.milestone import OPEN, Milestone
from domain.milestone_authority import AnnounceMilestone
from domain.milestone_commands import CompleteMilestone, ReportProgress
from domain.milestone_events import Figure
from domain.milestone_validation import ValidateMilestone
from domain.procedure import Fact, Procedure, procedures
from domain.process import CaseSubject, FactGiven
from domain.step import Outcome, Step

PLACES = ("MX", "MX-CMX", "MX-JAL", "MX-MEX", "MX-NLE", "MX-OAX", "MX-VER", "MX-YUC")
"""Where the simulated cases are."""

CASES_OF_EACH = 3
"""In how many places each procedure has a case, where it may be opened in so many."""

FIRST_RECEIVED = datetime(2026, 8, 10, 9, 0)  # noqa: DTZ001 - on the clocks of the place
RECEIVED_WITHIN = timedelta(days=190)

PARTIES = (
    "Partido simulado Aurora",
    "Partido simulado Nopal",
    "Partido simulado Ceiba",
    "Coalición simulada Sierra",
)

AMOUNTS = {
    "period_number": "1",
    "minimum": "25",
    "candidacies": "300",
    "demarcations": "20",
    "baseline": "500",
}
"""Facts that are small numbers; the others are tens of thousands."""


@dataclass(frozen=True, slots=True)
class CaseStory:
    """One simulated case: how it is opened. Its steps are told as it goes (`next_reports`)."""

    command: OpenCase
    opened_at: datetime


class Report(NamedTuple):
    """One simulated report on a case."""

    milestone: str
    command: ReportProgress | CompleteMilestone | AnnounceMilestone | ValidateMilestone
    occurred_at: datetime


def case_stories(until: datetime, seed: int) -> Iterator[CaseStory]:
    """Yield every simulated case received by an instant."""
    for number, procedure in enumerate(each for each in procedures().values() if not each.is_plan):
        allowed = [place for place in PLACES if place in may_be_opened_in(procedure)]
        for turn in range(min(CASES_OF_EACH, len(allowed))):
            story = _story(procedure, allowed[(number + turn * 3) % len(allowed)], turn, seed)
            if story.opened_at <= until:
                yield story


def next_reports(case: str, course: Course, until: datetime, seed: int) -> Sequence[Report]:
    """Return what would be reported next of a case, with what has to be measured before; nothing yet, or no more."""
    if afterwards := _afterwards(case, course, until, seed):
        return afterwards
    ready = [
        (milestone.schedule.due if milestone.schedule and milestone.schedule.due else "9", id_, milestone)
        for id_, milestone in course.milestones.items()
        if _is_ready(course, id_, milestone)
    ]
    if not ready:
        return []
    _, id_, milestone = min(ready)[:3]
    chance = random.Random(f"{seed}/{case}/{id_}")  # noqa: S311 - a story, not a secret
    occurred_at = _moment(course, milestone, chance)
    if occurred_at > until or chance.random() < 0.06:  # Some are never reported.
        return []
    step = course.procedure.step(id_.partition(".")[0])
    outcome = _outcome(step, chance)
    reports = []
    if figures := _figures(step, outcome, course, chance):
        first = sum(figure.value for figure in figures if figure.quantity == step.quantities[0].id)
        reports.append(Report(id_, ReportProgress(done=first, figures=figures), occurred_at))
    reserved = course.procedure.docket == "reserved"
    instrument = _reference(chance) if reserved else f"Oficio simulado {chance.randrange(100, 999)}/2026"
    lacks_papers = bool(step.evidence) and chance.random() < 0.1
    words = CompleteMilestone(
        outcome=outcome.id if outcome else None, instrument=None if lacks_papers else instrument
    )
    return [*reports, Report(id_, words, occurred_at)]


def _afterwards(case: str, course: Course, until: datetime, seed: int) -> list[Report]:
    """Return the notices and the agreements that would be given next of what is done; some never are."""
    reports = []
    for id_, milestone in course.milestones.items():
        plan, done = milestone.plan, milestone.completed
        if plan is None or done is None:
            continue
        chance = random.Random(f"{seed}/{case}/{id_}/afterwards")  # noqa: S311 - a story, not a secret
        announced_at = done.occurred_at + timedelta(hours=chance.choice((2, 20, 30, 200)))
        is_announced, is_validated = chance.random() < 0.75, chance.random() < 0.6
        if plan.notice and is_announced and milestone.announced is None:
            # Of a reserved case the log, which is public, has only references.
            reserved = course.procedure.docket == "reserved"
            where = _reference(chance) if reserved else f"{plan.notice.where.es} (simulado)"
            reports.append(Report(id_, AnnounceMilestone(where=where), announced_at))
        if plan.validated_by and is_validated and done.version not in milestone.validated:
            reports.append(Report(id_, ValidateMilestone(), done.occurred_at + timedelta(hours=26)))
    return [report for report in reports if report.occurred_at <= until]


def _story(procedure: Procedure, place: str, turn: int, seed: int) -> CaseStory:
    chance = random.Random(f"{seed}/{procedure.kind}/{place}/{turn}")  # noqa: S311 - a story, not a secret
    received = FIRST_RECEIVED + RECEIVED_WITHIN * (0.9 * turn / CASES_OF_EACH + 0.1 * chance.random())
    received = received.replace(
        hour=9 + chance.randrange(8), minute=chance.randrange(60), second=0, microsecond=0
    )
    zone = ZoneInfo(zone_of(place))
    is_reserved = procedure.docket == "reserved"
    party = procedure.docket == "public" and procedure.system in {5, 7, 13}
    subject = CaseSubject(name=chance.choice(PARTIES), public=True) if party else None
    command = OpenCase(
        kind=procedure.kind,
        territory=place,
        folio=_reference(chance) if is_reserved else f"SIM-{procedure.prefix.upper()}-{turn + 1:03}-2026",
        received=f"{received:%Y-%m-%dT%H:%M}",
        subject=subject,
        matter=None if is_reserved else f"Asunto simulado: {procedure.name.es}",
        facts=tuple(
            FactGiven(id=fact.id, value=_value(fact, received, chance))
            for fact in procedure.facts
            if fact.required or fact.kind == "number"
        ),
    )
    return CaseStory(command, received.replace(tzinfo=zone))


def _reference(chance: random.Random) -> str:
    """Return what a reserved case and its documents are known by (`domain.docket.REFERENCE`)."""
    return str(UUID(int=chance.getrandbits(128), version=4))


def _value(fact: Fact, received: datetime, chance: random.Random) -> str:
    if fact.choices:
        return chance.choice(fact.choices).id
    return {
        "day": f"{received + timedelta(days=chance.randrange(3, 60)):%Y-%m-%d}",
        "instant": f"{received - timedelta(hours=chance.randrange(2, 40)):%Y-%m-%dT%H:%M}",
        "year": "2027",
        "number": AMOUNTS.get(fact.id, str(10_000 + chance.randrange(80_000))),
        "text": "Dato simulado",
    }[fact.kind]


def _is_ready(course: Course, id_: str, milestone: Milestone) -> bool:
    """Tell whether a step can be reported as done: open, arisen, and nothing it requires is open."""
    row = id_.partition(".")[0]
    if milestone.status not in OPEN or milestone.plan is None or milestone.plan.kind == "prohibition":
        return False
    if row in course.procedure.openers and not milestone.has_arisen and id_ == row:
        return False
    required = (course.rounds(each.milestone)[-1] for each in milestone.plan.required)
    return all(each.is_over for each in required)


def _moment(course: Course, milestone: Milestone, chance: random.Random) -> datetime:
    """Return when a step would be done: a while after the last that was, most often before it is due."""
    assert milestone.plan is not None  # noqa: S101 - it is ready
    zone = ZoneInfo(milestone.plan.zone)
    opened = datetime.fromisoformat(course.grounds.opened or "2026-08-10T09:00").replace(tzinfo=zone)
    done = [each.completed.occurred_at for each in course.milestones.values() if each.completed]
    last = max([opened, *done])
    due = milestone.schedule.due if milestone.schedule else None
    if due is None:
        return last + timedelta(hours=chance.randrange(5, 120))
    limit = datetime.fromisoformat(due).replace(tzinfo=zone)
    late = timedelta(hours=chance.randrange(6, 90)) if chance.random() < 0.12 else timedelta(0)
    return max(last + (limit - last) * chance.uniform(0.3, 0.9), last + timedelta(minutes=30)) + late


def _outcome(step: Step, chance: random.Random) -> Outcome | None:
    """Return what a step comes to: most often what the law names first."""
    if not step.outcomes:
        return None
    usual = [outcome for outcome in step.outcomes if not outcome.ends] or list(step.outcomes)
    return usual[0] if chance.random() < 0.6 else chance.choice(step.outcomes)


def _figures(
    step: Step, outcome: Outcome | None, course: Course, chance: random.Random
) -> tuple[Figure, ...]:
    """Return what a step measures, enough for its outcome; apart by group where the law asks for it."""
    figures: list[Figure] = []
    for quantity in step.quantities:
        whole = course.grounds.facts.get(quantity.of or "")
        enough = quantity.target or 100
        if quantity.at_least_percent and whole:
            enough = ceil(Decimal(whole) * Decimal(quantity.at_least_percent) / 100)
        needed = outcome is not None and quantity.id in outcome.needs
        value = enough if needed else max(1, int(enough * chance.uniform(0.4, 1.0)))
        groups = quantity.by or (None,)
        share, rest = divmod(value, len(groups))
        figures += [
            Figure(quantity=quantity.id, by=group, value=share + (rest if number == 0 else 0))
            for number, group in enumerate(groups)
        ]
    return tuple(figures)
