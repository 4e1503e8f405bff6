"""Procedures as data: the vocabulary of ``procedures/*.toml``.

A procedure is a list of steps in law. One file is one procedure kind: a plan for a federal election,
a plan for a local one, a complaint, a registration. The folder is discovered; a wrong file is refused at load
with the file, the step and the reason.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator

from domain.deadline import DateBasis, Names, anchor_of, parse
from domain.event import Payload

Kind = Literal["act", "period", "limit", "prohibition", "recurring", "conditional"]
"""What a row is. An *act* is done by an authority or a party and has a due date; a *period* opens and closes
by the calendar; a *limit* is the last day of a citizen's right; a *prohibition* binds while it lasts;
a *recurring* duty is one act each time; a *conditional* act may never arise."""

Responsible = Literal["INE", "OPL", "parties", "tribunals", "others"]
"""Whose lateness it is, when it is late."""

Scope = Literal[
    "national", "state", "district", "section", "polling_station", "tally_sheet", "circumscription"
]
"""The territory an activity is carried out by. All but national and circumscription are followed state by state."""

Read = Literal["read", "partly", "not"]
"""Whether the cited article itself was read: whole, in part or not."""


def _rule(text: str) -> str:
    parse(text)
    return text


Rule = Annotated[str, AfterValidator(_rule)]
"""A deadline rule in the language of `domain.deadline`."""


Boundary = Annotated[str, Field(pattern=r"^(election day|[A-Z][A-Z0-9]*\d\.(start|due))$")]
"""Where a stage begins or ends: on election day, or with a step (``F003.start``, ``F176.due``)."""


class PlanError(Exception):
    """A plan's data contradicts itself; the message names the file, the step and the reason."""


class Stage(Payload):
    """A stage of the process (LGIPE 208, 225)."""

    id: str = Field(pattern=r"^[a-z_]+$")
    name: Names
    starts: Boundary | None = None
    """Where the law has it begin; without one it begins with the first of its steps."""
    ends: Boundary | None = None
    """Where the law has it end; without one it ends with the last of its steps."""


class Link(Payload):
    """A step this one follows.

    Order is usual unless ``requires`` names the article that makes it a condition;
    ``start_to_start`` steps begin after their predecessor begins, not after it ends.
    """

    id: str
    requires: str = ""
    start_to_start: bool = False


class Count(Payload):
    """What is counted while a step advances, and how many there should be, where that is known."""

    unit: Names
    target: int | None = Field(default=None, ge=1)
    """How many, where the row is followed: in the country, or in each state."""
    target_from: Literal["federal_districts"] | None = None
    """The entity's own figure to take as each state's target."""


class Step(Payload):
    """One row of a plan: an activity with its law, its dates' rules, who does it and what it follows."""

    id: str = Field(pattern=r"^[A-Z][A-Z0-9]*\d$")
    stage: str
    group: str = Field(pattern=r"^[a-z_]+$")
    name: Names
    kind: Kind
    basis: tuple[str, ...]
    """Articles and instruments, one each."""
    rule: Names
    """The deadline in the words of the law."""
    starts: Rule | None = None
    due: Rule | None = None
    date_basis: DateBasis = "law"
    """What the two rules rest on."""
    undated: Names | None = None
    """Why there is no rule for the due date, where there is none."""
    every: Literal["month"] | None = None
    """A recurring duty's period: one occurrence each calendar month from ``starts`` to ``due``."""
    responsible: Responsible
    body: str
    """The organ that acts, in the words of the law."""
    support: str = ""
    coordination: str = ""
    after: tuple[Link, ...] = ()
    scope: Scope = "national"
    count: Count | None = None
    applies: tuple[str, ...] = ()
    """Facts of the entity that must all hold (`domain.entity`)."""
    same_as: tuple[str, ...] = ()
    """The federal rows that are the same act: recorded there, shown here, counted once."""
    article: Read = "not"
    """Mark one: was the article read."""
    source: str = ""
    note: Names | None = None
    """A contradiction or doubt to show beside the step."""

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.kind == "act" and self.due is None and self.undated is None and not self.same_as:
            raise ValueError("an act has a due rule or says why it has none")
        if self.every and self.kind != "recurring":
            raise ValueError("only a recurring duty has occurrences")
        if not self.basis:
            raise ValueError("a step names its legal basis")
        return self


