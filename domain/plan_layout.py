"""How a body writes its calendar: which heading is which field, and which of its rows is which activity.

A person says it once, and it is remembered in the stream ``layout/{territory}``. Nothing about a calendar is guessed:
a heading or a row that nobody explained, and that is not word for word ours, is left for a person.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal, assert_never

from pydantic import Field

from domain.event import Envelope, Event, Line, Payload, Subject
from domain.territory import Territory
from domain.text import without_accents

PlanField = Literal["id", "name", "starts", "due"]
"""What a column of a calendar may hold: an activity's id in our plan, its name, when it starts, when it is due."""

KNOWN_HEADINGS: Mapping[str, PlanField] = {
    "clave": "id", "id": "id",
    "actividad": "name", "activity": "name",
    "inicio": "starts", "fecha de inicio": "starts", "start": "starts",
    "termino": "due", "fecha de termino": "due", "fin": "due", "vence": "due", "due": "due",
}  # fmt: skip
"""The headings that need no explanation, as `plain` writes them."""


class ColumnMapped(Payload):
    """A heading of a body's calendar, and the field it is."""

    heading: Line
    field: PlanField


class RowMapped(Payload):
    """An activity as a body's calendar calls it, and its id in our plan."""

    name: Line
    milestone: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{1,9}(\.[0-9][0-9Q-]{0,9})?(-[A-Z]{3})?$")]


class PlanLayoutMapped(Event, type="PlanLayoutMapped.v1"):
    """Somebody said how a body writes its calendar; a later one replaces it whole."""

    territory: Territory
    columns: tuple[ColumnMapped, ...] = ()
    rows: tuple[RowMapped, ...] = ()


PlanLayoutEvent = PlanLayoutMapped
"""Everything that can happen to a layout."""


@dataclass(frozen=True, slots=True)
class PlanLayout:
    """A body's layout, as its events leave it."""

    mapped: PlanLayoutMapped | None = None
    columns: Mapping[str, PlanField] = field(default_factory=lambda: KNOWN_HEADINGS)
    """The field of each heading, as `plain` writes it."""
    rows: Mapping[str, str] = field(default_factory=dict)
    """The activity of each name, as `plain` writes it."""


def evolve(_layout: PlanLayout, event: Event, _envelope: Envelope) -> PlanLayout:
    """Return the layout after one more event."""
    match event:
        case PlanLayoutMapped():
            columns = {plain(column.heading): column.field for column in event.columns}
            rows = {plain(row.name): row.milestone for row in event.rows}
            return PlanLayout(event, {**KNOWN_HEADINGS, **columns}, rows)
        case _ as unknown:
            assert_never(unknown)  # type: ignore[arg-type]  # the ledger folds a stream with its own events


PLAN_LAYOUT: Subject[PlanLayout] = Subject("layout", PlanLayout(), evolve)
"""How a body's layout is folded."""


class MapPlanLayout(Payload):
    """Say how a body writes its calendar. What is said is added to what was said before."""

    territory: Territory
    columns: Annotated[tuple[ColumnMapped, ...], Field(max_length=20)] = ()
    rows: Annotated[tuple[RowMapped, ...], Field(max_length=150)] = ()

    def decide(self, layout: PlanLayout) -> Sequence[Event]:
        """Do nothing where all of it was said before."""
        before = layout.mapped or PlanLayoutMapped(territory=self.territory)
        columns = {plain(one.heading): one for one in (*before.columns, *self.columns)}
        rows = {plain(one.name): one for one in (*before.rows, *self.rows)}
        event = PlanLayoutMapped(
            territory=self.territory, columns=tuple(columns.values()), rows=tuple(rows.values())
        )
        return [] if event == before else [event]


def plan_layout_stream(territory: str) -> str:
    """Return the stream of a body's layout."""
    return f"layout/{territory}"


def plain(text: str) -> str:
    """Return text as names are compared: lower case, no accents, single spaces, no full stop at its end."""
    return re.sub(r"\s+", " ", without_accents(text)).strip(" .:")
