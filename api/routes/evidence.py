"""What supports an activity's reports; it is attached and withdrawn as other things are reported."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.access import Reach
from api.openapi import TOKEN_READ_PROBLEMS
from api.parameters import MilestoneId, MomentQuery, ProcessId
from api.reading import answer_list, reading
from api.routes.milestones import known_milestone
from projections.evidence import EvidenceRow, list_evidence
from projections.page import Page

router = APIRouter(prefix="/api/v1/processes/{process}/milestones/{milestone}/evidence", tags=["documents"])


@router.get("", response_model=Page[EvidenceRow], responses=TOKEN_READ_PROBLEMS)
def list_all(
    request: Request, process: ProcessId, milestone: MilestoneId, reach: Reach, query: MomentQuery
) -> Response:
    """List the documents that were brought to support an activity's reports, withdrawn ones among them. Also as CSV."""
    with reading(request, query.as_of) as (connection, as_of):
        known_milestone(connection, process, milestone, as_of, reach)
        rows = list_evidence(connection, process, milestone, as_of)
    return answer_list(request, rows, EvidenceRow)
