"""An event as a row of a table: its position, and the members of its CloudEvents document under their own names."""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime
from typing import Any, Literal

from ledger.entry import is_json
from ledger.log import StoredEvent

Kind = Literal["integer", "string", "datetime", "object"]
"""What a column holds, in the words of Table Schema (Frictionless Data)."""

COLUMNS: dict[str, tuple[Kind, str]] = {
    "position": ("integer", "Its place in the log (asiento n.º): 1, 2, 3 …"),
    "id": ("string", "Its id: stream, a slash, its number in the stream."),
    "source": ("string", "The origin of the log."),
    "type": ("string", "What happened, with the version of its form."),
    "subject": ("string", "The stream: what it happened to."),
    "streamversion": ("integer", "Its number in the stream."),
    "occurredat": ("datetime", "When the act happened, by the reporter's account."),
    "time": ("datetime", "When it was recorded, by the log's clock."),
    "actor": ("string", "Who said so: an opaque id."),
    "post": ("string", "Their public office."),
    "body": ("string", "Their institution."),
    "onbehalfof": ("string", "The body it was recorded for, where that is another."),
    "grant": ("string", "The authority acted under."),
    "commandid": ("string", "The request that recorded it."),
    "data": ("object", "The event itself, as JSON."),
    "data_base64": ("string", "The event itself in base64, where it is not JSON."),
}
"""The columns of a table of events, in order: what each holds, and what it says."""

Row = tuple[
    int,
    str,
    str,
    str,
    str,
    int,
    datetime,
    datetime,
    str,
    str,
    str,
    str | None,
    str,
    str,
    str | None,
    str | None,
]
"""The values of an event, in the order of `COLUMNS`."""


def row_of(stored: StoredEvent, origin: str) -> Row:
    """Return an event of the log of this origin as a row."""
    data = _json_text(stored.body)
    return (
        stored.position, f"{stored.stream}/{stored.version}", origin, stored.type, stored.stream, stored.version,
        stored.occurred_at, stored.recorded_at, stored.author_actor, stored.author_post, stored.author_body,
        stored.author_on_behalf_of, stored.author_grant, str(stored.command_id), data,
        b64encode(stored.body).decode() if data is None else None,
    )  # fmt: skip


def table_schema() -> dict[str, Any]:
    """Return the columns as Table Schema has them."""
    fields = [{"name": name, "type": kind, "description": words} for name, (kind, words) in COLUMNS.items()]
    return {"fields": fields, "primaryKey": ["position"], "missingValues": [""]}


def _json_text(body: bytes) -> str | None:
    """Return a body as text where it is a JSON object, as all of our own are."""
    return body.decode() if body.startswith(b"{") and is_json(body) else None
