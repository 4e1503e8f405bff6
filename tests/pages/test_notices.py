"""The page where the signed-in person says how they are told of their deadlines, and a calendar of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from icalendar import Calendar

from api.pages.notices import MOST_CODES
from domain.person import PersonRemoved
from ledger.desk.letters import wish_of
from tests.mailbox import Mailbox, receiving_mail
from tests.pages.site import Site
from tests.pages.staff import Desk, enrolled, record, signed_in
from tests.pages.test_calendars import events

FORM = {"address": "ana@iepc.example.mx", "pace": "daily", "matters": "late"}


@pytest.fixture
def mailbox(site: Site) -> Iterator[Mailbox]:
    """The mail server of the site."""
    before = site.resources.settings
    with receiving_mail() as box:
        site.resources.settings = before.model_copy(
            update={
                "smtp_host": "127.0.0.1", "smtp_port": box.port, "smtp_security": "none",
                "smtp_from": "Bitácora <avisos@bitacora.example.mx>", "public_url": "",
            }
        )  # fmt: skip
        yield box
    site.resources.settings = before


def form_key(desk: Desk) -> str:
    found = re.search(r'name="form_key" value="([0-9a-f]{32})"', desk.get("/cuenta/avisos").text)
    assert found is not None
    return found[1]


def post(desk: Desk, path: str, **fields: str) -> str:
    """Send a form of the page; return where it leads, or what it shows."""
    answer = desk.post(f"/cuenta/avisos/{path}", {"form_key": form_key(desk), **fields})
    assert answer.status_code in {200, 303}, answer.text
    return str(answer.headers.get("Location") or answer.text)


def new_calendar(desk: Desk) -> str:
    """Return the path of a person's calendar, as the page shows it once."""
    shown = re.search(r"/calendarios/personas/[A-Za-z0-9_-]{43}\.ics", post(desk, "calendario"))
    assert shown is not None
    return shown[0]


def test_who_is_not_signed_in_sees_nothing_of_it(site: Site) -> None:
    assert site.get("/cuenta/avisos").status_code == 303


@pytest.mark.parametrize(
    "path", ["calendario", "calendario/quitar", "correo", "correo/codigo", "correo/quitar"]
)
def test_no_other_site_can_send_its_forms(desk: Desk, mailbox: Mailbox, path: str) -> None:
    without = desk.post(f"/cuenta/avisos/{path}", {**FORM, "form_key": "0" * 32})
    foreign = desk.post(
        f"/cuenta/avisos/{path}", {**FORM, "form_key": form_key(desk)}, Sec_Fetch_Site="cross-site"
    )

    assert without.status_code == foreign.status_code == 403
    assert mailbox.letters == []


def test_a_calendar_of_one_s_own_has_the_dates_of_one_s_places(site: Site, desk: Desk) -> None:
    path = new_calendar(desk)
    answer = site.get(path)
    own = events(site, path)
    state = events(site, "/calendarios/MX-JAL.ics")

    assert set(own) == set(state)
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert str(Calendar.from_ical(answer.content)["name"]).endswith("Mis plazos")
    assert site.get(path, If_None_Match=answer.headers["ETag"]).status_code == 304


def test_the_address_is_shown_once_and_another_takes_its_place(site: Site, desk: Desk) -> None:
    first = new_calendar(desk)
    page = desk.get("/cuenta/avisos").text
    second = new_calendar(desk)

    assert first not in page
    assert "Tienes una dirección desde" in page
    assert site.get(first).status_code == 404
    assert site.get(second).status_code == 200

    assert post(desk, "calendario/quitar").startswith("/cuenta/avisos")
    assert site.get(second).status_code == 404


def test_the_secret_of_an_address_is_in_no_line_the_program_writes(
    site: Site, desk: Desk, capfd: pytest.CaptureFixture[str]
) -> None:
    path = new_calendar(desk)
    capfd.readouterr()
    site.get(path)
    site.get(path.replace(".ics", "x.ics"))
    said = "".join(capfd.readouterr())

    assert "/calendarios/personas/…" in said
    assert path.rpartition("/")[2].removesuffix(".ics") not in said


def test_an_address_nobody_gave_and_one_of_who_was_removed_lead_nowhere(site: Site, desk: Desk) -> None:
    path = new_calendar(desk)
    record(site, desk.person, PersonRemoved(reason="Baja."))

    assert site.get(path).status_code == 404
    assert site.get(f"/calendarios/personas/{'A' * 43}.ics").status_code == 404


