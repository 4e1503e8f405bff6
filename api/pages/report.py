"""Reporting a step: one form, which goes the way every report goes (`api.routes.milestone_reports`)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse

from api.body import Sent, read_body, request_model
from api.database import Resources
from api.problems import Problem, nothing_here, problem_of
from api.recording import Receipt, attempt
from api.reportable import FORMS, Reportable, reportable
from api.routes.milestone_reports import ReportRoute, record_report
from api.sign_in.session import Staff, StaffOnly, refuse_foreign_form
from api.view.private_page import private_page
from api.view.report_body import body_of
from api.view.report_forms import OF_A_CORRECTION, Typed, beginning, fields_of
from api.view.visit import Asked, Visit
from domain.entity import FEDERATION
from domain.event import Refused
from domain.milestone_replacement import ReplaceMilestone
from domain.procedure import PlanError
from ledger.log import LogError
from projections.milestone_filter import MilestoneFilter
from projections.milestones import MilestoneRow, list_milestones

router = APIRouter(tags=["pages"])

MOST_BOXES = 400
"""Boxes of the widest form: a step that measures several quantities in many groups."""
MOST_OTHERS = 500
"""Activities of one place that a form offers; others are named by their id."""
OWN = frozenset({"form_key", "key", "read"})
"""What a form carries besides what was typed."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A form as it stands: what was typed, the key it is recorded once under, and what its author had read."""

    typed: Typed
    key: UUID
    read: int
    others: Sequence[MilestoneRow] = ()
    """The activities it offers, where it asks for another."""


@router.get("/procesos/{process}/actividades/{milestone}/reportar", response_class=HTMLResponse)
async def report_page(
    visit: Asked, staff: StaffOnly, process: str, milestone: str, que: str = "", reporte: str = ""
) -> Response:
    """Reportar una actividad: lo que se puede reportar de ella, o el formulario de uno de esos reportes."""
    asked = await reportable(visit.resources, staff.caller, process, milestone)
    route = _route(asked, staff, que)
    if route is None:
        return _page(visit, staff, asked, None, None)
    stand = asked.reports_that_stand()
    report = reporte if reporte in stand else next(iter(stand), "")
    typed = beginning(route, asked, visit.resources.clock(), report)
    return _page(
        visit, staff, asked, route, Draft(typed, uuid4(), asked.position, await _others(visit, asked, route))
    )


@router.post("/procesos/{process}/actividades/{milestone}/reportar", response_class=HTMLResponse)
async def send_report(
    request: Request, visit: Asked, staff: StaffOnly, process: str, milestone: str, que: str = ""
) -> Response:
    """Registrar lo que se reporta: lleva al acuse, o vuelve al formulario con lo escrito y lo que falta."""
    async with request.form(max_files=0, max_fields=MOST_BOXES) as form:
        sent = {name: value for name, value in form.items() if isinstance(value, str)}
    refuse_foreign_form(request, staff, sent.get("form_key", ""))
    asked = await reportable(visit.resources, staff.caller, process, milestone)
    route = next((one for one in FORMS if one.resource == que), None)
    if route is None:
        raise nothing_here()
    draft = replace(_draft(route, sent), others=await _others(visit, asked, route))
    try:
        receipt = await _record(visit.resources, staff, asked, route, draft)
    except (Problem, Refused, LogError, PlanError) as error:
        problem = problem_of(error)
        if problem.status in {403, 404}:
            raise
        return _again(visit, staff, asked, route, draft, problem)
    if not receipt.changed:
        return _page(visit, staff, asked, route, draft, {"already_so": True})
    return RedirectResponse(f"/acuses/{receipt.command_id}", 303)


async def _record(
    resources: Resources, staff: Staff, asked: Reportable, route: ReportRoute, draft: Draft
) -> Receipt:
    raw = json.dumps(body_of(route, asked, draft.typed), ensure_ascii=False).encode("utf-8", "replace")
    command: Any = read_body(request_model(route.command), "application/json", raw)
    path = f"/api/v1/processes/{asked.process}/milestones/{asked.milestone}/{route.resource}"
    sent = Sent(command, command.occurred_at)
    proved = staff.proved_lately(resources.clock())
    one = attempt(resources, staff.caller, draft.key, sent, frozenset({draft.read}), path, proved=proved)
    receipt, _ = await record_report(one, asked.process, asked.milestone, route.action)
    return receipt


