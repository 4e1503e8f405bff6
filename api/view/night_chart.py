"""A night of tally sheets as it is drawn: which figures, in which steps, and a line for each of three of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from projections.tally_sheets import TallySheetPoint

DRAWN_SECONDS = 600
"""The steps of the drawing."""

FIGURES = (
    "expected", "registered", "out_of_catalogue", "collected", "captured", "verified", "counted", "not_counted",
    "inconsistent",
)  # fmt: skip
LINES = ("collected", "captured", "counted")
"""What is drawn."""


def polyline(points: Sequence[TallySheetPoint], name: str, whole: int) -> str:
    """Return a figure over the night as the points of an SVG line, 1,000 wide and 100 high, 0 at the bottom."""
    if len(points) < 2 or not whole:
        return ""
    first, last = points[0].at, points[-1].at
    return " ".join(
        f"{share_of(point.at, first, last) * 1_000:.1f},{100 - 100 * min(getattr(point, name) / whole, 1):.1f}"
        for point in points
    )


def share_of(at: datetime, first: datetime, last: datetime) -> float:
    """Return how much of the time from the first to the last instant has passed at one: 0 to 1, and beyond."""
    return (at - first) / (last - first)
