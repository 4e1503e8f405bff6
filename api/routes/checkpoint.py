"""The last checkpoint, and which witnesses signed it, as data."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.access import PUBLIC
from api.checkpoint_state import CheckpointState, checkpoint_state
from api.openapi import READ_PROBLEMS
from api.parameters import PlainQuery
from api.reading import answer

router = APIRouter(prefix="/api/v1/checkpoint", tags=["events"], dependencies=[PUBLIC])


@router.get("", response_model=CheckpointState, responses=READ_PROBLEMS)
async def get(request: Request, query: PlainQuery) -> Response:  # noqa: ARG001 - refuses the rest
    """Read how the log stands: the checkpoint that was signed last, and which witnesses signed it.

    For people and dashboards. Who verifies reads the signed note at `/log/checkpoint`, and believes nothing else.
    """
    return answer(request, await asyncio.to_thread(checkpoint_state, request.app.state.resources))
