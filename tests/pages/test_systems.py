"""Letting systems act by the page: a token or a client is made, listed and taken away, as by the API."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from httpx2 import Client, Response
from joserfc.jwk import ECKey

from ledger.desk.sessions import begin_session
from tests.pages.site import JALISCO, Site, text_of
from tests.pages.staff import Desk, appoint, enrolled, signed_in

PAGE = "/administracion/sistemas"
KEY = ECKey.generate_key("P-256", {"kid": "llave-1"})


@pytest.fixture(scope="module")
def chief(site: Site) -> Iterator[Desk]:
    """Somebody who administers Jalisco, signed in."""
    person = enrolled(site, "Ana Ruiz", "IEPC")
    appoint(site, person, "administrator", "MX-JAL")
    with signed_in(site, person) as desk:
        yield desk


def carried(desk: Desk) -> dict[str, str]:
    """Return what every form of the page carries."""
    page = desk.get(PAGE).text
    return {name: re.findall(rf'name="{name}" value="([^"]+)"', page)[-1] for name in ("form_key", "form")}


def right(**changes: str) -> dict[str, str]:
    """Return what is typed to let a system report in Jalisco."""
    return {
        "role": "coordinator", "territory": "MX-JAL", "process": "", "post": "Sistema de seguimiento",
        "body": "IEPC", "ends_on": "2027-06-30", **changes,
    }  # fmt: skip


def issued(desk: Desk, **changes: str) -> tuple[str, str]:
    """Make a token by the page, and return its id and its text."""
    answer = desk.post(f"{PAGE}/clave", {**carried(desk), **right(**changes)})
    assert answer.status_code == 200, text_of(answer.text)
    (token,) = re.findall(r"bit_[0-9a-f]{12}_[A-Za-z0-9_-]{43}", answer.text)
    return token.split("_")[1], token


def start(site: Site, token: str) -> Response:
    """Ask with a token for what takes one."""
    with Client() as client:
        return client.get(f"{site.address}/api/v1/worklist", headers={"Authorization": f"Bearer {token}"})


def test_a_token_is_shown_once_says_what_to_do_next_and_works(chief: Desk) -> None:
    sent = {**carried(chief), **right()}
    first, again = (chief.post(f"{PAGE}/clave", sent) for _ in range(2))
    (token,) = re.findall(r"bit_[0-9a-f]{12}_[A-Za-z0-9_-]{43}", first.text)

    assert first.headers["Cache-Control"] == "no-store"
    assert "Authorization: Bearer" in text_of(first.text)
    assert "revoca" in text_of(first.text)
    assert start(chief.site, token).status_code == 200
    assert token not in again.text
    assert "ya se mostró" in text_of(again.text)
    assert token.split("_", 2)[2] not in chief.get(PAGE).text


def test_a_token_is_listed_until_when_and_revoked_for_a_reason(chief: Desk) -> None:
    id_, token = issued(chief, post="Sistema que se revoca")
    assert "Sistema que se revoca, IEPC coordinación · Jalisco MX-JAL ·" in text_of(chief.get(PAGE).text)
    without_reason = chief.post(f"{PAGE}/{id_}/revocacion", {**carried(chief), "reason": " "})
    answer = chief.post(f"{PAGE}/{id_}/revocacion", {**carried(chief), "reason": "Se cambió."})
    revoked_at = time.monotonic()

    assert (without_reason.status_code, answer.status_code) == (422, 303)
    assert f"{PAGE}/{id_}/revocacion" not in chief.get(PAGE).text
    while start(chief.site, token).status_code != 401:
        assert time.monotonic() - revoked_at < 5
        time.sleep(0.2)


def test_a_client_is_registered_with_the_key_its_system_gives_and_revoked(chief: Desk) -> None:
    keys = json.dumps({"keys": [KEY.as_dict(private=False)]})
    answer = chief.post(f"{PAGE}/sistema", {**carried(chief), **right(), "public_keys": keys})
    (client,) = re.findall(r'class="code">(c-[0-9a-f]{12})<', answer.text)

    assert answer.status_code == 200
    assert "/api/v1/oauth/token" in answer.text
    assert "llave-1 P-256" in text_of(chief.get(PAGE).text)
    revoked = chief.post(f"{PAGE}/{client}/revocacion", {**carried(chief), "reason": "Se cambió."})
    assert revoked.status_code == 303
    assert f"{PAGE}/{client}/revocacion" not in chief.get(PAGE).text


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("no es JSON", "Pega la llave pública"),
        ("[1]", "Pega la llave pública"),
        (json.dumps(KEY.as_dict(private=True)), "public_keys"),
        ("[]", "public_keys"),
    ],
)
def test_what_is_no_public_key_is_refused_in_words_and_stays_typed(chief: Desk, keys: str, said: str) -> None:
    answer = chief.post(f"{PAGE}/sistema", {**carried(chief), **right(post="Otro"), "public_keys": keys})

    assert answer.status_code == 422
    assert said in text_of(answer.text)
    assert 'value="Otro"' in answer.text


@pytest.mark.parametrize(
    ("changes", "status"),
    [({"territory": "MX-COL"}, 403), ({"ends_on": "2029-01-01"}, 422), ({"ends_on": ""}, 422),
     ({"post": ""}, 422), ({"role": "king"}, 422)],
)  # fmt: skip
def test_what_may_not_be_given_is_refused_as_by_the_api(
    chief: Desk, changes: dict[str, str], status: int
) -> None:
    head = chief.site.resources.ledger.log.head().position
    answer = chief.post(f"{PAGE}/clave", {**carried(chief), **right(**changes)})

    assert answer.status_code == status
    assert 'role="alert"' in answer.text
    assert chief.site.resources.ledger.log.head().position == head


def test_a_key_of_another_state_is_neither_seen_nor_revoked(chief: Desk) -> None:
    site = chief.site
    id_, _ = issued(chief, process=JALISCO, post="Sólo de Jalisco")
    other = enrolled(site, "Beto Díaz", "IEE")
    appoint(site, other, "administrator", "MX-COL", body="IEE")
    with signed_in(site, other) as desk:
        page = desk.get(PAGE)
        answer = desk.post(f"{PAGE}/{id_}/revocacion", {**carried(desk), "reason": "x"})

    assert "Sólo de Jalisco" not in page.text
    assert answer.status_code == 403


def test_only_who_administers_and_proved_it_lately_gives_keys(site: Site) -> None:
    person = enrolled(site, "Carla Soto")
    appoint(site, person)
    with signed_in(site, person) as desk:
        assert desk.get(PAGE).status_code == 403
    late = enrolled(site, "Diana Paz")
    appoint(site, late, "administrator")
    with signed_in(site, late) as desk:
        with site.resources.desk.connection() as connection:
            earlier = site.resources.clock() - timedelta(minutes=6)
            desk.client.cookies.set("bitacora-local", begin_session(connection, late, earlier))
        answer = desk.post(f"{PAGE}/clave", {**carried(desk), **right(post="Vocal")})

    assert answer.status_code == 403
    assert "/cuenta/confirmar" in answer.text
    assert 'value="Vocal"' in answer.text


def test_no_other_site_can_send_these_forms(chief: Desk) -> None:
    sent = {name: value for name, value in {**carried(chief), **right()}.items() if name != "form_key"}

    assert chief.post(f"{PAGE}/clave", sent).status_code == 403
    assert chief.post(f"{PAGE}/sistema", {**sent, "public_keys": "[]"}).status_code == 403
