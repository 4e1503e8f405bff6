"""The rules every milestone command shares: what a decision may look at, and the refusals it may give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.calendar import Moment, closes_at, day_of, opens_at
from domain.deadline import LoadedBasis
from domain.document import Document
from domain.event import Refused
from domain.legal_time import LegalTime
from domain.milestone import TRANSITIONS, Milestone, Reported, replacement
from domain.milestone_events import MilestonePlanned, Report, Schedule
from domain.names import Names
from domain.step import Step

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far a reporter's clock may run ahead of ours before an act counts as lying in the future."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a decision may look at besides the milestone itself."""

    occurred_at: datetime
    """When the act happened, by the reporter's account."""
    now: datetime
    required: Mapping[str, Milestone] = field(default_factory=dict)
    """The state of every required predecessor, by its id; where one was replaced, also of what replaced it."""
    step: Step | None = None
    """The row of the procedure it follows, which names its outcomes and what it measures."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """What its case was opened with."""
    time: LegalTime = field(default_factory=LegalTime)
    """How days count for whoever must act."""
    document: Document | None = None
    """The document a request names by its digest, where it is kept."""
    replacing: Milestone | None = None
    """The activity of the same process that is to replace it."""
    actor: str = ""
    """Who decides; empty where nobody does, as in a simulation."""


STATUS_WORDS: Mapping[str, Names] = {
    "planned": Names(es="por iniciar", en="planned"),
    "in_progress": Names(es="en proceso de ejecución", en="in progress"),
    "completed": Names(es="concluida", en="completed"),
    "suspended": Names(es="suspendida", en="suspended"),
    "cancelled": Names(es="cancelada", en="cancelled"),
    "not_applicable": Names(es="cerrada como no aplica", en="closed as not applicable"),
}


ACTION_WORDS: Mapping[str, Names] = {
    "start": Names(es="iniciar", en="started"),
    "report progress": Names(es="reportar avance de", en="advanced"),
    "report part of": Names(es="reportar la parte de un distrito en", en="reported in part by a district"),
    "complete": Names(es="concluir", en="completed"),
    "suspend": Names(es="suspender", en="suspended"),
    "resume": Names(es="reanudar", en="resumed"),
    "cancel": Names(es="cancelar", en="cancelled"),
    "replace": Names(es="sustituir", en="replaced"),
    "close as not applicable": Names(es="cerrar como no aplica", en="closed as not applicable"),
    "reopen": Names(es="reabrir", en="reopened"),
    "date": Names(es="cargar fecha a", en="dated"),
    "re-date": Names(es="reprogramar", en="re-dated"),
    "correct": Names(es="corregir", en="corrected"),
    "validate": Names(es="validar", en="validated"),
    "return": Names(es="devolver", en="returned"),
    "announce": Names(es="publicar", en="announced"),
    "reassign": Names(es="reasignar", en="reassigned"),
    "support": Names(es="adjuntar soporte a", en="supported"),
    "withdraw evidence of": Names(es="retirar un soporte de", en="rid of evidence"),
}

_CLOSED = Names(
    es="si vuelve a haber trabajo, reábrela primero", en="if there is work again, reopen it first"
)

WHAT_TO_DO: Mapping[str, Names] = {
    "planned": Names(es="reporta primero lo que ocurrió", en="report first what happened"),
    "in_progress": Names(
        es="su inicio ya consta; si está mal, corrígelo",
        en="its start stands already; if it is wrong, correct it",
    ),
    "completed": Names(
        es="si un reporte está mal, corrígelo; si hay más por hacer, reábrela",
        en="if a report is wrong, correct it; if there is more to do, reopen it",
    ),
    "suspended": Names(
        es="reanúdala primero, con el instrumento que levanta la suspensión",
        en="resume it first, with the instrument that lifts the suspension",
    ),
    "cancelled": _CLOSED,
    "not_applicable": _CLOSED,
}
"""The way on for whoever asks what a status does not allow."""


def known(milestone: Milestone) -> MilestonePlanned:
    """Return the plan's row, or refuse where there is none or the act is reported elsewhere."""
    if milestone.plan is None:
        raise Refused(
            "unknown-milestone",
            es="No existe esa actividad: revisa su identificador (como F047, F005-JAL o L010).",
            en="There is no such milestone: check its id (such as F047, F005-JAL or L010).",
        )
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
        said, word, do = ACTION_WORDS[action], STATUS_WORDS[milestone.status], WHAT_TO_DO[milestone.status]
        plan = known(milestone)
        raise Refused(
            f"cannot-{action.replace(' ', '-')}-from-{milestone.status.replace('_', '-')}",
            es=f"{plan.row}: no se puede {said.es} una actividad {word.es}: {do.es}.",
            en=f"{plan.row}: a milestone that is {word.en} cannot be {said.en}: {do.en}.",
            basis=plan.basis[0] if plan.basis else "",
        )


