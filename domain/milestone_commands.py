"""What may be asked of a milestone. A command decides: it returns events, nothing where it is already so, or refuses.

The class is the body of the request that asks for it, so its docstring and fields are also the API's words.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from domain.calendar import Moment
from domain.deadline import LoadedBasis
from domain.event import Event, Line, Payload, Prose, Refused
from domain.milestone import OPEN, Milestone, Reported
from domain.milestone_events import (
    Evidence,
    Figure,
    MilestoneCancelled,
    MilestoneClosedAsNotApplicable,
    MilestoneCompleted,
    MilestoneCorrected,
    MilestoneDated,
    MilestonePlanned,
    MilestoneProgressed,
    MilestoneRedated,
    MilestoneReopened,
    MilestoneResumed,
    MilestoneStarted,
    MilestoneSuspended,
    Report,
)
from domain.milestone_measures import known_outcome, refuse_below_threshold, refuse_wrong_figures
from domain.milestone_rules import (
    Circumstances,
    after_start,
    allowed,
    before_completion,
    figure_given,
    known,
    legal_date,
    loaded,
    not_in_the_future,
    open_before,
    report_that_stands,
    within_target,
    without_instrument,
)
from domain.notice import notice_due

Amount = Annotated[int, Field(ge=0, le=1_000_000_000)]
"""How many of what a milestone counts."""


class MilestoneCommand(Payload):
    """A request to change a milestone."""

    stands_alone: ClassVar[bool] = False
    """Whether it takes nothing from what others reported, so that no change since it was read can fail it."""

    def place_of(self, plan: MilestonePlanned) -> str:
        """Return the place it speaks for, which its sender's authority must reach."""
        return plan.territory

    def decide(self, milestone: Milestone, at: Circumstances) -> Sequence[Event]:
        """Return what happens, nothing if it is already so, or raise `Refused`."""
        raise NotImplementedError


class StartMilestone(MilestoneCommand):
    """Report that work on an activity began."""

    note: Prose | None = None

    def decide(self, milestone: Milestone, at: Circumstances) -> Sequence[Event]:
        """Refuse another moment than the reported one, and once it is over, suspended or reported elsewhere."""
        known(milestone)
        started = milestone.started
        if milestone.status == "in_progress" and (started is None or started.occurred_at == at.occurred_at):
            return []
        allowed(milestone, "start")
        not_in_the_future(at)
        return [MilestoneStarted(note=self.note)]


class ReportProgress(MilestoneCommand):
    """Report how many of what an activity counts are done. The figure replaces the one before."""

    done: Amount
    target: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = None
    """How many there should be, where that is now known."""
    figures: tuple[Figure, ...] = Field(default=(), max_length=64)
    """Each quantity the activity measures, by group where it is reported apart; the first adds up to ``done``."""
    note: Prose | None = None

    def decide(self, milestone: Milestone, at: Circumstances) -> Sequence[Event]:
        """Refuse more than the target, and figures that the activity does not measure or that do not add up."""
        known(milestone)
        target = self.target or milestone.target
        said = (self.done, target, self.figures or milestone.figures)
        same = said == (milestone.done, milestone.target, milestone.figures)
        if same and milestone.status == "in_progress" and self.note in {None, milestone.progress_note}:
            return []
        allowed(milestone, "report progress")
        not_in_the_future(at)
        within_target(self.done, target)
        refuse_wrong_figures(at.step, self.figures, self.done)
        return [MilestoneProgressed(done=self.done, target=self.target, figures=self.figures, note=self.note)]


