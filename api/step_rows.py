"""The steps of a procedure, as the API tells of them: each rule as it is written and as people say it."""

from __future__ import annotations

from domain.case import why_it_may_not_arise
from domain.deadline import DateBasis
from domain.names import Names
from domain.procedure import Procedure
from domain.spoken_rule import condition_in_words, rule_in_words
from domain.step import (
    Count,
    Equality,
    Kind,
    Link,
    Notice,
    Outcome,
    Quality,
    Quantity,
    Read,
    Responsible,
    Scope,
    Step,
)
from projections.page import Row


class RuleRow(Row):
    """A rule for a date."""

    rule: str
    """As it is written: ``S02.done + 5 procedural days``."""
    words: Names
    """As people say it."""


class AlternativeRow(RuleRow):
    """A rule that takes the place of the usual one: the clock was reset, extended or doubled."""

    when: str
    """When it does, as it is written: ``S06 = extended``."""
    when_words: Names
    """When it does, as people say it."""
    basis: list[str]
    """The articles behind it."""


class PauseRow(Row):
    """The clock stands from the end of one step to the end of another."""

    since: str
    """The step whose end stops the clock."""
    until: str
    """The step whose end lets it run again."""
    basis: list[str]
    """The articles behind it."""


class StepRow(Row):
    """One step: an act with its law, its dates' rules, who does it and what may come of it."""

    id: str
    """Its id within the procedure: ``S02``, ``F047``."""
    stage: str
    """The stage it belongs to."""
    group: str
    """The part of the stage it belongs to."""
    name: Names
    """What is done."""
    kind: Kind
    """What sort of row it is."""
    basis: list[str]
    """Articles and instruments, one each."""
    rule: Names
    """The deadline in the words of the law."""
    starts: RuleRow | None
    """When it begins, by our rule."""
    due: RuleRow | None
    """When it is due, by our rule."""
    due_when: list[AlternativeRow]
    """What takes the place of ``due``: the first that holds."""
    pauses: list[PauseRow]
    """When its clock stands."""
    date_basis: DateBasis
    """What its rules rest on."""
    undated: Names | None
    """Why there is no rule for the due date, where there is none."""
    every: str | None
    """A recurring duty's period."""
    each_due: RuleRow | None
    """When each occurrence is due."""
    repeats: bool
    """Whether it begins again when something opens it after it was over."""
    arises: Names | None
    """What has to happen before it arises; null where it is there from the beginning."""
    opens: list[str]
    """Steps that arise when it is completed, whatever its outcome."""
    outcomes: list[Outcome]
    """What it may come to, and what each outcome opens, closes or ends."""
    quantities: list[Quantity]
    """What is measured, and from how much on it is enough."""
    evidence: list[Names]
    """The documents asked for when it is completed."""
    notice: Notice | None
    """That it must be made public, where and how soon."""
    responsible: Responsible
    """Whose lateness it is, when it is late."""
    body: str
    """The organ that acts, in the words of the law."""
    support: str
    """Who supports it."""
    coordination: str
    """Who coordinates it."""
    validated_by: str
    """The body whose agreement it needs, where that is another."""
    after: list[Link]
    """The steps it follows; in law where ``requires`` names an article, usually otherwise."""
    scope: Scope
    """The territory it is carried out by."""
    count: Count | None
    """What is counted while it advances."""
    same_as: list[str]
    """The federal rows that are the same act."""
    equality: list[Equality]
    """The perspectives of equality it serves."""
    quality: Quality | None
    """Its group of processes in a quality management system (ISO/TS 54001)."""
    systems: list[int]
    """Other functions of the authorities it belongs to."""
    article: Read
    """Whether the cited article was read: whole, in part or not."""
    source: str
    """Where that was read."""
    note: Names | None
    """A contradiction or a doubt."""


class ProcedureSteps(Row):
    """The steps of a procedure, in order."""

    kind: str
    """The procedure."""
    version: int
    """The version of its text."""
    items: list[StepRow]
    """Every step."""


def procedure_steps(procedure: Procedure) -> ProcedureSteps:
    """Return every step of a procedure."""
    rows = [step_row(step, procedure) for step in procedure.steps]
    return ProcedureSteps(kind=procedure.kind, version=procedure.version, items=rows)


def step_row(step: Step, procedure: Procedure) -> StepRow:
    """Return one step with its rules in words."""
    return StepRow(
        id=step.id, stage=step.stage, group=step.group, name=step.name, kind=step.kind,
        basis=list(step.basis), rule=step.rule,
        starts=_rule(step.starts, procedure), due=_rule(step.due, procedure),
        due_when=[
            AlternativeRow(
                rule=other.rule, words=rule_in_words(other.rule, procedure), when=other.when,
                when_words=condition_in_words(other.when, procedure), basis=list(other.basis),
            )
            for other in step.due_when
        ],
        pauses=[
            PauseRow(since=pause.from_, until=pause.to, basis=list(pause.basis)) for pause in step.pauses
        ],
        date_basis=step.date_basis, undated=step.undated, every=step.every,
        each_due=_rule(step.each_due, procedure), repeats=step.repeats,
        arises=why_it_may_not_arise(procedure, step), opens=list(step.opens), outcomes=list(step.outcomes),
        quantities=list(step.quantities), evidence=list(step.evidence), notice=step.notice,
        responsible=step.responsible, body=step.body, support=step.support, coordination=step.coordination,
        validated_by=step.validated_by, after=list(step.after), scope=step.scope, count=step.count,
        same_as=list(step.same_as), equality=list(step.equality), quality=step.quality,
        systems=list(step.systems), article=step.article, source=step.source, note=step.note,
    )  # fmt: skip


def _rule(rule: str | None, procedure: Procedure) -> RuleRow | None:
    return RuleRow(rule=rule, words=rule_in_words(rule, procedure)) if rule else None
