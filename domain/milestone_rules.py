"""The rules every milestone command shares: what a decision may look at, and the refusals it may give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.calendar import Moment, closes_at, day_of, opens_at
from domain.deadline import LoadedBasis, Names
from domain.event import Refused
from domain.milestone import TRANSITIONS, Milestone, MilestonePlanned, Report, Reported, Schedule

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far a reporter's clock may run ahead of ours before an act counts as lying in the future."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a decision may look at besides the milestone itself."""

    occurred_at: datetime
    """When the act happened, by the reporter's account."""
    now: datetime
    required: Mapping[str, Milestone] = field(default_factory=dict)
    """The state of every required predecessor, by its id."""


STATUS_WORDS: Mapping[str, Names] = {
    "planned": Names(es="por iniciar", en="planned"),
    "in_progress": Names(es="en proceso de ejecución", en="in progress"),
    "completed": Names(es="concluida", en="completed"),
    "suspended": Names(es="suspendida", en="suspended"),
    "cancelled": Names(es="cancelada", en="cancelled"),
    "not_applicable": Names(es="cerrada como no aplica", en="closed as not applicable"),
}


def known(milestone: Milestone) -> MilestonePlanned:
    """Return the plan's row, or refuse where there is none or the act is reported elsewhere."""
    if milestone.plan is None:
        raise Refused("unknown-milestone", es="No existe esa actividad.", en="There is no such milestone.")
    if milestone.plan.same_as:
        places = ", ".join(milestone.plan.same_as)
        raise Refused(
            "reported-elsewhere",
            es=f"Es el mismo acto que {places}: repórtalo ahí y aquí se verá.",
            en=f"It is the same act as {places}: report it there and it shows here.",
        )
    return milestone.plan


def allowed(milestone: Milestone, action: str) -> None:
    """Refuse what the table of transitions does not allow from this status."""
    allowed, _ = TRANSITIONS[action]
    if milestone.status not in allowed:
        word = STATUS_WORDS[milestone.status]
        raise Refused(
            f"cannot-{action.replace(' ', '-')}-from-{milestone.status.replace('_', '-')}",
            es=f"La actividad está {word.es}; eso no se puede desde ahí.",
            en=f"The milestone is {word.en}: it cannot {action} from there.",
        )


def not_in_the_future(at: Circumstances) -> None:
    """Refuse an act that has not happened yet."""
    if at.occurred_at > at.now + CLOCK_TOLERANCE:
        raise Refused(
            "act-in-the-future",
            es="La fecha del acto está en el futuro: se registra lo que ya ocurrió.",
            en="The act lies in the future: only what has happened is recorded.",
            fields=("occurred_at",),
        )


def after_start(milestone: Milestone, at: Circumstances) -> None:
    """Refuse a completion before the reported start."""
    if milestone.started and at.occurred_at < milestone.started.occurred_at:
        raise Refused(
            "completed-before-it-started",
            es="El acto es anterior al inicio reportado: corrige primero el inicio.",
            en="The act is before the reported start: correct the start first.",
            fields=("occurred_at",),
        )


def before_completion(milestone: Milestone, at: Circumstances) -> None:
    """Refuse a start after the reported completion."""
    if milestone.completed and at.occurred_at > milestone.completed.occurred_at:
        raise Refused(
            "started-after-completion",
            es="El inicio es posterior a la conclusión reportada: corrige primero la conclusión.",
            en="The start is after the reported completion: correct the completion first.",
            fields=("occurred_at",),
        )


def within_target(done: int, target: int | None) -> None:
    """Refuse more than there should be."""
    if target is not None and done > target:
        raise Refused(
            "more-than-the-target",
            es=f"Se reportan {done} y la meta es {target}: corrige la cifra o la meta.",
            en=f"{done} are reported and the target is {target}: correct the figure or the target.",
            fields=("done",),
        )


def figure_given(done: int | None) -> None:
    """Refuse the correction of a figure without the right one."""
    if done is None:
        raise Refused(
            "figure-missing",
            es="Para corregir un avance, indica la cifra correcta en «done».",
            en="To correct a progress report, give the right figure in 'done'.",
            fields=("done",),
        )


def without_instrument() -> Refused:
    """Return the refusal of a calendar's date without the instrument that approved it."""
    return Refused(
        "instrument-missing",
        es="Una fecha de calendario aprobado lleva el instrumento que lo aprobó.",
        en="A date of an approved calendar comes with the instrument that approved it.",
        fields=("instrument",),
    )


def report_that_stands(milestone: Milestone, report: Report) -> Reported | None:
    """Return the last report of a kind, if there is one."""
    return {"start": milestone.started, "progress": milestone.progressed, "completion": milestone.completed}[
        report
    ]


def loaded(
    milestone: Milestone, starts: Moment | None, due: Moment, basis: LoadedBasis, source: str
) -> Schedule:
    """Return the schedule a person loads, beside what the rule comes to."""
    if starts and (day_of(starts) > day_of(due) or opens_at(starts, "UTC") > closes_at(due, "UTC")):
        raise Refused(
            "ends-before-it-starts",
            es=f"La fecha de término ({due}) es anterior a la de inicio ({starts}).",
            en=f"The due date ({due}) is before the start ({starts}).",
            fields=("due",),
        )
    before = milestone.schedule
    return Schedule(
        starts=starts,
        due=due,
        rule_starts=before.rule_starts if before else None,
        rule_due=before.rule_due if before else None,
        basis=basis,
        rests_on=basis,
        official=basis == "calendar",
        explanation=Names(es=f"Fecha tomada de: {source}.", en=f"Date taken from: {source}."),
        source=source,
    )