def open_before(plan: MilestonePlanned, required: Mapping[str, Milestone]) -> dict[str, str]:
    """Return what an article makes a condition of a milestone and is not over, by name, with that article.

    ``required`` is as in `Circumstances`: what was replaced is looked for where it is done now.
    """
    found: dict[str, str] = {}
    for needed in plan.required:
        name = in_its_place(needed.milestone, required)
        one = required.get(name, Milestone())
        # What replaced its own condition would wait for itself.
        if not one.is_over and one.plan != plan:
            found[name] = needed.basis
    return found


def in_its_place(name: str, milestones: Mapping[str, Milestone]) -> str:
    """Return the name of what is to be done where a milestone was: of the last that replaced it, or its own."""
    # It ends: what replaces another is not replaced itself at that moment, so there are no circles.
    while (other := replacement(name, milestones.get(name, Milestone()))) is not None:
        name = other
    return name


def not_in_the_future(at: Circumstances) -> None:
    """Refuse an act that has not happened yet."""
    if at.occurred_at > at.now + CLOCK_TOLERANCE:
        raise Refused(
            "act-in-the-future",
            es="La fecha del acto está en el futuro y se registra lo que ya ocurrió: revisa fecha, hora y huso.",
            en="The act lies in the future and only what has happened is recorded: check date, hour and zone.",
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
            es="Falta la cifra correcta del avance: indícala en «done».",
            en="The right figure of progress is missing: give it in 'done'.",
            fields=("done",),
        )


def without_instrument() -> Refused:
    """Return the refusal of a calendar's date without the instrument that approved it."""
    return Refused(
        "instrument-missing",
        es="Falta el instrumento que aprobó el calendario de esa fecha: indícalo en «instrument».",
        en="The instrument that approved the calendar of that date is missing: give it in 'instrument'.",
        fields=("instrument",),
    )


def legal_date(milestone: Milestone) -> Refused:
    """Return the refusal of a date that is not the body's own to be moved as if it were."""
    return Refused(
        "legal-date",
        es="Esta fecha no es una meta interna del órgano: se mueve solo con el instrumento que la movió. "
        "Di en «basis» en qué descansa la nueva (law, calendar o reported).",
        en="This date is not the body's own target: it moves only with the instrument that moved it. "
        "Say in 'basis' what the new one rests on (law, calendar or reported).",
        basis=", ".join(milestone.plan.basis) if milestone.plan else "",
        fields=("basis",),
    )


def report_that_stands(milestone: Milestone, report: Report) -> Reported | None:
    """Return the last report of a kind, if there is one."""
    return {"start": milestone.started, "progress": milestone.progressed, "completion": milestone.completed}[
        report
    ]


def loaded(
    milestone: Milestone, starts: Moment | None, due: Moment, basis: LoadedBasis, source: str
) -> Schedule:
    """Return the schedule a person loads, beside what the rule comes to; a start left out stays as it is."""
    before = milestone.schedule
    starts = starts or (before.starts if before else None)
    if starts and (day_of(starts) > day_of(due) or opens_at(starts, "UTC") > closes_at(due, "UTC")):
        raise Refused(
            "ends-before-it-starts",
            es=f"La fecha de término ({due}) es anterior a la de inicio ({starts}): revisa las dos.",
            en=f"The due date ({due}) is before the start ({starts}): check both.",
            fields=("due",),
        )
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
