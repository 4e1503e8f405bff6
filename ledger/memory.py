"""The log in memory: the same promises as PostgreSQL's, for tests and for trying things out. Nothing is kept."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import islice
from uuid import UUID

from ledger.log import Commit, Committed, Conflict, Head, Outcome, Reused, StoredEvent, Tail


class MemoryLog:
    """`ledger.log.Log` in this process."""

    def __init__(self) -> None:
        self._events: list[StoredEvent] = []
        self._streams: dict[str, list[StoredEvent]] = defaultdict(list)
        self._commands: dict[UUID, tuple[Committed, bytes]] = {}
        self._recorded_at = datetime.now(UTC)
        self._grown = threading.Condition()

    def append(self, commits: Sequence[Commit]) -> list[Outcome]:
        """Record the commits one after the other; see `ledger.log.Log.append`."""
        with self._grown:
            answers = [self._append(commit) for commit in commits]
            self._grown.notify_all()
            return answers

    def begin_append(self, commits: Sequence[Commit]) -> Callable[[], list[Outcome]]:
        """Record the commits and return their outcomes when asked; see `ledger.log.Log.begin_append`."""
        answers = self.append(commits)
        return lambda: answers

    def _append(self, commit: Commit) -> Outcome:
        """Record one commit, if it holds."""
        if commit.command_id in self._commands:
            earlier, digest = self._commands[commit.command_id]
            same = digest == commit.request_digest
            return earlier._replace(replayed=True) if same else Reused(commit.command_id)
        for stream, expected in sorted(commit.expected.items()):
            recorded = self._streams.get(stream)
            actual = recorded[-1].version if recorded else None
            # A stream without events is expected as 0 or as -1 (see ledger/log.py).
            if (min(expected, 0) if actual is None else actual) != expected:
                return Conflict(stream, expected, actual)
        self._recorded_at = max(self._recorded_at, datetime.now(UTC))
        first = len(self._events) + 1
        for position, new in enumerate(commit.events, start=first):
            author = new.author or commit.author
            event = StoredEvent(
                position, new.stream, new.version, new.type, new.body,
                new.occurred_at or commit.occurred_at, self._recorded_at,
                commit.command_id, author.actor, author.post, author.body, author.grant, author.on_behalf_of,
            )  # fmt: skip
            self._events.append(event)
            self._streams[event.stream].append(event)
        committed = Committed(first, len(self._events), self._recorded_at)
        self._commands[commit.command_id] = (committed, commit.request_digest)
        return committed

    def read(self, after_position: int, limit: int) -> list[StoredEvent]:
        """Return up to ``limit`` events beyond a position, in order."""
        with self._grown:
            after = max(0, after_position)
            return self._events[after : after + limit]

    def read_at(self, positions: Sequence[int]) -> list[StoredEvent]:
        """Return the events at these positions, which ascend, in order; what is beyond the end is left out."""
        with self._grown:
            return [self._events[position - 1] for position in positions if 0 < position <= len(self._events)]

    def read_streams(self, tails: Sequence[Tail]) -> list[list[StoredEvent]]:
        """Return, for each tail, the events of its stream beyond its version, in order."""
        with self._grown:
            return [
                [event for event in self._streams.get(stream, ()) if event.version > after_version]
                for stream, after_version in tails
            ]

    def read_family(self, prefix: str, after_position: int, limit: int) -> list[StoredEvent]:
        """Return up to ``limit`` events beyond a position, in order, of the streams that begin with ``prefix``."""
        with self._grown:
            beyond = islice(self._events, max(0, after_position), None)
            return list(islice((event for event in beyond if event.stream.startswith(prefix)), limit))

    def head(self) -> Head:
        """Return where the log ends now."""
        with self._grown:
            return Head(len(self._events), self._recorded_at)

    def outcome_of(self, command_id: UUID, request_digest: bytes) -> Committed | Reused | None:
        """Return what an earlier append of this command recorded, or None if it recorded nothing."""
        with self._grown:
            found = self._commands.get(command_id)
        if found is None:
            return None
        outcome, digest = found
        return outcome._replace(replayed=True) if digest == request_digest else Reused(command_id)

    def recorded_by(self, command_id: UUID) -> Committed | None:
        """Return where a command stands, whatever it asked for, or None if it recorded nothing."""
        with self._grown:
            found = self._commands.get(command_id)
        return found[0]._replace(replayed=True) if found else None

    def outcomes_of(self, commands: Sequence[tuple[UUID, bytes]]) -> list[Committed | Reused | None]:
        """Return for each command id and request digest what `outcome_of` does."""
        return [self.outcome_of(command_id, digest) for command_id, digest in commands]

    def wait_beyond(self, position: int, timeout_seconds: float) -> int:
        """Return the last position as soon as it is beyond ``position``, or when the time is over."""
        with self._grown:
            self._grown.wait_for(lambda: len(self._events) > position, timeout_seconds)
            return len(self._events)

    def close(self) -> None:
        """Do nothing: there are no connections."""
