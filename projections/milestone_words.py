"""What do the texts say that are stored of a milestone: its row of the plan, its dates, its figures?"""

from __future__ import annotations

from functools import lru_cache

from domain.milestone_events import MilestonePlanned, MilestoneReplanned, Schedule
from ledger.codec import decode
from projections.milestone_versions import FIGURES
from projections.page import Row


class FigureRow(Row):
    """How much there is of one quantity, or of one of the groups it is reported apart by."""

    quantity: str
    """What is measured, by its word in the procedure."""
    by: str
    """Which group: ``women``, ``men`` …; empty for the quantity itself."""
    value: int
    """How much."""


@lru_cache(maxsize=2048)
def planned(type_: str, body: bytes) -> MilestonePlanned:
    """Return a row of the plan from its stored bytes, which never change."""
    event = decode(type_, body)
    if isinstance(event, MilestoneReplanned):
        return event.planned
    if not isinstance(event, MilestonePlanned):
        raise TypeError(f"a milestone is planned by a MilestonePlanned, not by {type_}")
    return event


@lru_cache(maxsize=2048)
def schedule_of(text: str) -> Schedule:
    """Return the dates of a milestone."""
    return Schedule.model_validate_json(text)


def figures_of(text: str | None) -> list[FigureRow]:
    """Return the figures of a milestone's last report, none where it had none apart."""
    figures = FIGURES.validate_json(text) if text else ()
    return [FigureRow(quantity=each.quantity, by=each.by or "", value=each.value) for each in figures]
