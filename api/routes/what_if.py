"""What would follow in a case if something were otherwise. Nothing is recorded."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator
from starlette.responses import Response

from api.access import Reach
from api.courses import course_of
from api.database import Resources
from api.openapi import TOKEN_READ_PROBLEMS
from api.parameters import Question
from api.reading import answer
from api.routes.cases import CaseId, unknown_case
from domain.access import may_see
from domain.calendar import Moment
from domain.consequence import Course
from domain.event import Refused
from domain.milestone_measures import known_outcome
from domain.names import Names
from domain.what_if import Happening, shifts, with_date, with_outcome
from ledger.ledger import View

router = APIRouter(prefix="/api/v1/cases", tags=["cases"])


class WhatIfQuestion(Question):
    """What is supposed: that a step is due at another moment, or that it is done with an outcome."""

    milestone: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]*\d(\.[0-9A-Z-]{1,10})?$")]
    """The step: `S02`."""
    due: Moment | None = None
    """The moment it would be due."""
    outcome: Annotated[str | None, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)] = None
    """The outcome it would come to."""
    done_at: AwareDatetime | None = None
    """When it would be done; now where it is left out."""

    @model_validator(mode="after")
    def _supposes_one_thing(self) -> WhatIfQuestion:
        if self.due is not None and (self.outcome is not None or self.done_at is not None):
            raise ValueError("suppose either another date (due) or that it is done (outcome, done_at)")
        return self


class ShiftRow(BaseModel):
    """What would become of one step."""

    model_config = ConfigDict(use_attribute_docstrings=True, frozen=True)

    milestone: str
    """The step: `S04`, or `S10.2` for a second round."""
    name: Names | None
    """What it is called."""
    happens: Happening
    """What would happen to it."""
    before: Moment | None
    """When it is due now."""
    after: Moment | None
    """When it would be due."""
    because: Names
    """Why."""
    breaks: Names | None
    """Which limit it would break, where it would."""


class WhatIf(BaseModel):
    """Everything that would follow."""

    model_config = ConfigDict(use_attribute_docstrings=True, frozen=True)

    case: str
    """The case."""
    shifts: list[ShiftRow]
    """What would become of each step that would change, in the order of the procedure."""
    breaks: int
    """How many limits would be broken."""


@router.get("/{case}/what-if", response_model=WhatIf, responses=TOKEN_READ_PROBLEMS)
async def what_if(
    request: Request, case: CaseId, reach: Reach, query: Annotated[WhatIfQuestion, Query()]
) -> Response:
    """Tell what would follow from another date or an outcome of one step, and which limits that would break."""
    resources: Resources = request.app.state.resources
    now = resources.clock()
    course = await course_of(View(resources.ledger, fresh=True), case, now)
    if course is None or not may_see(course.procedure.docket, course.territory, reach):
        raise unknown_case(case)
    if query.milestone not in course.milestones:
        raise _unknown_step(query.milestone, course)
    supposed = _supposed(course, query, now)
    rows = [
        ShiftRow(
            milestone=shift.id,
            name=_name(course, shift.id),
            happens=shift.happens,
            before=shift.before,
            after=shift.after,
            because=shift.because,
            breaks=shift.breaks,
        )
        for shift in shifts(supposed, now)
    ]
    return answer(request, WhatIf(case=case, shifts=rows, breaks=sum(row.breaks is not None for row in rows)))


def _supposed(course: Course, query: WhatIfQuestion, now: datetime) -> Course:
    if query.due is not None:
        return with_date(course, query.milestone, query.due)
    step = course.procedure.step(query.milestone.partition(".")[0])
    outcome = known_outcome(step, query.outcome)
    return with_outcome(course, query.milestone, outcome.id if outcome else None, query.done_at or now)


def _name(course: Course, id_: str) -> Names | None:
    step = course.procedure.by_id.get(id_.partition(".")[0])
    return step.name if step else None


def _unknown_step(milestone: str, course: Course) -> Refused:
    known = ", ".join(course.milestones)
    return Refused(
        "unknown-step",
        es=f"El expediente no tiene un paso {milestone}: tiene {known}.",
        en=f"The case has no step {milestone}: it has {known}.",
        fields=("milestone",),
    )
