"""The tables of the site as files for a spreadsheet."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api import csv_table
from api.too_wide import refuse_too_wide
from api.view.activity_filters import AskedActivities, milestone_filter
from api.view.page import CACHE_CONTROL
from api.view.visit import Asked
from projections.entities import EntityStatus, entity_statuses
from projections.milestones import MilestoneRow, list_milestones

router = APIRouter(tags=["pages"])

ROWS = 5_000
"""More than all the activities of elections there are; of the steps of cases, the first."""


@router.get("/entidades.csv")
def entities_table(visit: Asked) -> Response:
    """Las 32 entidades como CSV."""
    with visit.reading() as reading:
        rows = entity_statuses(reading.connection, reading.as_of)
    return _file(csv_table.table(rows, csv_table.columns_of(EntityStatus)))


@router.get("/actividades.csv")
def activities_table(visit: Asked, asked: AskedActivities) -> Response:
    """Las actividades que cumplen los filtros, como CSV."""
    with visit.reading() as reading:
        where = milestone_filter(asked, reading)
        refuse_too_wide(where)
        rows = list_milestones(reading.connection, where, reading.as_of, limit=ROWS).items
    return _file(csv_table.table(rows, csv_table.columns_of(MilestoneRow)))


def _file(content: bytes) -> Response:
    return Response(content, media_type="text/csv; charset=utf-8", headers={"Cache-Control": CACHE_CONTROL})
