"""Opening a process: every row of its procedure becomes a milestone, dated from its rule or from a loaded calendar.

A date comes from the rule of law, or from a source that names this very process (``calendars/{process}.toml``).
What has neither stays without a date, with the reason. No date of another entity is ever used.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Annotated

from pydantic import AfterValidator, Field

from domain.calendar import MONTHS, Moment, add_months, closes_at, day_of, last_day_of
from domain.deadline import (
    MONTHS_ES,
    Anchors,
    BadRule,
    LoadedBasis,
    Names,
    Resolved,
    Unresolved,
    resolve,
    spoken,
)
from domain.entity import CENTRAL_ZONE, FEDERATION, Entity, entities
from domain.event import Payload, Refused
from domain.milestone import MilestonePlanned, Order, Requirement, Schedule, milestone_id
from domain.procedure import Count, PlanError, Procedure, Step, in_date_order, procedures
from domain.process import Process, ProcessOpened, process_id

UNKNOWN_FACT = Names(
    es="No se sabe si aplica en la entidad: el dato no está cargado.",
    en="Whether it applies in the entity is not known: the fact is not loaded.",
)
NO_RULE = Names(es="La ley no le fija fecha.", en="The law sets no date for it.")


class LoadedDate(Payload):
    """A date of one step taken from a source that names this process."""

    step: str
    starts: Moment | None = None
    due: Moment | None = None
    basis: LoadedBasis
    official: bool = False
    source: Names


def _two_years_in_a_row(cycle: str) -> str:
    if int(cycle[-4:]) != int(cycle[:4]) + 1:
        raise ValueError("a cycle is two years in a row, such as 2026-2027")
    return cycle


class OpenProcess(Payload):
    """Begin to follow a process: its whole plan is dated and recorded in one piece."""

    kind: Annotated[str, Field(pattern=r"^[a-z_]+$", max_length=60)]
    territory: Annotated[str, Field(pattern=r"^MX(-[A-Z]{3})?$")]
    cycle: Annotated[str, Field(pattern=r"^20[0-9]{2}-20[0-9]{2}$"), AfterValidator(_two_years_in_a_row)]

    def decide(self, process: Process) -> Opening | None:
        """Return everything the opening records, or None where the process is open already."""
        procedure = procedures().get(self.kind)
        if procedure is None:
            raise Refused(
                "unknown-procedure",
                es=f"No existe el procedimiento «{self.kind}»: usa {', '.join(procedures())}.",
                en=f"There is no procedure '{self.kind}': use {', '.join(procedures())}.",
                fields=("kind",),
            )
        federal = procedure.jurisdiction == "federal"
        if federal != (self.territory == FEDERATION) or not (federal or self.territory in entities()):
            right = FEDERATION if federal else "MX-JAL"
            raise Refused(
                "wrong-territory",
                es=f"«{procedure.name.es}» no se abre en {self.territory}: usa un territorio como {right}.",
                en=f"'{procedure.name.en}' is not opened in {self.territory}: use a territory such as {right}.",
                fields=("territory",),
            )
        if process.opened is not None:
            return None
        self._refuse_another_election(procedure)
        try:
            return opening(procedure, self.territory, self.cycle)
        except (BadRule, PlanError) as error:
            raise Refused(
                "plan-cannot-be-dated",
                es=f"El plan no se puede fechar para {self.cycle}: {error}",
                en=f"The plan cannot be dated for {self.cycle}: {error}",
                fields=("cycle",),
            ) from error

    def _refuse_another_election(self, procedure: Procedure) -> None:
        """Refuse a year in which other offices are elected: its steps and dates would be false."""
        year = int(self.cycle[-4:])
        if procedure.election_years and year not in procedure.election_years:
            years = ", ".join(str(known) for known in procedure.election_years)
            raise Refused(
                "plan-cannot-be-dated",
                es=f"El plan de «{procedure.name.es}» es el de la elección de {years}, no el de {year}: "
                "corrige el ciclo.",
                en=f"The plan of '{procedure.name.en}' is that of the election of {years}, not of {year}: "
                "correct the cycle.",
                fields=("cycle",),
            )


@dataclass(frozen=True, slots=True)
class Opening:
    """What opening a process records: the process and its milestones by id, in the order of the plan."""

    process: str
    opened: ProcessOpened
    milestones: Mapping[str, MilestonePlanned]


def opening(procedure: Procedure, territory: str, cycle: str) -> Opening:
    """Return a process with every milestone dated; raise `PlanError` where the dates contradict the order."""
    process = process_id(procedure.kind, territory, cycle)
    entity = entities().get(territory)
    plan = _Plan(procedure, process, entity, cycle, calendar_of(process))
    milestones = {key: value for step in procedure.steps for key, value in plan.milestones(step)}
    place = f", {entity.name}" if entity else ""
    opened = ProcessOpened(
        kind=procedure.kind, plan_version=procedure.version, plan_digest=procedure.digest,
        name=Names(es=f"{procedure.name.es} {cycle}{place}", en=f"{procedure.name.en} {cycle}{place}"),
        territory=territory, cycle=cycle,
        election_day=plan.anchors.election_day.moment, election_day_basis="law",
        stages=procedure.stages, milestones=len(milestones),
        confirmed=entity.confirmed if entity else True, doubt=entity.doubt if entity else None,
    )  # fmt: skip
    return Opening(process, opened, milestones)


@cache
def calendar_of(process: str) -> Mapping[str, LoadedDate]:
    """Return the dates loaded for a process by step, none where it has no file."""
    file = files("domain").joinpath(f"calendars/{process}.toml")
    if not file.is_file():
        return {}
    data = tomllib.loads(file.read_text("utf-8"))
    dates = [LoadedDate.model_validate_json(json.dumps(item)) for item in data["date"]]
    return {loaded.step: loaded for loaded in dates}


class _Plan:
    """The dates of one process while it is being opened."""

    def __init__(
        self,
        procedure: Procedure,
        process: str,
        entity: Entity | None,
        cycle: str,
        loaded: Mapping[str, LoadedDate],
    ) -> None:
        self.procedure = procedure
        self.process = process
        self.entity = entity
        self.cycle = cycle
        self.loaded = loaded
        self.dates: dict[tuple[str, str], Resolved] = {}
        self.anchors = Anchors(_election_day(procedure, cycle), self.dates)
        applicable = [step for step in procedure.steps if self._applies(step, entity) is not False]
        self.rows = {step.id for step in applicable}
        if unknown := set(loaded) - {step.id for step in procedure.steps}:
            raise PlanError(f"calendars/{process}.toml: unknown steps {', '.join(sorted(unknown))}")
        self.schedules = {step.id: self._schedule(step) for step in in_date_order(tuple(applicable))}
        for step in applicable:
            self._refuse_impossible_order(step)

    def milestones(self, step: Step) -> list[tuple[str, MilestonePlanned]]:
        """Return a row's milestones: one in each state it is followed in, one for each occurrence."""
        if step.id not in self.rows:
            return []
        return [
            (self._id(step, part, occurrence), self._planned(step, part, occurrence, schedule))
            for part in self._parts(step)
            for occurrence, schedule in _occurrences(step, self.schedules[step.id])
        ]

    def _parts(self, step: Step) -> list[Entity | None]:
        """Return the states a federal row is followed in, or the whole this plan is of."""
        if self.entity is None and is_followed_by_state(step):
            return [entity for entity in entities().values() if self._applies(step, entity) is not False]
        return [self.entity]

    def _id(self, step: Step, part: Entity | None, occurrence: str) -> str:
        # A local plan is one state's whole: its ids need no letters to tell the states apart.
        territory = part.code if part and self.entity is None else FEDERATION
        return milestone_id(step.id, territory=territory, occurrence=occurrence)

    def _planned(
        self, step: Step, part: Entity | None, occurrence: str, schedule: Schedule
    ) -> MilestonePlanned:
        uncertain = self._applies(step, part) is None
        return MilestonePlanned(
            row=step.id, name=step.name, stage=step.stage, group=step.group,
            kind="conditional" if uncertain and step.kind == "act" else step.kind,
            basis=step.basis, rule=step.rule, responsible=step.responsible, body=self._body(step, part),
            support=step.support, coordination=step.coordination,
            territory=part.code if part else FEDERATION, scope=step.scope, occurrence=occurrence,
            zone=part.zone if part else CENTRAL_ZONE,
            after=tuple(Order(row=link.id, requires=link.requires, start_to_start=link.start_to_start)
                        for link in step.after if link.id in self.rows),
            required=tuple(self._required(step, part)),
            unit=step.count.unit if step.count else None, target=_target(step.count, part),
            schedule=schedule, article=step.article,
            condition=UNKNOWN_FACT if uncertain else None,
            same_as=tuple(self._same_as(step)), source=step.source, note=step.note,
        )  # fmt: skip

    def _body(self, step: Step, part: Entity | None) -> str:
        return part.opl.acronym if part and step.body == "OPL" else step.body

    def _required(self, step: Step, part: Entity | None) -> list[Requirement]:
        """Return the milestones an article makes a condition of this one."""
        found: list[Requirement] = []
        for link in step.after:
            if not link.requires or link.id not in self.rows:
                continue
            needed = self.procedure.step(link.id)
            if needed.same_as:
                ids = [f"{_federal(self.cycle)}/{key}" for key in _federal_parts(needed.same_as, part)]
            else:
                parts = self._parts(needed)
                ids = [
                    self._id(needed, own, "") for own in parts if part is None or own is None or own is part
                ]
            found += [Requirement(milestone=key, basis=link.requires) for key in ids]
        return found

    def _same_as(self, step: Step) -> list[str]:
        return [f"{_federal(self.cycle)}/{key}" for key in _federal_parts(step.same_as, self.entity)]

    def _applies(self, step: Step, entity: Entity | None) -> bool | None:
        return entity.satisfies(step.applies) if entity else True

    def _schedule(self, step: Step) -> Schedule:
        """Date a row, and let the rows that count from it know."""
        loaded = self.loaded.get(step.id)
        starts = self._resolve(step, step.starts)
        self._anchor(step, "start", loaded, starts)
        due = self._resolve(step, step.due)
        self._anchor(step, "due", loaded, due)
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
                rests_on=due.rests_on, explanation=_sentence(due.explanation),
            )  # fmt: skip
        reason = _sentence(due.reason) if isinstance(due, Unresolved) else _why_undated(step)
        return Schedule(starts=rule_starts, rule_starts=rule_starts, explanation=reason)

    def _resolve(self, step: Step, rule: str | None) -> Resolved | Unresolved | None:
        return resolve(rule, self.anchors, step.date_basis) if rule else None

    def _anchor(
        self, step: Step, end: str, loaded: LoadedDate | None, found: Resolved | Unresolved | None
    ) -> None:
        """Let other rows count from this date: the plan's own where one is loaded."""
        own = (loaded.starts if end == "start" else loaded.due) if loaded else None
        if loaded and own:
            self.dates[step.id, end] = Resolved(own, loaded.basis, spoken(own))
        elif isinstance(found, Resolved):
            self.dates[step.id, end] = found

    def _refuse_impossible_order(self, step: Step) -> None:
        """Refuse a successor that is due before the step it follows."""
        due = self.schedules[step.id].due
        for link in step.after:
            before = self.schedules[link.id].due if link.id in self.schedules else None
            if due is None or before is None or link.start_to_start:
                continue
            if closes_at(due, CENTRAL_ZONE) < closes_at(before, CENTRAL_ZONE):
                raise PlanError(
                    f"{self.process}: {step.id} is due {due}, before {link.id}, which it follows and is due {before}; "
                    "if they run side by side, mark the link start_to_start"
                )


