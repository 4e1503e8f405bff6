"""The national page: where the country stands, in one sentence, one map and two lists."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse

from api.pages.entities import federal_election
from api.view.charts import span_of
from api.view.feeds import Feeds
from api.view.formats import local_day
from api.view.page import Content, answer
from api.view.visit import Asked, Reading, Visit
from api.words import speak
from domain.calendar import day_of
from projections.entities import national_status
from projections.late_reports import LateReportFilter, count_late_reports
from projections.milestones import MilestoneRow
from projections.named import list_named
from projections.processes import stage_rows
from projections.systems import list_systems
from projections.timeline import TimelineFilter, list_timeline

router = APIRouter(tags=["pages"])

LISTED = 6
"""How many activities the two lists show."""


@router.get("/", response_class=HTMLResponse)
def national_page(
    visit: Asked,
    vista: Annotated[str, Query(description="`tabla`: las entidades como tabla en vez de mapa.")] = "",
) -> Response:
    """Cómo va el país: lo vencido, las 32 entidades, lo atrasado y lo próximo."""
    return answer(visit, "national.html", lambda reading: _content(visit, reading, vista))


def _content(visit: Visit, reading: Reading, view: str) -> Content:
    connection, as_of = reading.connection, reading.as_of
    status = national_status(connection, as_of)
    federal = federal_election(reading)
    election_day = federal.election_day if federal else None
    listed = {
        f"{row.process}/{row.id}": row
        for row in list_named(connection, [*status.late_by_law, *status.upcoming], as_of)
    }
    latest = list_timeline(connection, TimelineFilter(reports_only=True), as_of, newest_first=True, limit=8)
    stages = stage_rows(connection, federal, status.federal_stages, as_of) if federal else []
    say = speak(visit.language)
    return {
        "status": status,
        "federal_process": federal.id if federal else "",
        "stages": stages,
        "election_day": election_day,
        "days_left": (day_of(election_day) - local_day(as_of.at)).days if election_day else None,
        "span": span_of(moment for stage in stages for moment in (stage.starts, stage.due)),
        "local_processes": sum(entity.process is not None for entity in status.entities),
        "unconfirmed": sum(not entity.confirmed for entity in status.entities),
        "late": [listed[name] for name in status.late_by_law if name in listed][:LISTED],
        "upcoming": [row for name in status.upcoming if (row := listed.get(name)) and _is_headline(row)][
            :LISTED
        ],
        "by_responsible": [
            (say(f"look.{one.responsible}"), one.tally, {"responsable": one.responsible})
            for one in status.by_responsible
        ],
        "latest": latest.items,
        "late_reports": count_late_reports(connection, LateReportFilter(), as_of),
        "systems": list_systems(connection, as_of),
        "view": view,
        "replay": visit.link("/auditoria", entidad="pais", al=""),
        "feeds": Feeds("/calendarios/MX.ics", "/novedades.atom"),
        "data": visit.data("/api/v1/entities/MX/status"),
        "changed": status.position,
    }


def _is_headline(row: MilestoneRow) -> bool:
    """Tell whether an activity may stand on the first page: a citizen's date known only from the law may not."""
    return row.kind != "limit" or row.date_official
