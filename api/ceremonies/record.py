"""The record of a ceremony: three files in a folder of their own, and those that go with it.

=============== ======================================================================================================
``record.json`` what was found, in canonical JSON (`ledger.codec`)
``record.html`` the same to be printed and signed by hand: one file, which needs nothing else
``record.note`` a signed note (C2SP signed-note) over the text below by the auditor's own key; none where nobody signed
=============== ======================================================================================================

The note's text is eight lines, a word and what it is::

    bitacora-ceremony@v1 software passed
    origin bitacora.example.mx/2026-2027
    checkpoint 4711 <the root, base64>
    held_at 2027-06-05T18:00:00Z
    held_at_mexico_city 2027-06-05T12:00:00-06:00
    digest <SHA-256, hexadecimal>
    record.json <SHA-256>
    record.html <SHA-256>

What is not known is a dash. ``record.json`` has the SHA-256 of each file that goes with it. Who attended is in none of
them: they write their names on paper.
"""

from __future__ import annotations

import base64
import os
import secrets
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from api.ceremonies.outcome import Ceremony, Fact, Finding, Listing, Outcome, Told, sha256
from ledger.checkpoint import Checkpoint
from ledger.codec import canonical
from ledger.note import SigningKey, signed

FORMAT: Literal["bitacora-ceremony@v1"] = "bitacora-ceremony@v1"
JSON_FILE, PAGE_FILE, NOTE_FILE = "record.json", "record.html", "record.note"
MEXICO_CITY = ZoneInfo("America/Mexico_City")


class FolderInUse(Exception):
    """A record is written into a folder of its own, and this one is not empty: a record is never overwritten."""


class Stood(Told):
    """How the log stood."""

    size: int
    root: str
    """Base64, as in its checkpoint."""


class Record(Told):
    """What ``record.json`` holds."""

    format: Literal["bitacora-ceremony@v1"] = FORMAT
    ceremony: Ceremony
    passed: bool
    origin: str
    simulated: bool | None
    checkpoint: Stood | None
    held_at: str
    """When, by the clock of the machine it was held on, in UTC."""
    held_at_mexico_city: str
    """The same instant as a clock of Mexico City shows it."""
    digest: str
    facts: Sequence[Fact]
    findings: Sequence[Finding]
    remarks: Sequence[Finding]
    listing: Listing
    attachments: Mapping[str, str]
    """The SHA-256 of each file that goes with it."""
    program: str
    """What it was held with."""
    signer: str
    """The key that signs it, as it is pinned; empty where nobody does."""

    @property
    def file(self) -> bytes:
        """What is written."""
        return canonical(self.model_dump(mode="json"))

    def note_text(self, page: bytes) -> str:
        """Return what is signed, beside this printed page."""
        stood = self.checkpoint
        lines = [
            f"{self.format} {self.ceremony} {'passed' if self.passed else 'failed'}",
            f"origin {self.origin or '-'}",
            f"checkpoint {stood.size} {stood.root}" if stood else "checkpoint -",
            f"held_at {self.held_at}",
            f"held_at_mexico_city {self.held_at_mexico_city}",
            f"digest {self.digest or '-'}",
            f"{JSON_FILE} {sha256(self.file)}",
            f"{PAGE_FILE} {sha256(page)}",
        ]
        return "".join(f"{line}\n" for line in lines)


def record_of(outcome: Outcome, held_at: datetime, key: SigningKey | None) -> Record:
    """Return the record of what a ceremony found at an instant, to be signed with a key, or by nobody."""
    return Record(
        format=FORMAT,
        ceremony=outcome.ceremony,
        passed=outcome.passed,
        origin=outcome.origin,
        simulated=outcome.simulated,
        checkpoint=_stood(outcome.checkpoint),
        held_at=held_at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        held_at_mexico_city=held_at.astimezone(MEXICO_CITY).isoformat(timespec="seconds"),
        digest=outcome.digest,
        facts=outcome.facts,
        findings=outcome.findings,
        remarks=outcome.remarks,
        listing=outcome.listing,
        attachments={name: sha256(content) for name, content in outcome.attachments.items()},
        program=f"bitacora-electoral {version('bitacora-electoral')}",
        signer=key.public.vkey if key else "",
    )


def write_record(
    record: Record, page: bytes, attachments: Mapping[str, bytes], folder: Path, key: SigningKey | None
) -> None:
    """Write a record into a new folder, whole or not at all. Raises `FolderInUse` and ``OSError``."""
    files = {**attachments, JSON_FILE: record.file, PAGE_FILE: page}
    if key:
        files[NOTE_FILE] = signed(record.note_text(page), [key]).file
    refuse_in_use(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    unfinished.mkdir()
    try:
        for name, content in files.items():
            with (unfinished / name).open("wb") as opened:
                opened.write(content)
                opened.flush()
                os.fsync(opened.fileno())
        # An empty folder gives way to it; one with something in it does not.
        unfinished.rename(folder)
    except OSError:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def refuse_in_use(folder: Path) -> None:
    """Refuse a folder that holds something. Raises `FolderInUse`."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderInUse(
            f"{folder} is not empty: a record is written into a folder of its own, and never over another."
        )


def _stood(checkpoint: Checkpoint | None) -> Stood | None:
    if checkpoint is None:
        return None
    return Stood(size=checkpoint.size, root=base64.b64encode(checkpoint.root).decode())
