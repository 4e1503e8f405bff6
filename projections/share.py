"""A share of a log: the processes that one of several followers tells.

What is written of a process comes from its own events alone, so shares can be told beside each other.
"""

from __future__ import annotations

from typing import NamedTuple
from zlib import crc32

LOG_NAME = "log"
"""What the followed log is called in the table of positions."""


class Share(NamedTuple):
    """One of so many shares, counted from 0."""

    number: int = 0
    of: int = 1

    @property
    def name(self) -> str:
        """What it is called in the table of positions."""
        return LOG_NAME if self.of == 1 else f"{LOG_NAME}, share {self.number + 1} of {self.of}"

    def has(self, stream: str) -> bool:
        """Tell whether a stream belongs to it: all those of a process do, or none (``milestone/{process}/{id}``)."""
        return self.of == 1 or crc32(stream.split("/", 2)[1].encode()) % self.of == self.number


WHOLE = Share()
"""The whole log."""
