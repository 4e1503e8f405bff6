"""The forms with which a system is let act, and how what was typed becomes what the API takes."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from api.public_keys import public_keys_in
from api.view.right_form import RightForm, read_command
from domain.client import RegisterClient
from domain.token import IssueToken


class SystemForm(RightForm):
    """What was typed to let a system act."""

    public_keys: Annotated[str, Field(max_length=20_000)] = ""
    """Of a client: its public keys, as JSON (RFC 7517)."""

    def token(self) -> IssueToken:
        """Return what it asks for, where that is a token. Raises a 422 `Problem` field by field."""
        return read_command(IssueToken, self._right())

    def client(self) -> RegisterClient:
        """Return what it asks for, where that is a client. Raises a 422 `Problem` field by field."""
        return read_command(RegisterClient, self._right() | {"public_keys": public_keys_in(self.public_keys)})

    def _right(self) -> dict[str, Any]:
        return self.filled("role", "territory", "process", "post", "body") | {"expires_at": self.end()}
