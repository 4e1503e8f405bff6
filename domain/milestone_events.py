"""What can happen to a milestone: its events, and the values they carry."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from domain.calendar import Moment
from domain.deadline import DateBasis
from domain.document import Digest
from domain.event import Event, Line, Payload, Prose
from domain.names import Names
from domain.step import Id, Kind, Notice, Read, Responsible, Scope
from domain.territory import Place

Report = Literal["start", "progress", "completion"]
"""The reports that may be restated by a correction."""

Power = Literal["assumption", "attraction", "delegation", "return"]
"""How a function passes between INE and an OPL (LGIPE 120 to 125), and back."""


class Schedule(Payload):
    """The dates of a milestone and what they rest on.

    ``rule_*`` is what the law's rule comes to, ``starts`` and ``due`` are the plan's dates;
    the real date is the ``occurred_at`` of the report that completes it.
    """

    starts: Moment | None = None
    due: Moment | None = None
    rule_starts: Moment | None = None
    rule_due: Moment | None = None
    basis: DateBasis | None = None
    """Where the due date comes from; None while there is none."""
    rests_on: DateBasis | None = None
    """The weakest date it was computed from: only ``law`` and ``calendar`` can be late by law."""
    official: bool = False
    """Mark two: whether who loaded the date cited the instrument that sets it; nobody else has checked that."""
    explanation: Names
    """The sentence that says how the due date was found, or why there is none."""
    source: str = ""


class Order(Payload):
    """A milestone of the same process this one follows, by row; ``requires`` cites the article that makes it a bar."""

    row: str
    requires: str = ""
    start_to_start: bool = False


class Requirement(Payload):
    """A milestone that must be over first, by its full id, and the article that says so."""

    milestone: str
    basis: str


class Figure(Payload):
    """How much there is of one quantity, or of one of the groups it is reported apart by."""

    quantity: Id
    by: Id | None = None
    value: int = Field(ge=0, le=1_000_000_000)


class Reference(Payload):
    """An instrument as its institution knows it: the agreement, the minutes, the ruling."""

    number: Line
    """As it is written on it: ``INE/CG2243/2024``."""
    body: Line | None = None
    """The organ that issued it."""
    issued_on: Moment | None = None
    """When it was issued: a day."""


class Evidence(Payload):
    """A document that supports a report: what it is, and by digest, number or address which one."""

    name: Line
    sha256: Digest | None = None
    """Of its bytes, where it is kept here."""
    address: Line | None = None
    """Where it is published, if it is."""
    reference: Reference | None = None
    """Its number, if it has one."""

    @property
    def identifies(self) -> bool:
        """Whether it says which document it is, and not only what it is called."""
        return bool(self.sha256 or self.address or self.reference)


# Events ------------------------------------------------------------------------------------------------


class MilestonePlanned(Event, type="MilestonePlanned.v1"):
    """An activity entered the plan of a process, with its law, its dates and who does it."""

    tells_of_an_act = False

    row: str
    """The row of the plan, such as ``F005``; the same in every state."""
    name: Names
    stage: str
    group: str
    kind: Kind
    basis: tuple[str, ...]
    rule: Names
    """The deadline in the words of the law."""
    responsible: Responsible
    body: str
    support: str = ""
    coordination: str = ""
    territory: str
    """``MX`` or the state it is followed in."""
    scope: Scope
    occurrence: str = ""
    """Which occurrence of a recurring duty: ``2026-10``."""
    zone: str
    """IANA zone in which its deadlines end."""
    after: tuple[Order, ...] = ()
    required: tuple[Requirement, ...] = ()
    unit: Names | None = None
    target: int | None = None
    schedule: Schedule
    article: Read
    """Mark one: whether the cited article was read."""
    condition: Names | None = None
    """Why it may not apply, where that is not known yet."""
    same_as: tuple[str, ...] = ()
    """``process/id`` of the milestones that are this same act: reported there, shown here, counted once."""
    source: str = ""
    note: Names | None = None
    evidence: tuple[Names, ...] = ()
    """The documents asked for when it is completed."""
    validated_by: str = ""
    """The body whose agreement it needs, where that is another."""
    notice: Notice | None = None
    """That it must be made public, and how soon after its completion."""


class MilestoneArose(Event, type="MilestoneArose.v1"):
    """What happened elsewhere made it an act to be done: it counts from now on."""

    because: Names
    schedule: Schedule


class MilestoneScheduled(Event, type="MilestoneScheduled.v1"):
    """Its dates were worked out again, because what they are counted from happened or moved."""

    because: Names
    schedule: Schedule


class MilestoneStarted(Event, type="MilestoneStarted.v1"):
    """Work on it began."""

    note: Prose | None = None


class MilestoneProgressed(Event, type="MilestoneProgressed.v1"):
    """So many of what it counts are done; a figure replaces the one before, it is not added to it."""

    done: int
    target: int | None = None
    figures: tuple[Figure, ...] = ()
    """Each quantity by itself, where the step measures more than one or reports them apart."""
    note: Prose | None = None


class MilestonePartReported(Event, type="MilestonePartReported.v1"):
    """A district of its state said how many are done there: it replaces that district's last report, and no other."""

    place: Place
    """The district: ``MX-JAL-D03``."""
    done: int
    target: int | None = None
    """How many there should be there, where that was said."""
    note: Prose | None = None