class CompleteMilestone(MilestoneCommand):
    """Report that an activity was done. A late one can still be completed: lateness is derived, never a bar."""

    outcome: Line | None = None
    instrument: Line | None = None
    """The agreement, minutes or ruling that records the act."""
    declare: tuple[Line, ...] = Field(default=(), max_length=64)
    """Ids of required predecessors declared to have happened though nobody has reported them yet."""
    evidence: tuple[Evidence, ...] = Field(default=(), max_length=64)
    """The documents that support it."""
    note: Prose | None = None

    def decide(self, milestone: Milestone, at: Circumstances) -> Sequence[Event]:
        """Refuse while a required predecessor is neither over nor declared, and an outcome the procedure bars."""
        known(milestone)
        if milestone.completed is not None and (
            (milestone.outcome, milestone.instrument, milestone.completed.occurred_at)
            == (self.outcome, self.instrument, at.occurred_at)
            and milestone.brought_by(milestone.completed) == self.evidence
        ):
            return []
        allowed(milestone, "complete")
        not_in_the_future(at)
        after_start(milestone, at)
        outcome = known_outcome(at.step, self.outcome)
        refuse_below_threshold(at.step, outcome, milestone.figures, milestone.done, at.facts)
        declared = self._declared(milestone, at)
        return [
            MilestoneCompleted(
                outcome=self.outcome, instrument=self.instrument, declared=declared,
                evidence=self.evidence, note=self.note,
                notice_due=notice_due(milestone, at.occurred_at, at.time),
            )
        ]  # fmt: skip

    def _declared(self, milestone: Milestone, at: Circumstances) -> tuple[str, ...]:
        """Return the predecessors this report vouches for, or refuse naming those that are open."""
        assert milestone.plan is not None  # noqa: S101 - `known` has said so to the caller; this says it to mypy
        waiting = open_before(milestone.plan, at.required)
        missing = [name for name in waiting if name not in self.declare]
        if missing:
            names = ", ".join(missing)
            raise Refused(
                "required-predecessor-open",
                es=f"Antes debe concluir {names}. Si no llegó a darse, ciérralo como «no aplica»; "
                "si ya ocurrió y nadie lo ha reportado, decláralo en «declare».",
                en=f"{names} must be over first. If it never arose, close it as not applicable; "
                "if it happened and nobody reported it, name it in 'declare'.",
                basis=waiting[missing[0]],
                fields=("declare",),
            )
        return tuple(waiting)


class SuspendMilestone(MilestoneCommand):
    """Record the ruling or agreement that stops an activity."""

    instrument: Line
    reason: Prose

    def decide(self, milestone: Milestone, at: Circumstances) -> Sequence[Event]:
        """Refuse once it is over."""
        known(milestone)
        if milestone.status == "suspended":
            return []
        allowed(milestone, "suspend")
        not_in_the_future(at)
        return [MilestoneSuspended(instrument=self.instrument, reason=self.reason)]


class ResumeMilestone(MilestoneCommand):
    """Record the ruling or agreement that lets a suspended activity go on."""

    instrument: Line
    reason: Prose | None = None

    def decide(self, milestone: Milestone, at: Circumstances) -> Sequence[Event]:
        """Do nothing where it is not suspended but under way; refuse once it is over."""
        known(milestone)
        if milestone.status in {"planned", "in_progress"}:
            return []
        allowed(milestone, "resume")
        not_in_the_future(at)
        return [MilestoneResumed(instrument=self.instrument, reason=self.reason)]


class CancelMilestone(MilestoneCommand):
    """Record that an activity was declared void or withdrawn from the plan."""

    instrument: Line
    reason: Prose

    def decide(self, milestone: Milestone, at: Circumstances) -> Sequence[Event]:
        """Refuse once it was completed: that is reopened first."""
        known(milestone)
        if milestone.status == "cancelled":
            return []
        allowed(milestone, "cancel")
        not_in_the_future(at)
        return [MilestoneCancelled(instrument=self.instrument, reason=self.reason)]


class CloseMilestoneAsNotApplicable(MilestoneCommand):
    """Record that an activity never arose, was declared void or that nothing was filed."""

    reason: Prose

    def decide(self, milestone: Milestone, at: Circumstances) -> Sequence[Event]:
        """Refuse once it was completed or cancelled."""
        known(milestone)
        if milestone.status == "not_applicable":
            return []
        allowed(milestone, "close as not applicable")
        not_in_the_future(at)
        return [MilestoneClosedAsNotApplicable(reason=self.reason)]


class ReopenMilestone(MilestoneCommand):
    """Record that a closed activity has work to do again."""

    reason: Prose
    instrument: Line | None = None

    def decide(self, milestone: Milestone, at: Circumstances) -> Sequence[Event]:
        """Do nothing where it is open."""
        known(milestone)
        if milestone.status in OPEN:
            return []
        not_in_the_future(at)
        return [MilestoneReopened(reason=self.reason, instrument=self.instrument)]


class DateMilestone(MilestoneCommand):
    """Load a date for an activity that has none."""

    starts: Moment | None = None
    """Where it is left out, the start stays as it is."""
    due: Moment
    basis: LoadedBasis
    instrument: Line | None = None
    source: Line

    def decide(self, milestone: Milestone, at: Circumstances) -> Sequence[Event]:
        """Refuse where there is a date already: that is re-dated, with its instrument."""
        known(milestone)
        schedule = loaded(milestone, self.starts, self.due, self.basis, self.source)
        if milestone.schedule == schedule:
            return []
        allowed(milestone, "date")
        not_in_the_future(at)
        if milestone.schedule and milestone.schedule.due:
            raise Refused(
                "already-dated",
                es=f"La actividad ya tiene fecha ({milestone.schedule.due}): muévela con su instrumento.",
                en=f"The milestone already has a date ({milestone.schedule.due}): move it with its instrument.",
                fields=("due",),
            )
        if self.basis == "calendar" and self.instrument is None:
            raise without_instrument()
        return [MilestoneDated(schedule=schedule, instrument=self.instrument)]


