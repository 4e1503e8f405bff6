"""A step of a procedure as it enters one process: the milestone that is planned."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from domain.entity import CENTRAL_ZONE, FEDERATION, Entity
from domain.milestone_events import MilestonePlanned, Order, Requirement, Schedule
from domain.names import Names
from domain.step import Count, Step


def planned(
    step: Step,
    schedule: Schedule,
    *,
    part: Entity | None,
    rows: Collection[str],
    occurrence: str = "",
    required: Iterable[Requirement] = (),
    same_as: Iterable[str] = (),
    condition: Names | None = None,
) -> MilestonePlanned:
    """Return the event that plans a step in a state, or in the federation where ``part`` is None.

    ``rows`` are the steps the process has; ``condition`` is why the step may never arise, where it may not.
    """
    return MilestonePlanned(
        row=step.id, name=step.name, stage=step.stage, group=step.group,
        kind="conditional" if condition and step.kind == "act" else step.kind,
        basis=step.basis, rule=step.rule,
        responsible="INE" if part is None and step.responsible == "OPL" else step.responsible,
        body=_body(step, part),
        support=step.support, coordination=step.coordination,
        territory=part.code if part else FEDERATION, scope=step.scope, occurrence=occurrence,
        zone=part.zone if part else CENTRAL_ZONE,
        after=tuple(Order(row=link.id, requires=link.requires, start_to_start=link.start_to_start)
                    for link in step.after if link.id in rows),
        required=tuple(required),
        unit=_unit(step), target=_target(step, part),
        schedule=schedule, article=step.article, condition=condition,
        same_as=tuple(same_as), source=step.source, note=step.note,
        evidence=step.evidence, validated_by=step.validated_by, notice=step.notice,
    )  # fmt: skip


def _body(step: Step, part: Entity | None) -> str:
    """Return who acts: where a step is the OPL's, the state's own institute, and INE in the federation."""
    if step.body != "OPL":
        return step.body
    return part.opl.acronym if part else "INE"


def _unit(step: Step) -> Names | None:
    if step.count:
        return step.count.unit
    return step.quantities[0].unit if step.quantities else None


def _target(step: Step, part: Entity | None) -> int | None:
    count: Count | None = step.count
    if count is None:
        return step.quantities[0].target if step.quantities else None
    return part.federal_districts if count.target_from and part else count.target
