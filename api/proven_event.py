"""One event of the log with its proof: what it says, who said it and by what right, and how it stands signed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api.database import Resources
from api.hidden import is_hidden
from api.reading import not_found
from domain.access import Caller
from domain.entity import zone_of
from domain.event import Event
from domain.milestone import MILESTONE, milestone_stream
from domain.milestone_events import Evidence
from domain.names import Names
from domain.process import PROCESS, Process, process_stream
from domain.proposal import PROPOSAL
from ledger.checkpoint import Checkpoint, Proof, parse_checkpoint
from ledger.codec import UnknownEvent, UnreadableEvent
from ledger.cosigning import cosigned
from ledger.entry import entry
from ledger.ledger import View, recorded_event
from ledger.log import StoredEvent
from ledger.merkle import leaf_hash
from ledger.note import Note, parse_note
from ledger.time_stamps import TimeStamp
from ledger.tree import Signing
from projections.given_rights import GivenRight, find_right

OF_A_PROCESS = frozenset({"milestone", "process", "tally-sheet", "tally-sheets"})
"""The families of streams whose second word is a process or a case."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What an event is about, in people's words."""

    process: str
    milestone: str | None
    name: Names
    """Of the activity, or of the process where it is about that."""
    process_name: Names
    territory: str
    zone: str
    """IANA zone of the hours people read on its page."""


@dataclass(frozen=True, slots=True)
class SignedProof:
    """A proof, and what the checkpoint it is kept with says and who signed that."""

    proof: Proof
    note: Note
    checkpoint: Checkpoint
    cosigned_at: dict[str, datetime]
    """When which of the log's witnesses signed it, by their names."""

    @property
    def own_lines(self) -> Proof:
        """The same proof with the log's own signatures alone: short, however many witnesses there are."""
        own = tuple(line for line in self.note.signatures if line.name == self.checkpoint.origin)
        return Proof(self.proof.index, self.proof.path, Note(self.note.text, own).file)


@dataclass(frozen=True, slots=True)
class ProvenEvent:
    """An event of the log, its bytes, and its proof where there is one yet."""

    stored: StoredEvent
    event: Event | None
    """What it says; None where this program does not know its type."""
    entry: bytes
    """What is hashed, signed and published."""
    about: Subject | None
    """None where it is about no process: a person, a calendar, the log itself."""
    right: GivenRight | None
    """How the right it was done under was given; None where no event says it."""
    signed: SignedProof | None
    """None while no checkpoint covers it."""
    time_stamp: TimeStamp | None
    """The first that covers it; None while none does."""
    signing: Signing

    @property
    def leaf(self) -> str:
        """The hash of its leaf (RFC 6962), in hexadecimal as `openssl dgst` writes it."""
        return leaf_hash(self.entry).hex()

    @property
    def evidence(self) -> list[Evidence]:
        """The documents this event names."""
        return list(_named(getattr(self.event, "evidence", None)))


async def find_proven_event(resources: Resources, position: int, caller: Caller | None) -> ProvenEvent:
    """Return the event at a position with its proof.

    Raises the same 404 `Problem` where there is none, and where it is of a case that is not public and the caller has
    no authority over.
    """
    missing = not_found(
        "no-proof-page",
        es=f"No hay una página de prueba del asiento n.º {position}: no existe, o no es de un expediente público.",
        en=f"There is no page with the proof of position {position}: it is not there, or not of a public case.",
    )
    found = await resources.ledger.read(position - 1, 1)
    if not found:
        raise missing
    (stored,) = found
    # What is kept will do: what is told of a process or of a plan has been so since before the event.
    view = View(resources.ledger, fresh=False)
    process = await _process_of(view, stored)
    known = (await view.load(PROCESS, process_stream(process))).state if process else None
    if process and known and is_hidden(known, caller, process):
        raise missing
    about = await _about(view, stored, process, known) if process and known else None
    return await asyncio.to_thread(_proven, resources, stored, about)


async def _process_of(view: View, stored: StoredEvent) -> str | None:
    """Return the process or the case an event is about; None where it is about none."""
    family, _, path = stored.stream.partition("/")
    if family in OF_A_PROCESS:
        return path.partition("/")[0]
    if family == PROPOSAL.family:
        made = (await view.load(PROPOSAL, stored.stream)).state.made
        return made.process if made else None
    return None


async def _about(view: View, stored: StoredEvent, process: str, known: Process) -> Subject | None:
    opened = known.opened
    if opened is None:
        return None
    family, _, path = stored.stream.partition("/")
    milestone = path.partition("/")[2] if family == MILESTONE.family else ""
    plan = None
    if milestone:
        plan = (await view.load(MILESTONE, milestone_stream(process, milestone))).state.plan
    about = plan or opened
    zone = plan.zone if plan else zone_of(opened.territory)
    return Subject(process, milestone or None, about.name, opened.name, about.territory, zone)


def _proven(resources: Resources, stored: StoredEvent, about: Subject | None) -> ProvenEvent:
    with resources.readers.connection() as connection:
        right = find_right(connection, stored.author_grant)
    log = resources.signed_log
    proof = log.proof(stored.position)
    return ProvenEvent(
        stored=stored,
        event=_told(stored),
        entry=entry(stored, resources.identity().origin),
        about=about,
        right=right,
        signed=_signed(resources, proof) if proof else None,
        time_stamp=log.time_stamp_covering(stored.position),
        signing=log.signing(),
    )


def _told(stored: StoredEvent) -> Event | None:
    try:
        return recorded_event(stored).event
    except (UnknownEvent, UnreadableEvent):
        return None


def _signed(resources: Resources, proof: Proof) -> SignedProof:
    note = parse_note(proof.checkpoint)
    hours = cosigned(note, resources.settings.witness_policy.witnesses)
    return SignedProof(proof, note, parse_checkpoint(note.text), dict(hours))


def _named(brought: Any) -> Iterator[Evidence]:
    """Yield the documents in a field: a report brings several, what is attached apart is one."""
    for one in brought if isinstance(brought, tuple) else (brought,):
        if isinstance(one, Evidence):
            yield one
