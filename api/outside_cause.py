"""What happens outside a case and moves dates in it: a calendar is loaded, an election begins or ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from domain.milestone import MILESTONE
from domain.procedure import Procedure, procedures
from domain.process import PROCESS, ProcessOpened, process_stream
from domain.regime import depends_on_elections, depends_on_working_days
from domain.working_calendar import WORKING_CALENDAR, WorkingCalendarLoaded
from ledger.ledger import Ledger, recorded_event
from ledger.log import StoredEvent


@dataclass(frozen=True, slots=True)
class OutsideCause:
    """One event that may move the dates of cases of a territory."""

    position: int
    territory: str
    is_election: bool
    """Whether an election's beginning or end moved; else a calendar was loaded."""
    instrument: str
    """The instrument of the event, or what it is about where it names none."""
    at: datetime
    """When it was recorded: nobody could count by it before."""

    def touches(self, procedure: Procedure) -> bool:
        """Tell whether dates of this procedure can rest on it."""
        return depends_on_elections(procedure) if self.is_election else depends_on_working_days(procedure)


async def cause_of(ledger: Ledger, stored: StoredEvent) -> OutsideCause | None:
    """Return what an event of the log may move, None for almost all of them.

    Raises `ledger.codec.UnknownEvent` or `ledger.codec.UnreadableEvent`, and what the log raises.
    """
    family, _, rest = stored.stream.partition("/")
    if family == WORKING_CALENDAR.family:
        event = recorded_event(stored).event
        assert isinstance(event, WorkingCalendarLoaded)  # noqa: S101 - nothing else can happen to a calendar
        return OutsideCause(
            stored.position, event.territory, is_election=False,
            instrument=event.instrument, at=stored.recorded_at,
        )  # fmt: skip
    process, _, milestone = rest.partition("/")
    prefix = process.partition("-")[0]
    begins = _beginnings().get(prefix)
    if prefix not in _beginnings() or (family, milestone) not in {
        (PROCESS.family, ""),
        (MILESTONE.family, begins),
    }:
        return None
    opened = (await ledger.load(PROCESS, process_stream(process))).state.opened
    if not isinstance(opened, ProcessOpened):
        return None
    instrument = getattr(recorded_event(stored).event, "instrument", None)
    return OutsideCause(
        stored.position, opened.territory, is_election=True,
        instrument=instrument or rest, at=stored.recorded_at,
    )  # fmt: skip


@cache
def _beginnings() -> dict[str, str | None]:
    """Return the step that begins each kind of election, where one does, by how their ids begin: ``pef``, ``pel``."""
    return {each.prefix: each.begins for each in procedures().values() if each.is_plan}
