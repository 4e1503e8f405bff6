"""The follower that sends letters: at once outside quiet hours, or a digest at seven in the person's own morning."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from psycopg import Connection

from api.database import Clock, Resources
from api.leading import lead
from api.letters.letter import Letterhead, digest
from api.letters.mail import FAILING, deliver
from api.letters.matters import Matter, matters_of
from api.logs import log
from api.persons import caller_of
from domain.access import Caller
from domain.entity import FEDERATION, zone_of
from ledger.desk.followers import begin_following, move_follower
from ledger.desk.letters import Wish, remember_told, told_already, wishes
from projections.moment import AsOf
from projections.reading import projected_position

NAME = "letters"
LOOK_SECONDS = 30.0
"""How often it looks whether there is something to tell."""
AGAIN = timedelta(minutes=5)
"""How long to wait after a letter did not go out."""
DIGEST_HOUR = 7
"""When the day's letter is sent, by the person's own clock."""


@dataclass(frozen=True, slots=True)
class Due:
    """A letter to be sent now, and what is then told."""

    wish: Wish
    matters: list[Matter]
    names: list[str]
    """What is remembered as told once it went out."""


class LetterFollower:
    """One follower. Of any number, one leads and the others stand by."""

    def __init__(self, resources: Resources, *, clock: Clock | None = None) -> None:
        self._resources = resources
        self._clock = clock or resources.clock
        self._not_before: datetime | None = None

    def run(self, stop: threading.Event) -> None:
        """Lead once nobody else does, and send letters until ``stop`` is set."""
        lead(self._resources, NAME, stop, self._follow)

    def _follow(self, connection: Connection[Any], stop: threading.Event) -> None:
        while not stop.is_set():
            self.look(connection)
            stop.wait(LOOK_SECONDS)

    def look(self, connection: Connection[Any]) -> int:
        """Send what is due now and remember it; return how many letters went out."""
        now, sent = self._clock(), 0
        known = begin_following(connection, NAME, now)
        if self._not_before is not None and now < self._not_before:
            return 0
        head = letterhead(self._resources)
        for due in self.due(connection):
            if due.matters:
                try:
                    deliver(self._resources.settings, digest(head, due.wish, due.matters, now))
                except FAILING as failing:
                    log.warning("letter_failed", actor=due.wish.person, error=type(failing).__qualname__)
                    self._not_before = now + AGAIN
                    return sent
                sent += 1
            # After it went out: a crash in between sends it twice, under the same name, and never not at all.
            remember_told(connection, due.wish.person, due.names, now)
        with self._resources.readers.connection() as reader:
            move_follower(connection, NAME, known.position, projected_position(reader), now)
        return sent

    def due(self, connection: Connection[Any]) -> list[Due]:
        """Return the letters that are due now, without sending them."""
        now = self._clock()
        found = []
        with self._resources.desk.connection() as desk:
            wanted = wishes(desk)
        for wish in wanted:
            _, caller = asyncio.run(caller_of(self._resources.ledger, wish.person, now))
            if caller.authorities and (due := self._due_to(connection, wish, caller, now)):
                found.append(due)
        return found

    def _due_to(self, connection: Connection[Any], wish: Wish, caller: Caller, now: datetime) -> Due | None:
        local = now.astimezone(ZoneInfo(zone_of(_place_of(caller))))
        today = f"digest/{local.date().isoformat()}"
        if wish.pace == "daily" and (
            local.hour < DIGEST_HOUR or told_already(connection, wish.person, [today])
        ):
            return None
        if wish.pace == "at_once" and wish.is_quiet(local.hour):
            return None
        with self._resources.readers.connection() as reader:
            matters = matters_of(reader, caller, wish, AsOf(None, now))
        told = told_already(connection, wish.person, [matter.name for matter in matters])
        new = [matter for matter in matters if matter.name not in told]
        if wish.pace == "daily":
            # What stands is said each day, what happened once.
            stands = [
                matter for matter in matters if matter in new or matter.kind not in {"redated", "returned"}
            ]
            return Due(wish, stands, [today, *(matter.name for matter in new)])
        return Due(wish, new, [matter.name for matter in new]) if new else None


def letterhead(resources: Resources) -> Letterhead:
    """Return what every letter of this site says."""
    identity, settings = resources.identity(), resources.settings
    address = settings.public_url.rstrip("/") or f"http://localhost:{settings.port}"
    return Letterhead(identity.origin, identity.simulated, address, settings.smtp_from)


def _place_of(caller: Caller) -> str:
    """Return the state a person works in, by whose clock their day goes; the country's where there are several."""
    states = {authority.territory[:6] for authority in caller.authorities}
    return states.pop() if len(states) == 1 else FEDERATION
