"""What a superuser can do to a log: each class changes what is at or below the checkpoint somebody else holds.

Every one says the lowest position whose entry is another than before, or is gone. Statements are those of a person who
knows the tables: rows are renumbered without a gap where that hides something.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from psycopg import Connection

Database = Connection[Any]
Mutation = Callable[[Database, random.Random, int], int]
"""Changes a log of so many events, and returns the first position that is not what it was."""


def somewhere(dice: random.Random, size: int) -> int:
    """A position with others on both sides."""
    return dice.randrange(3, size - 2)


def a_bit_of_a_body(database: Database, dice: random.Random, size: int) -> int:
    """Flip one bit of what was said."""
    position = somewhere(dice, size)
    database.execute(
        "UPDATE ledger.events SET body = set_bit(body, %(bit)s %% bit_count, 1 - get_bit(body, %(bit)s %% bit_count))"
        " FROM (SELECT octet_length(body) * 8 AS bit_count FROM ledger.events WHERE position = %(at)s) AS its"
        " WHERE position = %(at)s",
        {"at": position, "bit": dice.randrange(100_000)},
    )
    return position


def changed(assignment: str) -> Mutation:
    """Give one event another value in a column."""

    def change(database: Database, dice: random.Random, size: int) -> int:
        position = somewhere(dice, size)
        database.execute(f"UPDATE ledger.events SET {assignment} WHERE position = %s".encode(), [position])  # noqa: S608 - words of this file
        return position

    return change


def deleted(database: Database, dice: random.Random, size: int) -> int:
    """Remove an event and leave the gap."""
    position = somewhere(dice, size)
    database.execute("DELETE FROM ledger.events WHERE position = %s", [position])
    return position


def deleted_without_a_gap(database: Database, dice: random.Random, size: int) -> int:
    """Remove an event and number the rest anew."""
    position = deleted(database, dice, size)
    shift(database, position, -1)
    return position


def deleted_with_its_stream(database: Database, dice: random.Random, size: int) -> int:
    """Remove a whole stream and number the rest anew: nothing that is left contradicts itself."""
    position = somewhere(dice, size)
    rows = database.execute(
        "DELETE FROM ledger.events WHERE stream = (SELECT stream FROM ledger.events WHERE position = %s)"
        " RETURNING position",
        [position],
    ).fetchall()
    gone = sorted((row[0] for row in rows), reverse=True)
    for each in gone:
        shift(database, each, -1)
    return int(gone[-1])


def shift(database: Database, after: int, by: int) -> None:
    """Move all events after a position."""
    database.execute("UPDATE ledger.events SET position = -position WHERE position > %s", [after])
    database.execute("UPDATE ledger.events SET position = -position + %s WHERE position < 0", [by])


def swapped(database: Database, dice: random.Random, size: int) -> int:
    """Let two events change places."""
    one, other = sorted(dice.sample(range(3, size - 2), 2))
    database.execute("UPDATE ledger.events SET position = -%s WHERE position = %s", [other, one])
    database.execute("UPDATE ledger.events SET position = %s WHERE position = %s", [one, other])
    database.execute("UPDATE ledger.events SET position = -position WHERE position < 0")
    return one


def replaced(database: Database, dice: random.Random, size: int) -> int:
    """Put what was said elsewhere in the place of what was said here."""
    one, other = dice.sample(range(3, size - 2), 2)
    database.execute(
        "UPDATE ledger.events SET body = (SELECT body FROM ledger.events WHERE position = %s) WHERE position = %s",
        [other, one],
    )
    return one


def streams_exchanged(database: Database, dice: random.Random, size: int) -> int:
    """Let two events change streams, each with its version: nothing contradicts itself."""
    one, other = sorted(dice.sample(range(3, size - 2), 2))
    places = database.execute(
        "SELECT stream, version FROM ledger.events WHERE position IN (%s, %s) ORDER BY position", [one, other]
    ).fetchall()
    database.execute("UPDATE ledger.events SET stream = 'elsewhere' WHERE position = %s", [one])
    for position, place in ((other, places[0]), (one, places[1])):
        database.execute(
            "UPDATE ledger.events SET stream = %s, version = %s WHERE position = %s", [*place, position]
        )
    return one


def inserted(database: Database, dice: random.Random, size: int) -> int:
    """Put an event of a stream of its own between two others."""
    return _insert(database, somewhere(dice, size))


def inserted_before_the_head(database: Database, dice: random.Random, size: int) -> int:
    """Put an event before the last ones, which are then beyond the checkpoint."""
    return _insert(database, size - dice.randrange(3))


def _insert(database: Database, position: int) -> int:
    shift(database, position - 1, 1)
    database.execute(
        "INSERT INTO ledger.events SELECT %s, recorded_at, occurred_at, gen_random_uuid(), 1, 'never/there', type,"
        " author_actor, author_post, author_body, author_grant, author_on_behalf_of, body FROM ledger.events"
        " WHERE position = %s",
        [position, position - 1],
    )
    return position


def cut(database: Database, dice: random.Random, size: int) -> int:
    """Cut the log's end off."""
    position = size - dice.randrange(1, 40)
    database.execute("DELETE FROM ledger.events WHERE position > %s", [position])
    return position + 1


def restored(database: Database, dice: random.Random, size: int) -> int:
    """Restore a backup and record other things from there on, past the size there was."""
    position = cut(database, dice, size)
    database.execute(
        "INSERT INTO ledger.events SELECT %s + n, e.recorded_at, e.occurred_at, gen_random_uuid(), 1, 'again/' || n,"
        " e.type, e.author_actor, e.author_post, e.author_body, e.author_grant, NULL, e.body"
        " FROM ledger.events AS e, generate_series(0, %s) AS n WHERE e.position = %s",
        [position, size - position + dice.randrange(5), position - 1],
    )
    return position


MUTATIONS: dict[str, Mutation] = {
    "a bit of a body": a_bit_of_a_body,
    "an event deleted": deleted,
    "an event deleted and the rest renumbered": deleted_without_a_gap,
    "a whole stream deleted and the rest renumbered": deleted_with_its_stream,
    "two events swapped": swapped,
    "a body replaced by another": replaced,
    "two events in each other's stream": streams_exchanged,
    "an event inserted": inserted,
    "an event inserted before the head": inserted_before_the_head,
    "the end cut off": cut,
    "a backup restored and gone on from": restored,
    "an event moved to another stream": changed("stream = stream || 'x', version = 1"),
    "another version": changed("version = version + 1000"),
    "another type": changed("type = 'Sampled.v2'"),
    "recorded earlier": changed("recorded_at = recorded_at - interval '1 microsecond'"),
    "happened at another time": changed("occurred_at = occurred_at + interval '1 day'"),
    "another author": changed("author_actor = author_actor || '8'"),
    "another post": changed("author_post = 'Nadie'"),
    "another body": changed("author_body = ''"),
    "another grant": changed("author_grant = author_grant || '1'"),
    "on behalf of another": changed("author_on_behalf_of = NULL"),
    "another command": changed("command_id = gen_random_uuid()"),
}
"""Every class of mutation, by name."""
