"""The ledger's own interface: what is handed to a log, what comes back, and what a log can do.

Two logs keep it, with the same meaning: `ledger.postgres.PostgresLog` and `ledger.memory.MemoryLog`;
one contract suite (``tests/ledger/test_log.py``) runs on both.

**Positions** are 1, 2, 3 … over the whole log, without a gap, in commit order.
**Versions** count within one stream. Our own streams begin at 1; a foreign application's may begin at 0.
What a decision was made on is stated as *the last version of the stream*, and a stream without events
is stated as the version before its first: 0 where streams begin at 1, -1 where they begin at 0.
Both words mean the same, "it does not exist", and each log accepts either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple, Protocol
from uuid import UUID

from domain.event import Author

MAX_ENTRY_BYTES = 65_535
"""What one published entry may weigh: its length is a uint16 in C2SP tlog-tiles entry bundles."""

LONGEST_STREAM = 1_000
"""Characters the name of a stream may have."""

LONGEST_WORD = 300
"""Characters a type may have, and each word about an author."""

LAST_VERSION = 2**31 - 1
"""Versions are stored in four bytes."""


class NewEvent(NamedTuple):
    """One event to be recorded: where it goes and its bytes, which are stored and never made again."""

    stream: str
    version: int
    type: str
    body: bytes
    occurred_at: datetime | None = None
    """When the act happened, where that is another moment than its commit's."""
    author: Author | None = None
    """Who says so, where that is under another authority than its commit's."""


@dataclass(slots=True)
class Commit:
    """What one command wants recorded: all of it, or none.

    ``reads`` are streams the decision only looked at, each with the last version it saw. The streams that are
    written need no such line: the first new version says what was seen.
    ``request_digest`` (SHA-256, or empty) tells a command that is repeated from another one that reuses its id.
    Raises ``ValueError`` where there is no event or the versions of a stream do not follow one another.
    """

    # Not frozen only because that triples the time it takes to make one. Nobody changes it.

    command_id: UUID
    author: Author
    occurred_at: datetime
    events: Sequence[NewEvent]
    reads: Mapping[str, int] = field(default_factory=dict)
    request_digest: bytes = b""
    expected: dict[str, int] = field(init=False)
    """The last version of every stream it was decided on, read or written."""
    reached: dict[str, int] = field(init=False)
    """The last version of every stream that is written, once it is recorded."""

    def __post_init__(self) -> None:
        if not self.events:
            raise ValueError("a commit without events records nothing: do not append it")
        if self.occurred_at.tzinfo is None:
            raise ValueError(f"occurred_at has no time zone: {self.occurred_at.isoformat()}")
        expected = dict(self.reads)
        reached: dict[str, int] = {}
        for stream, version, type_, body, occurred_at, _ in self.events:
            if occurred_at is not None and occurred_at.tzinfo is None:
                raise ValueError(f"{stream}: occurred_at has no time zone: {occurred_at.isoformat()}")
            if stream not in reached:
                expected[stream] = version - 1
            elif reached[stream] != version - 1:
                raise ValueError(f"{stream}: version {version} does not follow the one before it")
            reached[stream] = version
            # What PostgreSQL would refuse is refused here, where it cannot hold up other people's commits.
            if not 0 < len(stream) <= LONGEST_STREAM or not 0 < len(type_) <= LONGEST_WORD:
                raise ValueError(
                    f"{stream!r} {type_!r}: an event needs a stream and a type, and neither endless"
                )
            if not 0 <= version <= LAST_VERSION:
                raise ValueError(f"{stream}: a version is a number from 0 to {LAST_VERSION}, not {version}")
            if len(body) > MAX_ENTRY_BYTES:
                raise ValueError(
                    f"{stream}: a body of {len(body):,} bytes is over the {MAX_ENTRY_BYTES:,} allowed"
                )
            check_text(stream)
            check_text(type_)
        self.expected = expected
        self.reached = reached


def check_text(text: str) -> None:
    """Raise ``ValueError`` for text that PostgreSQL cannot keep: NUL, or lone surrogates."""
    if "\0" in text:
        raise ValueError(f"{text!r} holds a NUL character, which is never stored")
    if not text.isascii():
        text.encode()


