"""The milestones and requests the domain's tests speak about: ready-made ones, and any there could be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import get_args

from hypothesis import strategies as st

from domain.event import Event, Refused
from domain.milestone import Milestone, Status
from domain.milestone_authority import AnnounceMilestone, ReassignMilestone
from domain.milestone_commands import (
    CancelMilestone,
    CloseMilestoneAsNotApplicable,
    CompleteMilestone,
    CorrectMilestone,
    DateMilestone,
    MilestoneCommand,
    RedateMilestone,
    ReopenMilestone,
    ReportProgress,
    ResumeMilestone,
    StartMilestone,
    SuspendMilestone,
)
from domain.milestone_events import (
    Evidence,
    EvidenceAttached,
    MilestoneCancelled,
    MilestoneClosedAsNotApplicable,
    MilestoneCompleted,
    MilestonePlanned,
    MilestoneProgressed,
    MilestoneStarted,
    MilestoneSuspended,
    Power,
    Reference,
    Requirement,
    Schedule,
)
from domain.milestone_evidence import AttachEvidence, WithdrawEvidence
from domain.milestone_part import ReportPart
from domain.milestone_replacement import ReplaceMilestone
from domain.milestone_rules import Circumstances
from domain.milestone_validation import ReturnMilestone, ValidateMilestone
from domain.names import Names
from tests.domain.decisions import FIRST_DAY, NOW, Given, folded, given

WORDS = Names(es="palabras", en="words")

DATED = Schedule(
    starts="2027-03-01", due="2027-03-22", rule_starts="2027-03-01", rule_due="2027-03-22",
    basis="law", rests_on="law", explanation=WORDS,
)  # fmt: skip

UNDATED = Schedule(explanation=WORDS)

PLANNED = MilestonePlanned(
    row="F001", name=WORDS, stage="preparation", group="councils", kind="act", basis=("LGIPE 225",), rule=WORDS,
    responsible="INE", body="CG", territory="MX", scope="national", zone="America/Mexico_City",
    unit=WORDS, target=10, schedule=DATED, article="read",
)  # fmt: skip


def planned(**changes: object) -> MilestonePlanned:
    """Return an act of the plan, due on 22 March 2027 by law, with these fields changed."""
    return PLANNED.model_copy(update=changes)


UNDER_WAY: tuple[Event, ...] = (MilestoneStarted(), MilestoneProgressed(done=3))

HISTORIES: Mapping[Status, tuple[Event, ...]] = {
    "planned": (),
    "in_progress": UNDER_WAY,
    "completed": (*UNDER_WAY, MilestoneCompleted(outcome="approved")),
    "suspended": (*UNDER_WAY, MilestoneSuspended(instrument="SUP-1", reason="a ruling")),
    "cancelled": (*UNDER_WAY, MilestoneCancelled(instrument="SUP-2", reason="declared void")),
    "not_applicable": (MilestoneClosedAsNotApplicable(reason="nothing was filed"),),
}
"""A way to each status, after the plan."""

AGREEMENT = Evidence(name="the agreement", reference=Reference(number="CG/1/2027"))

COMMANDS: Mapping[str, MilestoneCommand] = {
    "start": StartMilestone(),
    "report progress": ReportProgress(done=7, note="seven of ten"),
    "report part of": ReportPart(place="MX-JAL-D03", done=3, target=7, note="three of seven"),
    "complete": CompleteMilestone(outcome="rejected", instrument="CG/1/2027"),
    "suspend": SuspendMilestone(instrument="SUP-3", reason="a ruling"),
    "resume": ResumeMilestone(instrument="SUP-4"),
    "cancel": CancelMilestone(instrument="SUP-5", reason="declared void"),
    "replace": ReplaceMilestone(replaced_by="F002", instrument="SUP-6", reason="another act was ordered"),
    "close as not applicable": CloseMilestoneAsNotApplicable(reason="it never arose"),
    "reopen": ReopenMilestone(reason="more to do"),
    "date": DateMilestone(due="2027-04-01", basis="calendar", instrument="CG/2/2027", source="CG/2/2027"),
    "re-date": RedateMilestone(due="2027-04-02", instrument="CG/3/2027", reason="a reform"),
    "correct": CorrectMilestone(report="progress", done=2, reason="a typing error"),
    "validate": ValidateMilestone(),
    "return": ReturnMilestone(reason="two of ten are missing"),
    "announce": AnnounceMilestone(where="Diario Oficial de la Federación"),
    "reassign": ReassignMilestone(
        power="delegation", responsible="OPL", body="IECM", instrument="INE/CG4/2027"
    ),
    "support": AttachEvidence(evidence=AGREEMENT),
    "withdraw evidence of": WithdrawEvidence(withdraws=2, reason="another agreement"),
}
"""A good request for each action of the table of transitions."""


OTHER = folded([planned(row="F002")])
"""An activity that may replace any of these."""


def milestone_in(status: Status, action: str = "") -> Given:
    """Return a milestone in a status; one to be dated has no date yet, one to lose evidence has some.

    One that a district reports on is carried out by the districts of Jalisco.
    """
    attached = [EvidenceAttached(supports=1, evidence=AGREEMENT)] if action == "withdraw evidence of" else []
    plan = planned(schedule=UNDATED if action == "date" else DATED)
    if action == "report part of":
        plan = planned(scope="district", territory="MX-JAL")
    return given([plan, *attached, *HISTORIES[status]])


_lines = st.sampled_from(["INE/CG1/2026", "SUP-JE-1/2027"])
_prose = st.sampled_from(["por acuerdo", "a typing error"])
_dates = st.sampled_from(["2027-02-01", "2027-03-22", "2027-03-22T08:00", "2027-05-09"])
_bases = st.sampled_from(["law", "calendar", "reported", "estimated"])
_amounts = st.integers(0, 12)
_needed = st.sampled_from([(), ("pef-2026-2027/F000",)])

ANY: Mapping[type[MilestoneCommand], st.SearchStrategy[MilestoneCommand]] = {
    StartMilestone: st.builds(StartMilestone, note=st.none() | _prose),
    ReportProgress: st.builds(
        ReportProgress, done=_amounts, target=st.none() | st.integers(1, 12), note=st.none() | _prose
    ),
    ReportPart: st.builds(
        ReportPart, place=st.sampled_from(["MX-JAL-D03", "MX-JAL-D20", "MX-COL-D01"]), done=_amounts,
        target=st.none() | st.integers(1, 12), note=st.none() | _prose,
    ),
    CompleteMilestone: st.builds(
        CompleteMilestone, outcome=st.none() | _lines, instrument=st.none() | _lines, declare=_needed
    ),
    SuspendMilestone: st.builds(SuspendMilestone, instrument=_lines, reason=_prose),
    ResumeMilestone: st.builds(ResumeMilestone, instrument=_lines),
    CancelMilestone: st.builds(CancelMilestone, instrument=_lines, reason=_prose),
    ReplaceMilestone: st.builds(
        ReplaceMilestone, replaced_by=st.sampled_from(["F001", "F002", "F003"]), instrument=_lines, reason=_prose,
    ),
    CloseMilestoneAsNotApplicable: st.builds(CloseMilestoneAsNotApplicable, reason=_prose),
    ReopenMilestone: st.builds(ReopenMilestone, reason=_prose),
    DateMilestone: st.builds(
        DateMilestone, starts=st.none() | _dates, due=_dates, basis=_bases, instrument=st.none() | _lines, source=_lines
    ),
    RedateMilestone: st.builds(
        RedateMilestone, starts=st.none() | _dates, due=_dates, basis=st.sampled_from(["law", "calendar", "reported"]),
        instrument=_lines, reason=_prose,
    ),
    CorrectMilestone: st.one_of(
        st.builds(CorrectMilestone, report=st.just("start"), reason=_prose),
        st.builds(CorrectMilestone, report=st.just("progress"), reason=_prose, done=st.none() | _amounts),
        st.builds(CorrectMilestone, report=st.just("completion"), reason=_prose, outcome=st.none() | _lines),
    ),
    ValidateMilestone: st.builds(ValidateMilestone, note=st.none() | _prose),
    ReturnMilestone: st.builds(ReturnMilestone, reason=_prose),
    AnnounceMilestone: st.builds(AnnounceMilestone, where=st.sampled_from(["estrados", "the notice boards"])),
    ReassignMilestone: st.builds(
        ReassignMilestone, power=st.sampled_from(get_args(Power)), responsible=st.sampled_from(["INE", "OPL"]),
        body=st.sampled_from(["CG", "IECM"]), instrument=_lines,
    ),
    AttachEvidence: st.builds(
        AttachEvidence, supports=st.none() | st.integers(1, 9),
        evidence=st.builds(Evidence, name=_lines, address=st.none() | st.just("https://example.mx/a.pdf")),
    ),
    WithdrawEvidence: st.builds(WithdrawEvidence, withdraws=st.integers(1, 9), reason=_prose),
}  # fmt: skip
"""Any request of each kind."""

moments = st.integers(0, 180).map(lambda days: min(FIRST_DAY + timedelta(days=days), NOW))
"""When an act happened: a day of the first half of 2027."""

plans = st.builds(
    planned,
    schedule=st.sampled_from([DATED, UNDATED, DATED.model_copy(update={"rests_on": "estimated"})]),
    kind=st.sampled_from(["act", "act", "act", "period", "conditional"]),
    target=st.sampled_from([None, 10]),
    scope=st.sampled_from(["national", "district"]),
    territory=st.sampled_from(["MX", "MX-JAL"]),
    zone=st.sampled_from(["America/Tijuana", "America/Cancun", "America/Mexico_City"]),
    required=st.sampled_from([(), (Requirement(milestone="pef-2026-2027/F000", basis="LGIPE 7"),)]),
)
"""Any row of a plan, as far as decisions and timeliness can tell rows apart."""

requests = st.tuples(st.one_of(*ANY.values()), moments)
"""Any request and the moment of the act it speaks of."""


def recorded(
    plan: MilestonePlanned, asked: Sequence[tuple[MilestoneCommand, datetime]]
) -> list[tuple[Event, datetime]]:
    """Return what is recorded when these are asked one after another: refusals leave no trace."""
    events: list[tuple[Event, datetime]] = [(plan, FIRST_DAY)]
    milestone: Milestone = folded(events)
    for command, occurred_at in asked:
        try:
            more = [
                (event, occurred_at)
                for event in command.decide(milestone, Circumstances(occurred_at, NOW, replacing=OTHER))
            ]
        except Refused:
            continue
        milestone = folded(more, milestone)
        events += more
    return events


histories = st.builds(recorded, plans, st.lists(requests, max_size=12))
"""Any history that commands can make."""
