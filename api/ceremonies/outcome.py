"""What a ceremony found: whether it was passed, what it comes to in one digest, and what is to be told of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict

from api.words import speak_plainly
from ledger.checkpoint import Checkpoint

Ceremony = Literal["software", "empty", "log", "projections"]
"""The four: what runs, a log in which nothing was said, the signed log, and the tables told from it."""


class Told(BaseModel):
    """A part of what a record tells, as it is stored and shown."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Finding(Told):
    """One thing an auditor has to know, in both languages, and the positions of the log it is about."""

    es: str
    en: str
    first_position: int | None = None
    last_position: int | None = None


class Fact(Told):
    """A figure or a name; ``ceremony.fact_<name>`` of the words says what it is."""

    name: str
    value: int | str


class Listing(Told):
    """A table; ``ceremony.column_<name>`` of the words heads each column."""

    columns: Sequence[str]
    rows: Sequence[Sequence[int | str]]


NOTHING_LISTED = Listing(columns=[], rows=[])


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a ceremony found. It is passed where nothing was found that is wrong."""

    ceremony: Ceremony
    origin: str
    """The log it was held for; empty where that is not known."""
    simulated: bool | None
    """Whether nothing in that log happened; None where that is not known."""
    checkpoint: Checkpoint | None
    """How the log stood; None where that could not be established."""
    digest: str
    """What it comes to: a SHA-256 in hexadecimal, to be compared with another one's. Empty where it came to nothing."""
    facts: Sequence[Fact]
    findings: Sequence[Finding] = ()
    """What is wrong."""
    remarks: Sequence[Finding] = ()
    """What is not wrong, and yet to be known by who signs."""
    listing: Listing = NOTHING_LISTED
    attachments: Mapping[str, bytes] = field(default_factory=dict)
    """Files that go with the record, by their names."""

    @property
    def passed(self) -> bool:
        """Tell whether nothing is wrong."""
        return not self.findings


def finding(name: str, first: int | None = None, last: int | None = None, /, **figures: object) -> Finding:
    """Return what ``ceremony.finding_<name>`` of the words says of these figures, about these positions."""
    key = f"ceremony.finding_{name}"
    return Finding(
        es=speak_plainly("es")(key, **figures),
        en=speak_plainly("en")(key, **figures),
        first_position=first,
        last_position=last if last is not None else first,
    )


def sha256(content: bytes) -> str:
    """Return the SHA-256 of some bytes in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