def test_where_there_is_no_mail_server_the_page_says_so(desk: Desk) -> None:
    assert "Este servicio no envía correo" in desk.get("/cuenta/avisos").text
    assert desk.post("/cuenta/avisos/correo", {**FORM, "form_key": form_key(desk)}).status_code == 404


def test_an_address_is_used_once_its_owner_has_shown_the_code_sent_there(
    site: Site, desk: Desk, mailbox: Mailbox
) -> None:
    post(desk, "correo", **FORM)
    page = desk.get("/cuenta/avisos").text
    (letter,) = mailbox.letters
    code = re.search(r"([A-Z2-9]{5}-){4}[A-Z2-9]{5}", letter.get_content())
    assert code is not None
    wrong = desk.post("/cuenta/avisos/correo/codigo", {"form_key": form_key(desk), "code": "AAAAA-AAAAA"})
    before = _confirmed(site, desk)
    post(desk, "correo/codigo", code=code[0])
    twice = desk.post("/cuenta/avisos/correo/codigo", {"form_key": form_key(desk), "code": code[0]})

    assert letter["To"] == FORM["address"]
    assert "Te enviamos un código a ana@iepc.example.mx" in page
    assert wrong.status_code == twice.status_code == 403
    assert not before
    assert _confirmed(site, desk)


def test_another_s_code_confirms_nothing(site: Site, desk: Desk, mailbox: Mailbox) -> None:
    post(desk, "correo", **FORM)
    code = re.search(r"([A-Z2-9]{5}-){4}[A-Z2-9]{5}", mailbox.letters[0].get_content())
    assert code is not None
    other = enrolled(site, "Beto")
    with signed_in(site, other) as beto:
        post(beto, "correo", **FORM)
        answer = beto.post("/cuenta/avisos/correo/codigo", {"form_key": form_key(beto), "code": code[0]})

        assert answer.status_code == 403
        assert not _confirmed(site, beto)


def test_another_address_has_to_be_shown_again_and_the_same_has_not(
    site: Site, desk: Desk, mailbox: Mailbox
) -> None:
    post(desk, "correo", **FORM)
    code = re.search(r"([A-Z2-9]{5}-){4}[A-Z2-9]{5}", mailbox.letters[0].get_content())
    assert code is not None
    post(desk, "correo/codigo", code=code[0])
    post(desk, "correo", **{**FORM, "pace": "at_once"})
    same = _confirmed(site, desk)
    post(desk, "correo", **{**FORM, "address": "ana@otra.example.mx"})

    assert same
    assert not _confirmed(site, desk)
    assert [letter["To"] for letter in mailbox.letters] == ["ana@iepc.example.mx", "ana@otra.example.mx"]


@pytest.mark.parametrize(
    "address",
    ["ana", "ana@", "@x.mx", "ana@localhost", "ana@x.mx\r\nBcc: b@x.mx", "ana@x.mx, b@x.mx", "ána@x.mx"],
)
def test_what_is_no_address_is_refused_and_sent_nothing(desk: Desk, mailbox: Mailbox, address: str) -> None:
    answer = desk.post("/cuenta/avisos/correo", {**FORM, "address": address, "form_key": form_key(desk)})

    assert answer.status_code == 422
    assert mailbox.letters == []


def test_an_address_that_is_removed_is_erased(site: Site, desk: Desk, mailbox: Mailbox) -> None:
    post(desk, "correo", **FORM)
    post(desk, "correo/quitar")

    with site.resources.desk.connection() as connection:
        assert wish_of(connection, desk.person) is None
    assert FORM["address"] not in desk.get("/cuenta/avisos").text


def test_a_mail_server_that_takes_no_letter_is_said_in_words(desk: Desk, mailbox: Mailbox) -> None:
    mailbox.refuses = True
    answer = desk.post("/cuenta/avisos/correo", {**FORM, "form_key": form_key(desk)})

    assert answer.status_code == 503
    assert "El correo no salió" in answer.text


def _confirmed(site: Site, desk: Desk) -> bool:
    with site.resources.desk.connection() as connection:
        wish = wish_of(connection, desk.person)
    assert wish is not None
    return wish.confirmed_at is not None


def test_an_account_cannot_fill_a_mailbox_with_codes(desk: Desk, mailbox: Mailbox) -> None:
    addresses = [f"otra{number}@iepc.example.mx" for number in range(MOST_CODES + 2)]
    key = form_key(desk)
    answers = [
        desk.post("/cuenta/avisos/correo", {"form_key": key, **FORM, "address": one}) for one in addresses
    ]

    assert [answer.status_code for answer in answers] == [303] * MOST_CODES + [429] * 2
    assert int(answers[-1].headers["Retry-After"]) == 3600
    assert len(mailbox.letters) == MOST_CODES
