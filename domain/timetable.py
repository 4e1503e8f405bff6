"""The dates of a procedure's steps, worked out from what it rests on and from what has happened so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

from domain.calendar import Moment, day_of
from domain.condition import holds
from domain.deadline import (
    Anchors,
    DateBasis,
    LoadedBasis,
    Resolved,
    Unresolved,
    parse,
    resolve,
    spoken,
)
from domain.event import Payload
from domain.legal_time import LegalTime
from domain.milestone_events import Schedule
from domain.names import Names
from domain.procedure import in_date_order, openers_of
from domain.step import Step

NO_RULE = Names(es="La ley no le fija fecha.", en="The law sets no date for it.")


class LoadedDate(Payload):
    """A date of one step taken from a source that names this process."""

    step: str
    starts: Moment | None = None
    due: Moment | None = None
    basis: LoadedBasis
    official: bool = False
    source: Names


class Actual(NamedTuple):
    """What has become of a step so far."""

    done_at: Moment | None = None
    """The moment it was completed, in its own zone."""
    outcome: str | None = None
    """What it came to; None while it is not done, empty where it came to nothing in particular."""
    schedule: Schedule | None = None
    """The dates somebody gave it, which no rule moves."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """What dates are counted from, besides the steps themselves."""

    year: int
    election_day: Resolved | None = None
    opened: Moment | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    """What a case was opened with; days and instants as moments."""
    loaded: Mapping[str, LoadedDate] = field(default_factory=dict)
    """Dates from a source, by step."""
    time: LegalTime = field(default_factory=LegalTime)


class Timetable:
    """The schedules of steps, by row. ``actual`` is what has happened to those of which something has."""

    def __init__(
        self, steps: Iterable[Step], grounds: Grounds, actual: Mapping[str, Actual] | None = None
    ) -> None:
        steps = tuple(steps)
        self._rows = {step.id for step in steps}
        self._grounds = grounds
        self._actual = actual or {}
        self._dates: dict[tuple[str, str], Resolved] = {}
        for row, happened in self._actual.items():
            if happened.done_at is not None:
                words = Names(es="", en="")
                self._dates[row, "done"] = Resolved(happened.done_at, "law", words, anchored=True)
        self._anchors = Anchors(
            year=grounds.year,
            election_day=grounds.election_day,
            steps=self._dates,
            opened=grounds.opened,
            facts=grounds.facts,
            time=grounds.time,
        )
        self.schedules: dict[str, Schedule] = {}
        self._openers = openers_of(steps)
        for step in in_date_order(steps):
            self.schedules[step.id] = self._schedule(step)

    def _schedule(self, step: Step) -> Schedule:
        """Date a row, and let the rows that count from it know."""
        given = self._actual.get(step.id, Actual()).schedule
        loaded = self._grounds.loaded.get(step.id)
        own = given or loaded
        starts = resolve(step.starts, self._anchors, step.date_basis) if step.starts else None
        self._anchor(step, "start", own.starts if own else None, own, starts)
        due = self._due(step)
        self._anchor(step, "due", own.due if own else None, own, due)
        if given:
            return given
        rule_starts = starts.moment if isinstance(starts, Resolved) else None
        rule_due = due.moment if isinstance(due, Resolved) else None
        if loaded:
            said = loaded.source
            return Schedule(
                starts=loaded.starts or rule_starts, due=loaded.due or rule_due,
                rule_starts=rule_starts, rule_due=rule_due,
                basis=loaded.basis, rests_on=loaded.basis, official=loaded.official,
                explanation=Names(es=f"Fecha tomada de: {said.es}.", en=f"Date taken from: {said.en}."),
                source=said.es,
            )  # fmt: skip
        if isinstance(due, Resolved):
            return Schedule(
                starts=rule_starts, due=rule_due, rule_starts=rule_starts, rule_due=rule_due,
                basis="computed" if due.anchored and due.rests_on != "estimated" else due.rests_on,
                rests_on=due.rests_on, explanation=sentence(due.explanation),
            )  # fmt: skip
        reason = sentence(due.reason) if isinstance(due, Unresolved) else self._why_undated(step)
        return Schedule(starts=rule_starts, rule_starts=rule_starts, explanation=reason)

    def _due(self, step: Step) -> Resolved | Unresolved | None:
        """Return when a step is due: by the first alternative that holds, else by its usual rule, plus its pauses."""
        for alternative in step.due_when:
            if holds(alternative.when, self._outcome_of, self._grounds.facts.get):
                return self._worked_out(step, alternative.rule)
        return self._worked_out(step, step.due) if step.due else None

    def _worked_out(self, step: Step, rule: str) -> Resolved | Unresolved:
        """Return what a rule comes to, with the step's pauses, or why that is no date the step can have."""
        found = self._paused(step, resolve(rule, self._anchors, step.date_basis))
        arose = self._arose(step) if parse(rule)["sign"] == "-" else None
        if isinstance(found, Unresolved) or arose is None or day_of(found.moment) >= day_of(arose):
            return found
        was, since = spoken(found.moment), spoken(arose[:10])
        return Unresolved(
            Names(
                es=f"la fecha que resulta ({was.es}) es anterior a que surgiera ({since.es}): no pudo cumplirse",
                en=f"the date it comes to ({was.en}) is before it arose ({since.en}): it could not be kept",
            )
        )

    def _arose(self, step: Step) -> Moment | None:
        """Return since when there is a step that another one opens: no earlier than the case; None for any other."""
        openers = self._openers.get(step.id)
        if not openers or self._grounds.opened is None:
            return None
        done = [
            happened.done_at
            for row, outcome in openers
            if (happened := self._actual.get(row))
            and happened.done_at
            and outcome in {None, happened.outcome}
        ]
        return max(self._grounds.opened, min(done)) if done else self._grounds.opened

    def _paused(self, step: Step, found: Resolved | Unresolved) -> Resolved | Unresolved:
        """Move a due date by the days its clock stood, or say that it stands."""
        for pause in step.pauses:
            since, until = (self._dates.get((row, "done")) for row in (pause.from_, pause.to))
            if since is None or isinstance(found, Unresolved):
                continue
            if until is None:
                said = spoken(since.moment)
                return Unresolved(
                    Names(
                        es=f"el plazo está detenido desde {pause.from_} ({said.es}) hasta que se cumpla {pause.to}",
                        en=f"the clock stands from {pause.from_} ({said.en}) until {pause.to} is done",
                    )
                )
            found = _moved_by(found, max((day_of(until.moment) - day_of(since.moment)).days, 0))
        return found

    def _outcome_of(self, row: str) -> str | None:
        happened = self._actual.get(row)
        return happened.outcome if happened else None

    def _why_undated(self, step: Step) -> Names:
        """Say why a row without a rule for its due date has none here."""
        if not step.same_as:
            return step.undated or NO_RULE
        of_es, of_en = (
            ("", "") if self._rows.issuperset(step.same_as) else (" del plan federal", " of the federal plan")
        )
        return Names(
            es=f"Sus fechas son las de {_listed(step.same_as, 'y')}{of_es}, donde se reporta.",
            en=f"Its dates are those of {_listed(step.same_as, 'and')}{of_en}, where it is reported.",
        )

    def _anchor(
        self,
        step: Step,
        end: str,
        own: Moment | None,
        source: Schedule | LoadedDate | None,
        found: Resolved | Unresolved | None,
    ) -> None:
        """Let other rows count from this date: the plan's own where one was given."""
        if own and source:
            basis: DateBasis = source.rests_on or "reported" if isinstance(source, Schedule) else source.basis
            self._dates[step.id, end] = Resolved(own, basis, spoken(own))
        elif isinstance(found, Resolved):
            self._dates[step.id, end] = found


def _listed(rows: tuple[str, ...], conjunction: str) -> str:
    *others, last = rows
    return f"{', '.join(others)} {conjunction} {last}" if others else last


def _moved_by(found: Resolved, days: int) -> Resolved:
    if not days:
        return found
    moment = (day_of(found.moment) + timedelta(days=days)).isoformat() + found.moment[10:]
    said = spoken(moment)
    words = Names(
        es=f"{found.explanation.es}, más {days} días en que el plazo estuvo detenido: {said.es}",
        en=f"{found.explanation.en}, plus {days} days in which the clock stood: {said.en}",
    )
    return Resolved(moment, found.rests_on, words, found.anchored)


def sentence(words: Names) -> Names:
    """Return words as a sentence."""
    return Names(es=f"{words.es[0].upper()}{words.es[1:]}.", en=f"{words.en[0].upper()}{words.en[1:]}.")
