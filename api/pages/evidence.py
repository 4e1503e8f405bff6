"""Attaching a document to a report: the form, what it does, and downloads for who is signed in."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from api.body import Sent
from api.database import Resources
from api.documents.giving import document_response, unknown_document
from api.documents.kinds import KINDS
from api.documents.receiving import document_too_large, keep
from api.hidden import hides
from api.problems import Problem, invalid, problem_of
from api.recording import Attempt
from api.routes.documents import DigestInPath, may_be_downloaded
from api.routes.milestone_reports import nothing_to_report_on, report
from api.sign_in.session import Staff, StaffOnly, refuse_foreign_form
from api.view.evidence import shown_evidence
from api.view.private_page import private_page
from api.view.visit import Asked, Visit
from domain.access import authorise
from domain.event import Refused
from domain.milestone import MILESTONE, Milestone, milestone_stream
from domain.milestone_commands import MilestoneCommand
from domain.milestone_evidence import AttachEvidence, WithdrawEvidence
from ledger.documents import PIECE_BYTES
from ledger.ledger import Folded, View
from projections.evidence import evidence_row

router = APIRouter(tags=["pages"])


@dataclass(frozen=True, slots=True)
class Typed:
    """A form as it was sent, why it was refused, and the receipt of the last one that was not."""

    fields: dict[str, str] = field(default_factory=dict)
    refused: Problem | None = None
    receipt: UUID | None = None


PAGE = "/procesos/{process}/actividades/{milestone}/soporte"
MOST_FIELDS = 20
LONGEST_FIELD_BYTES = 16 * 1024


@router.get(PAGE, response_class=HTMLResponse)
async def evidence_page(
    visit: Asked,
    staff: StaffOnly,
    process: str,
    milestone: str,
    acuse: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """El soporte de una actividad: lo que hay, y el formulario para adjuntar más."""
    folded = await _reportable(visit.resources, staff, process, milestone)
    return _page(visit, staff, process, folded.state, Typed(receipt=_uuid(acuse)))


@router.post(PAGE, response_class=HTMLResponse)
async def attach_by_form(
    request: Request, visit: Asked, staff: StaffOnly, process: str, milestone: str
) -> Response:
    """Adjuntar un documento, su número o su dirección; o retirar lo adjunto."""
    folded = await _reportable(visit.resources, staff, process, milestone)
    async with request.form(max_files=1, max_fields=MOST_FIELDS, max_part_size=LONGEST_FIELD_BYTES) as form:
        fields = {name: value.strip() for name, value in form.items() if isinstance(value, str)}
        refuse_foreign_form(request, staff, fields.get("form_key", ""))
        key = _key(fields)
        try:
            command = await _command(visit.resources, form, fields)
            asked = _attempt(visit.resources, staff, request, key, command, folded)
            await report(asked, process, milestone, "report")
        except (Problem, Refused) as error:
            refused = problem_of(error)
            return _page(visit, staff, process, folded.state, Typed(fields, refused))
    return RedirectResponse(f"{request.url.path}?acuse={key}", 303)


@router.get("/documentos/{sha256}")
async def download(request: Request, staff: StaffOnly, sha256: DigestInPath) -> Response:
    """Descargar un documento de un expediente de mi territorio, o cualquiera que sea público."""
    resources: Resources = request.app.state.resources
    reaches = [None, *(held.territory for held in staff.caller.authorities if held.process is None)]
    if not await run_in_threadpool(may_be_downloaded, request, sha256, reaches):
        raise unknown_document()
    return await document_response(request, resources.documents, sha256)


async def _reportable(resources: Resources, staff: Staff, process: str, milestone: str) -> Folded[Milestone]:
    """Return an activity that this person may report on; one of a case they may not see is not there at all."""
    view = View(resources.ledger, fresh=True)
    folded = await view.load(MILESTONE, milestone_stream(process, milestone))
    plan = folded.state.plan
    if plan is None or await hides(view, process, staff.caller):
        raise await nothing_to_report_on(view, process, milestone, staff.caller)
    authorise(staff.caller, "report", plan.territory, process)
    return folded


async def _command(resources: Resources, form: FormData, fields: dict[str, str]) -> MilestoneCommand:
    """Return what a form asks for. Raises a `Problem` and `Refused`; a document that was kept stays in ``fields``."""
    if withdraws := fields.get("withdraws"):
        return _valid(WithdrawEvidence, {"withdraws": _whole(withdraws), "reason": fields.get("reason", "")})
    file = form.get("document")
    if isinstance(file, UploadFile) and (file.filename or file.size):
        fields["sha256"] = await run_in_threadpool(_kept, resources, file)
    given = {name: value or None for name, value in fields.items()}
    evidence = {
        "name": fields.get("name", ""),
        "sha256": given.get("sha256"),
        "address": given.get("address"),
        "reference": {name: given.get(name) for name in ("number", "body", "issued_on")}
        if given.get("number")
        else None,
    }
    return _valid(AttachEvidence, {"evidence": evidence, "supports": _whole(fields.get("supports", ""))})


def _kept(resources: Resources, file: UploadFile) -> str:
    """Keep the document of a form, and return its digest."""
    most = resources.settings.max_document_bytes
    if (file.size or 0) > most:
        raise document_too_large(most)
    with resources.documents.new_part() as part:
        while piece := file.file.read(PIECE_BYTES):
            part.append(piece)
        return keep(resources.documents, part, file.filename or "").document.sha256


def _valid(command: type[MilestoneCommand], said: dict[str, Any]) -> MilestoneCommand:
    try:
        return command.model_validate(said)
    except ValidationError as error:
        raise invalid(error.errors(include_url=False, include_input=False)) from None


def _attempt(
    resources: Resources,
    staff: Staff,
    request: Request,
    key: UUID,
    command: MilestoneCommand,
    folded: Folded[Milestone],
) -> Attempt[MilestoneCommand]:
    """Return the form as a request to record. The same form is the same request, whenever it is sent again."""
    said = f"{staff.caller.actor}\0{request.url.path}\0{command.model_dump_json()}"
    now = resources.clock()
    return Attempt(
        resources, staff.caller, key, Sent(command, now), hashlib.sha256(said.encode()).digest(),
        # What it supports is named by its version, so what else changed meanwhile is no reason to refuse.
        frozenset([folded.position]), address=request.url.path, proved=staff.proved_lately(now),
    )  # fmt: skip


def _page(visit: Visit, staff: Staff, process: str, state: Milestone, typed: Typed) -> Response:
    """Return the form over what there is, with what was typed where it was refused."""
    assert state.plan is not None  # noqa: S101 - `_reportable` has looked
    rows = [evidence_row(one) for one in state.evidence]
    named = zip(
        ("completed", "progressed", "started"),
        (state.completed, state.progressed, state.started),
        strict=True,
    )
    # A start that nobody reported apart is the report it was taken from.
    reports = {report.version: (word, report) for word, report in reversed(list(named)) if report is not None}
    content = {
        "process": process, "milestone": visit.request.path_params["milestone"], "plan": state.plan,
        "typed": typed.fields, "refused": typed.refused, "receipt": typed.receipt,
        "key": typed.fields.get("key") or uuid4(),
        "reports": reports, "evidence": shown_evidence(visit, rows, withdrawn_too=True),
        "new_key": uuid4, "most_bytes": visit.resources.settings.max_document_bytes, "kinds": KINDS,
    }  # fmt: skip
    return private_page(
        visit, staff, "evidence.html", content, status=typed.refused.status if typed.refused else 200
    )


def _key(fields: dict[str, str]) -> UUID:
    """Return the key of a form, by which it is recorded once. Raises a 422 `Problem`."""
    key = _uuid(fields.get("key", ""))
    if key is None:
        raise Problem(
            422,
            "form-without-key",
            es="Al formulario le falta su clave de envío: abre la página otra vez y envíalo desde ahí.",
            en="The form lacks its key: open the page again and send it from there.",
        )
    return key


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
