"""The replay by what was known: one event of a scope after another, and what each changed."""

from __future__ import annotations

from dataclasses import dataclass

from api.problems import Problem
from api.view.change_words import value_words
from api.view.evidence import ShownEvidence, shown_evidence
from api.view.page import Content
from api.view.replay_scope import KnownScope
from api.view.replay_state import scope_state
from api.view.visit import Reading, Visit, instant_of
from projections.changes import ChangeFilter, list_changes
from projections.evidence import list_evidence
from projections.given_rights import find_right
from projections.moment import AsOf, BadMoment
from projections.processes import names_of_processes
from projections.replay import ReplayStep, find_of_type, get_step
from projections.second_clock import at_both_clocks
from projections.timeline import TimelineEntry, TimelineFilter, list_timeline


@dataclass(frozen=True, slots=True)
class AskedStep:
    """Where in a scope, as the address says it."""

    paso: str = ""
    """The number of an event in the scope; the last one where it is empty or beyond it."""
    asiento: str = ""
    """Instead, a position of the log."""
    tipo: str = ""
    """A kind of event to go on to, or back to."""
    ir: str = ""
    """``anterior`` for back."""


@dataclass(frozen=True, slots=True)
class Controls:
    """Where one is, and the addresses of where one can go from there; empty where one is already."""

    number: int
    steps: int
    first: str
    previous: str
    next: str
    last: str


def controls(scope: KnownScope, visit: Visit, number: int, steps: int, **kept: object) -> Controls:
    """Return the controls of a replay that is at one of its steps."""

    def address(there: int, *, is_there: bool) -> str:
        return "" if is_there else scope.replay(visit, **kept, paso=there)

    at_first, at_last = number <= 1, number >= steps
    return Controls(
        number, steps,
        address(1, is_there=at_first), address(number - 1, is_there=at_first),
        address(number + 1, is_there=at_last), address(steps, is_there=at_last),
    )  # fmt: skip


def number_in(text: str) -> int | None:
    """Return a number of an address, None where it is empty. Raises a 422 `Problem` where it is none."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise Problem(
            422,
            "bad-step",
            es=f"«{text}» no es un número de paso: escribe 1, 2, 3 …",
            en=f"'{text}' is not the number of a step: write 1, 2, 3 …",
        )
    return int(text)


def step_asked_for(reading: Reading, scope: KnownScope, asked: AskedStep) -> ReplayStep | None:
    """Return the step an address leads to, None where the scope has no event: the nearest where it has not that one."""
    connection, as_of, where = reading.connection, reading.as_of, scope.asked.where()
    position, number = number_in(asked.asiento), number_in(asked.paso)
    step = None
    if position is not None:
        step = get_step(connection, where, as_of, position=position)
    elif number is not None:
        step = get_step(connection, where, as_of, number=max(number, 1))
    step = step or get_step(connection, where, as_of, number=1 if position is not None else None)
    if step is None or not asked.tipo:
        return step
    found = find_of_type(
        connection, where, as_of, asked.tipo, beyond=step.position, backwards=asked.ir == "anterior"
    )
    return get_step(connection, where, as_of, position=found) if found else step


def steps_content(visit: Visit, reading: Reading, scope: KnownScope, step: ReplayStep) -> Content:
    """Return what is shown of a step: the event, who and by what right, its evidence, its changes, and the state."""
    connection, kept = reading.connection, {"reloj": "asientos", "ocurrido": visit.ocurrido}
    moment = AsOf(step.position, step.recorded_at)
    entry = _entry(reading, scope.asked.where(), step)
    changed = ChangeFilter(process=entry.process, milestone=entry.milestone)
    before = AsOf(step.position - 1, step.recorded_at)
    both = _by_the_second_clock(visit, reading, scope, moment)
    return {
        "by": "steps",
        "step": step,
        "controls": controls(scope, visit, step.number, step.steps, **kept),
        "moment": both,
        "entry": entry,
        "process_name": names_of_processes(connection, [entry.process])[entry.process],
        "right": find_right(connection, entry.grant),
        "evidence": _evidence(visit, reading, entry),
        "changed_rows": list_changes(connection, changed, before, moment, limit=20).items,
        "told": lambda field, value: value_words(field, value, visit.language),
        "state": scope_state(visit, connection, scope, both, entry),
        "data": visit.data("/api/v1/replay", **_names(scope), step=step.number),
    }


def _entry(reading: Reading, where: TimelineFilter, step: ReplayStep) -> TimelineEntry:
    only = TimelineFilter(
        where.process, where.milestone, where.territory,
        after_position=step.position - 1, before_position=step.position + 1,
    )  # fmt: skip
    return list_timeline(reading.connection, only, reading.as_of, limit=1).items[0]


def _evidence(visit: Visit, reading: Reading, entry: TimelineEntry) -> list[ShownEvidence]:
    """Return what the event brought as evidence, as it is known now: withdrawn where it was."""
    if entry.milestone is None:
        return []
    rows = list_evidence(reading.connection, entry.process, entry.milestone, reading.as_of)
    return shown_evidence(visit, (row for row in rows if row.version == entry.version))


def _by_the_second_clock(visit: Visit, reading: Reading, scope: KnownScope, moment: AsOf) -> AsOf:
    """Return the moment of a step, and of what had happened by an instant where that is asked. Raises a `Problem`."""
    now = visit.resources.clock()
    try:
        return at_both_clocks(
            reading.connection, moment, instant_of(visit.ocurrido, now), now,
            scope.asked.read_by_the_second_clock(),
        )  # fmt: skip
    except BadMoment as bad:
        raise Problem(422, "bad-moment", es=bad.es, en=bad.en) from bad


def _names(scope: KnownScope) -> dict[str, str]:
    """Return what names a scope to the API."""
    where = scope.asked.where()
    named = {"process": where.process, "milestone": where.milestone, "territory": where.territory}
    return {name: value for name, value in named.items() if value}
