"""The log itself: what it is called, and whether it is real or simulated.

A log is one or the other, never both: its first event says which, and so does its origin name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from domain.event import Envelope, Event, Payload, Refused, Subject

LOG_STREAM = "log"
"""The stream of the log's own events; its first is the first of all."""


class LogStarted(Event, type="LogStarted.v1"):
    """The log began. A simulated log says so here, in its origin and on every page made from it."""

    origin: str
    simulated: bool
    tzdata: str
    """Version of the time zone database its deadlines were worked out with."""


@dataclass(frozen=True, slots=True)
class Log:
    """The log as its first event leaves it."""

    origin: str = ""
    simulated: bool = False
    started: bool = False


def evolve(log: Log, event: Event, envelope: Envelope) -> Log:  # noqa: ARG001 - every fold has this shape
    """Return the log after one more event."""
    if isinstance(event, LogStarted):
        return Log(event.origin, event.simulated, started=True)
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
