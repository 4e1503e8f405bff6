"""From when to when? Two moments of the log, of which the first comes first."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg import Connection

from projections.moment import AsOf, BadMoment, resolve_as_of
from projections.reading import projected_position


def resolve_span(
    connection: Connection[Any], since: str, until: str | None, now: datetime
) -> tuple[AsOf, AsOf]:
    """Return two moments, each written as `projections.moment.resolve_as_of` reads it; the later is now by default.

    Raises `projections.moment.BadMoment` where either is no moment of the log or the first comes last, or `NotReady`.
    """
    first = _of_the_log(connection, since, now, "since")
    last = (
        _of_the_log(connection, until, now, "until") if until else AsOf(projected_position(connection), now)
    )
    if _position(first) > _position(last):
        raise BadMoment(
            es=f"«{since}» (asiento n.º {first.position}) es posterior al asiento n.º {last.position}: "
            "escribe primero el momento más antiguo.",
            en=f"'{since}' (position {first.position}) is later than position {last.position}: "
            "write the earlier moment first.",
            field="since",
        )
    return first, last


def _of_the_log(connection: Connection[Any], text: str, now: datetime, field: str) -> AsOf:
    try:
        moment = resolve_as_of(connection, text, now)
    except BadMoment as bad:
        raise BadMoment(es=bad.es, en=bad.en, field=field) from bad
    if _position(moment) > 0:
        return moment
    row = connection.execute("SELECT recorded_at FROM ledger.events WHERE position = 1").fetchone()
    if row is None:
        raise BadMoment(
            es="La bitácora no ha comenzado: no hay nada que comparar.",
            en="The log has not begun: there is nothing to compare.",
            field=field,
        )
    began = row[0].isoformat()
    raise BadMoment(
        es=f"«{text}» es anterior a la bitácora, que comienza el {began} con el asiento n.º 1.",
        en=f"'{text}' is before the log, which begins at {began} with position 1.",
        field=field,
    )


def _position(moment: AsOf) -> int:
    return moment.position or 0
