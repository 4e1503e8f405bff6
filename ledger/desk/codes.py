"""Codes that let somebody in once: to enrol, to answer a challenge, to come back from an identity provider.

What a code is for (an invited person's name, an address) is sealed under the code itself, which only its bearer has.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime
from typing import Any

from psycopg import Connection

from ledger.sealing import seal, unseal

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""What a code that people copy by hand is written in: nothing that looks like another."""
GROUPS, GROUP_LENGTH = 5, 5


def readable_code() -> str:
    """Return a new code to be read out or typed: 25 of 32 letters, 125 random bits, ``7KQ2M-…``."""
    letters = [secrets.choice(ALPHABET) for _ in range(GROUPS * GROUP_LENGTH)]
    groups = ("".join(letters[at : at + GROUP_LENGTH]) for at in range(0, len(letters), GROUP_LENGTH))
    return "-".join(groups)


def keep_code(
    connection: Connection[Any],
    code: str,
    *,
    purpose: str,
    about: str,
    expires_at: datetime,
    now: datetime,
    person: str | None = None,
) -> None:
    """Keep a code's digest until it is used or over, and let go of those that are over.

    ``person`` is whose it is: they can be asked for by it, and it is erased with them.
    """
    connection.execute("DELETE FROM desk.codes WHERE expires_at <= %s", [now])
    connection.execute(
        "INSERT INTO desk.codes (digest, purpose, person, about, expires_at) VALUES (%s, %s, %s, %s, %s)",
        [_digest(code), purpose, person, seal(_key(code), about.encode(), purpose), expires_at],
    )


def about_code(connection: Connection[Any], code: str, *, purpose: str, now: datetime) -> str | None:
    """Return what a code is for, without using it; None where there is none that is still good."""
    row = connection.execute(
        "SELECT about FROM desk.codes WHERE digest = %s AND purpose = %s AND expires_at > %s",
        [_digest(code), purpose, now],
    ).fetchone()
    return _about(code, purpose, row)


def codes_of(connection: Connection[Any], person: str, *, purpose: str, now: datetime) -> list[datetime]:
    """Return until when each of a person's codes is good, the one that ends first before."""
    rows = connection.execute(
        "SELECT expires_at FROM desk.codes WHERE purpose = %s AND person = %s AND expires_at > %s"
        " ORDER BY expires_at",
        [purpose, person, now],
    ).fetchall()
    return [expires_at for (expires_at,) in rows]


def use_code(connection: Connection[Any], code: str, *, purpose: str, now: datetime) -> str | None:
    """Return what a code is for and make it useless, whoever asks at the same time: one of them gets it."""
    row = connection.execute(
        "DELETE FROM desk.codes WHERE digest = %s AND purpose = %s AND expires_at > %s RETURNING about",
        [_digest(code), purpose, now],
    ).fetchone()
    return _about(code, purpose, row)


def _about(code: str, purpose: str, row: tuple[bytes] | None) -> str | None:
    about = unseal(_key(code), row[0], purpose) if row else None
    return about.decode() if about is not None else None


def _digest(code: str) -> bytes:
    """Return what is kept of a code, which has enough random bits for one round of SHA-256."""
    return hashlib.sha256(_as_made(code)).digest()


def _key(code: str) -> bytes:
    """Return what seals what a code is for: nobody has it from the digest."""
    return hmac.digest(_as_made(code), b"what a code is for", "sha256")


def _as_made(code: str) -> bytes:
    return code.strip().upper().encode()
