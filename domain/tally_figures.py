"""How many tally sheets there are of each kind, and the three percentages the authority publishes of them."""

from __future__ import annotations

from typing import NamedTuple

from domain.text import without_accents

NOT_INCONSISTENT = ("sin acta", "fuera de catalogo")
"""Observations that are not among the inconsistencies: there is no sheet, or it is not one of those expected."""


class TallyFigures(NamedTuple):
    """The summary of an election's sheets: ``registered = captured + out_of_catalogue``.

    ``captured = counted + not_counted``: all of them are sheets of the catalogue.
    """

    expected: int = 0
    out_of_catalogue: int = 0
    captured: int = 0
    counted: int = 0
    inconsistent: int = 0

    @property
    def registered(self) -> int:
        """Captured, or out of the catalogue."""
        return self.captured + self.out_of_catalogue

    @property
    def not_counted(self) -> int:
        """Captured and not counted."""
        return self.captured - self.counted

    @property
    def captured_percent(self) -> str | None:
        """Of those expected."""
        return percent_of(self.captured, self.expected)

    @property
    def counted_percent(self) -> str | None:
        """Of those expected."""
        return percent_of(self.counted, self.expected)

    @property
    def inconsistent_percent(self) -> str | None:
        """Of those expected."""
        return percent_of(self.inconsistent, self.expected)


def percent_of(part: int, whole: int) -> str | None:
    """Return a percentage with four places, cut off and not rounded: ``99.1000``; None of nothing."""
    if not whole:
        return None
    units, places = divmod(part * 1_000_000 // whole, 10_000)
    return f"{units}.{places:04}"


def is_inconsistent(observation: str | None) -> bool:
    """Tell whether what is observed of a captured sheet is an inconsistency, in the sense of the published figure."""
    return observation is not None and not without_accents(observation).startswith(NOT_INCONSISTENT)
