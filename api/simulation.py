"""A believable history for the demonstration: what coordinators *would* have reported, by seed and date.

Nothing here is a fact about any institute. The same commands a coordinator sends are played over the real calendar
into a log that says it is simulated. An act depends on the seed alone, so the history up to a day is the beginning
of the history up to a later one, and playing it twice records it once (the command ids are worked out too).
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import NAMESPACE_URL, UUID, uuid5

from domain.calendar import closes_at, opens_at
from domain.entity import FEDERATION, entities
from domain.milestone_authority import AnnounceMilestone
from domain.milestone_commands import (
    CloseMilestoneAsNotApplicable,
    CompleteMilestone,
    CorrectMilestone,
    DateMilestone,
    MilestoneCommand,
    RedateMilestone,
    ReportProgress,
    StartMilestone,
    SuspendMilestone,
)
from domain.milestone_events import MilestonePlanned
from domain.milestone_validation import ValidateMilestone

Manner = Literal["ahead", "punctual", "late", "silent", "suspended", "unloaded"]
"""How a simulated institute works. An *unloaded* one has sent no calendar yet."""

DEALT: Mapping[Manner, int] = {
    "ahead": 5,
    "punctual": 14,
    "late": 5,
    "silent": 3,
    "suspended": 1,
    "unloaded": 3,
}
"""How many of the 31 confirmed entities work in each manner."""

LOCAL_CALENDAR: Mapping[str, tuple[int, int]] = {
    "L001": (320, 311), "L002": (311, 304), "L003": (285, 250), "L004": (250, 205), "L010": (265, 258),
    "L012": (250, 196), "L013": (330, 290), "L031": (150, 4), "L040": (215, 190), "L041": (150, 60),
    "L043": (205, 180), "L044": (145, 105), "L045": (190, 172), "L046": (150, 110), "L047": (80, 65),
    "L048": (75, 63), "L050": (55, 12), "L051": (170, 130), "L061": (120, 57), "L062": (60, 50),
    "L070": (245, 215), "L071": (210, 176), "L072": (60, 20), "L073": (160, 100), "L074": (20, 14),
    "L080": (130, 70), "L081": (300, 268), "L082": (262, 206), "L083": (204, 146), "L084": (150, 87),
    "L085": (140, 115), "L086": (60, 9), "L087": (170, 90), "L088": (45, 21), "L110": (0, -1),
    "L111": (0, -1), "L112": (-3, -7), "L114": (-5, -9), "L115": (-7, -14), "L116": (-40, -75),
}  # fmt: skip
"""Invented dates for the rows that local law dates: days before election day on which each starts and is due."""


@dataclass(frozen=True, slots=True)
class Act:
    """One simulated report: which command, for which milestone, and when the act is said to have happened."""

    process: str
    milestone: str
    command: MilestoneCommand
    occurred_at: datetime
    command_id: UUID
    post: str
    body: str


@dataclass(frozen=True, slots=True)
class Planned:
    """A milestone of the real calendar, with the ids it is reported under."""

    process: str
    milestone: str
    plan: MilestonePlanned
    election_day: date


def history(plan: Iterable[Planned], until: datetime, seed: int) -> list[Act]:
    """Return every simulated act up to an instant, in the order in which they happened."""
    manners = _manners(seed)
    acts = [act for planned in plan for act in _acts(planned, manners, seed) if act.occurred_at <= until]
    return sorted(acts, key=lambda act: (act.occurred_at, act.process, act.milestone))


def _manners(seed: int) -> Mapping[str, Manner]:
    """Deal a manner to each entity; Coahuila, which is not confirmed, has sent no calendar."""
    codes = [code for code, entity in entities().items() if entity.confirmed]
    dealt = [manner for manner, count in DEALT.items() for _ in range(count)]
    random.Random(f"{seed}/manners").shuffle(dealt)  # noqa: S311 - a story, not a secret
    return {
        **dict.fromkeys(entities(), "unloaded"),
        **dict(zip(codes, dealt, strict=True)),
        FEDERATION: "punctual",
    }


def _acts(planned: Planned, manners: Mapping[str, Manner], seed: int) -> Iterator[Act]:
    """Tell one milestone's story."""
    if planned.plan.same_as:
        return
    chance = random.Random(f"{seed}/{planned.process}/{planned.milestone}")  # noqa: S311 - a story, not a secret
    manner = manners[planned.plan.territory]
    if planned.plan.responsible != "OPL" and planned.plan.territory not in _unconfirmed():
        # INE's offices keep their own pace; where the local institute is slow, theirs suffers less.
        manner = manner if manner in {"late", "silent"} and chance.random() < 0.2 else "punctual"
    steps = list(_story(planned, manner, chance))
    for number, (command, occurred_at) in enumerate(steps, start=1):
        key = f"{seed}/{planned.process}/{planned.milestone}/{number}"
        post = "Enlace de seguimiento (simulado)"
        body = planned.plan.body if planned.plan.responsible == "OPL" else "INE"
        yield Act(planned.process, planned.milestone, command, occurred_at,
                  uuid5(NAMESPACE_URL, f"bitacora-demo/{key}"), post, body)  # fmt: skip


