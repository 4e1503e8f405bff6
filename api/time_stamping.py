"""The log has its checkpoints stamped by a time-stamping authority (RFC 3161), beside the signer and never in its way.

Not every checkpoint, and no event by itself: one stamp over a tree speaks for all that is in it. It is asked for when
the log has grown, at most once in so many minutes. An authority that does not answer, or badly, holds up nobody.
"""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx2
import psycopg
from psycopg import Connection

from api.database import Clock, now
from api.logs import log
from api.settings import Settings
from ledger.connect import connect
from ledger.log import LogError
from ledger.note import BadNote, parse_note
from ledger.time_stamp import (
    ANSWER_TYPE,
    LARGEST_ANSWER,
    QUERY_TYPE,
    BadTimeStamp,
    TimeStampQuery,
    read_roots,
)
from ledger.time_stamps import TimeStamp, keep_time_stamp, latest_time_stamp
from ledger.tree import latest_checkpoint

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

LOOK_SECONDS = 1.0
ANSWER_SECONDS = 10.0
"""From the question to the last byte of the answer."""
AGAIN = timedelta(seconds=30)
"""How long after a failure it is asked again; twice as long after each one more, up to the minutes that are set."""


class NotConfigured(Exception):
    """What it takes to have time stamps was not set, or cannot be read; the message says what."""


class TimeStamping:
    """Asks one authority for time stamps over the checkpoints of a log, as the signer role."""

    def __init__(self, database_url: str, settings: Settings, clock: Clock = now) -> None:
        self._url = database_url
        self._address = settings.timestamps
        self._roots = _roots(settings)
        self._every = timedelta(minutes=settings.timestamp_minutes)
        self._role = settings.roles.signer
        self._clock = clock
        self._failures = 0
        self._again_at: datetime | None = None

    def run(self, stop: threading.Event) -> None:
        """Ask until ``stop`` is set; a failing database is waited for."""
        while not stop.is_set():
            try:
                with connect(self._url, self._role, "time stamps") as connection:
                    while not stop.is_set():
                        self.ask(connection)
                        stop.wait(LOOK_SECONDS)
            except (psycopg.Error, LogError, BadNote) as failure:
                log.warning("log_not_time_stamped", warning=str(failure))
                stop.wait(LOOK_SECONDS)

    def ask(self, connection: Connection[Any]) -> TimeStamp | None:
        """Have the last checkpoint stamped if its time has come; return the stamp that was kept, if one was."""
        signed, last, at = latest_checkpoint(connection), latest_time_stamp(connection), self._clock()
        if signed is None or (last and (signed.size <= last.size or at < last.asked_at + self._every)):
            return None
        if self._again_at and at < self._again_at:
            return None
        query = TimeStampQuery(parse_note(signed.note).text)
        try:
            answer = _posted(self._address, query.file)
            stamp = TimeStamp(signed.size, answer, query.hour_of(answer, self._roots), at)
        except (BadTimeStamp, httpx2.HTTPError, OSError) as failure:
            self._failures += 1
            self._again_at = at + min(AGAIN * 2 ** min(self._failures - 1, 20), self._every)
            log.warning("log_not_time_stamped", warning=str(failure) or type(failure).__name__)
            return None
        self._failures, self._again_at = 0, None
        keep_time_stamp(connection, stamp)
        return stamp


def _roots(settings: Settings) -> list[Certificate]:
    if not settings.timestamps:
        raise NotConfigured("This log has no time-stamping authority: BITACORA_TIMESTAMPS is its address.")
    if settings.timestamp_roots is None:
        raise NotConfigured(
            "BITACORA_TIMESTAMP_ROOTS is not set: the PEM file of the certificates that time stamps have to lead to."
        )
    try:
        return read_roots(settings.timestamp_roots)
    except (OSError, ValueError) as error:
        raise NotConfigured(
            f"{settings.timestamp_roots} (BITACORA_TIMESTAMP_ROOTS) holds no certificates: {error}"
        ) from error


def _posted(address: str, query: bytes) -> bytes:
    """Return what an authority answers, as much of it and for as long as an answer may take."""
    until = time.monotonic() + ANSWER_SECONDS
    headers = {"Content-Type": QUERY_TYPE, "Accept": ANSWER_TYPE}
    with (
        httpx2.Client(timeout=ANSWER_SECONDS, trust_env=False, follow_redirects=False) as client,
        client.stream("POST", address, content=query, headers=headers) as response,
    ):
        if response.status_code != httpx2.codes.OK:
            raise BadTimeStamp(f"the authority answered with status {response.status_code}")
        answer = bytearray()
        for part in response.iter_bytes():
            answer += part
            if len(answer) > LARGEST_ANSWER:
                raise BadTimeStamp("the authority answered more than an answer can have")
            if time.monotonic() > until:
                raise BadTimeStamp(f"the authority took more than {ANSWER_SECONDS:.0f} seconds")
    return bytes(answer)
