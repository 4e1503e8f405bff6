"""Where an authority reaches: the country, a state, one of its districts or municipalities: a tree in the code itself.

``MX`` holds ``MX-JAL``, which holds the federal district ``MX-JAL-D03`` and the municipality ``MX-JAL-M039``.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

Territory = Annotated[str, Field(pattern=r"^MX(-[A-Z]{3})?$")]
"""``MX`` or a state's ISO 3166-2 code."""

Place = Annotated[str, Field(pattern=r"^MX(-[A-Z]{3}(-(D[0-9]{2}|M[0-9]{3}))?)?$")]
"""A territory, or a federal district (``MX-JAL-D03``, INE's number) or a municipality (``MX-JAL-M039``, INEGI's) of a
state."""


def state_of_district(place: str) -> str | None:
    """Return the state of a federal district, None for any other place."""
    state, _, last = place.rpartition("-")
    return state if last.startswith("D") and last[1:].isdigit() else None


def covers(granted: str, place: str) -> bool:
    """Tell whether an authority over one place reaches another: the whole reaches its parts, never the other way."""
    return place == granted or place.startswith(f"{granted}-")
