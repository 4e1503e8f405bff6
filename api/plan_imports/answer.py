"""What a calendar's import is answered, row by row: which activity gets which date, what contradicts or is unknown."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, computed_field

from api.proof_address import proof_address
from domain.calendar import Moment

CalendarOutcome = Literal[
    "recorded", "would_be_recorded", "unchanged", "unknown", "contradiction", "refused", "no_date"
]
"""What became of a row. *Unknown*: no activity of the plan is called so, and a person has to say which it is."""


class CalendarRow(BaseModel):
    """One row of a calendar that names an activity."""

    model_config = ConfigDict(use_attribute_docstrings=True, frozen=True)

    cell: str
    """Where it is in the file: `MX-JAL!B12`."""
    name: str
    """What the calendar calls it."""
    milestone: str | None
    """The activity of the plan; null where nobody said which it is."""
    outcome: CalendarOutcome
    """What became of it."""
    before: Moment | None
    """When it was due."""
    starts: Moment | None
    """When it starts, by the calendar."""
    due: Moment | None
    """When it is due, by the calendar."""
    reasons: list[str]
    """What contradicts it or why it was refused, in the caller's language."""
    position: int | None = None
    """Where it was recorded."""

    @computed_field  # type: ignore[prop-decorator]  # mypy knows no decorated property (its issue 1362)
    @property
    def proof(self) -> str | None:
        """Where the proof is had that it stands in the signed log; null where nothing was recorded."""
        return proof_address(self.position) if self.position else None


class PlanImportAnswer(BaseModel):
    """What became of a calendar."""

    model_config = ConfigDict(use_attribute_docstrings=True, frozen=True)

    sha256: str
    """Of the file."""
    process: str
    """The process whose plan it was read against."""
    sheet: str
    """The sheet that was read; empty for a CSV."""
    headings: list[str]
    """The row that was taken for the headings; empty where none is known: say which column is what."""
    dry_run: bool
    """Whether it was only asked what would happen."""
    recorded: int
    """How many dates were recorded."""
    counts: dict[CalendarOutcome, int]
    """How many rows came to each outcome."""
    contradictions: list[str]
    """What is wrong with the sheet as a whole."""
    rows: list[CalendarRow]
    """Every row that names an activity, in the file's order."""
