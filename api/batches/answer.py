"""What a batch is answered, row by row, in the order sent: what changed or would, what did not, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from api.batches.request import Mode
from domain.milestone import Milestone, Reported

# Plain classes and no models: there are tens of thousands in one answer.
TOLD = ConfigDict(use_attribute_docstrings=True)

RowOutcome = Literal["recorded", "would_be_recorded", "unchanged", "conflict", "refused"]
"""What became of a row. *Unchanged*: it was already so. *Would be recorded*: nothing was, of this or any row."""


@dataclass(frozen=True, slots=True)
class ChangeOfRow:
    """One thing that a row changes."""

    __pydantic_config__: ClassVar[ConfigDict] = TOLD

    field: str
    """What changes: `status`, `done`, `due` …"""
    before: str | None
    """As it was."""
    after: str | None
    """As the row leaves it."""


@dataclass(frozen=True, slots=True)
class FieldOfRow:
    """What is wrong with one field of a row."""

    __pydantic_config__: ClassVar[ConfigDict] = TOLD

    field: str
    """Its path in the row."""
    message: str
    """What is wrong, in the caller's language."""


@dataclass(frozen=True, slots=True)
class RowAnswer:
    """What became of one row."""

    __pydantic_config__: ClassVar[ConfigDict] = TOLD

    row: int
    """Its place in the batch: 1, 2, 3 …"""
    process: str | None
    """The process, where the row names one."""
    milestone: str | None
    """The activity, where the row names one."""
    report: str | None
    """What was reported."""
    outcome: RowOutcome
    """What became of it."""
    changes: tuple[ChangeOfRow, ...] = ()
    """What it changes, before and after."""
    command_id: UUID | None = None
    """What it was recorded under."""
    position: int | None = None
    """The last position it was recorded at."""
    proof: str | None = None
    """Where the proof is had that what stands there is in the signed log: a second or so later."""
    version: int | None = None
    """How many events the activity has with it."""
    recorded_at: datetime | None = None
    """When it was recorded."""
    rule: str | None = None
    """Why not: a stable word for programs."""
    message: str | None = None
    """Why not and what to do, in the caller's language."""
    basis: str | None = None
    """The article behind it."""
    errors: tuple[FieldOfRow, ...] = ()
    """What is wrong field by field."""
    since: tuple[dict[str, Any], ...] = ()
    """What changed since it was read, where that is the conflict."""


class BatchAnswer(BaseModel):
    """What became of a batch."""

    model_config = ConfigDict(use_attribute_docstrings=True, frozen=True)

    batch: UUID
    """The request's `Idempotency-Key`."""
    mode: Mode
    """Whether all were to be recorded or none."""
    dry_run: bool
    """Whether it was only asked what would happen."""
    counts: dict[RowOutcome, int]
    """How many rows came to each outcome."""
    position: int
    """The last position that was recorded; of a batch that recorded nothing, where the log ended."""
    rows: tuple[RowAnswer, ...]
    """Every row, in the order sent."""


def changes_between(before: Milestone, after: Milestone) -> tuple[ChangeOfRow, ...]:
    """Return what differs between two states of a milestone, as people read it."""
    if before is after:
        return ()
    old, new = _told(before), _told(after)
    return tuple(
        ChangeOfRow(field, _text(old[field]), _text(value))
        for field, value in new.items()
        if old[field] != value
    )


def _text(value: Any) -> str | None:
    if isinstance(value, Reported):
        return value.occurred_at.astimezone(UTC).isoformat()
    return None if value is None else str(value)


def counted(rows: Sequence[RowAnswer]) -> dict[RowOutcome, int]:
    """Return how many rows came to each outcome that any came to."""
    counts: dict[RowOutcome, int] = {}
    for row in rows:
        counts[row.outcome] = counts.get(row.outcome, 0) + 1
    return counts


def _told(milestone: Milestone) -> Mapping[str, Any]:
    schedule = milestone.schedule
    return {
        "status": milestone.status,
        "replaced_by": milestone.replaced_by,
        "started_at": milestone.started,
        "completed_at": milestone.completed,
        "announced_at": milestone.announced,
        "done": milestone.done,
        "target": milestone.target,
        "figures": len(milestone.figures) or None,
        "note": milestone.progress_note,
        "outcome": milestone.outcome,
        "instrument": milestone.instrument,
        "starts": schedule and schedule.starts,
        "due": schedule and schedule.due,
        "basis": schedule and schedule.basis,
        "responsible": milestone.responsible,
        "body": milestone.body,
        "corrections": milestone.corrections or None,
        "validated": len(milestone.validated) or None,
    }
