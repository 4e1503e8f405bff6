"""The ledger as the api uses it: read what a decision needs, decide, record, or find out that it already was.

    async def start(view: View) -> None:
        milestone = await view.load(MILESTONE, "milestone/pef-2026-2027/F047")
        view.write("milestone/pef-2026-2027/F047", StartMilestone(...).decide(milestone.state))

    recorded = await ledger.execute(start, command_id=…, author=…, occurred_at=…)

A decision may run more than once, so it only reads, decides and writes to its `View`.
"""

from __future__ import annotations

import asyncio
import random
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from domain.event import Author, Envelope, Event, Subject
from ledger.batch_queue import BatchQueue
from ledger.codec import decode, encode
from ledger.committer import Committer
from ledger.log import (
    Commit,
    Committed,
    Conflict,
    Head,
    Log,
    LogError,
    NewEvent,
    Reused,
    ReusedCommandId,
    StoredEvent,
    Tail,
)

State = TypeVar("State")

ATTEMPTS = 4
"""A decision is made once, and up to three times more when the streams it read have moved."""

FAMILY_PAGE = 5_000
"""How many events of a family are read at once."""

KEPT_STATES = 10_000
"""How many folded streams are kept in memory; the least recently used is forgotten first."""


class Contended(LogError):
    """The streams kept changing while the command was decided, four times. Nothing was recorded; send it again."""


class StreamExists(LogError):
    """A stream that was to be made new has events already. Nothing was recorded."""

    def __init__(self, stream: str) -> None:
        super().__init__(f"{stream} exists already: load it before writing to it")
        self.stream = stream


@dataclass(frozen=True, slots=True)
class Folded(Generic[State]):
    """A stream folded: its state, its last version (0: it does not exist) and the position of its last event."""

    state: State
    version: int
    position: int


class RecordedEvent(NamedTuple):
    """An event and what the ledger knows about it."""

    event: Event
    envelope: Envelope


@dataclass(frozen=True, slots=True)
class Recorded:
    """The outcome of a command. No events: it was already so, and nothing was recorded.

    ``position`` is its last event's, or the last that the decision rested on; ``replayed`` where this is the
    outcome of an earlier attempt with the same command id.
    """

    events: Sequence[RecordedEvent]
    position: int
    replayed: bool = False


class View:
    """What one decision reads and what it wants recorded. Made by `Ledger.execute`."""

    def __init__(self, ledger: Ledger, *, fresh: bool) -> None:
        self._ledger = ledger
        self.author: Author | None = None
        """Who decides, where the decision itself finds out under which authority; else who executes it."""
        self._fresh = fresh
        self.loaded: dict[str, tuple[Subject[Any], Folded[Any]]] = {}
        self.written: dict[str, list[Event]] = {}
        self.rests_on_memory = False

    async def load(self, subject: Subject[State], stream: str) -> Folded[State]:
        """Return a stream folded. The command is recorded only if the stream has not changed since."""
        if stream in self.loaded:
            return self.loaded[stream][1]
        kept = None if self._fresh else self._ledger.kept(subject, stream)
        self.rests_on_memory |= kept is not None
        folded = kept or await self._ledger.load(subject, stream)
        self.loaded[stream] = (subject, folded)
        return folded

    async def family(self, prefix: str) -> list[str]:
        """Return the streams that begin with ``prefix``, in the order in which they began."""
        return await self._ledger.family(prefix)

    def write(self, stream: str, events: Sequence[Event]) -> None:
        """Ask for events to be recorded in a stream. One that was not loaded is expected not to exist yet."""
        if events:
            self.written.setdefault(stream, []).extend(events)

    def last_version(self, stream: str) -> int:
        """Return the last version of a stream as this decision saw it."""
        return self.loaded[stream][1].version if stream in self.loaded else 0

    @property
    def position(self) -> int:
        """The last position this decision rested on."""
        return max((folded.position for _, folded in self.loaded.values()), default=0)


Decision = Callable[[View], Awaitable[None]]