class Committed(NamedTuple):
    """Recorded and durable, at these positions; ``replayed`` where an earlier append of this command did it."""

    first_position: int
    last_position: int
    recorded_at: datetime
    replayed: bool = False


class Conflict(NamedTuple):
    """Not recorded: a stream has moved. ``actual`` is its last version, or None if it has no event."""

    stream: str
    expected: int
    actual: int | None


class Reused(NamedTuple):
    """Not recorded: another request was recorded under this command id."""

    command_id: UUID


Outcome = Committed | Conflict | Reused


class StoredEvent(NamedTuple):
    """One recorded event, as it is stored. A plain tuple, because a replay makes millions."""

    position: int
    stream: str
    version: int
    type: str
    body: bytes
    occurred_at: datetime
    recorded_at: datetime
    command_id: UUID
    author_actor: str
    author_post: str
    author_body: str
    author_grant: str
    author_on_behalf_of: str | None

    @property
    def author(self) -> Author:
        """Who said it."""
        return _author(*self[8:13])


@lru_cache(maxsize=1024)
def _author(actor: str, post: str, body: str, grant: str, on_behalf_of: str | None) -> Author:
    """Return an author, made once: the same people come back in thousands of events."""
    return Author(actor, post, body, grant, on_behalf_of)


class Tail(NamedTuple):
    """The part of a stream beyond a version; beyond -1 is all of it."""

    stream: str
    after_version: int = -1


class Head(NamedTuple):
    """Where the log ends: 0 and the moment it was made, while it is empty."""

    position: int
    recorded_at: datetime


class Log(Protocol):
    """What every log can do. All calls block; they may come from any thread unless they say otherwise."""

    def append(self, commits: Sequence[Commit]) -> list[Outcome]:
        """Record the commits one after the other, each wholly or not at all, and return an outcome for each.

        They are durable when this returns.
        Raises `Unavailable` when nothing was recorded, `OutcomeUnknown` when that cannot be told.
        """

    def begin_append(self, commits: Sequence[Commit]) -> Callable[[], list[Outcome]]:
        """Begin what `append` does, and return what waits for its end.

        Another may be begun before: they are recorded in the order in which they were begun, but for what
        has to be sent again. Both raise as `append` does.
        """

    def read(self, after_position: int, limit: int) -> list[StoredEvent]:
        """Return up to ``limit`` events beyond a position, in order."""

    def read_at(self, positions: Sequence[int]) -> list[StoredEvent]:
        """Return the events at these positions, which ascend, in order; what is beyond the end is left out."""

    def read_streams(self, tails: Sequence[Tail]) -> list[list[StoredEvent]]:
        """Return, for each tail, the events of its stream beyond its version, in order."""

    def read_family(self, prefix: str, after_position: int, limit: int) -> list[StoredEvent]:
        """Return up to ``limit`` events beyond a position, in order, of the streams that begin with ``prefix``."""

    def head(self) -> Head:
        """Return where the log ends now."""

    def outcome_of(self, command_id: UUID, request_digest: bytes) -> Committed | Reused | None:
        """Return what an earlier append of this command recorded, or None if it recorded nothing."""

    def recorded_by(self, command_id: UUID) -> Committed | None:
        """Return where a command stands, whatever it asked for, or None if it recorded nothing."""

    def outcomes_of(self, commands: Sequence[tuple[UUID, bytes]]) -> list[Committed | Reused | None]:
        """Return for each command id and request digest what `outcome_of` does."""

    def wait_beyond(self, position: int, timeout_seconds: float) -> int:
        """Return the last position as soon as it is beyond ``position``, or when the time is over."""

    def close(self) -> None:
        """Give back connections."""


class LogError(Exception):
    """A failure of the log itself, not a refusal by the rules."""


class Unavailable(LogError):
    """The log cannot be reached. Nothing was recorded; ask again later."""


class QueueFull(Unavailable):
    """More commands are waiting than the queue holds. Nothing was recorded; ask again in a moment."""


class OutcomeUnknown(LogError):
    """The connection was lost while recording. Ask again with the same command id: it is never recorded twice."""


class ReusedCommandId(LogError):
    """Another request was already recorded under this command id. Send a new id with a new request."""

    def __init__(self, command_id: UUID) -> None:
        super().__init__(f"command id {command_id} was already used for another request; send a new one")
        self.command_id = command_id
