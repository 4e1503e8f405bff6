"""The page of notices in a real Chromium: for everybody, on a phone, without script."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from ledger.desk.sessions import begin_session
from tests.mailbox import Mailbox, receiving_mail
from tests.pages.site import Site
from tests.pages.staff import appoint, enrolled
from tests.pages.test_in_a_browser import sideways, visiting

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def mailbox(site: Site) -> Iterator[Mailbox]:
    """The mail server of the site."""
    with receiving_mail() as box:
        site.resources.settings = site.resources.settings.model_copy(
            update={
                "smtp_host": "127.0.0.1", "smtp_port": box.port, "smtp_security": "none",
                "smtp_from": "avisos@bitacora.example.mx",
            }
        )  # fmt: skip
        yield box


@pytest.fixture(scope="module")
def secret(site: Site) -> str:
    """What the browser of somebody keeps who coordinates in Jalisco; made before playwright's own loop runs."""
    person = enrolled(site)
    appoint(site, person)
    with site.resources.desk.connection() as connection:
        return begin_session(connection, person, site.resources.clock())


def open_page(site: Site, page: Page, secret: str) -> None:
    page.context.add_cookies([{"name": "bitacora-local", "value": secret, "url": site.address}])
    page.goto(f"{site.address}/cuenta/avisos")


def test_somebody_asks_for_a_calendar_and_letters_without_script(
    site: Site, secret: str, mailbox: Mailbox, browser: Browser
) -> None:
    with visiting(browser, script=False) as (page, _):
        open_page(site, page, secret)
        page.get_by_role("button", name="Crear la dirección").click()
        expect(page.get_by_role("status")).to_contain_text("/calendarios/personas/")

        page.get_by_label("Dirección de correo").fill("ana@iepc.example.mx")
        page.get_by_label("En cuanto pasa").check()
        page.get_by_label("Actividades mías por vencer").uncheck()
        page.get_by_role("button", name="Guardar").click()
        expect(page.get_by_text("Te enviamos un código a ana@iepc.example.mx")).to_be_visible()
        code = re.search(r"([A-Z2-9]{5}-){4}[A-Z2-9]{5}", mailbox.letters[0].get_content())
        assert code is not None
        page.get_by_label("Código").fill(code[0])
        page.get_by_role("button", name="Confirmar").click()

        expect(page.get_by_text("Dirección confirmada")).to_be_visible()
        expect(page.get_by_label("En cuanto pasa")).to_be_checked()
        expect(page.get_by_label("Actividades mías por vencer")).not_to_be_checked()


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_of_notices_can_be_used_by_everybody(
    site: Site, secret: str, mailbox: Mailbox, browser: Browser, width: int, scheme: str
) -> None:
    with visiting(browser, width=width) as (page, complaints):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type] # the themes are its own words
        open_page(site, page, secret)
        found = Axe().run(page, options={"resultTypes": ["violations"]})

        assert found.violations_count == 0, found.generate_report()
        assert sideways(page) == 0
    assert complaints == []
