"""Acts of legal effect that wait for a second person: look at one, agree with it, or reject it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Path, Query, Request
from fastapi.routing import APIRoute
from pydantic import Field
from starlette.responses import Response
from starlette.routing import Match

from api.access import Reach
from api.body import Sent
from api.four_eyes import Approval
from api.hidden import hides
from api.openapi import TOKEN_READ_PROBLEMS, WRITE_PROBLEMS
from api.parameters import ListQuestion, MomentQuery
from api.preconditions import Changed, not_as_read
from api.reading import answer, answer_page, not_found, reading
from api.recording import Attempt, Receipt, ToRecord, receipt_response, stale
from domain.access import Caller, authorise
from domain.legal_effect import action_to_decide
from domain.proposal import (
    PROPOSAL,
    ApproveProposal,
    Proposal,
    ProposalMade,
    ProposalStatus,
    RejectProposal,
    known_proposal,
    proposal_stream,
)
from domain.territory import Place
from ledger.ledger import Folded, View
from projections.page import Page
from projections.proposals import ProposalFilter, ProposalRow, get_proposal, list_proposals

router = APIRouter(prefix="/api/v1/proposals", tags=["proposals"])

ProposalId = Annotated[
    str,
    Path(
        pattern=r"^[0-9a-f-]{36}$",
        description="The proposal's id: that of the request that made it.",
        examples=["0e9c8d1a-5b1f-4a53-9a6c-2f6f2d6f7c11"],
    ),
]


class ProposalsQuestion(ListQuestion):
    """Which proposals to list; every condition that is given has to hold."""

    status: ProposalStatus | None = None
    """Only those that stand so."""
    territory: Place | None = None
    """Only those that change this place."""
    process: Annotated[str | None, Field(pattern=r"^[a-z0-9-]{1,120}$")] = None
    """Only those that change this process."""


@router.get("", response_model=Page[ProposalRow], responses=TOKEN_READ_PROBLEMS)
def list_all(request: Request, reach: Reach, query: Annotated[ProposalsQuestion, Query()]) -> Response:
    """List the acts of legal effect that were proposed, the last one first. Also as CSV.

    Those about a case that is not public are for who brings a token of its territory.
    """
    where = ProposalFilter(status=query.status, territory=query.territory, process=query.process, reach=reach)
    with reading(request, query.as_of) as (connection, as_of):
        page = list_proposals(connection, where, as_of, after=query.cursor, limit=query.limit)
    return answer_page(request, page, ProposalRow)


@router.get("/{proposal}", response_model=ProposalRow, responses=TOKEN_READ_PROBLEMS)
def get(request: Request, proposal: ProposalId, reach: Reach, query: MomentQuery) -> Response:
    """Read one proposal: what it would do, who proposed it, what became of it."""
    with reading(request, query.as_of) as (connection, as_of):
        row = get_proposal(connection, proposal, as_of, reach)
    if row is None:
        raise not_found(
            "unknown-proposal",
            es=f"No hay una propuesta «{proposal}» (en el momento consultado).",
            en=f"There is no proposal '{proposal}' (at the moment asked about).",
        )
    return answer(request, row, row.position)


@router.post("/{proposal}/approval", response_model=Receipt, responses=WRITE_PROBLEMS)
async def approve(
    request: Request,
    proposal: ProposalId,
    asked: Annotated[Attempt[ApproveProposal], Depends(ToRecord(ApproveProposal))],
) -> Response:
    """Agree with a proposal, as another person than who made it: what it proposes is recorded with the agreement.

    The receipt is that of the act itself.
    """
    folded = await asked.resources.ledger.load(PROPOSAL, proposal_stream(proposal))
    made = await _known(View(asked.resources.ledger, fresh=True), folded.state, asked.caller)
    authorise(asked.caller, action_to_decide(made.effect), made.territory, made.process)
    if folded.position not in asked.read and folded.state.approved_at is None:
        wrong = not_as_read(proposal_stream(proposal), folded.position, asked.read)
        raise await stale(asked.resources, wrong) if isinstance(wrong, Changed) else wrong
    endpoint, parameters, name, to_record = _route_of(request.app, made.address)
    command = to_record.model.model_validate_json(
        json.dumps({**json.loads(made.command), "occurred_at": _written(folded.state.act_at)})
    )
    act = replace(
        asked,
        sent=Sent(command, command.occurred_at),
        read=frozenset(made.read),
        address=made.address,
        approval=Approval(proposal, asked.command),
    )
    response: Response = await endpoint(**parameters, **{name: act})
    return response


@router.post("/{proposal}/rejection", response_model=Receipt, responses=WRITE_PROBLEMS)
async def reject(
    proposal: ProposalId, asked: Annotated[Attempt[RejectProposal], Depends(ToRecord(RejectProposal))]
) -> Response:
    """Disagree with a proposal, or take back one's own: it is done no more."""
    stream = proposal_stream(proposal)
    before: Folded[Any] = Folded(PROPOSAL.initial, 0, 0)

    async def decide(view: View) -> None:
        nonlocal before
        before = await view.load(PROPOSAL, stream)
        made = await _known(view, before.state, await asked.caller_in(view))
        if before.state.by is not None and before.state.by.actor == asked.caller.actor:
            view.author = before.state.by
        else:
            await asked.authorise(view, action_to_decide(made.effect), made.territory, made.process)
        if before.position not in asked.read:
            raise not_as_read(stream, before.position, asked.read)
        view.write(stream, asked.command.decide(before.state, asked.resources.clock()))

    recorded = await asked.record(decide)
    after = await asked.state_after(PROPOSAL, before, recorded, stream)
    return receipt_response(
        Receipt(
            command_id=asked.command_id, process=after.state.made.process, milestone=None,
            status=after.state.status(asked.resources.clock()), version=after.version, position=after.position,
            first_position=recorded.events[0].envelope.position if recorded.events else after.position,
            recorded_at=recorded.events[-1].envelope.recorded_at if recorded.events else None,
            changed=bool(recorded.events),
        ),
        recorded,
        location=f"/api/v1/proposals/{proposal}",
    )  # fmt: skip


async def _known(view: View, proposal: Proposal, caller: Caller) -> ProposalMade:
    """Return what was proposed. Raises `domain.event.Refused` where there is no such proposal, or is for the caller."""
    made = known_proposal(proposal)
    return known_proposal(PROPOSAL.initial) if await hides(view, made.process, caller) else made


def _route_of(app: FastAPI, address: str) -> tuple[Callable[..., Any], dict[str, str], str, ToRecord[Any]]:
    """Return what answers an address, the words of its path, and what reads its request and under which name."""
    scope = {"type": "http", "method": "POST", "path": address, "root_path": ""}
    for route in app.router.routes:
        match, found = route.matches(scope)
        if match is Match.FULL and isinstance(route, APIRoute):
            name, to_record = next(
                (needed.name, needed.call)
                for needed in route.dependant.dependencies
                if isinstance(needed.call, ToRecord)
            )
            return route.endpoint, found["path_params"], name or "asked", to_record
    raise LookupError(f"{address}: no route records anything there")


def _written(act_at: datetime | None) -> str:
    """Return the moment of an act as requests write it."""
    if act_at is None:
        raise ValueError("a proposal has the moment of its act")
    return act_at.isoformat()
