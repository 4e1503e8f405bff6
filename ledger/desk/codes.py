"""Codes that let somebody in once: to enrol, to answer a challenge, to come back from an identity provider."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from typing import Any

from psycopg import Connection

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""What a code that people copy by hand is written in: nothing that looks like another."""
GROUPS, GROUP_LENGTH = 5, 5


def readable_code() -> str:
    """Return a new code to be read out or typed: 25 of 32 letters, 125 random bits, ``7KQ2M-…``."""
    letters = [secrets.choice(ALPHABET) for _ in range(GROUPS * GROUP_LENGTH)]
    groups = ("".join(letters[at : at + GROUP_LENGTH]) for at in range(0, len(letters), GROUP_LENGTH))
    return "-".join(groups)


def keep_code(
    connection: Connection[Any], code: str, *, purpose: str, about: str, expires_at: datetime, now: datetime
) -> None:
    """Keep a code's digest until it is used or over, and let go of those that are over."""
    connection.execute("DELETE FROM desk.codes WHERE expires_at <= %s", [now])
    connection.execute(
        "INSERT INTO desk.codes (digest, purpose, about, expires_at) VALUES (%s, %s, %s, %s)",
        [_digest(code), purpose, about, expires_at],
    )


def about_code(connection: Connection[Any], code: str, *, purpose: str, now: datetime) -> str | None:
    """Return what a code is for, without using it; None where there is none that is still good."""
    row = connection.execute(
        "SELECT about FROM desk.codes WHERE digest = %s AND purpose = %s AND expires_at > %s",
        [_digest(code), purpose, now],
    ).fetchone()
    return row[0] if row else None


def codes_about(connection: Connection[Any], about: str, *, purpose: str, now: datetime) -> list[datetime]:
    """Return until when each code is good that begins by saying it is for this, the one that ends first before."""
    rows = connection.execute(
        "SELECT expires_at FROM desk.codes WHERE purpose = %s AND starts_with(about, %s) AND expires_at > %s"
        " ORDER BY expires_at",
        [purpose, about, now],
    ).fetchall()
    return [expires_at for (expires_at,) in rows]


def use_code(connection: Connection[Any], code: str, *, purpose: str, now: datetime) -> str | None:
    """Return what a code is for and make it useless, whoever asks at the same time: one of them gets it."""
    row = connection.execute(
        "DELETE FROM desk.codes WHERE digest = %s AND purpose = %s AND expires_at > %s RETURNING about",
        [_digest(code), purpose, now],
    ).fetchone()
    return row[0] if row else None


def _digest(code: str) -> bytes:
    """Return what is kept of a code, which has enough random bits for one round of SHA-256."""
    return hashlib.sha256(code.strip().upper().encode()).digest()
