"""The functions of the authorities and their procedures, as the API tells of them, and how much of the law was read."""

from __future__ import annotations

from typing import Literal

from domain.names import Names
from domain.procedure import Docket, Fact, Procedure, Stage
from domain.systems import System, procedures_of
from projections.page import Row

Jurisdiction = Literal["federal", "state", "both"]
"""Where a procedure is opened."""


class SystemRow(Row):
    """One of the fourteen functions of the electoral authorities."""

    number: int
    """Its number, 1 to 14: ours, to put them in order."""
    id: str
    """As it stands in addresses: ``electoral-justice``."""
    name: Names
    """What it is called."""
    about: Names
    """What the authorities do in it."""
    basis: list[str]
    """The articles that give it to them."""
    procedures: list[str]
    """The kinds of the procedures that carry it; none where it is worked out from those of others."""


class ProcedureRow(Row):
    """A procedure: the steps that the law sets for one kind of process."""

    kind: str
    """Its stable word: ``special_sanctioning``."""
    version: int
    """The version of its text; a process under way keeps the one it was opened with."""
    system: int
    """Which of the fourteen functions it carries."""
    name: Names
    """What it is called."""
    summary: Names
    """What it is for, who may begin it and how it ends."""
    jurisdiction: Jurisdiction
    """Where it is opened: by the federation, in a state, or in both."""
    territories: list[str]
    """The only states it is opened in, where it exists by the law of some alone."""
    body: str
    """Who carries it; empty where that depends on where it is opened."""
    docket: Docket
    """What the public may see of a case: everything but persons; folio, matter, stage and ruling; or nothing."""
    is_plan: bool
    """Whether it is the plan of an election, dated around the day of the vote; else it is that of a case."""
    called: bool
    """Whether the day of the vote is set by the call that opens it, not by law."""
    off: Names | None
    """Why it is not opened without the instrument that calls it; null where it is not off."""
    off_source: str | None
    """Who says so."""
    digest: str
    """SHA-256 of its text, as each process that was opened from it says."""
    steps: int
    """How many steps it has."""
    with_deadline: int
    """How many of them have a rule for their due date."""
    outcomes: int
    """How many outcomes its steps may come to, in all."""
    articles_read: int
    """How many steps cite articles that were read whole."""
    articles_partly_read: int
    """How many cite articles that were read in part."""
    articles_not_read: int
    """How many cite articles that were not read: who relies on them confirms them first."""


class ProcedureHead(ProcedureRow):
    """A procedure with what its cases are opened with and its stages."""

    prefix: str
    """With what the ids of its processes begin."""
    regime: Literal["federal_election", "local_election"] | None
    """The plan during which all days and hours count for *procedural* ones."""
    election_day: str | None
    """The rule that names election day; only a plan has one."""
    election_day_basis: list[str]
    """The articles behind that rule."""
    election_years: Names | None
    """The elections it is true of; null where its steps do not depend on the year."""
    facts: list[Fact]
    """What a case is opened with, besides its folio and the moment it was received."""
    stages: list[Stage]
    """Its stages, in order."""


def system_row(system: System) -> SystemRow:
    """Return a function with its procedures."""
    return SystemRow(
        number=system.number, id=system.id, name=system.name, about=system.about, basis=list(system.basis),
        procedures=[procedure.kind for procedure in procedures_of(system.number)],
    )  # fmt: skip


def procedure_row(procedure: Procedure) -> ProcedureRow:
    """Return a procedure in a list."""
    marks = [step.article for step in procedure.steps]
    return ProcedureRow(
        kind=procedure.kind, version=procedure.version, system=procedure.system, name=procedure.name,
        summary=procedure.summary, jurisdiction=procedure.jurisdiction, body=procedure.body,
        territories=list(procedure.territories), docket=procedure.docket, is_plan=procedure.is_plan,
        called=procedure.called, off=procedure.off.reason if procedure.off else None,
        off_source=procedure.off.source if procedure.off else None,
        digest=procedure.digest, steps=len(procedure.steps),
        with_deadline=sum(bool(step.due or step.due_when) for step in procedure.steps),
        outcomes=sum(len(step.outcomes) for step in procedure.steps),
        articles_read=marks.count("read"), articles_partly_read=marks.count("partly"),
        articles_not_read=marks.count("not"),
    )  # fmt: skip


def procedure_head(procedure: Procedure) -> ProcedureHead:
    """Return a procedure by itself."""
    return ProcedureHead(
        **dict(procedure_row(procedure)), prefix=procedure.prefix, regime=procedure.regime,
        election_day=procedure.election_day, election_day_basis=list(procedure.election_day_basis),
        election_years=procedure.election_years.words if procedure.election_years else None,
        facts=list(procedure.facts), stages=list(procedure.stages),
    )  # fmt: skip
