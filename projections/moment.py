"""As of when? What was known, and the instant timeliness is judged at.

``as_of`` is written as a position of the log (``4711``) or as an instant with its offset
(``2027-06-06T18:00:00-06:00``). The log's time never runs backwards, so both name a prefix of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection, sql
from psycopg.types.json import Jsonb

from projections.reading import NotReady, projected_position

EXAMPLE = "2027-06-06T18:00:00-06:00"


@dataclass(frozen=True, slots=True)
class AsOf:
    """What was known and when it is judged. ``position`` is the last event known; None is all that was told.

    The second clock, where it is asked about (`projections.second_clock`): of what was known, what had happened by an
    instant. It then is also ``at``, and ``position`` is a number.
    """

    position: int | None
    at: datetime
    happened_by: datetime | None = None
    folded: Folded | None = None
    """The streams whose acts are out of order, as they stood."""


@dataclass(frozen=True, slots=True)
class Folded:
    """Rows of streams that were folded again, as JSON, each by the position its stream is known by."""

    milestone_versions: dict[str, Any]
    milestone_schedules: dict[str, Any]
    process_versions: dict[str, Any]


class BadMoment(ValueError):
    """The moment that was asked about is not one; ``es`` and ``en`` say what to write instead.

    ``field`` is the parameter that names it.
    """

    def __init__(self, *, es: str, en: str, field: str = "as_of") -> None:
        super().__init__(en)
        self.es = es
        self.en = en
        self.field = field


def resolve_as_of(connection: Connection[Any], text: str | None, now: datetime) -> AsOf:
    """Return what ``as_of=text`` means. Raises `BadMoment`, or `NotReady` where it is recorded but not told yet."""
    if text is None:
        return AsOf(None, now)
    if text.isascii() and text.isdigit():
        return _at_position(connection, text)
    return _at_instant(connection, text, now)


def _at_position(connection: Connection[Any], text: str) -> AsOf:
    position = int(text) if len(text) <= 18 else 0
    row = connection.execute(
        "SELECT recorded_at FROM ledger.events WHERE position = %s", [position]
    ).fetchone()
    if row is None:
        raise _no_such_position(connection, text)
    told = projected_position(connection)
    if position > told:
        raise NotReady(told, position)
    return AsOf(position, row[0])


def _no_such_position(connection: Connection[Any], text: str) -> BadMoment:
    row = connection.execute("SELECT position FROM ledger.head").fetchone()
    last = row[0] if row else 0
    return BadMoment(
        es=f"No hay un asiento n.º {text}: la bitácora va del 1 al {last}.",
        en=f"There is no position {text} in the log: it runs from 1 to {last}.",
    )


def instant_in(text: str) -> datetime | None:
    """Return the instant a text names, None where it names none: it needs an offset, and a year of this age."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo is not None and 2000 <= instant.year <= 2100 else None


def _at_instant(connection: Connection[Any], text: str, now: datetime) -> AsOf:
    instant = instant_in(text)
    if instant is None:
        raise BadMoment(
            es=f"«{text}» no es un asiento ni un instante con zona: escribe 4711 o {EXAMPLE}.",
            en=f"'{text}' is neither a position nor an instant with its offset: write 4711 or {EXAMPLE}.",
        )
    if instant > now:
        raise BadMoment(
            es=f"«{text}» está en el futuro: todavía no se sabe qué se sabrá.",
            en=f"'{text}' lies in the future: what will be known then is not known yet.",
        )
    row = connection.execute(_LAST_BY, {"instant": instant}).fetchone()
    position = row[0] if row else 0
    told = projected_position(connection)
    if position > told:
        # Answered from what is told, it would be answered otherwise a moment later.
        raise NotReady(told, position)
    return AsOf(position, instant)


# Times do not decrease along the log, so its middle says in which half to look: twenty looks in a million events.
_LAST_BY = """
    WITH RECURSIVE search (earliest, latest) AS (
        SELECT 0::bigint, position FROM ledger.head
        UNION ALL
        SELECT CASE WHEN known THEN middle ELSE earliest END, CASE WHEN known THEN latest ELSE middle - 1 END
        FROM (
            SELECT earliest, latest, middle,
                   (SELECT recorded_at <= %(instant)s FROM ledger.events WHERE position = middle) AS known
            FROM search, LATERAL (SELECT (earliest + latest + 1) / 2 AS middle) AS half
            WHERE earliest < latest
        ) AS look
    )
    SELECT earliest FROM search WHERE earliest = latest
"""


_TRUE_NOW = sql.SQL("{v}.valid_to = 9223372036854775807")
_TRUE_THEN = sql.SQL("{v}.valid_from <= %(position)s AND {v}.valid_to > %(position)s")


def is_true(as_of: AsOf, versions: sql.Identifier) -> sql.Composed:
    """Return the condition that a version (``valid_from``, ``valid_to``) was true at a moment."""
    return (_TRUE_NOW if as_of.position is None else _TRUE_THEN).format(v=versions)


def moment_parameters(as_of: AsOf) -> dict[str, Any]:
    """Return the parameters of a query made with `is_true`, `version_join` or `schedule_then`."""
    parameters: dict[str, Any] = {"position": as_of.position, "at": as_of.at}
    if as_of.happened_by is not None and as_of.folded is not None:
        parameters["happened_by"] = as_of.happened_by
        for table in ("milestone_versions", "milestone_schedules", "process_versions"):
            parameters[f"folded_{table}"] = Jsonb(getattr(as_of.folded, table))
    return parameters
