"""The form with which a right is given to a person, and how its days become instants."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from api.view.right_form import RightForm, Typed, not_a_day, read_command
from domain.entity import CENTRAL_ZONE
from domain.person import GiveGrant

RIGHT = (
    "kind", "role", "territory", "process", "post", "body", "on_behalf_of", "rests_on", "instrument",
)  # fmt: skip


class GrantForm(RightForm):
    """What was typed to give a right to a person."""

    person: Typed = ""
    """Whom it is for, where the address does not say."""
    kind: Typed = "appointment"
    on_behalf_of: Typed = ""
    rests_on: Typed = ""
    starts_on: Typed = ""
    """A day; empty: now."""
    instrument: Typed = ""

    def command(self, now: datetime) -> GiveGrant:
        """Return what it asks for. Raises a 422 `Problem` field by field."""
        term = {"starts_at": self._start(now), "ends_at": self.end()}
        return read_command(GiveGrant, self.filled(*RIGHT) | term)

    def said(self) -> str:
        """Return all it says, but for what only carries it."""
        return self.model_dump_json(exclude={"form_key", "form"})

    def _start(self, now: datetime) -> datetime:
        if not self.starts_on:
            return now
        try:
            return datetime.fromisoformat(self.starts_on).replace(tzinfo=ZoneInfo(CENTRAL_ZONE))
        except ValueError:
            raise not_a_day() from None
