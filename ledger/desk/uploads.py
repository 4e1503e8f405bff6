"""Files that were sent to be looked at first, kept until they are confirmed or over."""

from __future__ import annotations

from datetime import datetime, timedelta

from ledger.desk import DeskConnection

PLACE = "uploads.content"

GOOD_FOR = timedelta(hours=12)
"""How long a file waits for whoever sent it to confirm it: a working night."""
MOST = 5
"""How many files of one person wait; the one that would be over first is let go."""


def keep_upload(
    connection: DeskConnection, person: str, digest: bytes, content: bytes, now: datetime
) -> None:
    """Keep a file; let go of those that are over, and of a person's beyond `MOST`."""
    connection.execute("DELETE FROM desk.uploads WHERE expires_at <= %s", [now])
    connection.execute(
        "INSERT INTO desk.uploads (person, digest, content, expires_at) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT (person, digest) DO UPDATE SET expires_at = excluded.expires_at",
        [person, digest, connection.keys.seal(person, content, PLACE), now + GOOD_FOR],
    )
    connection.execute(
        "DELETE FROM desk.uploads WHERE person = %s AND digest NOT IN"
        " (SELECT digest FROM desk.uploads WHERE person = %s ORDER BY expires_at DESC LIMIT %s)",
        [person, person, MOST],
    )


def upload_of(connection: DeskConnection, person: str, digest: bytes, now: datetime) -> bytes | None:
    """Return a file a person sent, None where there is none that is still kept."""
    row = connection.execute(
        "SELECT content FROM desk.uploads WHERE person = %s AND digest = %s AND expires_at > %s",
        [person, digest, now],
    ).fetchone()
    return connection.keys.unseal(person, row[0], PLACE) if row else None