def _story(
    planned: Planned, manner: Manner, chance: random.Random
) -> Iterator[tuple[MilestoneCommand, datetime]]:
    """Date it if only local law does, then start, advance, complete it in this manner, and mend mistakes."""
    plan = planned.plan
    if plan.kind == "conditional":
        if plan.row == "L005" and manner in {"ahead", "punctual"}:
            yield CloseMilestoneAsNotApplicable(reason="No se solicitó asunción, atracción ni delegación."), \
                opens_at(f"{planned.election_day - timedelta(days=264)}T12:00", plan.zone)  # fmt: skip
        return
    starts, due = plan.schedule.starts, plan.schedule.due
    if due is None:
        if plan.row not in LOCAL_CALENDAR or manner == "unloaded" or not planned.process.startswith("pel-"):
            return
        dated = _invented(planned, chance)
        # Before anything in it is due: a calendar is approved first.
        loaded_on = planned.election_day - timedelta(days=340 + chance.randrange(8))
        loaded_at = opens_at(f"{loaded_on}T12:00", plan.zone)
        yield dated, loaded_at
        starts, due = dated.starts, dated.due
    if plan.kind not in {"act", "recurring"}:
        return
    begins = opens_at(starts, plan.zone) if starts else closes_at(due, plan.zone) - timedelta(days=30)
    yield from _carried_out(planned, manner, chance, begins, closes_at(due, plan.zone))


def _unconfirmed() -> set[str]:
    return {code for code, entity in entities().items() if not entity.confirmed}


def _invented(planned: Planned, chance: random.Random) -> DateMilestone:
    """Return an invented local date, a few days off the neighbours'."""
    first, last = LOCAL_CALENDAR[planned.plan.row]
    shift = 0
    if planned.plan.responsible == "OPL" and last > 0:
        neighbours = random.Random(planned.process)  # noqa: S311 - a story, not a secret
        shift = neighbours.randrange(-12, 13) + chance.randrange(-2, 3)
    letters = planned.plan.territory.removeprefix("MX-")
    return DateMilestone(
        starts=(planned.election_day - timedelta(days=max(first + shift, last + shift + 1))).isoformat(),
        due=(planned.election_day - timedelta(days=last + shift)).isoformat(),
        basis="calendar",
        instrument=f"Acuerdo simulado {letters}-001-2026",
        source="calendario local simulado para la demostración",
    )


