"""Attaching evidence as a person does, on a phone: with signal, losing it, and without script."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, expect

from ledger.desk.sessions import begin_session
from tests.pages.site import JALISCO, Site
from tests.pages.staff import appoint, enrolled
from tests.sample_documents import large_pdf, pdf


@pytest.fixture(scope="module")
def path(site: Site) -> str:
    """The path of an activity of Jalisco that was completed."""
    items = site.data(f"/processes/{JALISCO}/milestones", status="completed")["items"]
    return f"/procesos/{JALISCO}/actividades/{items[0]['id']}/soporte"


@pytest.fixture(scope="module")
def secret(site: Site) -> str:
    """The session of somebody who coordinates in Jalisco; made before there is a browser (see its fixture)."""
    person = enrolled(site)
    appoint(site, person)
    with site.resources.desk.connection() as connection:
        return begin_session(connection, person, site.resources.clock())


def phone(site: Site, secret: str, browser: Browser, *, script: bool = True) -> Page:
    """Return a page 320 px wide of whose session this is."""
    context = browser.new_context(
        viewport={"width": 320, "height": 640}, java_script_enabled=script, locale="es-MX"
    )
    context.set_default_timeout(10_000)
    context.add_cookies([{"name": "bitacora-local", "value": secret, "url": site.address}])
    return context.new_page()


@pytest.fixture
def page(site: Site, secret: str, browser: Browser) -> Iterator[Page]:
    page = phone(site, secret, browser)
    yield page
    page.context.close()


def choose(page: Page, tmp_path: Path, content: bytes, name: str) -> None:
    """Fill the form in."""
    file = tmp_path / "acta.pdf"
    file.write_bytes(content)
    page.set_input_files("#document", file)
    page.fill("#name", name)


def test_a_document_is_sent_in_pieces_and_goes_on_when_the_signal_comes_back(
    site: Site, page: Page, path: str, tmp_path: Path
) -> None:
    lost = 0

    def lose_the_second(route: Route) -> None:
        nonlocal lost
        if route.request.headers.get("upload-offset") == "1048576" and lost < 2:
            lost += 1
            route.abort("internetdisconnected")
        else:
            route.continue_()

    page.route("**/uploads/*", lose_the_second)
    page.goto(site.address + path)
    choose(page, tmp_path, large_pdf(2_500_000), "Acta en partes")
    page.get_by_role("button", name="Adjuntar al reporte").click()
    expect(page.get_by_text("Quedó asentado.")).to_be_visible(timeout=15_000)

    assert lost == 2
    expect(page.get_by_text("Acta en partes", exact=True)).to_be_visible()
    expect(page.get_by_text("2.4 MiB")).to_be_visible()
    assert list((site.resources.documents.folder / "parts").iterdir()) == []


def test_what_is_refused_is_said_beside_the_form_and_nothing_typed_is_lost(
    site: Site, page: Page, path: str, tmp_path: Path
) -> None:
    page.goto(site.address + path)
    choose(page, tmp_path, b"MZ" + b"\0" * 100, "Un programa")
    page.get_by_role("button", name="Adjuntar al reporte").click()

    expect(page.locator("form.attach [role=status]")).to_contain_text("eso no se recibe")
    assert page.input_value("#name") == "Un programa"


def test_without_script_the_form_carries_the_document(
    site: Site, secret: str, browser: Browser, path: str, tmp_path: Path
) -> None:
    page = phone(site, secret, browser, script=False)
    page.goto(site.address + path)
    choose(page, tmp_path, pdf("without script"), "Sin script")
    page.get_by_role("button", name="Adjuntar al reporte").click()

    expect(page.get_by_text("Quedó asentado.")).to_be_visible()
    expect(page.get_by_text("Sin script", exact=True)).to_be_visible()
    page.context.close()


def test_the_form_is_for_everyone_and_fits_a_phone(site: Site, page: Page, path: str) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(site.address + path)
    found = Axe().run(page)

    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert said == []
