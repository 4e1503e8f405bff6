"""Which facts of a milestone or a process differ between two moments?

What is recorded is compared, and what follows from it by law. How a milestone stands against its date also changes
by the calendar alone, so it is no difference between two moments of the log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import JsonValue

from projections.page import Row

ChangeKind = Literal["added", "removed", "changed"]
"""*Added*: it was not known before. *Removed*: it left the plan in between, cancelled or closed as not applicable.
*Changed*: something else happened to it, be it only something that was taken back."""

LEFT = ("cancelled", "not_applicable")

MILESTONE_FACTS = (
    "name", "stage", "kind", "status", "starts", "due", "due_at", "date_basis", "rests_on", "date_official",
    "date_source", "rule_starts", "rule_due", "responsible", "body", "support", "coordination", "basis", "rule",
    "target", "done", "figures", "outcome", "instrument", "started_at", "completed_at", "announced_at",
    "announced_where", "announced_instrument", "notice_from", "validated_by", "validated", "evidence", "owes",
    "condition", "arisen", "redatings", "corrections", "after", "same_as", "note",
)  # fmt: skip
"""The fields of `projections.milestones.MilestoneRow` that no passing of time changes."""

PROCESS_FACTS = (
    "status", "confirmed", "election_day", "election_day_basis", "plan_version", "closed_at", "open_milestones",
)  # fmt: skip
"""The fields of a process that its own events change."""


class FieldChange(Row):
    """A fact that is another one at the later moment."""

    field: str
    """The field, by its name in the milestone's or the process's own answer."""
    before: JsonValue
    """What it was; null where nothing was said of it."""
    after: JsonValue
    """What it is; null where nothing is said of it any more."""


Facts = Mapping[str, Any]
"""The facts of one thing at one moment, as JSON has them."""


def compared(before: Facts | None, after: Facts, names: Sequence[str]) -> list[FieldChange]:
    """Return the facts that differ, in this order; of something new those that say anything."""
    earlier = before or {}
    return [
        FieldChange(field=name, before=earlier.get(name), after=after[name])
        for name in names
        if earlier.get(name) != after[name] and not (before is None and _says_nothing(after[name]))
    ]


def kind_of(before: Facts | None, after: Facts) -> ChangeKind:
    """Return what became of it between the two moments."""
    if before is None:
        return "added"
    left = after["status"] in LEFT and before["status"] not in LEFT
    return "removed" if left else "changed"


def _says_nothing(value: Any) -> bool:
    return value in (None, "", [], 0, False)
