"""What follows elsewhere in a process from what has happened in it: steps arise, close, begin again, and are dated.

It is worked out from the whole state, never step by step, so that a correction takes back what the wrong report had
brought about. What was reported stays as it was reported: only steps that are still open, or that were closed because
of another, are touched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from domain.calendar import Moment
from domain.case import why_it_may_not_arise
from domain.entity import Entity, entities
from domain.event import Author, Envelope, Event
from domain.milestone import MILESTONE, OPEN, Milestone, milestone_id
from domain.milestone_events import (
    MilestoneArose,
    MilestoneClosedAsNotApplicable,
    MilestoneScheduled,
    Requirement,
    Schedule,
)
from domain.names import Names
from domain.occurrence import occurrences
from domain.procedure import Procedure
from domain.row import planned
from domain.step import Outcome, Step
from domain.timetable import Actual, Grounds, Timetable

NOBODY = Author("", "", "", "")
EPOCH = datetime.fromtimestamp(0, UTC)
FIRST_ROUND = 1


@dataclass(frozen=True)
class Course:
    """A process as far as it has come: its procedure, what its dates rest on, and its milestones by id."""

    procedure: Procedure
    grounds: Grounds
    territory: str
    milestones: Mapping[str, Milestone]
    """Every milestone there is; one of a later round is ``S10.2``."""

    @property
    def entity(self) -> Entity | None:
        """The state it runs in."""
        return entities().get(self.territory)

    def rounds(self, row: str) -> list[Milestone]:
        """Return the milestones of a row, the last round last."""
        return self._rounds.get(row, [])

    @cached_property
    def _rounds(self) -> Mapping[str, list[Milestone]]:
        """Every row's rounds. Worked out once: what follows is asked of each row by many others."""
        found = {step.id: [self.milestones[step.id]] for step in self.steps}
        for step in self.steps:
            while step.repeats and (later := self.milestones.get(round_id(step.id, len(found[step.id]) + 1))):
                found[step.id].append(later)
        return found

    @cached_property
    def steps(self) -> Sequence[Step]:
        """The steps that are carried out here, but for those that recur by periods."""
        return [step for step in self.procedure.steps if step.id in self.milestones]

    @cached_property
    def followed_by_periods(self) -> frozenset[str]:
        """The rows of which each period is a milestone."""
        return frozenset(id_.partition(".")[0] for id_, each in self.milestones.items() if each.plan_occurs)

    @cached_property
    def ends(self) -> Sequence[tuple[Step, Outcome]]:
        """What steps have come to that closes others."""
        found = []
        for step in self.steps:
            last = self.rounds(step.id)[-1]
            outcome = step.outcome(last.outcome) if last.status == "completed" and last.outcome else None
            if outcome and (outcome.ends or outcome.closes):
                found.append((step, outcome))
        return found

    def after(self, id_: str, events: Sequence[Event], occurred_at: datetime = EPOCH) -> Course:
        """Return the course once these things have happened to a milestone."""
        milestone = self.milestones.get(id_, MILESTONE.initial)
        for event in events:
            envelope = Envelope(0, id_, milestone.version + 1, occurred_at, occurred_at, NOBODY, "")
            milestone = MILESTONE.evolve(milestone, event, envelope)
        return replace(self, milestones={**self.milestones, id_: milestone})

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to be done."""
        return all(milestone.is_over for milestone in self.milestones.values())


def round_id(row: str, number: int) -> str:
    """Return the id of a row's nth round: ``S10``, ``S10.2``."""
    return milestone_id(row, occurrence="" if number == FIRST_ROUND else str(number))


def consequences(course: Course) -> Mapping[str, Sequence[Event]]:
    """Return what follows, by milestone id: nothing where everything is as it should be."""
    before = course
    events: dict[str, list[Event]] = {}
    # Each pass may settle what the next one looks at; a chain is never longer than the steps there are.
    for _ in course.procedure.steps:
        found = _follow_now(course)
        for id_, event in found:
            events.setdefault(id_, []).append(event)
            course = course.after(id_, [event])
        if not found:
            break
    return {id_: settled for id_, each in events.items() if (settled := _last_dates(each, before, id_))}


