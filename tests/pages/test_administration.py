"""Administering by the pages: inviting, appointing, delegating, ending, removing; and the public list of it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from httpx2 import Response

from api.persons import all_persons
from api.sign_in.enrolment import invitation_of
from domain.person import Person
from ledger.desk.people import known_ids
from ledger.desk.sessions import begin_session
from tests.pages.site import Site, text_of
from tests.pages.staff import Desk, appoint, enrolled, signed_in


def person_of(site: Site, person: str) -> Person:
    """Return a person as the log has them."""
    return all_persons(site.resources.ledger)[person].state


def fields(desk: Desk, path: str) -> dict[str, str]:
    """Return what every form of a page carries."""
    page = desk.get(path).text
    return {name: re.findall(rf'name="{name}" value="([^"]+)"', page)[-1] for name in ("form_key", "form")}


def appointment(**changes: str) -> dict[str, str]:
    """Return what is typed to appoint a coordinator in Jalisco."""
    return {
        "kind": "appointment", "role": "coordinator", "territory": "MX-JAL", "post": "Enlace", "body": "IEPC",
        "ends_on": "2027-10-31", "instrument": "Oficio 12/2026", **changes,
    }  # fmt: skip


def acts(desk: Desk) -> Response:
    """Return the public list of acts with the last of them: of this moment a page may be a quarter second old."""
    head = desk.site.resources.projector().catch_up()
    return desk.get(f"/actos-de-administracion?al={head}")


def test_an_invitation_shows_its_code_once(chief: Desk) -> None:
    key = {"form_key": fields(chief, "/cuenta")["form_key"]}
    answer = chief.post("/administracion/invitacion", {**key, "name": "Beto Díaz", "body": "IEPC"})
    (code,) = re.findall(r'class="code">([A-Z0-9-]+)<', answer.text)

    assert answer.status_code == 200
    invitation = invitation_of(chief.site.resources, code)
    assert (invitation.name, invitation.body, invitation.by.actor) == ("Beto Díaz", "IEPC", chief.person)
    assert code not in chief.get("/administracion").text


def test_an_appointment_is_proposed_once_however_often_the_form_is_sent_and_given_by_another(
    chief: Desk,
) -> None:
    site, person = chief.site, enrolled(chief.site, "Carla Soto")
    page = f"/administracion/personas/{person}"
    sent = {**fields(chief, page), **appointment()}
    head = site.resources.ledger.log.head().position
    answers = [chief.post(f"{page}/nombramiento", sent) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert site.resources.ledger.log.head().position == head + 1
    assert person_of(site, person).grants == {}

    site.resources.projector().catch_up()
    address = answers[0].headers["Location"]
    second = enrolled(site, "Otra administración", "INE")
    appoint(site, second, "administrator", "MX", body="INE")
    with signed_in(site, second) as other:
        decision = other.get(f"{address}/decidir").text
        assert "Enlace" in decision
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', decision))
        assert other.post(f"{address}/decidir", {**hidden, "decision": "approval"}).status_code == 303

    assert "Enlace, IEPC" in text_of(chief.get(page).text)
    assert "Carla Soto" in chief.get("/administracion").text


def test_a_refused_form_keeps_what_was_typed_and_says_why(chief: Desk) -> None:
    page = f"/administracion/personas/{enrolled(chief.site)}"
    sent = {**fields(chief, page), **appointment(post="Vocal", ends_on="2020-01-01")}
    answer = chief.post(f"{page}/nombramiento", sent)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert 'value="Vocal"' in answer.text


def test_a_grant_is_ended_and_a_person_removed_with_their_sessions(chief: Desk) -> None:
    site, person = chief.site, enrolled(chief.site, "Diana Paz")
    appoint(site, person)
    page = f"/administracion/personas/{person}"
    with signed_in(site, person) as theirs:
        carried = fields(chief, page)
        ended = chief.post(f"{page}/terminacion", {**carried, "number": "1", "reason": "Renunció."})
        assert ended.status_code == 303
        (grant,) = person_of(site, person).grants.values()
        assert grant.revoked_at is not None
        removed = chief.post(f"{page}/baja", {**fields(chief, page), "reason": "Baja."})

        assert removed.status_code == 303
        assert theirs.get("/cuenta").status_code == 303


def test_a_name_is_erased_after_saying_what_goes_and_what_stays(chief: Desk) -> None:
    site, person = chief.site, enrolled(chief.site, "Gabriel Secreto")
    appoint(site, person)
    page = f"/administracion/personas/{person}"
    assert f"{page}/nombre" not in chief.get(page).text
    early = chief.get(f"{page}/nombre")
    assert "Dale de baja primero" in text_of(early.text)
    assert 'name="reason"' not in early.text
    chief.post(f"{page}/baja", {**fields(chief, page), "reason": "Baja."})
    asked = text_of(chief.get(f"{page}/nombre").text)
    assert "Gabriel Secreto" in asked
    assert "lo que quede de ello en un respaldo ya no dice quién es" in asked
    assert "Este programa no fija ese plazo" in asked
    assert f"Enlace de seguimiento, IEPC · Jalisco MX-JAL · {person}#g1" in asked
    sent = {**fields(chief, f"{page}/nombre"), "reason": "Solicitud 12/2026"}
    head = site.resources.ledger.log.head().position
    with site.resources.desk.connection() as connection:
        backup = connection.execute("SELECT * FROM desk.people WHERE person = %s", [person]).fetchone()
    answers = [chief.post(f"{page}/nombre", sent) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert site.resources.ledger.log.head().position == head + 1
    shown = chief.get(page).text
    assert "Gabriel" not in shown
    assert "Su nombre se borró" in text_of(shown)
    assert "Enlace de seguimiento, IEPC" in text_of(shown)
    assert "Gabriel" not in chief.get("/administracion").text
    with site.resources.desk.connection() as connection:
        # As a backup that is restored brings it back.
        connection.execute("INSERT INTO desk.people VALUES (%s, %s, %s)", backup)
    assert "Gabriel" not in chief.get(page).text, "it opens no more"
    again = {**fields(chief, f"{page}/nombre"), "reason": "Se restauró un respaldo."}
    assert chief.post(f"{page}/nombre", again).status_code == 303
    with site.resources.desk.connection() as connection:
        assert person not in known_ids(connection)
    assert "Nombre de una persona borrado" in acts(chief).text


def test_a_name_is_not_erased_without_a_reason_or_by_another_state(chief: Desk) -> None:
    site, person = chief.site, enrolled(chief.site, "Hugo Paz")
    page = f"/administracion/personas/{person}"
    chief.post(f"{page}/baja", {**fields(chief, page), "reason": "Baja."})
    blank = chief.post(f"{page}/nombre", {**fields(chief, f"{page}/nombre"), "reason": " "})
    other = enrolled(site, "Inés Luna", "IEE")
    appoint(site, other, "administrator", "MX-COL", body="IEE")
    with signed_in(site, other) as desk:
        foreign = desk.post(f"{page}/nombre", {**fields(desk, f"{page}/nombre"), "reason": "x"})

    assert (blank.status_code, foreign.status_code) == (422, 403)
    assert "Hugo Paz" in chief.get(page).text


def test_one_delegates_a_grant_of_ones_own(site: Site) -> None:
    holder, other = enrolled(site, "Eva Luna"), enrolled(site, "Fito Paz")
    appoint(site, holder)
    with signed_in(site, holder) as desk:
        sent = {
            **fields(desk, "/cuenta"), "rests_on": f"{holder}#g1", "person": other, "ends_on": "2026-12-31",
            "instrument": "Oficio 13/2026", "territory": "MX-JAL-M039",
        }  # fmt: skip
        answer = desk.post("/cuenta/delegacion", sent)
        wider = desk.post("/cuenta/delegacion", {**sent, "territory": "MX", **fields(desk, "/cuenta")})

    assert answer.status_code == 303
    assert wider.status_code == 422
    with signed_in(site, other) as theirs:
        page = text_of(theirs.get("/cuenta").text)
        assert "coordinación · delegación" in page
        assert "Jalisco, municipio 039 MX-JAL-M039" in page


@pytest.mark.parametrize(
    ("territory", "name"),
    [("MX", "Nacional"), ("MX-JAL", "Jalisco"), ("MX-JAL-D07", "Jalisco, distrito 7"),
     ("MX-JAL-M039", "Jalisco, municipio 039")],
)  # fmt: skip
def test_a_place_is_called_by_its_name_beside_its_code(chief: Desk, territory: str, name: str) -> None:
    person = enrolled(chief.site)
    appoint(chief.site, person, territory=territory, number=1)
    with signed_in(chief.site, person) as theirs:
        told = [
            *[chief.get(path) for path in ("/administracion", f"/administracion/personas/{person}")],
            theirs.get("/cuenta"), acts(theirs),
        ]  # fmt: skip

    for page in told:
        assert f" {name} {territory} " in text_of(page.text), page.url
    assert f"Enlace de seguimiento · {name}</option>" in told[2].text


def test_a_state_s_administration_says_its_name(site: Site) -> None:
    person = enrolled(site)
    appoint(site, person, "administrator", "MX-JAL")
    with signed_in(site, person) as desk:
        assert "con la bitácora en Jalisco." in text_of(desk.get("/administracion").text)


def test_who_does_not_administer_is_told_so(site: Site) -> None:
    person = enrolled(site)
    appoint(site, person)
    with signed_in(site, person) as desk:
        answers = [desk.get("/administracion"), desk.get(f"/administracion/personas/{person}")]

    assert [answer.status_code for answer in answers] == [403, 403]


def test_a_name_is_told_to_who_administers_where_its_bearer_works_and_to_no_other_state(site: Site) -> None:
    person = enrolled(site, "Nora Beltrán")
    appoint(site, person)
    told = {}
    for territory in ("MX-JAL", "MX", "MX-COL"):
        administrator = enrolled(site, "Raúl Cano", "OPL")
        appoint(site, administrator, "administrator", territory, body="OPL")
        with signed_in(site, administrator) as desk:
            page = desk.get(f"/administracion/personas/{person}")
            assert person in page.text, "what the log says of them is public"
            told[territory] = "Nora Beltrán" in page.text

    assert told == {"MX-JAL": True, "MX": True, "MX-COL": False}


def test_a_state_does_not_invite_for_another_body(site: Site) -> None:
    person = enrolled(site)
    appoint(site, person, "administrator", "MX-JAL")
    with signed_in(site, person) as desk:
        key = {"form_key": fields(desk, "/cuenta")["form_key"]}
        answer = desk.post("/administracion/invitacion", {**key, "name": "X", "body": "INE"})

    assert answer.status_code == 403
    assert 'class="code"' not in answer.text


def test_who_proved_long_ago_who_they_are_gives_no_rights_until_they_do_again(chief: Desk) -> None:
    site, person = chief.site, enrolled(chief.site)
    with site.resources.desk.connection() as connection:
        earlier = site.resources.clock() - timedelta(minutes=6)
        chief.client.cookies.set("bitacora-local", begin_session(connection, chief.person, earlier))
    page = f"/administracion/personas/{person}"
    answer = chief.post(f"{page}/nombramiento", {**fields(chief, page), **appointment(post="Vocal")})

    assert answer.status_code == 403
    assert "/cuenta/confirmar" in answer.text
    assert 'value="Vocal"' in answer.text


def test_no_other_site_can_send_a_form_of_administration(chief: Desk) -> None:
    person = enrolled(chief.site)
    page = f"/administracion/personas/{person}"
    sent = {**fields(chief, page), **appointment()}
    head = chief.site.resources.ledger.log.head().position
    for path in ("nombramiento", "terminacion", "baja"):
        bare = {name: value for name, value in sent.items() if name != "form_key"}
        body = bare if path == "nombramiento" else {"number": "1", "reason": "x"}
        assert chief.post(f"{page}/{path}", body).status_code == 403

    assert chief.site.resources.ledger.log.head().position == head


def test_the_public_list_tells_acts_by_post_and_never_a_name(chief: Desk) -> None:
    person = enrolled(chief.site, "Gabriel Secreto")
    page = f"/administracion/personas/{person}"
    chief.post(f"{page}/nombramiento", {**fields(chief, page), **appointment()})
    shown = acts(chief)

    assert shown.status_code == 200
    assert f"persona <code>{person}</code>" in shown.text
    assert f"person/{person}" not in shown.text
    assert "Nombramiento dado" in shown.text
    assert "Gabriel" not in shown.text
