"""Who wants letters: where, of what, how often, and what they were told already."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from psycopg import Connection
from psycopg.rows import dict_row

from ledger.desk import DeskConnection
from ledger.desk.person_keys import PersonKeys

PLACE = "letters.address"
Pace = Literal["at_once", "daily", "never"]
"""As it happens, once a day, or not at all."""

MatterKind = Literal["due", "late", "redated", "returned", "to_validate"]
"""What a letter tells of: an activity of mine that is due within days, became late, has another date, was opened
again; or a report that waits for me to agree."""

REMEMBERED = timedelta(days=400)
"""How long it is remembered that somebody was told: longer than an election takes."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants to be told by letter."""

    person: str
    address: str
    confirmed_at: datetime | None
    """When its owner showed the code that was sent there; nothing else is sent before."""
    pace: Pace
    matters: list[MatterKind]
    due_days: int
    """How many days before its date an activity is told of."""
    quiet_from: int
    quiet_to: int
    """From which hour to which of the person's own day nothing is sent at once; the same: never quiet."""
    language: str

    def is_quiet(self, hour: int) -> bool:
        """Tell whether nothing is to be sent at once in an hour of the person's day."""
        if self.quiet_from <= self.quiet_to:
            return self.quiet_from <= hour < self.quiet_to
        return hour >= self.quiet_from or hour < self.quiet_to


def keep_wish(connection: DeskConnection, wish: Wish) -> None:
    """Keep what a person wants, in place of what they wanted before."""
    connection.execute(
        "INSERT INTO desk.letters (person, address, confirmed_at, pace, matters, due_days, quiet_from, quiet_to,"
        " language) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (person) DO UPDATE SET"
        " address = excluded.address, confirmed_at = excluded.confirmed_at, pace = excluded.pace,"
        " matters = excluded.matters, due_days = excluded.due_days, quiet_from = excluded.quiet_from,"
        " quiet_to = excluded.quiet_to, language = excluded.language",
        [
            wish.person, connection.keys.seal(wish.person, wish.address, PLACE), wish.confirmed_at, wish.pace,
            wish.matters, wish.due_days, wish.quiet_from, wish.quiet_to, wish.language,
        ],
    )  # fmt: skip


def wish_of(connection: DeskConnection, person: str) -> Wish | None:
    """Return what a person wants."""
    found = _wishes(connection, "person = %s", [person])
    return found[0] if found else None


def wishes(connection: DeskConnection) -> list[Wish]:
    """Return what everybody wants who wants letters and has shown that the address is theirs."""
    return _wishes(connection, "confirmed_at IS NOT NULL AND pace <> 'never'", [])


def confirm_address(connection: DeskConnection, person: str, address: str, at: datetime) -> bool:
    """Remember that an address is a person's; False where they want another one by now."""
    with connection.transaction():
        row = connection.execute(
            "SELECT address FROM desk.letters WHERE person = %s FOR UPDATE", [person]
        ).fetchone()
        if row is None or connection.keys.unseal(person, row[0], PLACE) != address.encode():
            return False
        connection.execute("UPDATE desk.letters SET confirmed_at = %s WHERE person = %s", [at, person])
        return True


def remove_wish(connection: Connection[Any], person: str) -> None:
    """Forget a person's address and what they want, and what they were told."""
    with connection.transaction():
        connection.execute("DELETE FROM desk.letters WHERE person = %s", [person])
        connection.execute("DELETE FROM desk.told WHERE person = %s", [person])


def told_already(connection: Connection[Any], person: str, matters: Collection[str]) -> set[str]:
    """Return those of some matters that a person was told of."""
    rows = connection.execute(
        "SELECT matter FROM desk.told WHERE person = %s AND matter = ANY(%s)", [person, list(matters)]
    )
    return {matter for (matter,) in rows.fetchall()}


def remember_told(connection: Connection[Any], person: str, matters: Collection[str], at: datetime) -> None:
    """Remember that a person was told of some matters, and let go of what is long past."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO desk.told (person, matter, told_at) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            [(person, matter, at) for matter in matters],
        )
        cursor.execute("DELETE FROM desk.told WHERE person = %s AND told_at < %s", [person, at - REMEMBERED])


def _wishes(connection: DeskConnection, condition: str, values: list[Any]) -> list[Wish]:
    query = f"SELECT * FROM desk.letters WHERE {condition} ORDER BY person"  # noqa: S608 - the conditions are ours
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(query, values).fetchall()
    opened = ((row, _address(connection.keys, row)) for row in rows)
    return [Wish(**(row | {"address": address})) for row, address in opened if address is not None]


def _address(keys: PersonKeys, row: dict[str, Any]) -> str | None:
    address = keys.unseal(row["person"], row["address"], PLACE)
    return address.decode() if address is not None else None
