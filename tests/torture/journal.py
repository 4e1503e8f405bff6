"""What a writer asked for and what it was answered, written down as it happens, to be held against the log.

One file a process, one JSON line an entry. A line is in the file before the next thing is done: what the
writer has seen acknowledged, the journal knows, even if the writer is killed in the next instant.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Asked:
    """A command before its first sending: how many events it asks for, and the last position known by then."""

    command_id: UUID
    events: int
    known_position: int


@dataclass(frozen=True, slots=True)
class Answered:
    """A command was acknowledged: its events are at these positions, for ever."""

    command_id: UUID
    first_position: int
    last_position: int
    replayed: bool
    """Whether it took more than one sending: an earlier one had recorded it, and its answer was lost."""


@dataclass(frozen=True, slots=True)
class Journals:
    """Everything asked and everything answered, by command; and how often a writer was told what failure."""

    asked: Mapping[UUID, Asked]
    answered: Mapping[UUID, Answered]
    failures: Mapping[str, int]


class Journal:
    """The journal of one process, and what it has seen so far."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.known_position = 0

    def asked(self, command_id: UUID, events: int) -> None:
        """Note a command before it is sent for the first time."""
        self._write("asked", str(command_id), events, self.known_position)

    def answered(
        self, command_id: UUID, first_position: int, last_position: int, *, replayed: bool = False
    ) -> None:
        """Note an acknowledgement."""
        self._write("answered", str(command_id), first_position, last_position, replayed)
        self.known_position = max(self.known_position, last_position)

    def failed(self, name: str) -> None:
        """Note that a command was not answered: it will be sent again."""
        self._write("failed", name)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def _write(self, *entry: str | int) -> None:
        os.write(self._file, json.dumps(entry).encode() + b"\n")


def read_journals(folder: Path) -> Journals:
    """Return what all writers have noted until now."""
    asked: dict[UUID, Asked] = {}
    answered: dict[UUID, Answered] = {}
    failures: Counter[str] = Counter()
    for path in sorted(folder.glob("*.journal")):
        for line in path.read_bytes().splitlines(keepends=True):
            if not line.endswith(b"\n"):
                continue  # being written in this moment
            kind, subject, *rest = json.loads(line)
            if kind == "failed":
                failures[subject] += 1
            elif kind == "asked":
                asked[UUID(subject)] = Asked(UUID(subject), *rest)
            else:
                answered[UUID(subject)] = Answered(UUID(subject), *rest)
    return Journals(asked, answered, failures)
