"""The receipt of a report (*acuse de recibo*), by the id of its command."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from api.access import PUBLIC
from api.auth import authenticate
from api.openapi import READ_PROBLEMS
from api.parameters import PlainQuery
from api.reading import answer
from api.receipts import RecordedReceipt, find_receipt, origin_of

router = APIRouter(prefix="/api/v1/receipts", tags=["reports"], dependencies=[PUBLIC])

CommandId = Annotated[UUID, Path(description="The `Idempotency-Key` it was reported with.")]


@router.get("/{command_id}", response_model=RecordedReceipt, responses=READ_PROBLEMS)
async def get(request: Request, command_id: CommandId, query: PlainQuery) -> Response:  # noqa: ARG001 - refuses the rest
    """Read the receipt of a report: what was recorded, when, by which post, and where it stands in the log.

    Of a case that is not public, only with a token whose authority reaches it.
    """
    caller = await authenticate(request) if "authorization" in request.headers else None
    resources = request.app.state.resources
    receipt = await find_receipt(resources, command_id, caller, origin_of(request))
    return answer(request, receipt)