def _last_dates(events: Sequence[Event], before: Course, id_: str) -> Sequence[Event]:
    """Return the events without dates that others took the place of at once, or that are those there were."""
    dated = [event for event in events if isinstance(event, MilestoneScheduled)]
    others = [event for event in events if not isinstance(event, MilestoneScheduled)]
    if not dated or (not others and dated[-1].schedule == before.milestones[id_].schedule):
        return others
    return [*others, dated[-1]]


def _follow_now(course: Course) -> list[tuple[str, Event]]:
    """Return what follows at once, before any of it has consequences of its own."""
    timetable = Timetable(course.steps, course.grounds, _actual(course))
    found = [
        follows
        for step in course.steps
        if (follows := _follows(course, step, timetable.schedules[step.id])) is not None
    ]
    return found + _periods_planned(course, timetable) + _periods_under_way(course)


def _periods_planned(course: Course, timetable: Timetable) -> list[tuple[str, Event]]:
    """Return the periods of what recurs whose dates are known only now, in the place of the step itself."""
    found: list[tuple[str, Event]] = []
    for step in course.steps:
        if not step.every or course.milestones[step.id].status not in OPEN or not _may_begin(course, step):
            continue
        periods = occurrences(step, timetable.schedules[step.id], course.grounds)
        if [id_ for id_, _ in periods] == [""]:
            continue
        rows = {each.id for each in course.steps}
        found += [
            (
                milestone_id(step.id, occurrence=id_),
                planned(step, schedule, part=course.entity, rows=rows, occurrence=id_),
            )
            for id_, schedule in periods
        ]
        because = Names(es="Se sigue periodo por periodo.", en="It is followed period by period.")
        found.append((step.id, _closed(because)))
    return found


def _periods_under_way(course: Course) -> list[tuple[str, Event]]:
    """Return what becomes of the periods that are still open of what recurs: they arise, or something closed them."""
    found: list[tuple[str, Event]] = []
    for id_, milestone in course.milestones.items():
        if not milestone.plan_occurs or milestone.status not in OPEN:
            continue
        step = course.procedure.step(id_.partition(".")[0])
        if (closing := _closing(course, step)) is not None:
            found.append((id_, _closed(closing)))
        elif step.id in course.procedure.openers and milestone.started is None:
            openings = _openings(course, step)
            waits = milestone.plan is not None and milestone.plan.condition and not milestone.has_arisen
            if openings and waits and milestone.schedule:
                found.append((id_, MilestoneArose(because=openings[-1], schedule=milestone.schedule)))
            elif not _may_arise(course, step, openings):
                found.append((id_, _closed(_never_arose(course.procedure, step))))
    return found


def _may_begin(course: Course, step: Step) -> bool:
    """Tell whether a step needs no opening, or was opened."""
    return step.id not in course.procedure.openers or bool(_openings(course, step))


def _actual(course: Course) -> Mapping[str, Actual]:
    """Return what has become of each row: the last round says."""
    found: dict[str, Actual] = {}
    for step in course.steps:
        last = course.rounds(step.id)[-1]
        done_at = _local(last) if last.status == "completed" else None
        outcome = (last.outcome or "") if last.status == "completed" else None
        found[step.id] = Actual(done_at, outcome, last.given)
    return found


def _local(milestone: Milestone) -> Moment | None:
    """Return the moment a milestone was completed, on the clocks of its zone."""
    if milestone.completed is None or milestone.plan is None:
        return None
    at = milestone.completed.occurred_at.astimezone(ZoneInfo(milestone.plan.zone))
    return f"{at:%Y-%m-%dT%H:%M}"


def _follows(course: Course, step: Step, schedule: Schedule) -> tuple[str, Event] | None:
    """Return the one thing that follows for a step now, if anything does."""
    rounds = course.rounds(step.id)
    last, id_ = rounds[-1], round_id(step.id, len(rounds))
    openings = _openings(course, step)
    closing = _closing(course, step)
    if last.status in OPEN:
        if closing is not None:
            return id_, _closed(closing)
        return _follows_for_open(course, step, last, id_, openings, schedule)
    if step.id in course.followed_by_periods:
        return None
    if last.closed_by_another and closing is None and (openings or step.id not in course.procedure.openers):
        return id_, MilestoneArose(because=openings[-1] if openings else _reopened(), schedule=schedule)
    if step.repeats and last.status == "completed" and len(openings) > len(rounds) and closing is None:
        return _next_round(course, step, len(rounds) + 1, schedule)
    return None


