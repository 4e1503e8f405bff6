"""What the forms that give a right have in common, to a person or to a system, and how what was typed is read."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.problems import Problem, invalid
from api.view.places import place_called
from domain.calendar import closes_at
from domain.entity import CENTRAL_ZONE
from domain.event import Payload

Command = TypeVar("Command", bound=Payload)
Typed = Annotated[str, Field(max_length=400)]


class RightForm(BaseModel):
    """What was typed to give a right; what is left empty is left out."""

    model_config = ConfigDict(extra="forbid")

    form_key: Typed = ""
    form: Typed = ""
    role: Typed = ""
    territory: Typed = ""
    """A place by its code or its name."""
    process: Typed = ""
    post: Typed = ""
    body: Typed = ""
    ends_on: Typed = ""
    """The last day."""

    def filled(self, *names: str) -> dict[str, Any]:
        """Return those of the fields that are filled in, the place by its code."""
        said = {name: value for name in names if (value := getattr(self, name).strip())}
        return said | ({"territory": place_called(said["territory"])} if "territory" in said else {})

    def end(self) -> datetime:
        """Return the instant after the last day, in the capital's hour. Raises a 422 `Problem`."""
        try:
            return closes_at(self.ends_on[:10], CENTRAL_ZONE)
        except ValueError:
            raise not_a_day() from None


def read_command(command: type[Command], said: dict[str, Any]) -> Command:
    """Return what was typed as a command. Raises a 422 `Problem` field by field."""
    try:
        return command.model_validate(said)
    except ValidationError as error:
        raise invalid(error.errors(include_url=False, include_input=False)) from None


def not_a_day() -> Problem:
    """Return the refusal of a date that is none."""
    return Problem(
        422,
        "not-a-day",
        es="Escribe las fechas como 2026-11-21; la última no puede faltar.",
        en="Write the days as 2026-11-21; the last one cannot be left out.",
    )
