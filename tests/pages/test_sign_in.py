"""Staying signed in: who a cookie is, what ends it, and that no other site can send a form."""

from __future__ import annotations

import pytest
from starlette.responses import Response

from api.pages.sign_in import own_path
from api.sign_in.session import sign_in
from api.sign_in.site import Site as Place
from domain.person import PersonRemoved
from ledger.desk.people import erase_person
from ledger.desk.sessions import end_sessions_of
from tests.pages.site import Site
from tests.pages.staff import Desk, enrolled, record, signed_in


def test_who_is_not_signed_in_is_led_to_sign_in_and_back(site: Site) -> None:
    answer = site.get("/cuenta?lang=en")

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/entrar?destino=%2Fcuenta%3Flang%3Den"


def test_the_account_shows_id_and_grants_and_is_kept_by_nobody(desk: Desk) -> None:
    answer = desk.get("/cuenta")

    assert answer.status_code == 200
    assert desk.person in answer.text
    assert "Enlace de seguimiento, IEPC" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_who_holds_nothing_is_told_how_to_get_it(site: Site) -> None:
    with signed_in(site, enrolled(site)) as desk:
        assert "Aún no tienes un nombramiento" in desk.get("/cuenta").text


@pytest.mark.parametrize("how", ["sessions ended", "removed in the log", "erased at the desk"])
def test_who_may_no_longer_be_here_is_signed_out_with_the_next_request(desk: Desk, how: str) -> None:
    site, person = desk.site, desk.person
    assert desk.get("/cuenta").status_code == 200
    with site.resources.desk.connection() as connection:
        if how == "sessions ended":
            end_sessions_of(connection, person)
        elif how == "erased at the desk":
            erase_person(connection, person)
    if how == "removed in the log":
        record(site, person, PersonRemoved(reason="Baja."))

    assert desk.get("/cuenta").status_code == 303


def test_a_secret_nobody_was_given_is_nobody(site: Site, desk: Desk) -> None:
    desk.client.cookies.set("bitacora-local", "x" * 43)

    assert desk.get("/cuenta").status_code == 303


def form_key(desk: Desk) -> str:
    """Return what the forms of this session carry."""
    return desk.get("/cuenta").text.partition('name="form_key" value="')[2].partition('"')[0]


def test_leaving_ends_the_session_and_clears_the_browser(desk: Desk) -> None:
    answer = desk.post("/salir", {"form_key": form_key(desk)})

    assert answer.status_code == 303
    assert answer.headers["Clear-Site-Data"] == '"cookies", "storage", "cache"'
    assert desk.get("/cuenta").status_code == 303


@pytest.mark.parametrize(
    ("change", "headers"),
    [
        ({"form_key": ""}, {}),
        ({"form_key": "0" * 32}, {}),
        ({}, {"Sec_Fetch_Site": "cross-site"}),
        ({}, {"Sec_Fetch_Site": "same-site"}),
        ({}, {"Origin": "https://example.org"}),
        ({}, {"Origin": "null"}),
    ],
)
def test_no_other_site_can_send_a_form(desk: Desk, change: dict[str, str], headers: dict[str, str]) -> None:
    refused = desk.post("/salir", {"form_key": form_key(desk), **change}, **headers)

    assert refused.status_code == 403
    assert desk.get("/cuenta").status_code == 200


def test_a_form_key_of_another_session_is_not_good(site: Site, desk: Desk) -> None:
    with signed_in(site, desk.person) as other:
        assert desk.post("/salir", {"form_key": form_key(other)}).status_code == 403


def test_a_form_sent_after_the_session_ended_is_answered_so_that_its_words_stay_in_it(site: Site) -> None:
    answer = site.client.post(f"{site.address}/salir", data={}, headers={"Accept": "text/html"})

    assert answer.status_code == 401
    assert "entra en otra pestaña" in answer.text


@pytest.mark.parametrize(
    "path", ["/entrar/opciones", "/entrar/llave", "/inscripcion/opciones", "/inscripcion/llave"]
)
def test_another_site_cannot_ask_for_a_passkey(site: Site, path: str) -> None:
    answer = site.client.post(
        site.address + path, json={"answer": {}, "code": "x"}, headers={"Sec-Fetch-Site": "cross-site"}
    )

    assert answer.status_code in {403, 422}


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"response": {}},
        {"response": {"clientDataJSON": "e30"}, "rawId": "AA"},
        {"response": {"clientDataJSON": "!"}, "rawId": "AA"},
        {"response": None},
        {"rawId": 7, "response": {"clientDataJSON": 7}},
    ],
)
def test_an_answer_no_device_gave_is_refused(site: Site, answer: dict[str, object]) -> None:
    refused = site.client.post(f"{site.address}/entrar/llave", json={"answer": answer})

    assert refused.status_code == 401
    assert refused.json()["rule"] == "passkey-refused"


@pytest.mark.parametrize(
    ("asked", "led"),
    [
        ("/trabajo?estado=tarde", "/trabajo?estado=tarde"),
        ("/", "/"),
        ("", "/trabajo"),
        ("https://example.org", "/trabajo"),
        ("//example.org", "/trabajo"),
        ("/\\example.org", "/trabajo"),
        ("/a\nb", "/trabajo"),
    ],
)
def test_after_signing_in_one_stays_on_this_site(asked: str, led: str) -> None:
    assert own_path(asked) == led


def test_where_the_site_is_encrypted_the_cookie_is_bound_to_the_host_and_unseen_by_scripts(
    site: Site,
) -> None:
    response = Response()
    sign_in(site.resources, Place("https://b.example.mx"), enrolled(site), response)
    (cookie,) = response.headers.getlist("set-cookie")

    assert cookie.startswith("__Host-bitacora=")
    assert {part.strip() for part in cookie.split(";")[1:]} == {
        "HttpOnly", "Secure", "SameSite=lax", "Path=/", "Max-Age=72000"
    }  # fmt: skip


def test_nobody_signs_in_at_an_address_that_was_not_set(site: Site) -> None:
    answer = site.get("/entrar", Host="bitacora.example.mx")

    assert answer.status_code == 503
    assert "BITACORA_PUBLIC_URL" in answer.text
