"""Administering: who works with the log, inviting somebody, and what each of them may do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, get_args
from uuid import uuid4

from fastapi import APIRouter, Form, Path, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.body import Sent
from api.erasing import forget
from api.granting import erase_name, remove_person, revoke_grant
from api.person_rows import person_row, person_rows, works_in
from api.persons import all_persons, bases_of
from api.problems import Problem, problem_of
from api.recording import attempt
from api.routes import people
from api.sign_in.acting import number_of, prove_again, record_form
from api.sign_in.enrolment import invite
from api.sign_in.session import Staff, StaffOnly, refuse_foreign_form
from api.view.grant_choices import grants_to_stand_in_for, places_to_choose, processes_to_choose
from api.view.grant_form import GrantForm
from api.view.private_page import private_page
from api.view.right_form import read_command
from api.view.visit import Asked, Visit
from domain.access import Authority, Caller, Role
from domain.administration import administration_of, authorise_invitation
from domain.event import Refused
from domain.grant import GrantKind
from domain.person import PERSON, EraseName, RemovePerson, RevokeGrant, known_person, person_stream
from ledger.desk.people import names_of
from ledger.desk.sessions import end_sessions_of
from ledger.ledger import View

router = APIRouter(tags=["pages"])

Typed = Annotated[str, Form(max_length=4000)]
PersonPath = Annotated[str, Path(pattern=r"^p-[0-9a-f]{12}$")]


@router.get("/administracion", response_class=HTMLResponse)
async def administration_page(visit: Asked, staff: StaffOnly) -> Response:
    """Administración: quiénes trabajan con la bitácora, y a quién se invita."""
    return await _people_page(visit, staff, {})


@router.post("/administracion/invitacion", response_class=HTMLResponse)
async def invite_somebody(
    request: Request, visit: Asked, staff: StaffOnly, name: Typed = "", body: Typed = "", form_key: Typed = ""
) -> Response:
    """Invitar a una persona: el código se muestra una sola vez."""
    refuse_foreign_form(request, staff, form_key)
    typed = {"name": name.strip()[:300], "body": body.strip()[:300]}
    try:
        if not staff.proved_lately(visit.resources.clock()):
            raise prove_again()
        authority = authorise_invitation(staff.caller, typed["body"])
        if not all(typed.values()):
            raise _name_missing()
        by = staff.caller.author(authority)
        code = await asyncio.to_thread(invite, visit.resources, typed["name"], typed["body"], by)
    except (Problem, Refused) as refused:
        return await _people_page(visit, staff, {"typed": typed, "refused": problem_of(refused)})
    return await _people_page(visit, staff, {"code": code, "typed": typed})


@router.get("/administracion/personas/{person}", response_class=HTMLResponse)
async def person_page(visit: Asked, staff: StaffOnly, person: PersonPath) -> Response:
    """Una persona: sus nombramientos, y darle o quitarle uno."""
    return await _person_page(visit, staff, person, {})


@router.post("/administracion/personas/{person}/nombramiento", response_class=HTMLResponse)
async def appoint(
    request: Request, visit: Asked, staff: StaffOnly, person: PersonPath, form: Annotated[GrantForm, Form()]
) -> Response:
    """Nombrar, o poner a alguien en suplencia."""
    refuse_foreign_form(request, staff, form.form_key)
    resources = visit.resources
    try:
        command = form.command(resources.clock())
        before = await resources.ledger.load(PERSON, person_stream(person))
        await people.give(person, attempt(
            resources, staff.caller, number_of(form.form), Sent(command, resources.clock()),
            frozenset({before.position}), f"/api/v1/people/{person}/grants",
            proved=staff.proved_lately(resources.clock()),
        ))  # fmt: skip
    except (Problem, Refused) as refused:
        return await _person_page(
            visit, staff, person, {"typed": form.model_dump(), "refused": problem_of(refused)}
        )
    return RedirectResponse(visit.link(f"/administracion/personas/{person}"), 303)


@router.post("/administracion/personas/{person}/terminacion", response_class=HTMLResponse)
async def revoke(
    request: Request, visit: Asked, staff: StaffOnly, person: PersonPath, *,
    number: Annotated[int, Form(ge=1, le=99_999)], reason: Typed = "", form: Typed = "", form_key: Typed = "",
) -> Response:  # fmt: skip
    """Terminar un nombramiento."""

    async def change(view: View, caller: Caller, _: Any) -> None:
        await revoke_grant(
            view, person, read_command(RevokeGrant, {"number": number, "reason": reason}), caller
        )

    refuse_foreign_form(request, staff, form_key)
    return await _changed(visit, staff, person, form, f"revoke {person} {number} {reason}", change, {})


@router.post("/administracion/personas/{person}/baja", response_class=HTMLResponse)
async def remove(
    request: Request, visit: Asked, staff: StaffOnly, person: PersonPath, *,
    reason: Typed = "", form: Typed = "", form_key: Typed = "",
) -> Response:  # fmt: skip
    """Dar de baja a una persona: ya no entra, y sus sesiones terminan."""

    async def change(view: View, caller: Caller, _: Any) -> None:
        await remove_person(view, person, read_command(RemovePerson, {"reason": reason}), caller)

    refuse_foreign_form(request, staff, form_key)
    response = await _changed(visit, staff, person, form, f"remove {person} {reason}", change, {})
    if response.status_code == 303:
        await asyncio.to_thread(_end_sessions, visit, person)
    return response


@router.get("/administracion/personas/{person}/nombre", response_class=HTMLResponse)
async def name_page(visit: Asked, staff: StaffOnly, person: PersonPath) -> Response:
    """Borrar el nombre de una persona: qué se borra, qué queda y para qué."""
    return await _person_page(visit, staff, person, {}, template="erasure.html")


@router.post("/administracion/personas/{person}/nombre", response_class=HTMLResponse)
async def erase(
    request: Request, visit: Asked, staff: StaffOnly, person: PersonPath, *,
    reason: Typed = "", form: Typed = "", form_key: Typed = "",
) -> Response:  # fmt: skip
    """Borrar el nombre de una persona que ya está de baja: no se puede deshacer."""

    async def change(view: View, caller: Caller, _: Any) -> None:
        await erase_name(view, person, read_command(EraseName, {"reason": reason}), caller)

    refuse_foreign_form(request, staff, form_key)
    said, typed = f"erase {person} {reason}", {"reason": reason}
    response = await _changed(visit, staff, person, form, said, change, typed, template="erasure.html")
    if response.status_code == 303:
        await asyncio.to_thread(forget, visit.resources, person)
    return response


async def _changed(
    visit: Visit, staff: Staff, person: str, form: str, said: str,
    change: Callable[[View, Caller, Any], Awaitable[None]], typed: dict[str, Any],
    *, template: str = "administration_person.html",
) -> Response:  # fmt: skip
    """Record what a form asks for, and lead back to the person; where it is refused, with what was typed."""
    try:
        await record_form(visit.resources, staff, form, f"{person} {said}", change)
    except (Problem, Refused) as refused:
        content = {"typed": typed, "refused": problem_of(refused)}
        return await _person_page(visit, staff, person, content, template=template)
    return RedirectResponse(visit.link(f"/administracion/personas/{person}"), 303)


async def _people_page(visit: Visit, staff: Staff, content: dict[str, Any]) -> Response:
    authority, resources = administration_of(staff.caller), visit.resources
    people = await asyncio.to_thread(all_persons, resources.ledger)
    rows = person_rows(people, authority, authority.territory, resources.clock())
    names = await asyncio.to_thread(_names, visit, [row.id for row in rows])
    whole = (
        _plain(visit, staff)
        | {"people": rows, "names_of": names, "authority": authority, "code": None}
        | content
    )
    return private_page(visit, staff, "administration.html", whole, status=_status(content))


async def _person_page(
    visit: Visit, staff: Staff, person: str, content: dict[str, Any],
    *, template: str = "administration_person.html",
) -> Response:  # fmt: skip
    authority, resources = administration_of(staff.caller), visit.resources
    folded = await resources.ledger.load(PERSON, person_stream(person))
    known_person(folded.state)
    row = person_row(folded, await bases_of(resources.ledger, folded.state), resources.clock())
    # Grants are public, names are not: they are told to who administers where their bearer works.
    is_of_theirs = works_in(folded.state, authority.territory, authority)
    names = await asyncio.to_thread(_names, visit, [person] if is_of_theirs else [])
    whole = _plain(visit, staff) | {
        "person": row, "name": names.get(person, person), "authority": authority, "roles": get_args(Role),
        # A right of one's own is delegated from one's own account.
        "kinds": [kind for kind in get_args(GrantKind) if kind != "delegation"],
    }  # fmt: skip
    if row.active:
        whole |= await asyncio.to_thread(_choices, visit, staff.caller, person, authority)
    return private_page(visit, staff, template, whole | content, status=_status(content))


def _choices(visit: Visit, caller: Caller, person: str, authority: Authority) -> dict[str, Any]:
    """Return what the form that appoints somebody offers by name."""
    return {
        "places": places_to_choose(visit, [authority]),
        "processes": processes_to_choose(visit, [authority]),
        "substituted": grants_to_stand_in_for(visit, caller, person, authority.territory),
    }


def _plain(visit: Visit, staff: Staff) -> dict[str, Any]:
    proved = staff.proved_lately(visit.resources.clock())
    return {"typed": {}, "refused": None, "form": uuid4(), "proved": proved}


def _status(content: dict[str, Any]) -> int:
    return content["refused"].status if content.get("refused") else 200


def _names(visit: Visit, persons: list[str]) -> dict[str, str]:
    with visit.resources.desk.connection() as connection:
        return names_of(connection, persons)


def _end_sessions(visit: Visit, person: str) -> None:
    with visit.resources.desk.connection() as connection:
        end_sessions_of(connection, person)


def _name_missing() -> Problem:
    return Problem(
        422,
        "name-missing",
        es="Escribe el nombre de la persona y su órgano.",
        en="Write the person's name and their body.",
    )