class RedateMilestone(MilestoneCommand):
    """Move an activity's dates, with the instrument that moved them and why."""

    starts: Moment | None = None
    """Where it is left out, the start stays as it is."""
    due: Moment
    basis: Literal["law", "calendar", "reported", "administrative"] | None = None
    """What the new date rests on; left out, a calendar, or the body's target where it was one. Never an estimate."""
    instrument: Line
    reason: Prose

    def decide(self, milestone: Milestone, at: Circumstances) -> Sequence[Event]:
        """Do nothing where the dates are these; refuse where there was none, or a legal one would be a target."""
        known(milestone)
        now = milestone.schedule
        is_target = now is not None and now.rests_on == "administrative"
        basis = self.basis or ("administrative" if is_target else "calendar")
        schedule = loaded(milestone, self.starts, self.due, basis, self.instrument)
        if now == schedule:
            return []
        allowed(milestone, "re-date")
        not_in_the_future(at)
        if now is None or now.due is None:
            raise Refused(
                "not-dated",
                es="La actividad no tiene fecha que mover: cárgala primero.",
                en="The milestone has no date to move: load one first.",
            )
        if basis == "administrative" and not is_target:
            raise legal_date(milestone)
        return [MilestoneRedated(schedule=schedule, instrument=self.instrument, reason=self.reason)]


class CorrectMilestone(MilestoneCommand):
    """Restate a report that was wrong, whole. The act's true moment is the request's ``occurred_at``."""

    report: Report
    reason: Prose
    done: Amount | None = None
    """The right figure of progress."""
    figures: tuple[Figure, ...] = Field(default=(), max_length=64)
    """The right figures of progress, each quantity it measures."""
    outcome: Line | None = None
    """The right outcome of a completion; left out, it has none."""
    instrument: Line | None = None
    """The right instrument of a completion; left out, it has none."""
    evidence: tuple[Evidence, ...] = Field(default=(), max_length=64)
    """The right documents of a completion; left out, it has none."""

    @model_validator(mode="after")
    def _says_what_its_report_said(self) -> Self:
        belongs = {
            "done": "progress", "figures": "progress",
            "outcome": "completion", "instrument": "completion", "evidence": "completion",
        }  # fmt: skip
        for field, report in belongs.items():
            if report != self.report and getattr(self, field) not in (None, ()):
                raise ValueError(f"'{field}' belongs to the correction of a {report} report: leave it out")
        return self

    def decide(self, milestone: Milestone, at: Circumstances) -> Sequence[Event]:
        """Refuse where there is no such report; do nothing where it already says this."""
        known(milestone)
        wrong = report_that_stands(milestone, self.report)
        if wrong is None:
            raise Refused(
                "nothing-to-correct",
                es="No hay un reporte de ese tipo que corregir: elige uno de su historial.",
                en="There is no such report to correct: choose one of its history.",
                fields=("report",),
            )
        if self._says_the_same(milestone, wrong, at):
            return []
        allowed(milestone, "correct")
        not_in_the_future(at)
        if self.report == "completion" and milestone.started != wrong:
            after_start(milestone, at)
        if self.report != "completion" and milestone.started == wrong:
            before_completion(milestone, at)
        if self.report == "completion":
            outcome = known_outcome(at.step, self.outcome)
            refuse_below_threshold(at.step, outcome, milestone.figures, milestone.done, at.facts)
        if self.report == "progress":
            figure_given(self.done)
            within_target(self.done or 0, milestone.target)
            refuse_wrong_figures(at.step, self.figures, self.done or 0)
        return [
            MilestoneCorrected(
                report=self.report, corrects=wrong.version, reason=self.reason, done=self.done,
                figures=self.figures, outcome=self.outcome, instrument=self.instrument, evidence=self.evidence,
                notice_due=notice_due(milestone, at.occurred_at, at.time) if self.report == "completion" else None,
            )
        ]  # fmt: skip

    def _says_the_same(self, milestone: Milestone, wrong: Reported, at: Circumstances) -> bool:
        if wrong.occurred_at != at.occurred_at:
            return False
        if self.report == "progress":
            return (milestone.done, milestone.figures) == (self.done, self.figures)
        if self.report == "completion":
            said = (milestone.outcome, milestone.instrument, milestone.brought_by(wrong))
            return said == (self.outcome, self.instrument, self.evidence)
        return True