class Procedure(Payload):
    """A procedure kind: its steps, in the order they are shown."""

    kind: str = Field(pattern=r"^[a-z_]+$")
    version: int = Field(ge=1)
    name: Names
    jurisdiction: Literal["federal", "state"]
    election_day: Rule
    """The rule that names election day (LGIPE 22)."""
    election_day_basis: tuple[str, ...]
    election_years: tuple[int, ...] = ()
    """The elections the plan is true of; none where its steps do not depend on the year."""
    stages: tuple[Stage, ...]
    steps: tuple[Step, ...]
    digest: str = ""
    """SHA-256 of the file, so that a process says which text it was opened from."""

    def step(self, row: str) -> Step:
        """Return a step by its row id; `KeyError` where there is none."""
        return self.by_id[row]

    @property
    def by_id(self) -> Mapping[str, Step]:
        """The steps by row id."""
        return {step.id: step for step in self.steps}

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        """Refuse repeated ids, unknown stages, predecessors and anchors, and cycles."""
        known = [step.id for step in self.steps]
        if repeated := {row for row in known if known.count(row) > 1}:
            raise ValueError(f"repeated ids: {', '.join(sorted(repeated))}")
        _refuse_unknown_boundaries(self.stages, known)
        stages = {stage.id for stage in self.stages}
        for step in self.steps:
            if step.stage not in stages:
                raise ValueError(f"{step.id}: unknown stage {step.stage!r}")
            if unknown := {row for row in _follows(step) if row not in known}:
                raise ValueError(f"{step.id}: unknown step {', '.join(sorted(unknown))}")
        in_date_order(self.steps)
        _refuse_cycles({step.id: {link.id for link in step.after} for step in self.steps}, "order")
        return self


def _refuse_unknown_boundaries(stages: tuple[Stage, ...], known: list[str]) -> None:
    for stage in stages:
        for boundary in (stage.starts, stage.ends):
            row, _, end = (boundary or "").partition(".")
            if end and row not in known:
                raise ValueError(f"the stage {stage.id}: unknown step {row}")


def in_date_order(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Return the steps so that each comes after those its dates are counted from."""
    by_id = {step.id: step for step in steps}
    order = _refuse_cycles({step.id: _anchors(step) for step in steps}, "dates")
    return tuple(by_id[row] for row in order)


def _anchors(step: Step) -> set[str]:
    start = anchor_of(step.starts) if step.starts else None
    due = anchor_of(step.due) if step.due else None
    if due == (step.id, "start"):
        due = None  # No cycle: a step's start is worked out before its own due date.
    return {anchor[0] for anchor in (start, due) if anchor}


def _follows(step: Step) -> set[str]:
    return {link.id for link in step.after} | _anchors(step)


def _refuse_cycles(follows: Mapping[str, set[str]], what: str) -> list[str]:
    """Return the ids in an order that respects ``follows``, or raise `ValueError` naming a cycle."""
    order: list[str] = []
    placed: set[str] = set()
    waiting = list(follows)
    while waiting:
        ready = [row for row in waiting if follows[row] <= placed]
        if not ready:
            raise ValueError(f"the {what} of these steps go in a circle: {', '.join(waiting)}")
        order += ready
        placed.update(ready)
        waiting = [row for row in waiting if row not in placed]
    return order


@cache
def procedures() -> Mapping[str, Procedure]:
    """Return every procedure in ``procedures/`` by kind, or raise `PlanError`."""
    folder = files("domain").joinpath("procedures")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".toml"))
    loaded = [load_procedure(folder.joinpath(name).read_bytes(), name) for name in names]
    return {procedure.kind: procedure for procedure in loaded}


def load_procedure(content: bytes, file: str) -> Procedure:
    """Read one procedure file, or raise `PlanError` naming the file, the step and the reason."""
    try:
        data = tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PlanError(f"{file}: {error}") from error
    data["digest"] = hashlib.sha256(content).hexdigest()
    try:
        # Strict models read lists as tuples only from JSON, so the TOML data is handed over as JSON.
        return Procedure.model_validate_json(json.dumps(data, default=str))
    except ValidationError as error:
        rows = data.get("steps", [])
        complaints = [f"{file}: {_place(rows, item['loc'])}: {item['msg']}" for item in error.errors()]
        raise PlanError("\n".join(complaints)) from error


def _place(rows: list[object], location: tuple[int | str, ...]) -> str:
    """Say where a validation error is, with the step's id instead of its index."""
    parts = [str(part) for part in location]
    if len(location) > 1 and location[0] == "steps" and isinstance(location[1], int):
        row, place = rows[location[1]], f"step {location[1] + 1}"
        parts = [str(row.get("id", place)) if isinstance(row, dict) else place, *parts[2:]]
    return " → ".join(parts) or "the file"
