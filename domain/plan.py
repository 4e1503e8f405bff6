"""Opening a process: every row of its procedure becomes a milestone, dated from its rule or from a loaded calendar.

A date comes from the rule of law, or from a source that names this very process (``calendars/{process}.toml``).
What has neither stays without a date, with the reason. No date of another entity is ever used.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from domain.calendar import closes_at
from domain.call import Call, refuse_wrong_call
from domain.case import refuse_wrong_territory
from domain.deadline import Anchors, BadRule, Resolved, resolve, spoken
from domain.entity import CENTRAL_ZONE, FEDERATION, Entity, entities
from domain.event import Payload, Refused
from domain.milestone import milestone_id
from domain.milestone_events import MilestonePlanned, Requirement, Schedule
from domain.names import Names
from domain.occurrence import occurrences
from domain.procedure import PlanError, Procedure, procedures
from domain.process import CaseOpened, Process, ProcessOpened, process_id
from domain.row import planned
from domain.step import Step
from domain.timetable import Grounds, LoadedDate, Timetable
from domain.variant import plan_for, variants_of

UNKNOWN_FACT = Names(
    es="No se sabe si aplica en la entidad: el dato no está cargado.",
    en="Whether it applies in the entity is not known: the fact is not loaded.",
)


def _one_year_or_two_in_a_row(cycle: str) -> str:
    first, _, second = cycle.partition("-")
    if second and int(second) != int(first) + 1:
        raise ValueError("a cycle is two years in a row, such as 2026-2027")
    return cycle


class OpenProcess(Payload):
    """Begin to follow a process: its whole plan is dated and recorded in one piece."""

    kind: Annotated[str, Field(pattern=r"^[a-z_]+$", max_length=60)]
    territory: Annotated[str, Field(pattern=r"^MX(-[A-Z]{3})?$")]
    cycle: Annotated[
        str, Field(pattern=r"^20[0-9]{2}(-20[0-9]{2})?$"), AfterValidator(_one_year_or_two_in_a_row)
    ]
    """The years of the process, ``2026-2027``; the year of the vote alone, ``2027``, where a call sets it."""
    call: Call | None = None
    """The instrument that calls it, where the calendar of law does not."""

    @model_validator(mode="after")
    def _has_one_year_only_with_a_call(self) -> Self:
        if "-" not in self.cycle and self.call is None:
            raise ValueError("a cycle of one year goes with the `call` that sets the day of the vote in it")
        return self

    @property
    def process(self) -> str:
        """The id of the process: ``pef-2026-2027``, ``pel-2026-2027-jal``, ``pee-2027-mic-1``."""
        procedure = procedures().get(self.kind)
        number = self.call.number if self.call and procedure and procedure.called else None
        return process_id(self.kind, self.territory, self.cycle, number)

    def decide(self, process: Process) -> Opening | None:
        """Return everything the opening records, or None where the process is open already."""
        procedure = plan_for(self.kind, self.territory, self.cycle) if self.kind in procedures() else None
        if procedure is None:
            raise Refused(
                "unknown-procedure",
                es=f"No existe el procedimiento «{self.kind}»: usa {', '.join(procedures())}.",
                en=f"There is no procedure '{self.kind}': use {', '.join(procedures())}.",
                fields=("kind",),
            )
        refuse_wrong_territory(procedure, self.territory)
        refuse_wrong_call(procedure, self.cycle, self.call)
        if process.opened is not None:
            self._refuse_another_call(process.opened)
            return None
        self._refuse_another_election(procedure)
        try:
            return opening(procedure, self.territory, self.cycle, call=self.call)
        except (BadRule, PlanError) as error:
            raise Refused(
                "plan-cannot-be-dated",
                es=f"El plan no se puede fechar para {self.cycle}: {error}",
                en=f"The plan cannot be dated for {self.cycle}: {error}",
                fields=("cycle",),
            ) from error

    def _refuse_another_call(self, opened: ProcessOpened | CaseOpened) -> None:
        """Refuse where the process that is open under this id was called otherwise."""
        if isinstance(opened, ProcessOpened) and opened.call != self.call:
            raise Refused(
                "call-number-taken",
                es=f"{self.process} ya está abierto con otra convocatoria: si es otra elección, dale otro «number».",
                en=f"{self.process} is open already by another call: if it is another election, give it another "
                "'number'.",
                fields=("call", "number"),
            )

    def _refuse_another_election(self, procedure: Procedure) -> None:
        """Refuse a year in which other offices are elected, or years where one is meant: its dates would be false."""
        vote = int(self.cycle[-4:])
        if procedure.called == ("-" in self.cycle):
            right = str(vote) if procedure.called else f"{vote - 1}-{vote}"
            raise Refused(
                "plan-cannot-be-dated",
                es=f"El ciclo de «{procedure.name.es}» se escribe como {right}: corrígelo.",
                en=f"The cycle of '{procedure.name.en}' is written like {right}: correct it.",
                fields=("cycle",),
            )
        if procedure.election_years and not procedure.election_years.include(vote):
            known = _true_of(procedure)
            raise Refused(
                "plan-cannot-be-dated",
                es=f"El plan de «{procedure.name.es}» es el de {known.es}, no el de {vote}: corrige el ciclo.",
                en=f"The plan of '{procedure.name.en}' is that of {known.en}, not of {vote}: correct the cycle.",
                fields=("cycle",),
            )


def _true_of(procedure: Procedure) -> Names:
    """Say the elections that a plan and its variants are true of."""
    each = [procedure.election_years, *(variant.election_years for variant in variants_of(procedure.kind))]
    words = [years.words for years in each if years]
    return Names(es="; ".join(one.es for one in words), en="; ".join(one.en for one in words))


@dataclass(frozen=True, slots=True)
class Opening:
    """What opening a process records: the process and its milestones by id, in the order of the plan."""

    process: str
    opened: ProcessOpened
    milestones: Mapping[str, MilestonePlanned]


def opening(
    procedure: Procedure,
    territory: str,
    cycle: str,
    *,
    call: Call | None = None,
    election_day: Resolved | None = None,
) -> Opening:
    """Return a process with every milestone dated; raise `PlanError` where the dates contradict the order.

    ``election_day`` takes the place of the day the law or the call names, where an instrument moved it. Dates that a
    source gave around the former day then hold no longer: what the law counts from that day is counted again.
    """
    process = process_id(procedure.kind, territory, cycle, call.number if call and procedure.called else None)
    entity = entities().get(territory)
    named = day_of_the_vote(procedure, cycle, call)
    day = election_day or named
    loaded = calendar_of(process)
    if day.moment != named.moment:
        moved = procedure.counted_from_election_day
        loaded = {row: date for row, date in loaded.items() if row not in moved}
    plan = _Plan(procedure, process, entity, cycle, loaded, day)
    milestones = {key: value for step in procedure.steps for key, value in plan.milestones(step)}
    place = (f", {entity.name}" if entity else "") + (f": {call.matter}" if call and call.matter else "")
    # What is not certain of an entity is whether it elects anybody that year; a call leaves no doubt of it.
    doubtful = entity is not None and call is None and not entity.confirmed
    opened = ProcessOpened(
        kind=procedure.kind, plan_version=procedure.version, plan_digest=procedure.digest,
        name=Names(es=f"{procedure.name.es} {cycle}{place}", en=f"{procedure.name.en} {cycle}{place}"),
        territory=territory, cycle=cycle,
        election_day=day.moment, election_day_basis=named.rests_on,
        stages=procedure.stages, milestones=len(milestones),
        confirmed=not doubtful, doubt=entity.doubt if entity and doubtful else None, call=call,
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
        election_day: Resolved,
    ) -> None:
        self.procedure = procedure
        self.process = process
        self.entity = entity
        self.cycle = cycle
        applicable = [step for step in procedure.steps if self._applies(step, entity) is not False]
        self.rows = {step.id for step in applicable}
        if unknown := set(loaded) - {step.id for step in procedure.steps}:
            raise PlanError(f"calendars/{process}.toml: unknown steps {', '.join(sorted(unknown))}")
        self.election_day = election_day
        self.grounds = Grounds(int(cycle[-4:]), self.election_day, loaded=loaded)
        self.schedules = Timetable(applicable, self.grounds).schedules
        for step in applicable:
            self._refuse_impossible_order(step)

    def milestones(self, step: Step) -> list[tuple[str, MilestonePlanned]]:
        """Return a row's milestones: one in each state it is followed in, one for each occurrence."""
        if step.id not in self.rows:
            return []
        return [
            (self._id(step, part, occurrence), self._planned(step, part, occurrence, schedule))
            for part in self._parts(step)
            for occurrence, schedule in occurrences(step, self.schedules[step.id], self.grounds)
        ]

    def _parts(self, step: Step) -> list[Entity | None]:
        """Return the states a federal row is followed in, or the whole this plan is of."""
        # A called election is of one contest: it has no part in each of the 32 states.
        if self.entity is None and not self.procedure.called and is_followed_by_state(step):
            return [entity for entity in entities().values() if self._applies(step, entity) is not False]
        return [self.entity]

    def _id(self, step: Step, part: Entity | None, occurrence: str) -> str:
        # A local plan is one state's whole: its ids need no letters to tell the states apart.
        territory = part.code if part and self.entity is None else FEDERATION
        return milestone_id(step.id, territory=territory, occurrence=occurrence)

    def _planned(
        self, step: Step, part: Entity | None, occurrence: str, schedule: Schedule
    ) -> MilestonePlanned:
        return planned(
            step,
            schedule,
            part=part,
            rows=self.rows,
            occurrence=occurrence,
            required=self._required(step, part),
            same_as=self._same_as(step, self.entity),
            condition=UNKNOWN_FACT if self._applies(step, part) is None else None,
        )

    def _required(self, step: Step, part: Entity | None) -> list[Requirement]:
        """Return the milestones an article makes a condition of this one."""
        found: list[Requirement] = []
        for link in step.after:
            if not link.requires or link.id not in self.rows:
                continue
            needed = self.procedure.step(link.id)
            if needed.same_as:
                ids = self._same_as(needed, part)
            else:
                parts = self._parts(needed)
                ids = [
                    self._id(needed, own, "") for own in parts if part is None or own is None or own is part
                ]
            found += [Requirement(milestone=key, basis=link.requires) for key in ids]
        return found

    def _same_as(self, step: Step, part: Entity | None) -> list[str]:
        """Return the milestones that are the same act: of this plan itself, or of the federal one."""
        own = [row for row in step.same_as if row in self.procedure.by_id]
        federal = tuple(row for row in step.same_as if row not in own)
        return [
            *(f"{self.process}/{self._id(self.procedure.step(row), self.entity, '')}" for row in own),
            *(f"{_federal(self.cycle)}/{key}" for key in _federal_parts(federal, part, self.cycle)),
        ]

    def _applies(self, step: Step, entity: Entity | None) -> bool | None:
        return entity.satisfies(step.applies) if entity else True

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


def day_of_the_vote(procedure: Procedure, cycle: str, call: Call | None = None) -> Resolved:
    """Return the day of the vote: the call's, or the procedure's rule's. Raises `PlanError` where there is none."""
    if call is not None and call.election_day is not None:
        return Resolved(call.election_day, "calendar", spoken(call.election_day))
    rule, year = procedure.election_day, int(cycle[-4:])
    found = resolve(rule, Anchors(year)) if rule else None
    if not isinstance(found, Resolved):
        raise PlanError(f"{procedure.kind}: election day cannot be worked out")
    return found


def _federal(cycle: str) -> str:
    return process_id("federal_election", FEDERATION, cycle)


def _federal_parts(rows: tuple[str, ...], part: Entity | None, cycle: str) -> list[str]:
    """Return the ids, in the federal process, of rows that are this same act in a state."""
    steps = plan_for("federal_election", FEDERATION, cycle).by_id
    return [
        milestone_id(row, territory=part.code if part and is_followed_by_state(steps[row]) else FEDERATION)
        for row in rows
    ]
