"""Administering in a real Chromium: on a phone, without script, by everybody; and confirming who one is."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from api.sign_in.enrolment import invite
from ledger.desk.sessions import begin_session
from tests.pages.site import Site
from tests.pages.staff import appoint, enrolled, with_authenticator
from tests.pages.test_in_a_browser import sideways, visiting
from tests.pages.test_sign_in_in_a_browser import at_localhost

pytestmark = pytest.mark.browser


@pytest.fixture
def chief(site: Site) -> Iterator[str]:
    """What the browser of somebody who administers the country keeps."""

    def made() -> str:
        person = enrolled(site, "Ana Ruiz", "INE")
        appoint(site, person, "administrator", "MX", body="INE")
        with site.resources.desk.connection() as connection:
            return begin_session(connection, person, site.resources.clock())

    with ThreadPoolExecutor(1) as beside:  # playwright's event loop runs in this thread
        yield beside.submit(made).result()


def signed_in(page: Page, site: Site, secret: str) -> None:
    """Let a browser be signed in."""
    host = urlsplit(site.address).hostname or ""
    page.context.add_cookies([{"name": "bitacora-local", "value": secret, "domain": host, "path": "/"}])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_of_administration_can_be_used_by_everybody_on_a_phone(
    site: Site, browser: Browser, chief: str, scheme: str
) -> None:
    with visiting(browser, width=320) as (page, complaints):
        signed_in(page, site, chief)
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type] # the themes are its own words
        for path in (
            "/administracion",
            "/administracion/sistemas",
            "/cuenta",
            "/cuenta/avisos/sistemas",
            "/cuenta/confirmar",
            "/entrar",
        ):
            page.goto(site.address + path)
            report = Axe().run(page, options={"resultTypes": ["violations"]})
            assert report.violations_count == 0, report.generate_report()
            assert sideways(page) == 0
        page.goto(f"{site.address}/administracion")
        page.get_by_role("link", name="Ana Ruiz").first.click()
        page.get_by_text("Dar de baja").first.click()
        report = Axe().run(page, options={"resultTypes": ["violations"]})
        assert report.violations_count == 0, report.generate_report()
        assert sideways(page) == 0
    assert complaints == []


def test_somebody_is_invited_and_appointed_without_script(site: Site, browser: Browser, chief: str) -> None:
    with ThreadPoolExecutor(1) as beside:
        beside.submit(enrolled, site, "Carla Soto").result()
    with visiting(browser, script=False, width=320) as (page, _):
        signed_in(page, site, chief)
        page.goto(f"{site.address}/administracion")
        page.get_by_label("Nombre").fill("Beto Díaz")
        page.get_by_label("Órgano").fill("IEPC")
        page.get_by_role("button", name="Crear un código").click()
        expect(page.get_by_role("status")).to_contain_text("Beto Díaz, IEPC")

        page.get_by_role("link", name="Carla Soto").click()
        page.get_by_label("Papel", exact=True).select_option("coordinator")
        page.get_by_label("Lugar", exact=True).fill("MX-JAL-D03")
        page.get_by_label("Cargo", exact=True).fill("Vocal Ejecutiva")
        page.get_by_label("Último día").fill("2027-10-31")
        page.get_by_label("Instrumento").fill("Oficio 12/2026")
        page.get_by_role("button", name="Nombrar").click()

        # It takes two: what was asked for waits for somebody else who administers.
        page.wait_for_url("**/propuestas/*")


def test_a_system_is_given_a_token_and_a_name_is_erased_without_script_on_a_phone(
    site: Site, browser: Browser, chief: str
) -> None:
    with ThreadPoolExecutor(1) as beside:
        person = beside.submit(enrolled, site, "Gabriel Secreto").result()
    with visiting(browser, script=False, width=320) as (page, _):
        signed_in(page, site, chief)
        page.goto(f"{site.address}/administracion")
        page.get_by_role("link", name="Sistemas").click()
        form = page.locator("#clave")
        form.get_by_label("Cargo").fill("Sistema de seguimiento")
        form.get_by_role("button", name="Crear la clave").click()
        expect(page.get_by_role("status")).to_contain_text("bit_")
        assert sideways(page) == 0

        page.goto(f"{site.address}/administracion/personas/{person}")
        page.get_by_text("Dar de baja").first.click()
        page.get_by_label("Motivo").last.fill("Baja.")
        page.get_by_role("button", name="Dar de baja").click()
        page.get_by_role("link", name="Borrar su nombre").click()
        assert sideways(page) == 0
        page.get_by_label("Motivo").fill("Solicitud 12/2026")
        page.get_by_role("button", name="Borrar su nombre").click()
        expect(page.get_by_text("Su nombre se borró")).to_be_visible()
        expect(page.get_by_role("heading", name=person)).to_be_visible()


def test_a_person_confirms_who_they_are_with_their_passkey(site: Site, browser: Browser) -> None:
    code = invite(site.resources, "Diana Paz", "INE")
    with visiting(browser) as (page, _):
        with_authenticator(page)
        page.goto(f"{at_localhost(site)}/inscripcion?codigo={code}")
        page.get_by_role("button", name="Crear mi llave de acceso").click()
        page.wait_for_url("**/cuenta")
        before = page.context.cookies()
        page.goto(f"{at_localhost(site)}/cuenta/confirmar?destino=/administracion")
        page.get_by_role("button", name="Confirmar con mi llave de acceso").click()
        expect(page.get_by_role("heading", name="Administración", exact=True)).to_be_visible()

        assert [one.get("value") for one in before] != [one.get("value") for one in page.context.cookies()]
