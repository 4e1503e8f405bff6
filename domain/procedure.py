"""Procedures as data: what ``procedures/*.toml`` says as a whole.

A procedure is a list of steps in law (`domain.step`). One file is one procedure kind: a plan for a federal election,
a plan for a local one, a complaint, a registration. The folder is discovered; a wrong file is refused at load
with the file, the line, the step and the reason.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from importlib.resources import files
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from domain.condition import Fact as FactIs
from domain.condition import parts_of, rows_of
from domain.deadline import anchor_of, parse
from domain.election_years import ElectionYears
from domain.event import Payload
from domain.names import Names
from domain.step import Id, Rule, Step, System
from domain.toml_lines import Place, line_of, lines_of

Docket = Literal["public", "listed", "reserved"]
"""What the public may see of a case: everything but persons; folio, matter, stage and ruling; or nothing at all."""


Boundary = Annotated[str, Field(pattern=r"^(election day|[A-Z][A-Z0-9]*\d\.(start|due))$")]
"""Where a stage begins or ends: on election day, or with a step (``F003.start``, ``F176.due``)."""


class PlanError(Exception):
    """A plan's data contradicts itself; the message names the file, the line, the step and the reason."""


class Stage(Payload):
    """A stage of the process (LGIPE 208, 225)."""

    id: str = Field(pattern=r"^[a-z_]+$")
    name: Names
    starts: Boundary | None = None
    """Where the law has it begin; without one it begins with the first of its steps."""
    ends: Boundary | None = None
    """Where the law has it end; without one it ends with the last of its steps."""


class Choice(Payload):
    """One of the values a fact may have."""

    id: Id
    name: Names


class Fact(Payload):
    """Something a case is opened with, besides its folio and the moment it was received."""

    id: Id
    kind: Literal["day", "instant", "year", "number", "choice", "text"]
    name: Names
    required: bool = True
    choices: tuple[Choice, ...] = ()

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.kind == "choice") != bool(self.choices):
            raise ValueError("a choice, and nothing else, has choices")
        return self


class Off(Payload):
    """Why a plan is not opened by itself, and who says so: only the instrument that calls it switches it on."""

    reason: Names
    source: str


class Procedure(Payload):
    """A procedure kind: its steps, in the order they are shown."""

    kind: str = Field(pattern=r"^[a-z_]+$")
    version: int = Field(ge=1)
    system: System
    """Which of the fourteen functions it carries (`domain.systems`)."""
    name: Names
    summary: Names
    """What it is for, who may begin it and how it ends, in two sentences for a citizen."""
    jurisdiction: Literal["federal", "state", "both"]
    territories: tuple[str, ...] = ()
    """The only states it is opened in, where it exists by the law of some alone."""
    prefix: str = Field(pattern=r"^[a-z][a-z0-9-]{1,11}$")
    """Of the ids of its processes: ``pef``, ``pos``."""
    body: str = ""
    """Who carries the case, where one body does."""
    docket: Docket = "public"
    regime: Literal["federal_election", "local_election"] | None = None
    """The plan during which all days and hours count for *procedural* ones."""
    election_day: Rule | None = None
    """The rule that names election day (LGIPE 22); only a plan has one."""
    election_day_basis: tuple[str, ...] = ()
    election_years: ElectionYears | None = None
    """The elections the plan is true of; None where its steps do not depend on the year."""
    called: bool = False
    """Whether it is the plan of an election whose day no law names: the call that opens it does (LGIPE 23, 24)."""
    off: Off | None = None
    begins: str | None = None
    """The step with which an election's process is under way (LGIPE 225.1); a plan names it."""
    facts: tuple[Fact, ...] = ()
    stages: tuple[Stage, ...]
    steps: tuple[Step, ...]
    digest: str = ""
    """SHA-256 of the file, so that a process says which text it was opened from."""
    text: str = Field(default="", repr=False)
    """The file itself."""

    @property
    def is_plan(self) -> bool:
        """Whether it is the plan of an election, dated around the day of the vote; else it is that of a case."""
        return self.election_day is not None or self.called

    def step(self, row: str) -> Step:
        """Return a step by its row id; `KeyError` where there is none."""
        return self.by_id[row]

    @cached_property
    def by_id(self) -> Mapping[str, Step]:
        """The steps by row id."""
        return {step.id: step for step in self.steps}

    def fact(self, id_: str) -> Fact | None:
        """Return a fact a case is opened with."""
        return next((fact for fact in self.facts if fact.id == id_), None)

    @cached_property
    def openers(self) -> Mapping[str, tuple[tuple[str, str | None], ...]]:
        """What lets each step arise that does not from the beginning: (step, outcome), None for any outcome."""
        return openers_of(self.steps)

    @cached_property
    def units(self) -> frozenset[str]:
        """The units its deadlines are counted in, such as ``business days``."""
        units = {parse(rule)["unit"] for step in self.steps for rule in _rules(step)}
        return frozenset(unit for unit in units if unit)

    @cached_property
    def counted_from_election_day(self) -> frozenset[str]:
        """The rows that some rule counts from the day of the vote, itself or through another row."""
        counted: set[str] = set()
        for step in in_date_order(self.steps):
            rules = list(_rules(step))
            if any(_counts_from_election_day(rule) for rule in rules) or _anchors(step) & counted:
                counted.add(step.id)
        return frozenset(counted)

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        """Refuse repeated ids, unknown stages, steps, facts and anchors, circles, and what can never be reached."""
        if self.called and self.election_day:
            raise ValueError("a called election has no rule for its day: the call sets it")
        _refuse_what_is_unknown(self)
        in_date_order(self.steps)
        _refuse_cycles({step.id: {link.id for link in step.after} for step in self.steps}, "order")
        _refuse_what_is_unreachable(self)
        return self


