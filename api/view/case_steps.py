"""A case as its page tells it: what it was opened with, and its steps in the order of its procedure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from api.view.formats import in_language, long_day, number
from api.view.visit import Visit
from domain.names import Names
from domain.procedure import Procedure
from domain.step import Quantity, Step
from projections.milestone_words import FigureRow
from projections.milestones import MilestoneRow
from projections.timeline import TimelineEntry


@dataclass(frozen=True, slots=True)
class Measure:
    """Something a step measures: how much was reported, and how much is enough."""

    unit: Names
    percent: str | None
    """The part of the whole that it has to reach, as text."""
    whole_name: Names | None
    whole: str | None
    """The whole as the case was opened with, where that may be told."""
    target: int | None
    reported: int | None
    is_enough: bool | None
    """None where nothing was reported, nothing has to be reached, or the whole may not be told."""


@dataclass(frozen=True, slots=True)
class CaseStep:
    """One step of a case: its milestone, and what the procedure adds to it."""

    row: MilestoneRow
    outcome: str
    """What it came to, in the visitor's words; empty while it came to nothing."""
    why_closed: str
    """Why it does not apply, where that was recorded and may be told."""
    measures: Sequence[Measure]

    @property
    def waits(self) -> bool:
        """Whether it may never arise: what it depends on has not happened, or nobody said that it did."""
        is_conditional = self.row.kind == "conditional" and not self.row.counted
        return self.row.status == "planned" and (is_conditional or not self.row.arisen)


def case_steps(
    visit: Visit,
    procedure: Procedure | None,
    rows: Iterable[MilestoneRow],
    told: Iterable[TimelineEntry],
    facts: Mapping[str, str],
) -> list[CaseStep]:
    """Return the steps in the order of the procedure, each followed by its later rounds."""
    rows = list(rows)
    order = {row: place for place, row in enumerate(dict.fromkeys(row.row for row in rows))}
    reasons = _reasons(visit, told)
    return [
        _step(visit, row, procedure, reasons.get(row.id, ""), facts)
        # What is planned later is a later round of a step that was there.
        for row in sorted(rows, key=lambda row: order[row.row])
    ]


def _step(
    visit: Visit, row: MilestoneRow, procedure: Procedure | None, why: str, facts: Mapping[str, str]
) -> CaseStep:
    step = procedure.by_id.get(row.row) if procedure else None
    return CaseStep(
        row=row,
        outcome=outcome_words(visit, step, row.outcome),
        why_closed=why if row.status == "not_applicable" else "",
        measures=[_measure(procedure, each, row.figures, facts) for each in step.quantities]
        if procedure and step
        else (),
    )


def outcome_words(visit: Visit, step: Step | None, outcome: str | None) -> str:
    """Return what an outcome is called, or its id where the program no longer has it."""
    found = step.outcome(outcome) if step and outcome else None
    return visit.in_language(found.name) if found else outcome or ""


def _measure(
    procedure: Procedure, quantity: Quantity, figures: Iterable[FigureRow], facts: Mapping[str, str]
) -> Measure:
    values = [figure.value for figure in figures if figure.quantity == quantity.id]
    reported = sum(values) if values else None
    whole = facts.get(quantity.of or "")
    known = int(whole) if whole and whole.isdigit() else None
    fact = procedure.fact(quantity.of) if quantity.of else None
    is_asked = quantity.target is not None or (quantity.at_least_percent is not None and known is not None)
    return Measure(
        unit=quantity.unit,
        percent=quantity.at_least_percent,
        whole_name=fact.name if fact else None,
        whole=number(known) if known is not None else None,
        target=quantity.target,
        reported=reported,
        is_enough=quantity.reaches(reported, known) if reported is not None and is_asked else None,
    )


def _reasons(visit: Visit, told: Iterable[TimelineEntry]) -> dict[str, str]:
    """Return why each step was closed without being done, by its id; ``told`` is the newest first."""
    found: dict[str, str] = {}
    for entry in told:
        if entry.milestone and entry.type == "MilestoneClosedAsNotApplicable":
            because = entry.payload.get("because")
            reason = because[visit.language] if because else entry.payload.get("reason")
            found.setdefault(entry.milestone, reason or "")
    return found


# What it was opened with ----------------------------------------------------------------------------------


def facts_given(opening: Mapping[str, Any]) -> dict[str, str]:
    """Return the facts of an opening that may be told, by id (`projections.docket` leaves the others out)."""
    return {fact["id"]: fact["value"] for fact in opening.get("facts", ())}


def facts_in_words(
    visit: Visit, procedure: Procedure | None, facts: Mapping[str, str]
) -> list[tuple[str, str]]:
    """Return what each fact is called and its value, as people write them."""
    return [_in_words(visit, procedure, id_, value) for id_, value in facts.items()]


def _in_words(visit: Visit, procedure: Procedure | None, id_: str, value: str) -> tuple[str, str]:
    fact = procedure.fact(id_) if procedure else None
    if fact is None:
        return id_, value
    name = in_language(fact.name, visit.language)
    if fact.kind == "choice":
        chosen = next((choice.name for choice in fact.choices if choice.id == value), None)
        return name, in_language(chosen, visit.language) if chosen else value
    if fact.kind in {"day", "instant"} and _is_day(value):
        return name, long_day(value, visit.language)
    return name, number(int(value)) if fact.kind == "number" and value.isdigit() else value


def _is_day(value: str) -> bool:
    try:
        date.fromisoformat(value[:10])
    except ValueError:
        return False
    return True
