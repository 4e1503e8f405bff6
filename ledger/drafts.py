"""Many commands decided one after the other, each on what those before it leave, before any of them is recorded.

    drafts = Drafts(ledger)
    await drafts.read(MILESTONE, streams)          # all at once
    draft = drafts.next()
    await decide(draft)                            # as any decision: it reads and writes a `View`
    drafts.keep(draft, occurred_at, now)
    outcome = await ledger.committer.append(drafts.together(kept, command_id, digest))

What is kept may be recorded in one commit (`Drafts.together`) or each in its own (`Drafts.alone`). Either holds only
while the streams that were read are as they were: the append says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from domain.event import Author, Envelope, Event, Subject
from ledger.codec import encode
from ledger.ledger import Folded, Ledger, View, recorded_event
from ledger.log import Commit, NewEvent, StoredEvent, Tail

State = TypeVar("State")

READ_TOGETHER = 1_000
"""How many streams are read with one question."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What one decision wants recorded, under whose authority, and what it was decided on."""

    events: Sequence[NewEvent]
    author: Author
    occurred_at: datetime
    reads: dict[str, int]


class Draft(View):
    """What one decision reads and wants recorded, on top of what the decisions before it leave."""

    def __init__(self, drafts: Drafts, ledger: Ledger) -> None:
        super().__init__(ledger, fresh=True)
        self._drafts = drafts

    async def load(self, subject: Subject[State], stream: str) -> Folded[State]:
        """Return a stream as the decisions before this one leave it; its position is the log's."""
        if stream not in self.loaded:
            self.loaded[stream] = subject, await self._drafts.load(subject, stream)
        return self.loaded[stream][1]

    async def family(self, prefix: str) -> list[str]:
        """Return the streams that begin with ``prefix``, with those that began in the decisions before this one."""
        return list(dict.fromkeys([*await super().family(prefix), *self._drafts.begun(prefix)]))


class Drafts:
    """Decisions made one after the other. ``until`` is the last position of the log that they look at, if not all."""

    def __init__(self, ledger: Ledger, *, until: int | None = None) -> None:
        self._ledger = ledger
        self._until = until
        self._states: dict[str, Folded[Any]] = {}
        self._begun: dict[str, list[tuple[Event, Envelope]]] = {}
        """Streams that begin with one of these decisions, and were not read yet."""
        self._read: dict[str, int] = {}
        """The last version of each stream as the log has it."""

    async def read(self, subject: Subject[State], streams: Sequence[str]) -> None:
        """Read streams all together, so that `load` need not ask for them one by one."""
        missing = [stream for stream in dict.fromkeys(streams) if stream not in self._states]
        for first in range(0, len(missing), READ_TOGETHER):
            names = missing[first : first + READ_TOGETHER]
            found = await asyncio.to_thread(self._ledger.log.read_streams, [Tail(name) for name in names])
            for name, stored in zip(names, found, strict=True):
                self._remember(name, self._folded(subject, stored))
            await asyncio.sleep(0)

    async def load(self, subject: Subject[State], stream: str) -> Folded[State]:
        """Return a stream as the decisions so far leave it."""
        if stream in self._begun:
            state = subject.initial
            for event, envelope in self._begun[stream]:
                state = subject.evolve(state, event, envelope)
            self._states[stream] = Folded(state, len(self._begun.pop(stream)), 0)
        if stream not in self._states:
            await self.read(subject, [stream])
        return self._states[stream]

    def begun(self, prefix: str) -> list[str]:
        """Return the streams that begin with ``prefix`` and have events, of those looked at so far."""
        known = [name for name, one in self._states.items() if one.version]
        return [name for name in (*known, *self._begun) if name.startswith(prefix)]

    def next(self) -> Draft:
        """Return what the next decision reads and writes."""
        return Draft(self, self._ledger)

    def keep(self, draft: Draft, occurred_at: datetime, now: datetime) -> Kept:
        """Take what a decision wants recorded as done, for the decisions after it.

        Raises ``ValueError`` where nobody was authorised to make it, and what `ledger.codec.encode` raises.
        """
        author = draft.author
        if author is None:
            raise ValueError("nobody answers for this decision: it was not authorised")
        new = [
            NewEvent(stream, version, event.type, encode(event), occurred_at, author)
            for stream, events in draft.written.items()
            for version, event in enumerate(events, draft.last_version(stream) + 1)
        ]
        for stream, events in draft.written.items():
            self._evolve(draft, stream, events, Envelope(0, stream, 0, occurred_at, now, author, ""))
        reads = {stream: folded.version for stream, (_, folded) in draft.loaded.items()}
        return Kept(new, author, occurred_at, reads)

    def together(self, kept: Sequence[Kept], command_id: UUID, request_digest: bytes) -> Commit:
        """Return all that was kept as one commit: everything is recorded, or nothing."""
        first = kept[0]
        events = [event for one in kept for event in one.events]
        return Commit(command_id, first.author, first.occurred_at, events, dict(self._read), request_digest)

    def alone(self, kept: Kept, command_id: UUID, request_digest: bytes) -> Commit:
        """Return what one decision wants recorded as a commit of its own, to be appended after those before it."""
        return Commit(command_id, kept.author, kept.occurred_at, kept.events, kept.reads, request_digest)

    def _folded(self, subject: Subject[State], stored: Sequence[StoredEvent]) -> Folded[State]:
        state, version, position = subject.initial, 0, 0
        for one in stored:
            if self._until is not None and one.position > self._until:
                break
            event, envelope = recorded_event(one)
            state = subject.evolve(state, event, envelope)
            version, position = envelope.version, envelope.position
        return Folded(state, version, position)

    def _remember(self, stream: str, folded: Folded[Any]) -> None:
        self._states[stream] = folded
        self._read[stream] = folded.version

    def _evolve(self, draft: Draft, stream: str, events: Sequence[Event], said: Envelope) -> None:
        """Fold what a decision wrote onto the stream as it was for it; the position stays the log's."""
        if stream not in draft.loaded:
            # It begins here: how it is folded is known once somebody reads it.
            self._begun[stream] = [
                (event, replace(said, stream=stream, version=version))
                for version, event in enumerate(events, 1)
            ]
            return
        subject, before = draft.loaded[stream]
        state, version = before.state, before.version
        for event in events:
            version += 1
            state = subject.evolve(
                state,
                event,
                Envelope(0, stream, version, said.occurred_at, said.recorded_at, said.author, ""),
            )
        self._states[stream] = Folded(state, version, before.position)
