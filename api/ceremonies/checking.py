"""A record looked at again: is it what was signed, and by whom?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from api.ceremonies.outcome import Finding, finding, sha256
from api.ceremonies.record import JSON_FILE, NOTE_FILE, PAGE_FILE, Record
from ledger.codec import Unstorable
from ledger.note import BadNote, PublicKey, parse_note, parse_vkey, verify_note


class Checked(NamedTuple):
    """What a record says, where it can be read, and what is wrong with it."""

    record: Record | None
    findings: Sequence[Finding]


def checked_record(folder: Path, signer: PublicKey | None) -> Checked:
    """Return what is wrong with a record, as this key signed it; None believes the record which key that was.

    Nothing is believed of a record that cannot be read, or that nobody signed.
    """
    missing = [name for name in (JSON_FILE, PAGE_FILE, NOTE_FILE) if not (folder / name).is_file()]
    if missing:
        return Checked(None, [finding("record_misses", file=name) for name in missing])
    content = (folder / JSON_FILE).read_bytes()
    try:
        record = Record.model_validate_json(content)
        is_canonical = record.file == content
    except (ValidationError, Unstorable, ValueError):
        return Checked(None, [finding("record_unreadable", file=JSON_FILE)])
    if not is_canonical:
        return Checked(None, [finding("record_unreadable", file=JSON_FILE)])
    return Checked(record, list(_findings(folder, record, signer)))


def _findings(folder: Path, record: Record, signer: PublicKey | None) -> Iterator[Finding]:
    try:
        note = parse_note((folder / NOTE_FILE).read_bytes())
        verify_note(note, [signer or parse_vkey(record.signer)])
    except BadNote as error:
        yield finding("record_not_signed", error=str(error))
        return
    due = record.note_text((folder / PAGE_FILE).read_bytes()).splitlines()
    was = note.text.splitlines()
    for position in range(max(len(due), len(was))):
        signed_line = was[position] if position < len(was) else "—"
        line = due[position] if position < len(due) else "—"
        if signed_line != line:
            yield finding("record_differs", file=line.partition(" ")[0], signed=signed_line, found=line)
    for name, digest in record.attachments.items():
        file = folder / name
        if Path(name).name != name or not file.is_file():
            yield finding("record_misses", file=name)
        elif sha256(file.read_bytes()) != digest:
            yield finding("record_differs", file=name, signed=digest, found=sha256(file.read_bytes()))