class MilestoneCompleted(Event, type="MilestoneCompleted.v1"):
    """It was done. ``occurred_at`` in the envelope is the moment of the act."""

    outcome: Line | None = None
    instrument: Line | None = None
    """The agreement, minutes or ruling that records the act."""
    declared: tuple[str, ...] = ()
    """Required predecessors declared to have happened though nobody has reported them yet."""
    evidence: tuple[Evidence, ...] = ()
    note: Prose | None = None
    notice_due: Moment | None = None
    """Until when it must be made public, where the law gives that so long and it can be counted."""


class MilestoneSuspended(Event, type="MilestoneSuspended.v1"):
    """A ruling or agreement stopped it."""

    instrument: Line
    reason: Prose


class MilestoneResumed(Event, type="MilestoneResumed.v1"):
    """The suspension ended."""

    instrument: Line
    reason: Prose | None = None


class MilestoneCancelled(Event, type="MilestoneCancelled.v1"):
    """It was declared void or withdrawn from the plan."""

    instrument: Line
    reason: Prose


class MilestoneReplaced(Event, type="MilestoneReplaced.v1"):
    """Another activity of its process is to be done instead: what waits for it waits for that one."""

    replaced_by: str
    """The other's id in the same process: ``L045``."""
    instrument: Line
    reason: Prose


class MilestoneClosedAsNotApplicable(Event, type="MilestoneClosedAsNotApplicable.v1"):
    """It never arose or nothing was filed: it leaves the denominators and satisfies its successors."""

    reason: Prose
    because: Names | None = None
    """What happened elsewhere that closed it, where nobody asked for it by itself."""


class MilestoneReopened(Event, type="MilestoneReopened.v1"):
    """It was closed and is not: there is work to do again."""

    reason: Prose
    instrument: Line | None = None
    returns: int | None = None
    """The version of the completion that who may validate did not agree with, where that is why."""


class MilestoneDated(Event, type="MilestoneDated.v1"):
    """A date was loaded for an activity that had none."""

    schedule: Schedule
    instrument: Line | None = None


class MilestoneRedated(Event, type="MilestoneRedated.v1"):
    """Its dates moved, with the instrument that moved them."""

    schedule: Schedule
    instrument: Line
    reason: Prose


class MilestoneCorrected(Event, type="MilestoneCorrected.v1"):
    """A report was wrong and is restated; the wrong one stays visible, struck through.

    ``occurred_at`` in the envelope is the act's true moment.
    """

    report: Report
    corrects: int
    """The version in this stream of the report it replaces."""
    reason: Prose
    done: int | None = None
    figures: tuple[Figure, ...] = ()
    outcome: Line | None = None
    instrument: Line | None = None
    evidence: tuple[Evidence, ...] = ()
    notice_due: Moment | None = None
    """Until when the act, as it really happened, must be made public."""


class MilestoneValidated(Event, type="MilestoneValidated.v1"):
    """A second pair of eyes agreed with a report."""

    validates: int
    """The version in this stream of the report agreed with."""
    note: Prose | None = None


class MilestoneAnnounced(Event, type="MilestoneAnnounced.v1"):
    """It was made public. ``occurred_at`` in the envelope is the moment of the notice."""

    where: Line
    """The gazette, the board or the address."""
    instrument: Line | None = None
    """The edition, the folio or the certificate of posting."""
    corrects: int | None = None
    """The version in this stream of the announcement it replaces, which was wrong."""


class EvidenceAttached(Event, type="EvidenceAttached.v1"):
    """A document was attached to a report that stands, when it was at hand."""

    supports: int
    """The version in this stream of the report it supports."""
    evidence: Evidence
    size_bytes: int | None = None
    """Of the document, where it is kept here; None where only its number or address is known."""
    media_type: Line | None = None
    """What its bytes are, where it is kept here."""


class EvidenceWithdrawn(Event, type="EvidenceWithdrawn.v1"):
    """What was attached is not the evidence: it stays listed, struck through."""

    withdraws: int
    """The version in this stream of the attachment."""
    reason: Prose


class MilestoneReassigned(Event, type="MilestoneReassigned.v1"):
    """Another body answers for it: INE assumed, attracted or delegated the function, or gave it back."""

    power: Power
    responsible: Responsible
    body: Line
    instrument: Line


class MilestoneReplanned(Event, type="MilestoneReplanned.v1"):
    """The process moved to another version of its procedure: this is its row now."""

    tells_of_an_act = False

    planned: MilestonePlanned


MilestoneEvent = (
    MilestonePlanned | MilestoneArose | MilestoneScheduled | MilestoneStarted | MilestoneProgressed
    | MilestoneCompleted | MilestoneSuspended | MilestoneResumed | MilestoneCancelled
    | MilestoneClosedAsNotApplicable | MilestoneReopened | MilestoneDated | MilestoneRedated | MilestoneCorrected
    | MilestoneValidated | MilestoneAnnounced | MilestoneReassigned | MilestoneReplanned
    | EvidenceAttached | EvidenceWithdrawn | MilestonePartReported | MilestoneReplaced
)  # fmt: skip
"""Everything that can happen to a milestone."""
