"""Two people for one act of legal effect: the request of one becomes a proposal, the agreement of another does it.

Both go the whole way of the request: what the rules refuse is refused when it is proposed, and again when approved.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, computed_field
from starlette.responses import Response

from api.persons import caller_of
from api.proof_address import proof_address
from domain.access import Caller
from domain.event import Event
from domain.grant import GrantGiven
from domain.legal_effect import LegalEffect, legal_effect
from domain.milestone import Milestone
from domain.person import is_person
from domain.process import Process
from domain.proposal import (
    GOOD_FOR,
    PROPOSAL,
    ApproveProposal,
    ProposalMade,
    digest_of,
    digest_of_versions,
    known_proposal,
    proposal_stream,
)
from domain.token import TOKEN, token_stream
from ledger.ledger import Recorded, View


@dataclass(frozen=True, slots=True)
class Act:
    """What a decision would do that takes two: its effect, its place, and what it would change, as it is."""

    effect: LegalEffect
    territory: str
    process: str | None
    rests_on: str


@dataclass(frozen=True, slots=True)
class Approval:
    """A proposal that is being approved, and the bytes that were looked at."""

    proposal: str
    command: ApproveProposal


class TwoNeeded(Exception):
    """A decision takes two people, and this is the first."""

    def __init__(self, act: Act) -> None:
        super().__init__(act.effect)
        self.act = act


class Proposed(Exception):
    """A request was recorded as a proposal: nothing else happened yet."""

    def __init__(self, recorded: Recorded) -> None:
        super().__init__(recorded.position)
        self.recorded = recorded
        self.proposal = recorded.events[0].envelope.command_id


def act_of(view: View) -> Act | None:
    """Return what a decision would do that takes two people; None where one is enough."""
    for stream, events in view.written.items():
        state = view.loaded[stream][1].state if stream in view.loaded else None
        for event in events:
            if effect := legal_effect(state, event):
                territory, process = _place(stream, state, event)
                versions = {each: view.last_version(each) for each in view.written}
                return Act(effect, territory, process, digest_of_versions(versions))
    return None


def proposal_of(
    act: Act, *, address: str, command: str, act_at: datetime, read: frozenset[int], now: datetime
) -> ProposalMade:
    """Return what is recorded of a request that takes two."""
    return ProposalMade(
        effect=act.effect, address=address, command=command, digest=digest_of(address, act_at, command),
        read=tuple(sorted(read)), rests_on=act.rests_on, territory=act.territory, process=act.process,
        expires_at=now + GOOD_FOR,
    )  # fmt: skip


async def write_approval(view: View, approval: Approval, act: Act, actor: str, now: datetime) -> None:
    """Write that the proposal was approved, beside what it does. Raises `domain.event.Refused`."""
    stream = proposal_stream(approval.proposal)
    proposal = (await view.load(PROPOSAL, stream)).state
    view.write(stream, approval.command.decide(proposal, actor, act.rests_on, now))


async def proposer_of(view: View, approval: Approval, now: datetime) -> Caller:
    """Return who proposed, with the rights they hold now."""
    proposal = (await view.load(PROPOSAL, proposal_stream(approval.proposal))).state
    known_proposal(proposal)
    actor = proposal.by.actor if proposal.by else ""
    if is_person(actor):
        return (await caller_of(view, actor, now))[1]
    token = (await view.load(TOKEN, token_stream(actor))).state
    return token.caller() if token.is_good(now) else Caller(actor)


class Waiting(BaseModel):
    """A request of legal effect was recorded as a proposal: another person has to agree before it is done."""

    model_config = ConfigDict(use_attribute_docstrings=True, frozen=True)

    proposal: UUID
    """The proposal: the request's `Idempotency-Key`."""
    effect: LegalEffect
    """Why it takes two."""
    digest: str
    """SHA-256 of what the second person agrees with."""
    expires_at: datetime
    """Until when somebody may agree."""
    position: int
    """Where the proposal stands in the log."""

    @computed_field  # type: ignore[prop-decorator]  # mypy knows no decorated property (its issue 1362)
    @property
    def proof(self) -> str:
        """Where the proof is had that it stands in the signed log: a second or so later."""
        return proof_address(self.position)


def proposed_response(recorded: Recorded) -> Response:
    """Return what the first of two is told, with where the second one agrees."""
    ((made, envelope),) = recorded.events
    assert isinstance(made, ProposalMade)  # noqa: S101 - it is asked of nothing else
    waiting = Waiting(
        proposal=UUID(envelope.command_id), effect=made.effect, digest=made.digest, expires_at=made.expires_at,
        position=envelope.position,
    )  # fmt: skip
    headers = {"Location": f"/api/v1/proposals/{envelope.command_id}", "ETag": f'"{envelope.position}"'}
    if recorded.replayed:
        headers["Idempotency-Replayed"] = "true"
    return Response(waiting.model_dump_json().encode(), 202, headers=headers, media_type="application/json")


def _place(stream: str, state: Any, event: Event) -> tuple[str, str | None]:
    """Return the territory and the process of what an act changes."""
    if isinstance(event, GrantGiven):
        return event.territory, event.process
    process = stream.split("/")[1]
    if isinstance(state, Milestone) and state.plan is not None:
        return state.plan.territory, process
    if isinstance(state, Process) and state.opened is not None:
        return state.opened.territory, process
    raise AssertionError(f"{stream}: an act of legal effect has a place")
