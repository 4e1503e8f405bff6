"""A fact that changed, in the words of the pages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from api.settings import Language
from api.view.formats import long_day, number, stamp
from api.view.row_changes import STATUSES
from api.words import speak_plainly

NOTHING = "—"

_SPOKEN = {"responsible", "kind", "date_basis", "rests_on", "election_day_basis"}
"""The facts whose values have a word of their own, ``look.law``."""
_DAYS = {"starts", "due", "rule_starts", "rule_due", "election_day"}


def value_words(field: str, value: Any, language: Language) -> str:
    """Return a value as people read it; hours are central Mexico's."""
    say = speak_plainly(language)
    if value in (None, "", []):
        return NOTHING
    if isinstance(value, bool):
        return say("changes.yes" if value else "changes.no")
    if field == "status":
        return say(STATUSES.get(value, f"process.{value}"))
    if field in _SPOKEN:
        return say(f"look.{value}")
    if field == "owes":
        return "; ".join(say(f"look.owes_{owed}") for owed in value)
    if field in _DAYS:
        return long_day(value, language)
    if field.endswith("_at") or field == "notice_from":
        return say("bulk.central_hour", at=stamp(datetime.fromisoformat(value), language))
    return _plainly(value, language)


def _plainly(value: Any, language: Language) -> str:
    """Return what has no form of its own: names in the language, the members of lists and values in a row."""
    if isinstance(value, list):
        return "; ".join(_plainly(one, language) for one in value)
    if isinstance(value, Mapping):
        if value.keys() >= {"es", "en"}:
            return str(value[language])
        return " ".join(_plainly(one, language) for one in value.values() if one not in (None, "", False))
    return number(value) if isinstance(value, int) else str(value)