class Ledger:
    """A log with its committer, its codec and the states of the streams that are busy."""

    def __init__(self, log: Log, *, committer: Committer | None = None) -> None:
        self.log = log
        self.committer = committer or Committer(log)
        self._loader: BatchQueue[Tail, list[StoredEvent]] = BatchQueue(
            lambda tails: partial(log.read_streams, tails), name="loader"
        )
        self._kept: OrderedDict[tuple[str, str], Folded[Any]] = OrderedDict()

    async def execute(
        self,
        decide: Decision,
        *,
        command_id: UUID,
        author: Author | None = None,
        occurred_at: datetime,
        request_digest: bytes = b"",
    ) -> Recorded:
        """Decide, record, and return what was recorded; decide again if what was read has changed.

        Without an ``author`` the decision says who makes it (`View.author`), or ``ValueError`` is raised.
        Raises what ``decide`` raises (`domain.event.Refused` …), `ReusedCommandId`, `StreamExists`, `Contended`,
        and what the log raises: `QueueFull`, `Unavailable`, `OutcomeUnknown`.
        A command id that recorded something before answers with that, whatever ``decide`` would say now.
        """
        fresh = False
        for attempt in range(ATTEMPTS):
            view = View(self, fresh=fresh)
            try:
                await decide(view)
            except Exception:
                if view.rests_on_memory:
                    # What is kept may be old: another process may have recorded. A refusal must be true now.
                    fresh = True
                    continue
                if earlier := await self.outcome_of(command_id, request_digest):
                    return earlier
                raise
            if not view.written:
                if view.rests_on_memory:
                    fresh = True
                    continue
                return await self.outcome_of(command_id, request_digest) or Recorded((), view.position)
            author = view.author or author
            if author is None:
                raise ValueError("nobody answers for this decision: it was not authorised")
            commit = _commit(view, command_id, author, occurred_at, request_digest)
            outcome = await self.committer.append(commit)
            if isinstance(outcome, Committed):
                return await self._recorded(view, commit, outcome)
            if not isinstance(outcome, Conflict):
                raise ReusedCommandId(command_id)
            if outcome.stream not in view.loaded:
                raise StreamExists(outcome.stream)
            self._forget_what_is_ahead(view.loaded[outcome.stream][0], outcome)
            fresh = True
            # Whoever lost together should not all come back together.
            await asyncio.sleep(random.uniform(0, 0.002 * 2**attempt))  # noqa: S311 - not a secret
        raise Contended(Contended.__doc__)

    async def load(self, subject: Subject[State], stream: str) -> Folded[State]:
        """Return a stream folded as it is now."""
        folded = self.kept(subject, stream) or Folded(subject.initial, 0, 0)
        # Beyond -1 for a stream not known yet, which may begin at 0.
        for stored in await self._loader.ask(Tail(stream, folded.version or -1)):
            folded = _evolved(subject, folded, recorded_event(stored))
        # Anybody may ask for streams that do not exist: they would push out those that do.
        if folded.version:
            self._keep(subject, stream, folded)
        return folded

    async def outcome_of(self, command_id: UUID, request_digest: bytes = b"") -> Recorded | None:
        """Return what a command recorded earlier, or None if it recorded nothing. Raises `ReusedCommandId`."""
        outcome = await asyncio.to_thread(self.log.outcome_of, command_id, request_digest)
        if outcome is None:
            return None
        if isinstance(outcome, Reused):
            raise ReusedCommandId(command_id)
        before = outcome.first_position - 1
        stored = await self.read(before, outcome.last_position - before)
        return Recorded([recorded_event(event) for event in stored], stored[-1].position, replayed=True)

    async def read(self, after_position: int, limit: int) -> list[StoredEvent]:
        """Return up to ``limit`` events beyond a position, in order, as stored (`recorded_event` decodes one)."""
        return await asyncio.to_thread(self.log.read, after_position, limit)

    async def family(self, prefix: str) -> list[str]:
        """Return the streams that begin with ``prefix``, in the order in which they began."""
        found: dict[str, None] = {}
        after = 0
        while page := await asyncio.to_thread(self.log.read_family, prefix, after, FAMILY_PAGE):
            found |= dict.fromkeys(stored.stream for stored in page)
            after = page[-1].position
        return list(found)

    async def head(self) -> Head:
        """Return where the log ends now."""
        return await asyncio.to_thread(self.log.head)

    async def wait_beyond(self, position: int, timeout_seconds: float) -> int:
        """Return the last position as soon as it is beyond ``position``, or when the time is over."""
        return await asyncio.to_thread(self.log.wait_beyond, position, timeout_seconds)

    def kept(self, subject: Subject[State], stream: str) -> Folded[State] | None:
        """Return the state this process last knew of a stream. It may be old: an append notices that."""
        folded = self._kept.get((subject.family, stream))
        if folded is not None:
            self._kept.move_to_end((subject.family, stream))
        return folded

    def close(self) -> None:
        """Record what is waiting, then give back threads and connections."""
        self.committer.close()
        self._loader.close()
        self.log.close()

    def _keep(self, subject: Subject[State], stream: str, folded: Folded[State]) -> None:
        """Remember a state, unless a newer one is known already."""
        key = (subject.family, stream)
        known = self._kept.get(key)
        if known is not None and known.version >= folded.version:
            return
        self._kept[key] = folded
        self._kept.move_to_end(key)
        if len(self._kept) > KEPT_STATES:
            self._kept.popitem(last=False)

    def _forget_what_is_ahead(self, subject: Subject[Any], conflict: Conflict) -> None:
        """Forget a state the log does not reach: a backup was restored, or a replica without the end took over."""
        kept = self.kept(subject, conflict.stream)
        if kept is not None and kept.version > (conflict.actual or 0):
            del self._kept[subject.family, conflict.stream]

    async def _recorded(self, view: View, commit: Commit, outcome: Committed) -> Recorded:
        """Return what was recorded, and bring the kept states up to it."""
        if outcome.replayed:
            earlier = await self.outcome_of(commit.command_id, commit.request_digest)
            return earlier or Recorded((), outcome.last_position, replayed=True)
        events = [event for written in view.written.values() for event in written]
        recorded = [
            RecordedEvent(event, _envelope(new, commit, outcome, position))
            for position, (event, new) in enumerate(
                zip(events, commit.events, strict=True), outcome.first_position
            )
        ]
        for one in recorded:
            if loaded := view.loaded.get(one.envelope.stream):
                subject, folded = loaded
                view.loaded[one.envelope.stream] = subject, _evolved(subject, folded, one)
        for stream in view.written:
            if loaded := view.loaded.get(stream):
                self._keep(loaded[0], stream, loaded[1])
        return Recorded(recorded, outcome.last_position)


