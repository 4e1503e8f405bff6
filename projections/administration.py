"""What have those who administer done? Rights given and ended, people enrolled and removed, keys of systems.

It keeps no tables: these acts are few, and each family of streams is a range of the log's own index.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg import Connection, sql
from psycopg.rows import namedtuple_row

from ledger.codec import UnknownEvent, UnreadableEvent, decode
from projections.moment import AsOf
from projections.page import Page, Row, position_in
from projections.reading import projected_position

FAMILIES = ("client", "person", "token")
"""The streams in which those who administer act."""


class AdministrativeAct(Row):
    """Something that somebody who administers did: who by their post, never by name."""

    position: int
    """Its place in the log (*asiento n.º*)."""
    type: str
    """What happened: ``GrantGiven``."""
    about: str
    """Whom or what it is about: ``person/p-0f3a…``, ``token/0f3a…``, ``client/iepc-jal``."""
    territory: str | None
    """The place the right is for, where it is one; null elsewhere."""
    occurred_at: datetime
    """The moment of the act, by the account of who did it."""
    recorded_at: datetime
    """When it was recorded."""
    post: str
    """The public office of who did it."""
    body: str
    """Their institution."""
    grant: str
    """The authority acted under."""
    on_behalf_of: str | None
    """The body it was done for, where that is another."""
    payload: dict[str, Any]
    """The event itself, with the fields of its type; empty where this version of the program does not know it."""


def list_acts(
    connection: Connection[Any], as_of: AsOf, *, after: str | None = None, limit: int = 100
) -> Page[AdministrativeAct]:
    """Return the acts, the newest first. Raises `projections.page.BadCursor`."""
    told = projected_position(connection) if as_of.position is None else as_of.position
    last = min(told, position_in(after, otherwise=told + 1) - 1)
    with connection.cursor(row_factory=namedtuple_row) as cursor:
        found: list[Any] = cursor.execute(_SELECT, {"last": last, "limit": limit + 1}).fetchall()
    acts = [_act(row) for row in found[:limit]]
    return Page(items=acts, next=str(found[limit - 1].position) if len(found) > limit else None)


# Each family is read by itself: "a or b or c" would be looked for along the whole log.
_SELECT = sql.SQL(" UNION ALL ").join(
    sql.SQL(
        "SELECT position, stream, type, body, occurred_at, recorded_at, author_post, author_body, author_grant,"
        " author_on_behalf_of FROM ledger.events WHERE starts_with(stream, {family}) AND position <= %(last)s"
    ).format(family=f"{family}/")
    for family in FAMILIES
) + sql.SQL(" ORDER BY position DESC LIMIT %(limit)s")


def _act(row: Any) -> AdministrativeAct:
    try:
        payload = decode(row.type, row.body).model_dump(mode="json")
    except (UnknownEvent, UnreadableEvent):
        # Of another version of the program: that it happened, when and by whom is told all the same.
        payload = {}
    return AdministrativeAct(
        position=row.position, type=row.type.partition(".")[0], about=row.stream, territory=payload.get("territory"),
        occurred_at=row.occurred_at, recorded_at=row.recorded_at, post=row.author_post, body=row.author_body,
        grant=row.author_grant, on_behalf_of=row.author_on_behalf_of, payload=payload,
    )  # fmt: skip
