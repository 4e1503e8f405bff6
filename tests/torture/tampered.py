"""A full log that harnesses tamper with, and what is published of it afterwards."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from psycopg import Connection
from psycopg.rows import namedtuple_row

from bitacora_verifier.log import Question, Verified, verify_log
from bitacora_verifier.note import parse_vkey
from bitacora_verifier.policy import Policy
from bitacora_verifier.refusal import Refused
from bitacora_verifier.state import Remembered
from ledger.entry import entry
from ledger.integrator import Integrator
from ledger.log import StoredEvent
from ledger.postgres import PostgresLog
from tests.ledger.logs import ORIGIN, start
from tests.ledger.samples import commit, new
from tests.torture.size import sized
from tests.verifier.published import KEY, Files, write

PINNED = [parse_vkey(KEY.public.vkey)]
EVENTS = 600
TIMES = sized(2, 46)
"""How often each class is tried: in full, over a thousand mutations."""


def fill(url: str) -> None:
    """Record a log of streams that have some ten events each, by commands of a few."""
    log = PostgresLog(url)
    start(log)
    for number in range(2, EVENTS + 1, 7):
        positions = range(number, min(number + 7, EVENTS + 1))
        log.append(
            [commit(*(new(f"act/{n % 61}", (n + 59) // 61, b'{"n":%d,"told":"so"}' % n) for n in positions))]
        )
    log.close()
    Integrator(url).catch_up()


def entries_in(database: Connection[Any]) -> list[bytes]:
    """The entries of the rows there are, in their order, whatever their positions."""
    columns = ", ".join(StoredEvent._fields)
    with database.cursor(row_factory=namedtuple_row) as cursor:
        rows = cursor.execute(f"SELECT {columns} FROM ledger.events ORDER BY position".encode()).fetchall()  # noqa: S608 - names of columns
    return [entry(StoredEvent._make(row), ORIGIN) for row in rows]


def size_of(files: Files) -> int:
    """What the checkpoint says."""
    return int(files["checkpoint"].split(b"\n")[1])


def verify(
    files: Files, folder: Path, known: Remembered | None = None, policy: Policy | None = None
) -> Verified:
    """Verify these files and no others."""
    shutil.rmtree(folder, ignore_errors=True)
    return verify_log(Question(str(write(files, folder)), PINNED, known, policy=policy))


def refusal(
    files: Files, folder: Path, known: Remembered | None = None, policy: Policy | None = None
) -> Refused | None:
    """Why these files are refused; None where they are not."""
    try:
        verify(files, folder, known, policy)
    except Refused as refused:
        return refused
    return None
