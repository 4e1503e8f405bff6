"""One step of a procedure: what the law asks for, when, of whom, and what may come of it.

These are the words of the ``[[steps]]`` of ``procedures/*.toml``; `domain.procedure` reads the files.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from domain.condition import Condition
from domain.deadline import DateBasis, parse
from domain.event import Payload
from domain.names import Names

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

Equality = Literal[
    "parity", "gender_violence", "disability", "accessibility", "indigenous_peoples", "afromexican", "migrants",
    "lgbti", "trans_voters", "pretrial_detention",
]  # fmt: skip
"""The group or the perspective of equality that a step serves."""

Quality = Literal[
    "voter_registration", "registration_of_organisations_and_candidates", "electoral_logistics", "vote_casting",
    "counting_and_results", "electoral_education", "campaign_finance_oversight", "dispute_resolution",
]  # fmt: skip
"""The eight groups of processes of a quality management system for elections (ISO/TS 54001)."""

System = Annotated[int, Field(ge=1, le=14)]
"""One of the fourteen functions of the electoral authorities (`domain.systems`)."""

Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
"""A stable word for programs."""


def _rule(text: str) -> str:
    parse(text)
    return text


Rule = Annotated[str, AfterValidator(_rule)]
"""A deadline rule in the language of `domain.deadline`."""


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


def _percent(text: str) -> str:
    if not 0 < Decimal(text) <= 100:
        raise ValueError("a percentage is more than 0 and at most 100")
    return text


class Quantity(Payload):
    """Something a step measures, with its unit, its target and the threshold a law sets."""

    id: Id
    unit: Names
    target: int | None = Field(default=None, ge=1)
    of: Id | None = None
    """The fact of the case that is the whole of which this is a part."""
    at_least_percent: (
        Annotated[str, Field(pattern=r"^\d{1,3}([.]\d{1,4})?$"), AfterValidator(_percent)] | None
    ) = None
    """The part of ``of`` it has to reach, exact, as text."""
    basis: tuple[str, ...] = ()
    by: tuple[Id, ...] = ()
    """What it is reported apart by (``women``, ``men`` …); the quantity is their sum."""

    def reaches(self, value: int, whole: int | None) -> bool:
        """Tell whether a value is enough. True where no threshold is set; False where the whole is not known."""
        if self.at_least_percent is None:
            return self.target is None or value >= self.target
        return whole is not None and value * 100 >= Decimal(self.at_least_percent) * whole

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.at_least_percent and not self.of:
            raise ValueError("a percentage says of what (`of`)")
        return self


class Outcome(Payload):
    """What a step may come to, and what follows: steps that arise, and steps that no longer can."""

    id: Id
    name: Names
    opens: tuple[str, ...] = ()
    closes: tuple[str, ...] = ()
    ends: bool = False
    """Whether the case is over: every step that is open is closed."""
    needs: tuple[Id, ...] = ()
    """The quantities of this step that must have reached their threshold."""


class DueWhen(Payload):
    """A deadline that takes the place of the usual one: the clock was reset, extended or doubled."""

    when: Condition
    rule: Rule
    basis: tuple[str, ...] = ()


class Pause(Payload):
    """The clock stands from the end of one step to the end of another."""

    from_: str = Field(alias="from")
    to: str
    basis: tuple[str, ...] = ()


class Notice(Payload):
    """That a step must be made public, and how soon after its completion (`domain.notice`)."""

    within: Annotated[str, Field(pattern=r"^[1-9]\d{0,2} (hours|days|business days)$")] | None = None
    where: Names
    basis: tuple[str, ...] = ()


class Step(Payload):
    """One row of a plan or of a case: an act with its law, its dates' rules, who does it and what it follows."""

    id: str = Field(pattern=r"^[A-Z][A-Z0-9]*\d$")
    stage: str
    group: str = Field(default="main", pattern=r"^[a-z_]+$")
    name: Names
    kind: Kind
    basis: tuple[str, ...]
    """Articles and instruments, one each."""
    rule: Names
    """The deadline in the words of the law."""
    starts: Rule | None = None
    due: Rule | None = None
    due_when: tuple[DueWhen, ...] = ()
    """What takes the place of ``due``: the first that holds; where it cannot be worked out, there is no date."""
    pauses: tuple[Pause, ...] = ()
    date_basis: DateBasis = "law"
    """What the rules rest on."""
    undated: Names | None = None
    """Why there is no rule for the due date, where there is none."""
    every: Literal["month", "30 days", "quarter", "year"] | None = None
    """A recurring duty's period: one occurrence each, from ``starts`` to ``due``."""
    each_due: Rule | None = None
    """When each occurrence is due, counted from the ``period end``; its last day where this is left out."""
    repeats: bool = False
    """Whether it begins again when something opens it after it was over."""
    opens: tuple[str, ...] = ()
    """Steps that arise when it is completed, whatever its outcome."""
    outcomes: tuple[Outcome, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    evidence: tuple[Names, ...] = ()
    """The documents asked for when it is completed."""
    notice: Notice | None = None
    responsible: Responsible
    body: str
    """The organ that acts, in the words of the law."""
    support: str = ""
    coordination: str = ""
    validated_by: str = ""
    """The body whose agreement it needs, where that is another."""
    after: tuple[Link, ...] = ()
    scope: Scope = "national"
    count: Count | None = None
    applies: tuple[str, ...] = ()
    """Facts of the entity that must all hold (`domain.entity`)."""
    same_as: tuple[str, ...] = ()
    """The rows that are the same act: recorded there, shown here, counted once. They are the federal plan's or, where
    a state's plan follows the act in its parts, this plan's own."""
    equality: tuple[Equality, ...] = ()
    quality: Quality | None = None
    systems: tuple[System, ...] = ()
    """Other functions of the authority it belongs to, besides the procedure's own."""
    article: Read = "not"
    """Mark one: was the article read."""
    source: str = ""
    note: Names | None = None
    """A contradiction or doubt to show beside the step."""

    def outcome(self, id_: str) -> Outcome | None:
        """Return one of its outcomes."""
        return next((outcome for outcome in self.outcomes if outcome.id == id_), None)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.kind == "act" and self.due is None and self.undated is None and not self.same_as:
            raise ValueError("an act has a due rule or says why it has none")
        if self.every and self.kind != "recurring":
            raise ValueError("only a recurring duty has occurrences")
        if self.each_due and not self.every:
            raise ValueError("`each_due` is for a duty that recurs (`every`)")
        if not self.basis:
            raise ValueError("a step names its legal basis")
        for what, ids in (("outcomes", self.outcomes), ("quantities", self.quantities)):
            if len({each.id for each in ids}) != len(ids):
                raise ValueError(f"two of its {what} have the same id")
        known = {quantity.id for quantity in self.quantities}
        for outcome in self.outcomes:
            if unknown := set(outcome.needs) - known:
                raise ValueError(
                    f"the outcome {outcome.id} needs an unknown quantity: {', '.join(sorted(unknown))}"
                )
        return self