def _carried_out(
    planned: Planned, manner: Manner, chance: random.Random, begins: datetime, due: datetime
) -> Iterator[tuple[MilestoneCommand, datetime]]:
    """Return the reports from start to end, as this manner of working makes them."""
    if manner == "silent" and chance.random() < 0.5:
        return
    span = max(due - begins, timedelta(days=1))
    letters = planned.plan.territory.removeprefix("MX-")
    started_at = _office_hour(begins + span * chance.uniform(0.05, 0.3), chance)
    completed_at = _office_hour(_end(manner, chance, begins, due), chance)
    if manner != "late" and completed_at >= due > begins:
        completed_at = due - timedelta(hours=chance.randrange(2, 9), minutes=chance.randrange(60))
    started_at = min(started_at, completed_at - timedelta(minutes=30))
    yield StartMilestone(), started_at
    yield from _advances(planned, chance, started_at, completed_at)
    if manner == "suspended" and planned.plan.row in {"L012", "L040", "L043"}:
        yield (
            SuspendMilestone(
                instrument=f"Sentencia simulada JDC-{chance.randrange(10, 99)}/2026",
                reason="El tribunal local ordenó suspender el acto mientras resuelve.",
            ),
            started_at + timedelta(days=3),
        )
        return
    if manner == "late" and chance.random() < 0.35:
        return
    if (
        planned.process.startswith("pel-")
        and chance.random() < 0.04
        and due - started_at > timedelta(days=20)
    ):
        due = due + timedelta(days=10)
        yield RedateMilestone(
            due=(due - timedelta(seconds=1)).date().isoformat(),
            instrument=f"Acuerdo simulado {letters}-0{chance.randrange(10, 99)}-2026",
            reason="Se amplía el plazo a petición del área responsable.",
        ), started_at + timedelta(days=2)  # fmt: skip
    yield from _completion(planned, chance, completed_at)


def _end(manner: Manner, chance: random.Random, begins: datetime, due: datetime) -> datetime:
    """Return when the act is done."""
    if manner == "ahead":
        return max(begins + (due - begins) * 0.4, due - timedelta(days=chance.randrange(8, 40)))
    if manner == "late" and chance.random() < 0.6:
        return due + timedelta(days=chance.randrange(1, 14))
    return due - timedelta(days=chance.choice((0, 0, 1, 1, 2, 3, 5)))


def _advances(
    planned: Planned, chance: random.Random, started_at: datetime, completed_at: datetime
) -> Iterator[tuple[MilestoneCommand, datetime]]:
    """Return one or two progress reports where there is something to count."""
    target = planned.plan.target
    if target is None or target < 2:
        return
    span = completed_at - started_at
    for share in (0.35, 0.75):
        done = max(1, int(target * share * chance.uniform(0.8, 1.1)))
        yield ReportProgress(done=min(done, target)), started_at + span * share
    yield ReportProgress(done=target), completed_at - timedelta(minutes=10)


def _completion(
    planned: Planned, chance: random.Random, completed_at: datetime
) -> Iterator[tuple[MilestoneCommand, datetime]]:
    """Return the completion, now and then its validation or its correction, and most often its public notice."""
    number = chance.randrange(10, 400)
    institute = "CG" if planned.plan.territory == FEDERATION else planned.plan.territory.removeprefix("MX-")
    # Where a required predecessor is silent, the report vouches for it, as a careful coordinator would.
    declare = tuple(needed.milestone for needed in planned.plan.required)
    good = CompleteMilestone(instrument=f"Acuerdo simulado {institute}-{number}-2026", declare=declare)
    if chance.random() < 0.03:
        wrong = f"Acuerdo simulado {institute}-{number}-2023"
        yield CompleteMilestone(instrument=wrong, declare=declare), completed_at
        yield (
            CorrectMilestone(
                report="completion",
                reason="El acuerdo citado era del proceso anterior.",
                instrument=good.instrument,
            ),
            completed_at,
        )
    else:
        yield good, completed_at
        if chance.random() < 0.2:
            yield ValidateMilestone(), completed_at + timedelta(days=1)
    if planned.plan.notice and chance.random() < 0.8:
        where = f"{planned.plan.notice.where.es} (simulado)"
        yield AnnounceMilestone(where=where), completed_at + timedelta(hours=chance.choice((3, 20, 50)))


def _office_hour(moment: datetime, chance: random.Random) -> datetime:
    """Move a moment into the working day."""
    return moment.replace(hour=9 + chance.randrange(9), minute=chance.randrange(60), second=0, microsecond=0)
