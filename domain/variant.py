"""A state's own plan: the national one with what its law adds, takes away and changes (``procedures/variants``).

One file is one variant: ``jal.toml`` extends a procedure for one state. A row is changed by naming only what is
different in it; what the file does not name stays as the national plan says.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from pydantic import Field, ValidationError

from domain.entity import entities
from domain.event import Payload
from domain.names import Names
from domain.procedure import PlanError, Procedure, procedures
from domain.step import Step


class Removal(Payload):
    """A row of the national plan that the state's law does not have."""

    id: str
    why: Names
    basis: tuple[str, ...] = Field(min_length=1)


class Variant(Payload):
    """What one state's plan has otherwise than the national one."""

    extends: str = Field(pattern=r"^[a-z_]+$")
    territory: str = Field(pattern=r"^MX-[A-Z]{3}$")
    version: int = Field(ge=1)
    source: str
    adds: tuple[Step, ...] = ()
    removes: tuple[Removal, ...] = ()
    changes: tuple[Mapping[str, Any], ...] = ()
    """Rows by ``id``, each with the keys of `domain.step.Step` that are different."""
    text: str = Field(default="", repr=False)


def plan_for(kind: str, territory: str) -> Procedure:
    """Return the procedure a territory follows: the national one, or the state's own. Raises ``KeyError``."""
    base, variant = procedures()[kind], variants().get((kind, territory))
    return _extended(base, variant) if variant else base


@cache
def variants() -> Mapping[tuple[str, str], Variant]:
    """Return every variant by (procedure, territory). Raises `domain.procedure.PlanError`."""
    folder = files("domain").joinpath("procedures", "variants")
    if not folder.is_dir():
        return {}
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".toml"))
    found = [load_variant(folder.joinpath(name).read_bytes(), f"variants/{name}") for name in names]
    return {(variant.extends, variant.territory): variant for variant in found}


def load_variant(content: bytes, file: str) -> Variant:
    """Read one variant and try it on what it extends, or raise `PlanError` naming the file and the reason."""
    try:
        text = content.decode()
        variant = Variant.model_validate_json(json.dumps(tomllib.loads(text) | {"text": text}, default=str))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, ValidationError) as error:
        raise PlanError(f"{file}: {error}") from error
    base = procedures().get(variant.extends)
    if base is None or variant.territory not in entities():
        raise PlanError(f"{file}: there is no {variant.extends} in {variant.territory}")
    known = set(base.by_id)
    named = [str(row.get("id")) for row in variant.changes] + [removal.id for removal in variant.removes]
    if unknown := [row for row in named if row not in known]:
        raise PlanError(f"{file}: unknown step {', '.join(unknown)}")
    if repeated := [step.id for step in variant.adds if step.id in known]:
        raise PlanError(f"{file}: {', '.join(repeated)} is a step of the national plan: change it instead")
    try:
        _refuse_unknown_acts(_extended(base, variant), file)
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


def _extended(base: Procedure, variant: Variant) -> Procedure:
    """Return the plan with the variant's rows, checked as every procedure is."""
    removed = {removal.id for removal in variant.removes}
    changes = {str(row["id"]): row for row in variant.changes}
    steps = [
        Step.model_validate_json(
            json.dumps(step.model_dump(mode="json", by_alias=True) | dict(changes[step.id]))
        )
        if step.id in changes
        else step
        for step in base.steps
        if step.id not in removed
    ]
    kept = [
        step.model_copy(update={"after": tuple(link for link in step.after if link.id not in removed)})
        for step in steps
    ]
    text = f"{base.text}\n{variant.text}"
    return Procedure.model_validate(
        {
            **{name: getattr(base, name) for name in type(base).model_fields},
            "version": variant.version,
            "steps": (*kept, *variant.adds),
            "digest": hashlib.sha256(text.encode()).hexdigest(),
            "text": text,
        }
    )
