"""The log itself: what it is called, whether it is real or simulated, and with which keys it is signed.

A log is real or simulated, never both: its first event says which, and so does its origin name. Its first key is
pinned by whoever verifies it; each one that follows is announced here, while the one before it still signs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from domain.event import Envelope, Event, Line, Payload, Refused, Subject

LOG_STREAM = "log"
"""The stream of the log's own events; its first is the first of all."""

SIGN_TOGETHER = timedelta(days=7)
"""How long an old key goes on signing beside a new one, so that whoever verifies has time to pin that."""

VerifierKey = Annotated[str, Field(max_length=400, pattern=r"^[^+\s]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]+=*$")]
"""A public key as C2SP signed-note has it pinned: name, number and key."""


class LogStarted(Event, type="LogStarted.v1"):
    """The log began. A simulated log says so here, in its origin and on every page made from it."""

    origin: str
    simulated: bool
    tzdata: str
    """Version of the time zone database its deadlines were worked out with."""


class LogKeyAnnounced(Event, type="LogKeyAnnounced.v1"):
    """Another key signs the log from here on, beside those that do. The old ones sign that this is so."""

    vkey: VerifierKey


class LogKeyRetired(Event, type="LogKeyRetired.v1"):
    """A key signs the log no more. What it signed stays good."""

    vkey: VerifierKey
    reason: Line


@dataclass(frozen=True, slots=True)
class Log:
    """The log as its own events leave it."""

    origin: str = ""
    simulated: bool = False
    started: bool = False
    announced: Mapping[str, datetime] = field(default_factory=dict)
    """The keys that followed the first one and still sign, and when each was announced."""
    retired: frozenset[str] = frozenset()
    """The keys that sign no more."""


def evolve(log: Log, event: Event, envelope: Envelope) -> Log:
    """Return the log after one more event."""
    match event:
        case LogStarted():
            return replace(log, origin=event.origin, simulated=event.simulated, started=True)
        case LogKeyAnnounced():
            return replace(log, announced={**log.announced, event.vkey: envelope.recorded_at})
        case LogKeyRetired():
            left = {vkey: at for vkey, at in log.announced.items() if vkey != event.vkey}
            return replace(log, announced=left, retired=log.retired | {event.vkey})
        case _:
            return log


LOG: Subject[Log] = Subject("log", Log(), evolve)
"""How the log's own stream is folded."""


class StartLog(Payload):
    """Begin a log under a name that says whether it is real."""

    origin: Annotated[str, Field(pattern=r"^[a-z0-9.-]+(/[a-z0-9.-]+)+$")]
    """A schema-less URL that only the log's owner may use, such as ``bitacora.example.mx/2026-2027``."""
    simulated: bool
    tzdata: str

    def decide(self, log: Log) -> Sequence[Event]:
        """Do nothing where it is this log; refuse to make a real log simulated, or the reverse."""
        if not log.started:
            return [LogStarted(origin=self.origin, simulated=self.simulated, tzdata=self.tzdata)]
        if (log.origin, log.simulated) != (self.origin, self.simulated):
            kind_es = "simulada" if log.simulated else "real"
            kind_en = "simulated" if log.simulated else "real"
            raise Refused(
                "another-log",
                es=f"Esta base guarda la bitácora {kind_es} «{log.origin}»: usa otra.",
                en=f"This database holds the {kind_en} log '{log.origin}': use another.",
            )
        return []


class AnnounceKey(Payload):
    """Let another key sign the log, too."""

    vkey: VerifierKey

    def decide(self, log: Log) -> Sequence[Event]:
        """Do nothing where it was announced; refuse a key of another log, and one that was retired."""
        if self.vkey in log.announced:
            return []
        if self.vkey in log.retired or not self.vkey.startswith(f"{log.origin}+"):
            raise Refused(
                "unfit-key",
                es=f"Esta clave no puede firmar la bitácora «{log.origin}»: lleva otro nombre o ya fue retirada.",
                en=f"This key cannot sign the log '{log.origin}': it has another name, or was retired.",
            )
        return [LogKeyAnnounced(vkey=self.vkey)]


class RetireKey(Payload):
    """Let a key sign the log no more."""

    vkey: VerifierKey
    reason: Line

    def decide(self, log: Log, at: datetime) -> Sequence[Event]:
        """Do nothing where it was retired; refuse where no other key has signed long enough beside it."""
        if self.vkey in log.retired:
            return []
        ready = [
            vkey for vkey, since in log.announced.items() if vkey != self.vkey and at - since >= SIGN_TOGETHER
        ]
        if not ready:
            raise Refused(
                "no-key-to-follow",
                es="Antes de retirar una clave, otra firma con ella siete días: «bitacora key rotate».",
                en="Before a key is retired another signs beside it for seven days: announce one: bitacora key rotate.",
            )
        return [LogKeyRetired(vkey=self.vkey, reason=self.reason)]