def _refuse_what_is_unknown(procedure: Procedure) -> None:
    known = [step.id for step in procedure.steps]
    moments = {fact.id for fact in procedure.facts if fact.kind in {"day", "instant"}}
    if repeated := {row for row in known if known.count(row) > 1}:
        raise ValueError(f"repeated ids: {', '.join(sorted(repeated))}")
    if procedure.begins is not None and procedure.begins not in known:
        raise ValueError(f"begins: unknown step {procedure.begins}")
    _refuse_unknown_boundaries(procedure.stages, known)
    stages = {stage.id for stage in procedure.stages}
    facts = {fact.id for fact in procedure.facts}
    for step in procedure.steps:
        if step.stage not in stages:
            raise ValueError(f"{step.id}: unknown stage {step.stage!r}")
        if unknown := {row for row in _mentioned(step) if row not in known}:
            raise ValueError(f"{step.id}: unknown step {', '.join(sorted(unknown))}")
        if unknown := _facts_of(step) - facts:
            raise ValueError(f"{step.id}: unknown fact {', '.join(sorted(unknown))}")
        if timeless := {
            rule for rule in _rules(step) if (fact := parse(rule)["fact"]) and fact not in moments
        }:
            raise ValueError(f"{step.id}: neither a day nor an instant to count from: {', '.join(timeless)}")
        if not procedure.is_plan and any(_counts_from_election_day(rule) for rule in _rules(step)):
            raise ValueError(f"{step.id}: it counts from election day, and this procedure has none")
        for condition in (due.when for due in step.due_when):
            _refuse_unknown_outcomes(procedure, step, condition)


def _refuse_unknown_outcomes(procedure: Procedure, step: Step, condition: str) -> None:
    for part in parts_of(condition):
        if isinstance(part, FactIs):
            fact = procedure.fact(part.id)
            if fact and fact.choices and part.value not in {choice.id for choice in fact.choices}:
                raise ValueError(f"{step.id}: the fact {part.id} is never {part.value!r}")
        elif part.outcome and procedure.step(part.row).outcome(part.outcome) is None:
            raise ValueError(f"{step.id}: {part.row} never comes to {part.outcome!r}")


def _refuse_what_is_unreachable(procedure: Procedure) -> None:
    openers = procedure.openers
    reached = {step.id for step in procedure.steps if step.id not in openers}
    while more := {
        row for row, by in openers.items() if row not in reached and any(by_ in reached for by_, _ in by)
    }:
        reached |= more
    if lost := [step.id for step in procedure.steps if step.id not in reached]:
        raise ValueError(f"nothing that happens can open these steps: {', '.join(lost)}")


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


