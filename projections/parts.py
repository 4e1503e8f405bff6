"""What did each district last report of an activity?"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg import Connection

from domain.milestone import Part
from projections.folded import folded_milestone
from projections.moment import AsOf
from projections.page import Row


class PartRow(Row):
    """What a district last reported of its part. The activity's own figure is its state's, not the sum of these."""

    place: str
    """The federal district: `MX-JAL-D03`."""
    done: int
    """How many are done there, of what the activity counts."""
    target: int | None
    """How many there should be there; null where nobody said."""
    note: str | None
    """What was said with it."""
    occurred_at: datetime
    """When it was so, by the reporter's account."""
    recorded_at: datetime
    """When it was recorded."""
    post: str
    """The public office of who reported it."""
    body: str
    """Their institution."""
    version: int
    """The version of its activity that brought it."""


def list_parts(connection: Connection[Any], process: str, milestone: str, as_of: AsOf) -> list[PartRow]:
    """Return what the districts of an activity last reported, in the order of their codes."""
    return [part_row(one) for one in folded_milestone(connection, process, milestone, as_of).parts]


def part_row(one: Part) -> PartRow:
    """Return a district's part as it is told."""
    return PartRow(
        place=one.place, done=one.done, target=one.target, note=one.note, occurred_at=one.report.occurred_at,
        recorded_at=one.report.recorded_at, post=one.post, body=one.body, version=one.report.version,
    )  # fmt: skip
