"""The steps of a scope: how many events it has, which is the n-th, and which stand beside it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import AfterValidator, Field, model_validator
from starlette.responses import Response

from api.access import Reach
from api.openapi import TOKEN_READ_PROBLEMS
from api.parameters import MomentQuestion
from api.reading import answer, not_found, reading
from domain.territory import Territory
from domain.text import without_control_characters
from projections.replay import ReplayStep, find_of_type, get_step
from projections.timeline import TimelineFilter

router = APIRouter(prefix="/api/v1/replay", tags=["events"])


class ReplayQuestion(MomentQuestion):
    """Which scope, and which of its events."""

    process: Annotated[str | None, Field(pattern=r"^[a-z][a-z0-9_-]{2,80}$")] = None
    """Of a process or a case file; left out, of all elections."""
    milestone: Annotated[str | None, Field(max_length=40), AfterValidator(without_control_characters)] = None
    """Of one activity of that process."""
    territory: Territory | None = None
    """Of what happens in a state, or of what is national (`MX`)."""
    step: Annotated[int | None, Field(ge=1, le=10**18)] = None
    """The number of the event in the scope. By default, the last one."""
    position: Annotated[int | None, Field(ge=1, le=10**18)] = None
    """Instead of its number, a position of the log: the last event of the scope at or before it."""
    next_type: Annotated[
        str | None, Field(pattern=r"^[A-Z][A-Za-z]{2,60}$", examples=["MilestoneCompleted"])
    ] = None
    """Instead of that event, the nearest one after it of this type."""

    @model_validator(mode="after")
    def _one_of_each(self) -> ReplayQuestion:
        if self.step is not None and self.position is not None:
            raise ValueError("say either step or position")
        if self.milestone is not None and self.process is None:
            raise ValueError("a milestone is named with its process")
        return self


@router.get("", response_model=ReplayStep, responses=TOKEN_READ_PROBLEMS)
def find_step(request: Request, reach: Reach, query: Annotated[ReplayQuestion, Query()]) -> Response:
    """Find an event of a scope by its number, with the positions before and after it.

    What was known at its position is told by every read with `as_of`, what it changed by `/changes` between the
    position before it and its own, and the event itself by `/events/{position}`: all that `/auditoria` shows.
    """
    where = TimelineFilter(query.process, query.milestone, query.territory, reach=reach)
    with reading(request, query.as_of) as (connection, as_of):
        step = get_step(connection, where, as_of, number=query.step, position=query.position)
        if step is not None and query.next_type is not None:
            found = find_of_type(connection, where, as_of, query.next_type, beyond=step.position)
            step = get_step(connection, where, as_of, position=found) if found else None
    if step is None:
        raise unknown_step()
    return answer(request, step)


def unknown_step() -> Exception:
    """Return the problem of a step that a scope does not have."""
    return not_found(
        "unknown-step",
        es="Ese ámbito no tiene ese asiento: pregunta sin «step» cuántos tiene.",
        en="That scope has no such event: ask without 'step' how many it has.",
    )
