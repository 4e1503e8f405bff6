"""The 32 states and the country: what they are, and where their elections stand."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import Field
from starlette.responses import Response

from api.access import PUBLIC
from api.openapi import READ_PROBLEMS
from api.parameters import BothClocksQuestion, EntityCode, PlainQuery
from api.problems import Problem
from api.reading import answer, answer_list, not_found, reading_both_clocks
from domain.entity import FEDERATION, Entity, entities
from projections.entities import EntityStatus, NationalStatus, entity_status, entity_statuses, national_status
from projections.page import Page
from projections.second_clock import EVERYTHING, Scope

router = APIRouter(prefix="/api/v1/entities", tags=["entities"], dependencies=[PUBLIC])

AnyCode = Annotated[
    str,
    Path(pattern=r"^MX(-[A-Z]{3})?$", description="`MX` or a state's ISO 3166-2 code.", examples=["MX-JAL"]),
]


class StatusQuestion(BothClocksQuestion):
    """A query about where things stand."""

    due_soon_days: Annotated[int, Field(ge=0, le=366)] = 7
    """How near a date is to count as *due soon*."""


StatusQuery = Annotated[StatusQuestion, Query()]


@router.get("", response_model=Page[EntityStatus], responses=READ_PROBLEMS)
def list_entities(request: Request, query: StatusQuery) -> Response:
    """Tell where each of the 32 states stands, in INE's order. Also as CSV."""
    with reading_both_clocks(request, query) as (connection, as_of):
        rows = entity_statuses(connection, as_of, due_soon_days=query.due_soon_days)
    return answer_list(request, rows, EntityStatus)


@router.get("/{code}", response_model=Entity, responses=READ_PROBLEMS)
def get_entity(request: Request, code: EntityCode, query: PlainQuery) -> Response:  # noqa: ARG001 - refuses the rest
    """Tell what is known of a state: its institute, its offices, its zone, and the sources."""
    entity = entities().get(code)
    if entity is None:
        raise unknown_entity(code)
    return answer(request, entity)


@router.get("/{code}/status", response_model=EntityStatus | NationalStatus, responses=READ_PROBLEMS)
def get_status(request: Request, code: AnyCode, query: StatusQuery) -> Response:
    """Tell where a state stands; for `MX`, where the country does."""
    scope = EVERYTHING if code == FEDERATION else Scope(territory=code)
    with reading_both_clocks(request, query, scope) as (connection, as_of):
        if code == FEDERATION:
            return answer(request, national_status(connection, as_of, due_soon_days=query.due_soon_days))
        status = entity_status(connection, code, as_of, due_soon_days=query.due_soon_days)
    if status is None:
        raise unknown_entity(code)
    return answer(request, status)


def unknown_entity(code: str) -> Problem:
    """Return the problem of a code that is no state's."""
    return not_found(
        "unknown-entity",
        es=f"No hay una entidad con la clave {code}.",
        en=f"There is no state with the code {code}.",
    )
