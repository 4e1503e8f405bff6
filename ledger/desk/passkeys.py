"""The passkeys people sign in with (WebAuthn Level 2): public keys, never a secret."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row


@dataclass(frozen=True, slots=True)
class Passkey:
    """One device or keyring of one person."""

    credential: bytes
    """Its id, as the device chose it."""
    person: str
    public_key: bytes
    """COSE (RFC 9052)."""
    uses: int
    """The device's own counter; 0 where it keeps none."""


def add_passkey(connection: Connection[Any], passkey: Passkey, at: datetime) -> None:
    """Keep a passkey. Raises ``psycopg.errors.UniqueViolation`` where it is somebody's already."""
    connection.execute(
        "INSERT INTO desk.passkeys (credential, person, public_key, uses, made_at) VALUES (%s, %s, %s, %s, %s)",
        [passkey.credential, passkey.person, passkey.public_key, passkey.uses, at],
    )


def passkey_of(connection: Connection[Any], credential: bytes) -> Passkey | None:
    """Return a passkey by its id."""
    with connection.cursor(row_factory=class_row(Passkey)) as cursor:
        return cursor.execute(
            "SELECT credential, person, public_key, uses FROM desk.passkeys WHERE credential = %s",
            [credential],
        ).fetchone()


def passkeys_of(connection: Connection[Any], person: str) -> list[bytes]:
    """Return the ids of a person's passkeys, so that a device is not enrolled twice."""
    rows = connection.execute(
        "SELECT credential FROM desk.passkeys WHERE person = %s ORDER BY made_at", [person]
    )
    return [credential for (credential,) in rows.fetchall()]


def passkey_used(connection: Connection[Any], credential: bytes, uses: int, at: datetime) -> None:
    """Remember that a passkey was used, and what its device counts now."""
    connection.execute(
        "UPDATE desk.passkeys SET uses = %s, used_at = %s WHERE credential = %s", [uses, at, credential]
    )
