"""The ceremony of the log: all of it verified by the independent verifier, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

from api.ceremonies.outcome import Fact, Finding, Outcome
from ledger.checkpoint import parse_checkpoint
from ledger.note import parse_note

CHECKPOINT_FILE = "checkpoint"
"""The checkpoint that was verified, as it was signed."""


class Verification(NamedTuple):
    """How the verifier ended, and what it found; no outcome where it could not do its work."""

    code: int
    outcome: Outcome | None


def verification(place: str, options: Sequence[str]) -> Verification:
    """Have a log verified with these options of the verifier, whose words and progress go to standard error."""
    command = [sys.executable, "-m", "bitacora_verifier", "log", *options, "--json", "--", place]
    ended = subprocess.run(command, check=False, stdout=subprocess.PIPE)
    try:
        told = json.loads(ended.stdout)
    except ValueError:
        return Verification(ended.returncode or 1, None)
    if ended.returncode == 0:
        return Verification(0, _verified(told))
    # What was asked wrongly is no ceremony: nothing was looked at.
    return Verification(ended.returncode, None if told["kind"] == "asked_wrongly" else _refused(told, place))


def _verified(told: dict[str, Any]) -> Outcome:
    note = told["checkpoint"].encode()
    checkpoint = parse_checkpoint(parse_note(note).text)
    return Outcome(
        ceremony="log", origin=told["origin"], simulated=told["simulated"], checkpoint=checkpoint,
        digest=checkpoint.root.hex(),
        facts=[
            Fact(name="events", value=told["size"]),
            Fact(name="streams", value=told["streams"]),
            Fact(name="last_recorded_at", value=told["last_recorded_at"]),
            *(Fact(name="signed_by", value=vkey) for vkey in told["signed_by"]),
            *(Fact(name="continues", value=size) for size in told["continues"]),
        ],
        attachments={CHECKPOINT_FILE: note},
    )  # fmt: skip


def _refused(told: dict[str, Any], place: str) -> Outcome:
    found = Finding(
        es=told["es"],
        en=told["en"],
        first_position=told["first_position"],
        last_position=told["last_position"],
    )
    return Outcome(
        ceremony="log", origin="", simulated=None, checkpoint=None, digest="",
        facts=[Fact(name="place", value=place), Fact(name="refused_as", value=told["kind"])], findings=[found],
    )  # fmt: skip
