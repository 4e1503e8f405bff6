"""A plan's variants, as the API tells of them: where or when each is followed, and every row that differs."""

from __future__ import annotations

from typing import Literal

from api.step_rows import StepRow, step_row
from domain.names import Names
from domain.procedure import Procedure
from domain.variant import Variant, variants_of
from projections.page import Row


class DifferenceRow(Row):
    """A row of the plan that is otherwise in a variant."""

    id: str
    """The row: ``F070``."""
    difference: Literal["added", "changed", "removed"]
    """Whether the variant adds it, has it otherwise or does not have it."""
    name: Names
    """What it is called in the variant; of a row it does not have, in the plan."""
    changes: list[str]
    """The fields that are different: ``due``, ``name``; none but for a row that is changed."""
    step: StepRow | None
    """The row as the variant has it; null where it does not."""
    why: Names | None
    """Why the variant does not have it."""
    basis: list[str]
    """The articles behind it."""


class VariantRow(Row):
    """What a state's law, or the elections of certain years, have otherwise."""

    territory: str | None
    """The one state it is followed in; null where it is of certain years."""
    scope: Names
    """Where or when it is followed, in words."""
    version: int
    """The version of its text."""
    digest: str
    """SHA-256 of the plan's text with its own, as each process that was opened from it says."""
    source: str
    """Where its differences were read."""
    steps: int
    """How many steps the whole plan has with it."""
    differences: list[DifferenceRow]
    """Every row that differs."""


class ProcedureVariants(Row):
    """The variants of a plan."""

    kind: str
    """The procedure."""
    items: list[VariantRow]
    """Each of them; none where it is the same everywhere and in every year."""


def procedure_variants(procedure: Procedure) -> ProcedureVariants:
    """Return every variant of a procedure."""
    rows = [_variant_row(procedure, variant) for variant in variants_of(procedure.kind)]
    return ProcedureVariants(kind=procedure.kind, items=rows)


def _variant_row(base: Procedure, variant: Variant) -> VariantRow:
    plan = variant.plan
    return VariantRow(
        territory=variant.territory, scope=variant.scope, version=plan.version, digest=plan.digest,
        source=variant.source, steps=len(plan.steps), differences=_differences(base, variant),
    )  # fmt: skip


def _differences(base: Procedure, variant: Variant) -> list[DifferenceRow]:
    plan = variant.plan
    changed = {str(change["id"]): sorted(set(change) - {"id"}) for change in variant.changes}
    removed = [
        DifferenceRow(
            id=one.id, difference="removed", name=base.step(one.id).name, changes=[], step=None,
            why=one.why, basis=list(one.basis),
        )
        for one in variant.removes
    ]  # fmt: skip
    others = [
        DifferenceRow(
            id=step.id, difference="changed" if step.id in changed else "added", name=step.name,
            changes=changed.get(step.id, []), step=step_row(step, plan), why=None, basis=list(step.basis),
        )
        for step in plan.steps
        if step.id in changed or step.id not in base.by_id
    ]  # fmt: skip
    return [*removed, *others]
