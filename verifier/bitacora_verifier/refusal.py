"""What is wrong, where, and the number the program ends with. Whatever is not verified is refused."""

from __future__ import annotations

from enum import IntEnum


class Kind(IntEnum):
    """What kind of thing is wrong: the exit status."""

    ASKED_WRONGLY = 2
    """The question cannot be answered: no key was given, or what is remembered cannot be read."""
    MISSING = 3
    """A file that the log must have is not there, cannot be reached, or is not of the length it must have."""
    CHECKPOINT = 4
    """The checkpoint is not written as it must be, or none of the pinned keys has signed it."""
    HISTORY = 5
    """The log is shorter than it was, or has another past: the gravest there is."""
    TREE = 6
    """The entries, the tiles and the signed root do not belong together."""
    CLAIMS = 7
    """An entry is not written as it must be, or says what does not agree with its place."""
    RECEIPT = 8
    """A receipt does not prove what it was given for."""
    STALE = 9
    """The checkpoint is older than it may be."""
    WITNESSES = 10
    """Fewer of the witnesses signed it than the policy asks for, or one of them cannot have signed what is there."""


class Refused(Exception):
    """What was looked at is not verified. ``first`` and ``last`` are the positions in question, where that is known."""

    def __init__(
        self, kind: Kind, en: str, es: str, first: int | None = None, last: int | None = None
    ) -> None:
        # All of them, so that it can be sent from one process to another.
        super().__init__(kind, en, es, first, last)
        self.kind = kind
        self.en = en
        self.es = es
        self.first = first
        self.last = last if last is not None else first

    def __str__(self) -> str:
        return self.en
