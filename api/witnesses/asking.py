"""The log asks its witnesses to cosign each checkpoint, and publishes what they sign.

Of each witness it is remembered what it cosigned last; where it says otherwise, its word is taken. A witness that does
not answer holds up nobody: neither the signer, nor the others.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx2
import psycopg
from psycopg import Connection

from api.database import Clock, now
from api.logs import log
from ledger.connect import connect
from ledger.cosignature import cosigned_at
from ledger.cosigning import publish_cosignatures
from ledger.log import LogError
from ledger.note import BadNote, Note, Signature, parse_note, parse_signature, parse_vkey
from ledger.roles import RoleNames
from ledger.tree import SignedTree, Tree, latest_checkpoint
from ledger.witness_policy import KnownWitness, WitnessPolicy
from ledger.witness_request import Addition

LOOK_SECONDS = 0.5
HEARTBEAT = timedelta(minutes=1)
"""How often a witness is asked again while the log does not grow, so that one sees that it is still being looked at."""
ANSWER_SECONDS = 5.0
AGAIN_SECONDS = 1.0
LARGEST_ANSWER = 16_384


class NoAnswer(Exception):
    """A witness did not cosign; the message says why."""


@dataclass(slots=True)
class Asked:
    """A witness, and how it stands with it."""

    witness: KnownWitness
    size: int = 0
    """The size of the tree it cosigned last."""
    cosigned: int | None = None
    """The size it cosigned for us last, None for none yet."""
    again_at: datetime | None = None
    """When it is asked again, though the log does not grow or it did not answer."""
    trouble: str = ""
    """Why it did not cosign the last time; empty where it did."""
    failures: int = field(default=0)


class Witnessing:
    """Asks the witnesses of the log of one name, as the signer role."""

    def __init__(
        self, database_url: str, origin: str, policy: WitnessPolicy, roles: RoleNames, clock: Clock = now
    ) -> None:
        self._url = database_url
        self._origin = origin
        self._policy = policy
        self._roles = roles
        self._clock = clock
        self._asked = [Asked(witness) for witness in policy.witnesses if witness.address]
        self._reading = threading.Lock()

    def run(self, stop: threading.Event) -> None:
        """Ask until ``stop`` is set; a failing database is waited for."""
        while self._asked and not stop.is_set():
            try:
                with (
                    connect(self._url, self._roles.signer, "witnesses") as connection,
                    ThreadPoolExecutor(len(self._asked), thread_name_prefix="witness") as asking,
                ):
                    while not stop.is_set():
                        self.ask_all(connection, asking)
                        stop.wait(LOOK_SECONDS)
            except (psycopg.Error, LogError, BadNote) as failure:
                log.warning("witnesses_not_asked", warning=str(failure))
                stop.wait(AGAIN_SECONDS)

    def ask_all(self, connection: Connection[Any], asking: ThreadPoolExecutor) -> bool:
        """Ask those whose time has come, and publish what they sign; tell whether the policy is met by it."""
        signed, at = latest_checkpoint(connection), self._clock()
        due = [one for one in self._asked if signed and _is_due(one, signed.size, at)]
        if signed is None or not due:
            return False
        tree, note = Tree(connection, self._origin), _own(signed)
        answers = asking.map(lambda one: self._line(one, tree, signed.size, note), due)
        if lines := [line for line in answers if line]:
            return publish_cosignatures(connection, signed.size, lines, self._policy, self._clock())
        return False

    def _line(self, one: Asked, tree: Tree, size: int, note: Note) -> Signature | None:
        """Return what a witness signed; None where it did not, which is remembered and said once."""
        try:
            line = self._cosigned(one, tree, size, note)
        except (NoAnswer, BadNote, LogError, httpx2.HTTPError, OSError, ValueError) as failure:
            why = str(failure) or type(failure).__name__
            if why != one.trouble:
                log.warning("witness_did_not_sign", name=one.witness.name, warning=why)
            one.trouble, one.failures = why, one.failures + 1
            one.again_at = self._clock() + min(timedelta(seconds=2**one.failures), HEARTBEAT)
            return None
        one.size = one.cosigned = size
        one.trouble, one.failures, one.again_at = "", 0, self._clock() + HEARTBEAT
        return line

    def _cosigned(self, one: Asked, tree: Tree, size: int, note: Note) -> Signature:
        """Return a witness's good line, asked at most twice: once more where it remembers another size."""
        for _ in range(2):
            if one.size > size:
                raise NoAnswer(
                    f"it has cosigned {one.size} entries, and here {size} are signed: this log was put back"
                )
            # They are asked side by side, and all read through one connection.
            with self._reading:
                path = tree.consistency(one.size, size)
            status, answer = _posted(one.witness, Addition(one.size, path, note).file)
            if status == httpx2.codes.OK:
                return _good_line(one.witness, note, answer)
            if status != httpx2.codes.CONFLICT or not answer.strip().isdigit():
                raise NoAnswer(f"it answered {status}: {answer.strip()[:200]}")
            if int(answer) == one.size:
                raise NoAnswer(
                    f"it has seen another tree of {one.size} entries: two histories are being shown"
                )
            one.size = int(answer)
        raise NoAnswer("it says another size each time it is asked")


def _is_due(one: Asked, size: int, at: datetime) -> bool:
    if one.again_at is not None and at >= one.again_at:
        return True
    return one.again_at is None or (not one.trouble and one.cosigned != size)


def _own(signed: SignedTree) -> Note:
    """Return a checkpoint with the log's own signatures alone."""
    note, keys = parse_note(signed.note), [parse_vkey(line) for line in signed.vkeys.split()]
    return Note(note.text, tuple(line for line in note.signatures if any(key.made(line) for key in keys)))


def _good_line(witness: KnownWitness, note: Note, answer: str) -> Signature:
    for line in answer.splitlines():
        signature = parse_signature(line)
        if witness.key.made(signature):
            cosigned_at(witness.key, note.text, signature)
            return signature
    raise NoAnswer("it answered without a signature of its key")


def _posted(witness: KnownWitness, request: bytes) -> tuple[int, str]:
    """Return a witness's status and what it says, as much of it as an answer can have."""
    with (
        httpx2.Client(timeout=ANSWER_SECONDS, trust_env=False, follow_redirects=False) as client,
        client.stream("POST", f"{witness.address}/add-checkpoint", content=request) as response,
    ):
        answer = bytearray()
        for part in response.iter_bytes():
            answer += part
            if len(answer) > LARGEST_ANSWER:
                raise NoAnswer("it answered more than an answer can have")
    return response.status_code, answer.decode(errors="replace")