def is_followed_by_state(step: Step) -> bool:
    """Tell whether a federal row is carried out, and so followed, state by state."""
    return step.scope not in {"national", "circumscription"}


def _election_day(procedure: Procedure, cycle: str) -> Resolved:
    year = int(cycle[-4:])
    blank = Resolved(f"{year}-06-01", "law", Names(es="", en=""))
    found = resolve(procedure.election_day, Anchors(blank))
    if isinstance(found, Unresolved):
        raise PlanError(f"{procedure.kind}: election day cannot be worked out: {found.reason.en}")
    return found


def _occurrences(step: Step, schedule: Schedule) -> list[tuple[str, Schedule]]:
    """Return each month's occurrence of a recurring duty, or the row itself."""
    if not step.every or not schedule.starts or not schedule.due:
        return [("", schedule)]
    first, last = day_of(schedule.starts), day_of(schedule.due)
    found: list[tuple[str, Schedule]] = []
    month = first.replace(day=1)
    while month <= last:
        starts = max(month, first).isoformat()
        due = min(last_day_of(month.year, month.month), last).isoformat()
        dates = {"starts": starts, "due": due, "rule_starts": starts, "rule_due": due}
        own = schedule.model_copy(update={**dates, "explanation": _of_month(month, due)})
        found.append((f"{month:%Y-%m}", own))
        month = add_months(month, 1)
    return found


