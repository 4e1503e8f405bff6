"""A proposal: an act of legal effect that one person wants done, until another has looked at the same bytes and agrees.

It expires, and it is void once what it was decided on has moved. Its stream is ``proposal/{id}``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Literal, assert_never

from pydantic import AwareDatetime, Field

from domain.event import Author, Envelope, Event, Line, Payload, Prose, Refused, Subject
from domain.legal_effect import LegalEffect
from domain.territory import Place

GOOD_FOR = timedelta(hours=24)
"""How long somebody has to agree."""

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256, in hexadecimal."""

ProposalStatus = Literal["pending", "approved", "rejected", "expired"]


class ProposalMade(Event, type="ProposalMade.v1"):
    """Somebody wants an act of legal effect done. The envelope's ``occurred_at`` is the moment of that act."""

    effect: LegalEffect
    address: Line
    """Where it was sent: ``/api/v1/processes/pef-2026-2027/closing``."""
    command: Annotated[str, Field(max_length=32_768)]
    """What was sent, as JSON."""
    digest: Digest
    """Of the address, the moment of the act and the command: what both look at."""
    read: tuple[int, ...] = ()
    """The positions the proposer had read it at."""
    rests_on: Digest
    """Of what it would change, as it was then."""
    territory: Place
    process: Line | None = None
    expires_at: AwareDatetime


class ProposalApproved(Event, type="ProposalApproved.v1"):
    """Another person looked at the same bytes and agreed; what they do is recorded in the same commit."""

    digest: Digest


class ProposalRejected(Event, type="ProposalRejected.v1"):
    """Somebody disagreed, or who proposed it took it back."""

    reason: Prose


ProposalEvent = ProposalMade | ProposalApproved | ProposalRejected
"""Everything that can happen to a proposal."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposal as its events leave it."""

    id: str = ""
    made: ProposalMade | None = None
    by: Author | None = None
    """Who proposed it."""
    act_at: datetime | None = None
    """The moment of the act."""
    made_at: datetime | None = None
    approved_at: datetime | None = None
    rejected_at: datetime | None = None
    version: int = 0

    def status(self, at: datetime) -> ProposalStatus:
        """Return where it stands at an instant."""
        if self.approved_at is not None:
            return "approved"
        if self.rejected_at is not None:
            return "rejected"
        return "pending" if self.made is not None and at < self.made.expires_at else "expired"


def evolve(proposal: Proposal, event: Event, envelope: Envelope) -> Proposal:
    """Return the proposal after one more event."""
    return replace(_evolved(proposal, event, envelope), version=envelope.version)  # type: ignore[arg-type]  # the ledger folds a stream with its own events


def _evolved(proposal: Proposal, event: ProposalEvent, envelope: Envelope) -> Proposal:
    match event:
        case ProposalMade():
            id_ = envelope.stream.removeprefix("proposal/")
            return Proposal(id_, event, envelope.author, envelope.occurred_at, envelope.recorded_at)
        case ProposalApproved():
            return replace(proposal, approved_at=envelope.recorded_at)
        case ProposalRejected():
            return replace(proposal, rejected_at=envelope.recorded_at)
        case _ as unknown:
            assert_never(unknown)


PROPOSAL: Subject[Proposal] = Subject("proposal", Proposal(), evolve)
"""How a proposal's stream is folded."""


class ApproveProposal(Payload):
    """Agree with a proposal, having looked at what it does."""

    digest: Digest
    """The digest of what was looked at: it is done only if it is this."""

    def decide(self, proposal: Proposal, actor: str, rests_on: str, at: datetime) -> Sequence[Event]:
        """Refuse the proposer's own agreement, other bytes, and what expired or was decided on something that moved."""
        made = _pending(proposal, at)
        if proposal.by is not None and proposal.by.actor == actor:
            raise Refused(
                "own-proposal",
                es="Quien propone no aprueba: lo aprueba otra persona.",
                en="Who proposes does not approve: another person does.",
            )
        if made.digest != self.digest:
            raise Refused(
                "other-bytes",
                es="Lo que revisaste no es lo que se propuso: léelo otra vez y aprueba con su «digest».",
                en="What you looked at is not what was proposed: read it again and approve with its 'digest'.",
                fields=("digest",),
            )
        if made.rests_on != rests_on:
            raise Refused(
                "moved-since-proposed",
                es="Lo que se iba a cambiar cambió después de la propuesta, que queda sin efecto: hay que proponerlo "
                "otra vez.",
                en="What was to be changed has changed since the proposal, which is void: propose it again.",
            )
        return [ProposalApproved(digest=self.digest)]


class RejectProposal(Payload):
    """Disagree with a proposal, or take back one's own."""

    reason: Prose

    def decide(self, proposal: Proposal, at: datetime) -> Sequence[Event]:
        """Do nothing where it was rejected already; refuse what was approved or has expired."""
        if proposal.rejected_at is not None:
            return []
        _pending(proposal, at)
        return [ProposalRejected(reason=self.reason)]


def known_proposal(proposal: Proposal) -> ProposalMade:
    """Return what was proposed. Raises `Refused` where there is no such proposal."""
    if proposal.made is None:
        raise Refused(
            "unknown-proposal",
            es="No existe esa propuesta: búscala en la lista de propuestas.",
            en="There is no such proposal: look for it in the list of proposals.",
        )
    return proposal.made


def _pending(proposal: Proposal, at: datetime) -> ProposalMade:
    made = known_proposal(proposal)
    status = proposal.status(at)
    if status != "pending":
        words = {
            "approved": ("ya se aprobó", "was approved already"),
            "rejected": ("se rechazó", "was rejected"),
            "expired": ("venció", "has expired"),
        }[status]
        raise Refused(
            "proposal-not-pending",
            es=f"La propuesta {words[0]}: si aún hace falta, proponlo otra vez.",
            en=f"The proposal {words[1]}: if it is still needed, propose it again.",
        )
    return made


def proposal_stream(proposal: str) -> str:
    """Return the stream of a proposal."""
    return f"proposal/{proposal}"


def digest_of(address: str, act_at: datetime, command: str) -> str:
    """Return what two people look at the same of."""
    return hashlib.sha256(f"{address}\n{act_at.isoformat()}\n{command}".encode()).hexdigest()


def digest_of_versions(versions: dict[str, int]) -> str:
    """Return a digest of streams and their versions."""
    text = "".join(f"{stream} {version}\n" for stream, version in sorted(versions.items()))
    return hashlib.sha256(text.encode()).hexdigest()
