"""The form with which a right is given, and how its days become instants."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.problems import Problem, invalid
from domain.calendar import closes_at
from domain.entity import CENTRAL_ZONE
from domain.person import GiveGrant

Typed = Annotated[str, Field(max_length=400)]


class GrantForm(BaseModel):
    """What was typed to give a right; what is left empty is left out."""

    model_config = ConfigDict(extra="forbid")

    form_key: Typed = ""
    form: Typed = ""
    person: Typed = ""
    """Whom it is for, where the address does not say."""
    kind: Typed = "appointment"
    role: Typed = ""
    territory: Typed = ""
    process: Typed = ""
    post: Typed = ""
    body: Typed = ""
    on_behalf_of: Typed = ""
    rests_on: Typed = ""
    starts_on: Typed = ""
    """A day; empty: now."""
    ends_on: Typed = ""
    """The last day."""
    instrument: Typed = ""

    def command(self, now: datetime) -> GiveGrant:
        """Return what it asks for. Raises a 422 `Problem` field by field."""
        given = self.model_dump(exclude={"form_key", "form", "person", "starts_on", "ends_on"})
        said: dict[str, Any] = {name: value.strip() for name, value in given.items() if value.strip()}
        try:
            zone = ZoneInfo(CENTRAL_ZONE)
            starts = datetime.fromisoformat(self.starts_on).replace(tzinfo=zone) if self.starts_on else now
            said |= {"starts_at": starts, "ends_at": closes_at(self.ends_on[:10], CENTRAL_ZONE)}
        except ValueError:
            raise _not_a_day() from None
        try:
            return GiveGrant.model_validate(said)
        except ValidationError as error:
            raise invalid(error.errors(include_url=False, include_input=False)) from None

    def said(self) -> str:
        """Return all it says, but for what only carries it."""
        return self.model_dump_json(exclude={"form_key", "form"})


def _not_a_day() -> Problem:
    return Problem(
        422,
        "not-a-day",
        es="Escribe las fechas como 2026-11-21; la última no puede faltar.",
        en="Write the days as 2026-11-21; the last one cannot be left out.",
    )