def openers_of(steps: tuple[Step, ...]) -> Mapping[str, tuple[tuple[str, str | None], ...]]:
    """Return what lets each of these steps arise that does not from the beginning: (step, outcome)."""
    found: dict[str, list[tuple[str, str | None]]] = {}
    for step in steps:
        for opened in step.opens:
            found.setdefault(opened, []).append((step.id, None))
        for outcome in step.outcomes:
            for opened in outcome.opens:
                found.setdefault(opened, []).append((step.id, outcome.id))
    return {row: tuple(openers) for row, openers in found.items()}


def _rules(step: Step) -> Iterator[str]:
    """Yield every deadline rule of a step."""
    yield from (rule for rule in (step.starts, step.due, step.each_due) if rule)
    yield from (due.rule for due in step.due_when)


def _counts_from_election_day(rule: str) -> bool:
    return bool(parse(rule)["anchor"] or parse(rule)["next"])


def _anchors(step: Step) -> set[str]:
    """Return the steps whose *planned* dates this one's are counted from; what was really done is no circle."""
    starts = {anchor_of(step.starts)} if step.starts else set()
    dues = {anchor_of(rule) for rule in _rules(step)} - starts
    dues.discard((step.id, "start"))  # A step's start is worked out before its own due date.
    return {anchor[0] for anchor in starts | dues if anchor and anchor[1] != "done"}


def _mentioned(step: Step) -> set[str]:
    """Return every step that one names."""
    rows = {link.id for link in step.after} | set(step.opens)
    rows |= {anchor[0] for rule in _rules(step) if (anchor := anchor_of(rule))}
    rows |= {row for due in step.due_when for row in rows_of(due.when)}
    rows |= {row for pause in step.pauses for row in (pause.from_, pause.to)}
    return rows.union(*({*outcome.opens, *outcome.closes} for outcome in step.outcomes))


def _facts_of(step: Step) -> set[str]:
    """Return every fact a step names."""
    facts = {match["fact"] for rule in _rules(step) if (match := parse(rule))["fact"]}
    facts |= {part.id for due in step.due_when for part in parts_of(due.when) if isinstance(part, FactIs)}
    return facts | {quantity.of for quantity in step.quantities if quantity.of}


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
    """Read one procedure file, or raise `PlanError` naming the file, the line, the step and the reason."""
    try:
        text = content.decode()
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PlanError(f"{file}: {error}") from error
    data |= {"digest": hashlib.sha256(content).hexdigest(), "text": text}
    try:
        # Strict models read lists as tuples only from JSON, so the TOML data is handed over as JSON.
        return Procedure.model_validate_json(json.dumps(data, default=str))
    except ValidationError as error:
        lines, rows = lines_of(text), data.get("steps", [])
        complaints = [
            f"{file}:{_line(lines, rows, item)}: {_place(rows, item['loc'])}: {item['msg']}"
            for item in error.errors()
        ]
        raise PlanError("\n".join(complaints)) from error


def _line(lines: Mapping[Place, int], rows: object, item: ErrorDetails) -> int:
    """Return the line a complaint is about: where its value is written, or the first step that its words name."""
    if item["loc"] or not isinstance(rows, list):
        return line_of(lines, item["loc"])
    named = re.findall(r"\b[A-Z][A-Z0-9]*\d\b", item["msg"])
    ids = [row.get("id") for row in rows if isinstance(row, dict)]
    return next((lines["steps", ids.index(row)] for row in named if row in ids), 1)


def _place(rows: list[object], location: tuple[int | str, ...]) -> str:
    """Say where a validation error is, with the step's id instead of its index."""
    parts = [str(part) for part in location]
    if len(location) > 1 and location[0] == "steps" and isinstance(location[1], int):
        row, place = rows[location[1]], f"step {location[1] + 1}"
        parts = [str(row.get("id", place)) if isinstance(row, dict) else place, *parts[2:]]
    return " → ".join(parts) or "the file"