def _route(asked: Reportable, staff: Staff, que: str) -> ReportRoute | None:
    """Return the report that was chosen. One that cannot be made now is answered by the list of those that can."""
    return next((route for route in asked.offered(staff.caller) if route.resource == que), None)


async def _others(visit: Visit, asked: Reportable, route: ReportRoute) -> Sequence[MilestoneRow]:
    """Return the activities that a form offers to be done instead."""
    if route.command is not ReplaceMilestone:
        return ()
    # The form waits for the projections: others do not wait for it.
    return await run_in_threadpool(_may_replace, visit, asked)


def _may_replace(visit: Visit, asked: Reportable) -> list[MilestoneRow]:
    """Return the activities of its process, and of its place or national, that are not called off."""
    own = asked.plan.territory
    with visit.reading() as reading:
        rows = [
            row
            for place in dict.fromkeys((own, FEDERATION))
            for row in list_milestones(
                reading.connection,
                MilestoneFilter(process=asked.process, territory=place, reach=own),
                reading.as_of,
                limit=MOST_OTHERS,
            ).items
        ]
    closed = {"cancelled", "not_applicable"}
    return [row for row in rows if row.id != asked.milestone and not row.same_as and row.status not in closed]


def _draft(route: ReportRoute, sent: Mapping[str, str]) -> Draft:
    """Return a form as it was sent. Raises a 400 `Problem` where it is none of ours."""
    typed = {name: value for name, value in sent.items() if name not in OWN}
    says_of_what = route.resource != "correction" or typed.get("report") in OF_A_CORRECTION
    try:
        key, read = UUID(sent.get("key", "")), int(sent.get("read", ""))
    except ValueError:
        raise _malformed() from None
    if not says_of_what:
        raise _malformed()
    return Draft(typed, key, read)


def _malformed() -> Problem:
    return Problem(
        400,
        "malformed-form",
        es="El formulario llegó incompleto: ábrelo otra vez.",
        en="The form arrived incomplete: open it again.",
    )


def _again(
    visit: Visit, staff: Staff, asked: Reportable, route: ReportRoute, draft: Draft, problem: Problem
) -> Response:
    """Return the form with what was typed and what was said of it."""
    told: dict[str, Any] = {"problem": problem, "errors": _by_field(visit, problem)}
    if problem.rule == "changed-since-read":
        draft = replace(draft, read=asked.position)
        told["changes"] = [
            {**change, "recorded_at": datetime.fromisoformat(change["recorded_at"])}
            for change in problem.members["changes"]
        ]
    elif problem.rule == "command-id-reused":
        # What was recorded under the key is told by its receipt; what is typed now is another report.
        told["recorded_as"], draft = draft.key, replace(draft, key=uuid4())
    return _page(visit, staff, asked, route, draft, told, status=problem.status)


def _by_field(visit: Visit, problem: Problem) -> dict[str, str]:
    """Return what is wrong with each field, by the field's name."""
    return {error["field"].partition(".")[0]: error[visit.language] for error in problem.errors}


def _page(
    visit: Visit, staff: Staff, asked: Reportable, route: ReportRoute | None, draft: Draft | None,
    told: Mapping[str, Any] | None = None, *, status: int = 200,
) -> Response:  # fmt: skip
    nothing: dict[str, Any] = {
        "already_so": False,
        "problem": None,
        "errors": {},
        "changes": None,
        "recorded_as": None,
    }
    content = nothing | dict(told or {}) | {
        "asked": asked,
        "route": route,
        "draft": draft,
        "fields": fields_of(route, asked, draft.typed, visit.language) if route and draft else [],
        "offered": asked.offered(staff.caller),
        "address": f"/procesos/{asked.process}/actividades/{asked.milestone}",
        "was_sent": told is not None,
    }  # fmt: skip
    response = private_page(visit, staff, "report.html", content, status=status)
    if draft and told and "problem" in told:
        response.headers.update(told["problem"].headers)
    return response
