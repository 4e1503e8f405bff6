"""What the districts reported of one activity."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.access import Reach
from api.openapi import TOKEN_READ_PROBLEMS
from api.parameters import MilestoneId, MomentQuery, ProcessId
from api.reading import answer_list, reading
from api.routes.milestones import known_milestone
from projections.page import Page
from projections.parts import PartRow, list_parts

router = APIRouter(prefix="/api/v1/processes/{process}/milestones/{milestone}/parts", tags=["milestones"])


@router.get("", response_model=Page[PartRow], responses=TOKEN_READ_PROBLEMS)
def list_all(
    request: Request, process: ProcessId, milestone: MilestoneId, reach: Reach, query: MomentQuery
) -> Response:
    """List what each district last reported of an activity, beside its state's own figure. Also as CSV."""
    with reading(request, query.as_of) as (connection, as_of):
        known_milestone(connection, process, milestone, as_of, reach)
        rows = list_parts(connection, process, milestone, as_of)
    return answer_list(request, rows, PartRow)
