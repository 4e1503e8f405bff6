"""The forms with which a system is let act, and how what was typed becomes what the API takes."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.problems import Problem, invalid
from api.public_keys import public_keys_in
from domain.calendar import closes_at
from domain.client import RegisterClient
from domain.entity import CENTRAL_ZONE
from domain.token import IssueToken

Command = TypeVar("Command", IssueToken, RegisterClient)
Typed = Annotated[str, Field(max_length=400)]
RIGHT = ("role", "territory", "process", "post", "body")


class SystemForm(BaseModel):
    """What was typed to let a system act; what is left empty is left out."""

    model_config = ConfigDict(extra="forbid")

    form_key: Typed = ""
    form: Typed = ""
    role: Typed = ""
    territory: Typed = ""
    process: Typed = ""
    post: Typed = ""
    body: Typed = ""
    ends_on: Typed = ""
    """The last day."""
    public_keys: Annotated[str, Field(max_length=20_000)] = ""
    """Of a client: its public keys, as JSON (RFC 7517)."""

    def token(self) -> IssueToken:
        """Return what it asks for, where that is a token. Raises a 422 `Problem` field by field."""
        return _read(IssueToken, self._right())

    def client(self) -> RegisterClient:
        """Return what it asks for, where that is a client. Raises a 422 `Problem` field by field."""
        return _read(RegisterClient, self._right() | {"public_keys": public_keys_in(self.public_keys)})

    def _right(self) -> dict[str, Any]:
        said = {name: value for name in RIGHT if (value := getattr(self, name).strip())}
        try:
            return said | {"expires_at": closes_at(self.ends_on[:10], CENTRAL_ZONE)}
        except ValueError:
            raise _no_last_day() from None


def _read(command: type[Command], said: dict[str, Any]) -> Command:
    try:
        return command.model_validate(said)
    except ValidationError as error:
        raise invalid(error.errors(include_url=False, include_input=False)) from None


def _no_last_day() -> Problem:
    es, en = "Escribe el último día, como 2027-06-30.", "Write the last day, such as 2027-06-30."
    return Problem(422, "not-a-day", es=es, en=en)
