"""What depends on something outside a case takes effect by itself: the settler looks again at the cases it can touch.

A report settles its own case (`api.courses.write_what_follows`). When a body's calendar is loaded, or an election
begins or ends, nobody reports on the cases whose dates rest on it. The settler follows the log from a place of its own
and writes, for each such event and each such case, one commit with what follows. The commit's id is made from the
event's position and the case, so it is recorded once, whatever is killed and started again.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from uuid import NAMESPACE_URL, UUID, uuid5

import psycopg

from api.courses import course_of, procedure_of, write_what_follows
from api.database import Resources
from api.logs import log
from api.outside_cause import OutsideCause, cause_of
from domain.event import Author
from domain.process import PROCESS, CaseOpened, process_stream
from ledger.ledger import Contended, View
from ledger.log import OutcomeUnknown, StoredEvent, Unavailable
from ledger.place import Place
from ledger.tracking import MovedOn
from projections.open_cases import open_cases_before
from projections.reading import NotReady, projected_position

SETTLER = Author(
    actor="settler",
    post="Consecuencia automática",
    body="Operación del servicio",
    grant="settler",
)
"""Who says what follows where nobody reported: the program itself, in the cause's words."""

NAME = "settler"
"""What its place in the log and its connection are called."""

BATCH_EVENTS = 1_000
"""How many events are looked through at once: what they take of memory, a program that serves as well never gives
back."""

STANDBY_SECONDS = 1.0
"""How often one that stands by looks whether the leader is gone."""

WAIT_SECONDS = 1.0
"""How long to wait for the log to grow before looking whether to stop."""

REST_SECONDS = 0.25
"""How long it rests after a batch that moved nothing, as few of a crowd's reports do: the next ones are looked through
together."""

RETRY_SECONDS = 1.0
"""How long to wait before trying again after the database failed, or a case was busy."""

TOLD_SECONDS = 0.1
"""How often it is looked whether the projections have told an event."""

ATTEMPTS = 5
"""How often a case is tried while reports on it keep coming first."""

SHOWN_CASES = 500
"""After so many cases the log says how far the settler is."""

OUTAGES = (psycopg.OperationalError, Unavailable, OutcomeUnknown, MovedOn, NotReady)
"""What is nobody's fault but the database's, or a restart's: all is tried again from the last place."""


class Settler:
    """One settler. Of any number, one leads and the others stand by."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        own = resources.settings.projector_database_url
        self._url = own.get_secret_value() if own else resources.database_url

    def run(self, stop: threading.Event) -> None:
        """Lead once nobody else does, and settle what is recorded until ``stop`` is set."""
        while not stop.is_set():
            try:
                place = Place(self._url, NAME, self._resources.settings.roles)
                try:
                    self._follow(place, stop)
                finally:
                    place.close()
            except OUTAGES as failure:
                log.warning("settling_starts_again", error=type(failure).__qualname__)
                stop.wait(RETRY_SECONDS)

    def _follow(self, place: Place, stop: threading.Event) -> None:
        while not place.lead():
            if stop.wait(STANDBY_SECONDS):
                return
        read = self._resources.ledger.log
        if place.position > read.head().position:
            log.warning("settling_begins_again", position=place.position, error="the log was restored")
            place.move(place.position, 0)
        while not stop.is_set():
            position = place.position
            if events := read.read(position, BATCH_EVENTS):
                if not asyncio.run(self._settle_batch(place, position, events, stop)):
                    stop.wait(REST_SECONDS)
            else:
                read.wait_beyond(position, WAIT_SECONDS)

    async def _settle_batch(
        self, place: Place, believed: int, events: Sequence[StoredEvent], stop: threading.Event
    ) -> bool:
        """Settle what these events move, and go on past each; not past one it was stopped at. Tell whether any did."""
        moved = False
        for stored in events:
            cause = await self._cause(stored)
            if cause is None:
                continue
            moved = True
            await self._settle(cause, stop)
            if stop.is_set():
                return moved
            place.move(believed, stored.position)
            believed = stored.position
        if believed < events[-1].position:
            place.move(believed, events[-1].position)
        return moved

    async def _cause(self, stored: StoredEvent) -> OutsideCause | None:
        try:
            return await cause_of(self._resources.ledger, stored)
        except OUTAGES:
            raise
        except Exception as failure:  # noqa: BLE001 - one event that cannot be read stops none of the others
            log.error("settling_skipped_event", position=stored.position, error=type(failure).__qualname__)
            return None

    async def _settle(self, cause: OutsideCause, stop: threading.Event) -> None:
        """Write what follows from a cause in each case it can touch, one after the other."""
        cases = await self._cases(cause, stop)
        if cases:
            log.info("settling", position=cause.position, where=cause.territory, cases=len(cases))
        changed = 0
        for number, case in enumerate(cases, start=1):
            if stop.is_set():
                return
            began = time.monotonic()
            changed += await self._settle_case(cause, case)
            # It rests as long as it worked: reports have at least half of the machine.
            await asyncio.sleep(time.monotonic() - began)
            if number % SHOWN_CASES == 0 or number == len(cases):
                log.info(
                    "settled", position=cause.position, where=cause.territory, cases=number, events=changed
                )

    async def _cases(self, cause: OutsideCause, stop: threading.Event) -> Sequence[str]:
        """Return the cases a cause can touch, once the projections have told all that was opened before it."""
        while not stop.is_set():
            with self._resources.readers.connection() as connection:
                if projected_position(connection) >= cause.position:
                    return open_cases_before(connection, cause.territory, cause.position)
            await asyncio.sleep(TOLD_SECONDS)
        return ()

    async def _settle_case(self, cause: OutsideCause, case: str) -> int:
        """Write what follows in one case, and return how many events that made."""
        for attempt in range(ATTEMPTS):
            try:
                return await settle_case(self._resources, cause, case)
            except OUTAGES:
                raise
            except Contended:
                await asyncio.sleep(RETRY_SECONDS * (attempt + 1))
            except Exception as failure:  # noqa: BLE001 - one case at fault stops none of the others
                log.error(
                    "settling_skipped", position=cause.position, where=process_stream(case),
                    error=type(failure).__qualname__,
                )  # fmt: skip
                return 0
        # Each report that came first was decided on the cause, too.
        log.warning("settling_left_to_reports", position=cause.position, where=process_stream(case))
        return 0


async def settle_case(resources: Resources, cause: OutsideCause, case: str) -> int:
    """Write what follows from a cause in a case as it is now; return how many events that made, 0 for a repeat.

    Raises what `ledger.ledger.Ledger.execute` raises.
    """

    async def decide(view: View) -> None:
        state = (await view.load(PROCESS, process_stream(case))).state
        if state.status != "open" or not isinstance(state.opened, CaseOpened):
            return
        if not cause.touches(await procedure_of(view, state.opened)):
            return
        now = resources.clock()
        course = await course_of(view, case, now)
        if course is not None:
            await write_what_follows(view, case, course, cause.instrument, cause.at)

    recorded = await resources.ledger.execute(
        decide, command_id=command_id(cause, case), author=SETTLER, occurred_at=cause.at
    )
    return 0 if recorded.replayed else len(recorded.events)


def command_id(cause: OutsideCause, case: str) -> UUID:
    """Return the id of the commit with what follows from a cause in a case: always the same."""
    return uuid5(NAMESPACE_URL, f"{NAME}/{cause.position}/{case}")