def _follows_for_open(
    course: Course,
    step: Step,
    last: Milestone,
    id_: str,
    openings: Sequence[Names],
    schedule: Schedule,
) -> tuple[str, Event] | None:
    """Return what follows for a step that is still to be done: it arises, never will, or is dated anew."""
    has_openers = step.id in course.procedure.openers and id_ == step.id
    if has_openers and not openings and last.started is None and not _may_arise(course, step, openings):
        return id_, _closed(_never_arose(course.procedure, step))
    if has_openers and not last.has_arisen:
        return (id_, MilestoneArose(because=openings[-1], schedule=schedule)) if openings else None
    if last.given is None and not last.plan_occurs and last.schedule != schedule:
        return id_, MilestoneScheduled(because=schedule.explanation, schedule=schedule)
    return None


def _openings(course: Course, step: Step) -> list[Names]:
    """Return why a step was opened, once for each time something opened it."""
    found: list[Names] = []
    for row, outcome in course.procedure.openers.get(step.id, ()):
        opener = course.procedure.step(row)
        for done in course.rounds(row):
            if done.status != "completed" or (outcome is not None and done.outcome != outcome):
                continue
            named = opener.outcome(outcome) if outcome else None
            found.append(
                Names(es=f"{row} resultó «{named.name.es}».", en=f"{row} came to '{named.name.en}'.")
                if named
                else Names(es=f"Se cumplió {row}.", en=f"{row} was done.")
            )
    return found


def _may_arise(course: Course, step: Step, openings: Sequence[Names]) -> bool:
    """Tell whether a step has been opened, needs no opening, or may still be opened."""
    openers = course.procedure.openers.get(step.id)
    return not openers or bool(openings) or not live_rows(course).isdisjoint(row for row, _ in openers)


def live_rows(course: Course) -> frozenset[str]:
    """Return the rows that may still be completed, now or once something has opened them.

    Those that only wait for each other are not among them: nothing would ever open the first.
    """
    openers = course.procedure.openers
    live: set[str] = set()
    waiting: set[str] = set()
    for step in course.steps:
        rounds = course.rounds(step.id)
        last = rounds[-1]
        over = last.status == "completed" and step.repeats
        to_be_done = last.status in OPEN or last.closed_by_another
        if _closing(course, step) is not None or not (over or to_be_done):
            continue
        rounds_over = len(rounds) if over else len(rounds) - 1
        ready = to_be_done and (step.id not in openers or last.has_arisen)
        if ready or len(_openings(course, step)) > rounds_over:
            live.add(step.id)
        elif step.id in openers:
            waiting.add(step.id)
    while opened := {row for row in waiting if not live.isdisjoint(each for each, _ in openers[row])}:
        live |= opened
        waiting -= opened
    return frozenset(live)


def _closing(course: Course, step: Step) -> Names | None:
    """Return what happened that closes a step, if anything did."""
    for other, outcome in course.ends:
        if other.id != step.id and (outcome.ends or step.id in outcome.closes):
            return Names(
                es=f"{other.id} resultó «{outcome.name.es}»: ya no procede.",
                en=f"{other.id} came to '{outcome.name.en}': it no longer arises.",
            )
    return None


def _closed(because: Names) -> MilestoneClosedAsNotApplicable:
    return MilestoneClosedAsNotApplicable(reason=because.es, because=because)


def _never_arose(procedure: Procedure, step: Step) -> Names:
    why = why_it_may_not_arise(procedure, step) or Names(es="", en="")
    return Names(es=f"No surgió. {why.es}".strip(), en=f"It did not arise. {why.en}".strip())


def _reopened() -> Names:
    return Names(es="Se corrigió lo que la había cerrado.", en="What had closed it was corrected.")


def _next_round(course: Course, step: Step, number: int, schedule: Schedule) -> tuple[str, Event]:
    """Return the beginning of another round of a step."""
    rows = {each.id for each in course.steps}
    required = [
        Requirement(milestone=link.id, basis=link.requires)
        for link in step.after
        if link.requires and link.id in rows
    ]
    event = planned(step, schedule, part=course.entity, rows=rows, occurrence=str(number), required=required)
    return round_id(step.id, number), event
