"""What a row of a file would change, in the words of the pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from api.batches.answer import ChangeOfRow
from api.settings import Language
from api.view.formats import stamp
from api.words import speak_plainly

STATUSES = {
    "planned": "look.planned",
    "in_progress": "look.running",
    "suspended": "look.suspended",
    "completed": "look.done_plain",
    "cancelled": "look.cancelled",
    "not_applicable": "look.not_applicable",
}
"""What the pages call each status."""


def changes_in_words(changes: Sequence[ChangeOfRow], language: Language) -> str:
    """Return what a row changes in one line: each thing, as it was and as the row leaves it.

    Hours are central Mexico's, as those of a file that names no zone are.
    """
    say = speak_plainly(language)
    return "; ".join(
        f"{say(f'bulk.change_{one.field}')}: {_told(one.field, one.before, language, say)}"
        f" → {_told(one.field, one.after, language, say)}"
        for one in changes
    )


def _told(field: str, value: str | None, language: Language, say: Callable[..., str]) -> str:
    if value is None:
        return "—"
    if field == "status":
        return say(STATUSES[value])
    if field == "basis":
        return say(f"look.{value}")
    if field.endswith("_at"):
        return say("bulk.central_hour", at=stamp(datetime.fromisoformat(value), language))
    return value
