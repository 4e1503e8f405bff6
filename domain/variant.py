"""A plan's variants: what a state's law, or the elections of certain years, have otherwise (``procedures/variants``).

One file is one variant: ``jal.toml`` extends a plan for one state, ``presidential.toml`` for the years in which the
Presidency and both chambers are elected. A row is changed by naming only what is different in it; what the file does
not name stays as the plan it extends says.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache, cached_property
from importlib.resources import files
from typing import Any, Self, TypeVar

from pydantic import Field, ValidationError, model_validator

from domain.election_years import ElectionYears
from domain.entity import entities
from domain.event import Payload
from domain.names import Names
from domain.procedure import PlanError, Procedure, Stage, procedures
from domain.step import Step

Row = TypeVar("Row", Step, Stage)


class Removal(Payload):
    """A row that the variant does not have."""

    id: str
    why: Names
    basis: tuple[str, ...] = Field(min_length=1)


class Variant(Payload):
    """What one state's plan, or that of certain years, has otherwise than the plan it extends."""

    extends: str = Field(pattern=r"^[a-z_]+$")
    territory: str | None = Field(default=None, pattern=r"^MX-[A-Z]{3}$")
    """The one state it is followed in."""
    election_years: ElectionYears | None = None
    """The elections it is true of, where it is not a state's."""
    version: int = Field(ge=1)
    source: str
    summary: Names | None = None
    """What takes the place of the plan's summary."""
    stages: tuple[Mapping[str, Any], ...] = ()
    """Stages by ``id``, each with the keys of `domain.procedure.Stage` that are different."""
    adds: tuple[Step, ...] = ()
    removes: tuple[Removal, ...] = ()
    changes: tuple[Mapping[str, Any], ...] = ()
    """Rows by ``id``, each with the keys of `domain.step.Step` that are different."""
    text: str = Field(default="", repr=False)

    @property
    def scope(self) -> Names:
        """Say where or when it is followed."""
        if self.election_years:
            return self.election_years.words
        name = entities()[self.territory or ""].name
        return Names(es=name, en=name)

    @cached_property
    def plan(self) -> Procedure:
        """The whole plan that follows from it, checked as every procedure is. Raises ``ValidationError``."""
        base = procedures()[self.extends]
        text = f"{base.text}\n{self.text}"
        return Procedure.model_validate(
            {
                **{name: getattr(base, name) for name in type(base).model_fields},
                "version": self.version,
                "summary": self.summary or base.summary,
                "election_years": self.election_years or base.election_years,
                "stages": tuple(_changed(base.stages, self.stages)),
                "steps": (*_kept(base.steps, self), *self.adds),
                "digest": hashlib.sha256(text.encode()).hexdigest(),
                "text": text,
            }
        )

    @model_validator(mode="after")
    def _is_of_a_place_or_of_years(self) -> Self:
        if (self.territory is None) == (self.election_years is None):
            raise ValueError(
                "a variant is either of a state (`territory`) or of certain years (`election_years`)"
            )
        return self


def plan_for(kind: str, territory: str, cycle: str) -> Procedure:
    """Return the procedure a territory follows in a cycle: the plan, or its variant. Raises ``KeyError``."""
    base, year = procedures()[kind], int(cycle[-4:])
    for variant in variants_of(kind):
        if variant.territory == territory or (
            variant.election_years and variant.election_years.include(year)
        ):
            return variant.plan
    return base


def variants_of(kind: str) -> tuple[Variant, ...]:
    """Return the variants of a plan, in the order of their files."""
    return tuple(variant for variant in variants() if variant.extends == kind)


def rows_of(kind: str) -> Mapping[str, Step]:
    """Return every row that a plan or any of its variants has, as the plan has it where it does."""
    added = {step.id: step for variant in variants_of(kind) for step in variant.adds}
    return added | dict(procedures()[kind].by_id)


@cache
def variants() -> tuple[Variant, ...]:
    """Return every variant there is. Raises `domain.procedure.PlanError`."""
    folder = files("domain").joinpath("procedures", "variants")
    if not folder.is_dir():
        return ()
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".toml"))
    return tuple(load_variant(folder.joinpath(name).read_bytes(), f"variants/{name}") for name in names)


def load_variant(content: bytes, file: str) -> Variant:
    """Read one variant and try it on what it extends, or raise `PlanError` naming the file and the reason."""
    try:
        text = content.decode()
        variant = Variant.model_validate_json(json.dumps(tomllib.loads(text) | {"text": text}, default=str))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, ValidationError) as error:
        raise PlanError(f"{file}: {error}") from error
    base = procedures().get(variant.extends)
    if base is None or (variant.territory and variant.territory not in entities()):
        raise PlanError(f"{file}: there is no {variant.extends} in {variant.territory or 'those years'}")
    known = set(base.by_id)
    named = [str(row.get("id")) for row in variant.changes] + [removal.id for removal in variant.removes]
    if unknown := [row for row in named if row not in known]:
        raise PlanError(f"{file}: unknown step {', '.join(unknown)}")
    stages = {stage.id for stage in base.stages}
    if unknown := [str(row.get("id")) for row in variant.stages if row.get("id") not in stages]:
        raise PlanError(f"{file}: unknown stage {', '.join(unknown)}")
    if repeated := [step.id for step in variant.adds if step.id in known]:
        raise PlanError(f"{file}: {', '.join(repeated)} is a step of the national plan: change it instead")
    try:
        _refuse_unknown_acts(variant.plan, file)
    except ValidationError as error:
        reasons = "; ".join(each["msg"] for each in error.errors())
        raise PlanError(f"{file}: with it the plan does not hold together: {reasons}") from error
    return variant


def _refuse_unknown_acts(plan: Procedure, file: str) -> None:
    """Refuse a row that says it is the same act as one that is neither in this plan nor in the federal one."""
    known = set(plan.by_id) | set(procedures()["federal_election"].by_id)
    for step in plan.steps:
        if unknown := [row for row in step.same_as if row not in known]:
            raise PlanError(
                f"{file}: {step.id}: there is no act {', '.join(unknown)} it could be the same as"
            )


def _kept(steps: Iterable[Step], variant: Variant) -> list[Step]:
    """Return the rows that stay, as the variant changes them and without the links to those that do not."""
    removed = {removal.id for removal in variant.removes}
    kept = _changed((step for step in steps if step.id not in removed), variant.changes)
    return [
        step.model_copy(update={"after": tuple(link for link in step.after if link.id not in removed)})
        for step in kept
    ]


def _changed(rows: Iterable[Row], changes: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Return rows or stages with the keys that are different in them."""
    by_id = {str(change["id"]): dict(change) for change in changes}
    return [
        type(row).model_validate_json(json.dumps(row.model_dump(mode="json", by_alias=True) | by_id[row.id]))
        if row.id in by_id
        else row
        for row in rows
    ]
