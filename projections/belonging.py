"""Where does each event belong? For those who tell others of it as it is recorded."""

from __future__ import annotations

from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from domain.procedure import Docket
from projections.page import Row


class Belonging(Row):
    """An event, and what it happened to."""

    position: int
    """Its place in the log."""
    type: str
    """What happened, with its version: ``MilestoneCompleted.v1``."""
    process: str
    """The process it happened in."""
    territory: str
    """``MX`` or a state's code."""
    docket: Docket | None
    """Who may see the case it is of; null in an election."""


def list_belonging(connection: Connection[Any], after: int, limit: int) -> list[Belonging]:
    """Return where the next events of processes belong, in the order of the log."""
    query = (
        "SELECT told.position, event.type, told.process, told.territory, cases.docket FROM timeline AS told"
        " JOIN ledger.events AS event ON event.position = told.position"
        " LEFT JOIN cases ON told.is_case AND cases.id = told.process"
        " WHERE told.position > %s ORDER BY told.position LIMIT %s"
    )
    with connection.cursor(row_factory=class_row(Belonging)) as cursor:
        return cursor.execute(query, [after, limit]).fetchall()
