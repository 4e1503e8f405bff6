"""The form of each report: its fields are the command's own, so that a page asks for what the API takes.

What is typed is kept as it was typed, box by box; `api.view.report_body` makes of it the JSON that the API reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

from api.reportable import Reportable
from api.routes.milestone_reports import ReportRoute
from api.settings import Language
from api.view.formats import in_language
from api.words import speak, speak_plainly
from domain.step import Quantity

Kind = Literal[
    "line", "prose", "number", "moment", "choice", "declared", "figures", "evidence", "activity", "hidden"
]
"""What a field looks like."""

KINDS: Mapping[str, Kind] = {
    "note": "prose",
    "reason": "prose",
    "instrument": "line",
    "outcome": "line",
    "declare": "declared",
    "evidence": "evidence",
    "place": "choice",
    "done": "number",
    "target": "number",
    "figures": "figures",
    "starts": "moment",
    "due": "moment",
    "basis": "choice",
    "source": "line",
    "report": "hidden",
    "where": "line",
    "power": "choice",
    "responsible": "choice",
    "body": "line",
    "replaced_by": "activity",
}
"""How each field of a command is asked for."""

OF_A_CORRECTION: Mapping[str, frozenset[str]] = {
    "start": frozenset(),
    "progress": frozenset({"done", "figures"}),
    "completion": frozenset({"outcome", "instrument", "evidence"}),
}
"""What the correction of each report restates, besides the moment and the reason."""

DOCUMENTS = 3
"""How many documents a form has room for; more are sent by the API."""
TOLD_OF_A_DOCUMENT = ("name", "number", "address")
"""What a form asks of a document."""
KEPT_OF_A_DOCUMENT = ("sha256", "body", "issued_on")
"""What the API can say of a document besides: a correction takes it along."""

Typed = Mapping[str, str]
"""What was typed, by the name of the input."""


@dataclass(frozen=True, slots=True)
class Input:
    """One box of a form."""

    name: str
    label: str
    value: str = ""
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form."""

    name: str
    kind: Kind
    is_required: bool
    value: str
    options: tuple[tuple[str, str], ...] = ()
    """Of a choice: each value and its words."""
    inputs: tuple[Input, ...] = ()
    """Of a field of several boxes: each of them."""


def fields_of(route: ReportRoute, asked: Reportable, typed: Typed, language: Language) -> list[Field]:
    """Return the fields of a report's form, filled in with what was typed."""
    return [
        _field(route, name, asked, typed, language)
        for name in route.command.model_fields
        if not is_left_out(name, asked, typed)
    ]


def is_left_out(name: str, asked: Reportable, typed: Typed) -> bool:
    """Tell whether a field has nothing to ask for here."""
    restated = OF_A_CORRECTION.get(typed.get("report", ""))
    if restated is not None and name not in restated | {"report", "reason"}:
        return True
    measures = bool(asked.step and asked.step.quantities)
    return (
        (name == "declare" and not asked.waiting)
        or (name == "figures" and not measures)
        # It is the sum of the figures, where those are asked for.
        or (name == "done" and measures)
    )


def _field(route: ReportRoute, name: str, asked: Reportable, typed: Typed, language: Language) -> Field:
    model = route.command.model_fields[name]
    kind, value = KINDS[name], typed.get(name, "")
    options: tuple[tuple[str, str], ...] = ()
    if name == "outcome" and asked.step and asked.step.outcomes:
        kind = "choice"
        options = tuple((each.id, in_language(each.name, language)) for each in asked.step.outcomes)
    elif name == "place":
        say_plainly = speak_plainly(language)
        options = tuple((place, say_plainly("look.district", n=int(place[-2:]))) for place in asked.places)
        value = value or (asked.places[0] if len(asked.places) == 1 else "")
    elif kind == "choice":
        say = speak(language)
        options = tuple((one, str(say(_words_of(name, one)))) for one in _choices(model.annotation))
        value = value or str(model.get_default() or "")
    is_required = model.is_required() or (name in {"done", "figures"} and "report" in typed)
    inputs = tuple(_inputs(name, asked, typed, language))
    return Field(name, kind, is_required or (name == "outcome" and kind == "choice"), value, options, inputs)


def _choices(annotation: Any) -> Iterator[str]:
    """Yield what may be chosen, also where nothing may be."""
    for one in get_args(annotation):
        if isinstance(one, str):
            yield one
        else:
            yield from _choices(one)


def _words_of(name: str, value: str) -> str:
    """Return the key of the words of a choice."""
    if name == "basis":
        return f"report.basis_{value}"
    return f"report.power_{value}" if name == "power" else f"look.{value}"


def _inputs(name: str, asked: Reportable, typed: Typed, language: Language) -> Iterator[Input]:
    if name == "declare":
        for id_, plan in asked.waiting.items():
            label = f"{id_} · {in_language(plan.name, language)}"
            yield Input(f"declare.{id_}", label, typed.get(f"declare.{id_}", ""))
    elif name == "figures":
        for box, quantity, by in figure_boxes(asked):
            unit = in_language(quantity.unit, language)
            # A group is named in the data by its word alone.
            yield Input(box, f"{unit}: {by.replace('_', ' ')}" if by else unit, typed.get(box, ""))
    elif name == "evidence":
        say = speak(language)
        for number in range(DOCUMENTS):
            for part in TOLD_OF_A_DOCUMENT:
                box = f"evidence.{number}.{part}"
                yield Input(box, str(say(f"report.evidence_{part}", n=number + 1)), typed.get(box, ""))
        for box in (
            f"evidence.{number}.{part}" for number in range(DOCUMENTS) for part in KEPT_OF_A_DOCUMENT
        ):
            if box in typed:
                yield Input(box, "", typed[box], is_hidden=True)


def figure_boxes(asked: Reportable) -> Iterator[tuple[str, Quantity, str | None]]:
    """Yield the box, the quantity and the group of each figure a step is reported by."""
    for quantity in asked.step.quantities if asked.step else ():
        for by in quantity.by or (None,):
            yield f"figures.{quantity.id}" + (f".{by}" if by else ""), quantity, by


# What a form begins with -----------------------------------------------------------------------------------


def beginning(route: ReportRoute, asked: Reportable, now: datetime, report: str) -> dict[str, str]:
    """Return what a new form has in it: the present moment; of a correction, what the report says now."""
    typed = {"occurred_at": _local(now, asked.plan.zone)}
    if route.resource != "correction":
        return typed
    state = asked.state
    wrong = {"start": state.started, "progress": state.progressed, "completion": state.completed}[report]
    typed["report"] = report
    if wrong is not None:
        typed["occurred_at"] = _local(wrong.occurred_at, asked.plan.zone)
    if report == "progress":
        typed["done"] = "" if state.done is None else str(state.done)
        for figure in state.figures:
            typed[f"figures.{figure.quantity}" + (f".{figure.by}" if figure.by else "")] = str(figure.value)
    if report == "completion" and wrong is not None:
        typed |= {"outcome": state.outcome or "", "instrument": state.instrument or ""}
        for number, document in enumerate(state.brought_by(wrong)[:DOCUMENTS]):
            cited = document.reference.model_dump() if document.reference else {}
            said = {"name": document.name, "address": document.address, "sha256": document.sha256, **cited}
            typed |= {f"evidence.{number}.{part}": text for part, text in said.items() if text}
    return typed


def _local(at: datetime, zone: str) -> str:
    """Write an instant as a browser's box for a day and an hour has it."""
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}"