def _why_undated(step: Step) -> Names:
    """Say why a row without a rule for its due date has none here."""
    if step.same_as:
        return Names(
            es=f"Sus fechas son las de {_listed(step.same_as, 'y')} del plan federal, donde se reporta.",
            en=f"Its dates are those of {_listed(step.same_as, 'and')} of the federal plan, where it is reported.",
        )
    return step.undated or NO_RULE


def _listed(rows: tuple[str, ...], conjunction: str) -> str:
    *others, last = rows
    return f"{', '.join(others)} {conjunction} {last}" if others else last


def _of_month(month: date, due: Moment) -> Names:
    """Say when one month's occurrence is due."""
    said, name = spoken(due), MONTHS[month.month - 1].capitalize()
    return Names(
        es=f"Cada mes tiene su plazo: el de {MONTHS_ES[month.month - 1]} de {month.year} vence el {said.es}.",
        en=f"Each month has its own deadline: that of {name} {month.year} is due on {said.en}.",
    )


def _target(count: Count | None, part: Entity | None) -> int | None:
    if count is None:
        return None
    return part.federal_districts if count.target_from and part else count.target


def _federal(cycle: str) -> str:
    return process_id("federal_election", FEDERATION, cycle)


def _federal_parts(rows: tuple[str, ...], part: Entity | None) -> list[str]:
    """Return the ids, in the federal process, of rows that are this same act in a state."""
    steps = procedures()["federal_election"].by_id
    return [
        milestone_id(row, territory=part.code if part and is_followed_by_state(steps[row]) else FEDERATION)
        for row in rows
    ]


def _sentence(words: Names) -> Names:
    return Names(es=f"{words.es[0].upper()}{words.es[1:]}.", en=f"{words.en[0].upper()}{words.en[1:]}.")