def recorded_event(stored: StoredEvent) -> RecordedEvent:
    """Return a stored event decoded. Raises `ledger.codec.UnknownEvent` or `ledger.codec.UnreadableEvent`."""
    # By place, because a replay makes millions of them.
    envelope = Envelope(
        stored.position,
        stored.stream,
        stored.version,
        stored.occurred_at,
        stored.recorded_at,
        stored.author,
        str(stored.command_id),
    )
    return RecordedEvent(decode(stored.type, stored.body), envelope)


def _evolved(subject: Subject[State], folded: Folded[State], recorded: RecordedEvent) -> Folded[State]:
    """Return a folded stream with one event more."""
    event, envelope = recorded
    return Folded(subject.evolve(folded.state, event, envelope), envelope.version, envelope.position)


def _commit(
    view: View, command_id: UUID, author: Author, occurred_at: datetime, request_digest: bytes
) -> Commit:
    """Return what a decision wants recorded, with everything it was decided on."""
    return Commit(
        command_id=command_id,
        author=author,
        occurred_at=occurred_at,
        events=[
            NewEvent(stream, version, event.type, encode(event))
            for stream, events in view.written.items()
            for version, event in enumerate(events, view.last_version(stream) + 1)
        ],
        reads={stream: folded.version for stream, (_, folded) in view.loaded.items()},
        request_digest=request_digest,
    )


def _envelope(new: NewEvent, commit: Commit, outcome: Committed, position: int) -> Envelope:
    """Return the envelope of an event that was just recorded."""
    return Envelope(
        position=position,
        stream=new.stream,
        version=new.version,
        occurred_at=new.occurred_at or commit.occurred_at,
        recorded_at=outcome.recorded_at,
        author=new.author or commit.author,
        command_id=str(commit.command_id),
    )
