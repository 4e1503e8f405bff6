"""What witnesses signed is published with the checkpoint they signed, each witness's last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection

from ledger.cosignature import cosigned_at
from ledger.note import BadNote, Note, Signature, parse_note
from ledger.witness_policy import KnownWitness, WitnessPolicy


def cosigned(note: Note, witnesses: Sequence[KnownWitness]) -> Mapping[str, datetime]:
    """Return when which of these witnesses signed a checkpoint, by the policy's names; what is not good is none."""
    found: dict[str, datetime] = {}
    for witness in witnesses:
        for line in note.signatures:
            if not witness.key.made(line):
                continue
            try:
                found[witness.name] = cosigned_at(witness.key, note.text, line)
            except BadNote:
                continue
    return found


def publish_cosignatures(
    connection: Connection[Any], size: int, lines: Sequence[Signature], policy: WitnessPolicy, at: datetime
) -> bool:
    """Add these lines to the checkpoint of a size, each in the place of the same witness's last; tell if it is met.

    A checkpoint that has been replaced or is gone is left: the next one is asked for.
    """
    with connection.transaction():
        row = connection.execute(
            "SELECT note FROM ledger.checkpoints WHERE size = %s FOR UPDATE", [size]
        ).fetchone()
        if row is None:
            return False
        note = parse_note(bytes(row[0]))
        by_key = {(line.name, line.key_id): line for line in (*note.signatures, *lines)}
        changed = Note(note.text, tuple(by_key.values()))
        is_met = policy.is_met(cosigned(changed, policy.witnesses))
        connection.execute(
            "UPDATE ledger.checkpoints SET note = %s, witnessed_at = CASE WHEN %s THEN %s ELSE witnessed_at END"
            " WHERE size = %s",
            [changed.file, is_met, at, size],
        )
    return is_met
