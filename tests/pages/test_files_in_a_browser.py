"""Files sent from a browser: errors first, then a clean one, at every width; and a calendar that is explained."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, FilePayload, Page, expect

from ledger.desk.sessions import begin_session
from tests.pages.site import Site
from tests.pages.staff import appoint, enrolled, signed_in
from tests.pages.test_bulk_upload import HEADINGS, line, open_activities
from tests.pages.test_in_a_browser import SCREENS, sideways, visiting

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def coordinator(site: Site) -> str:
    """Somebody who coordinates in Jalisco: made before the browser, whose event loop suffers no other."""
    person = enrolled(site)
    appoint(site, person)
    return person


def csv(text: str) -> FilePayload:
    return {"name": "archivo.csv", "mimeType": "text/csv", "buffer": text.encode()}


@contextmanager
def working(site: Site, browser: Browser, person: str, *, script: bool = True) -> Iterator[Page]:
    """Open a browser in which somebody is signed in."""
    with site.resources.desk.connection() as connection:
        secret = begin_session(connection, person, site.resources.clock())
    with visiting(browser, script=script, width=320) as (page, complaints):
        page.context.add_cookies([{"name": "bitacora-local", "value": secret, "url": site.address}])
        yield page
    assert [each for each in complaints if "422" not in each] == []


def look(page: Page) -> None:
    """Look at a page at every width: nothing is wider than its window, and everybody can use it."""
    for width in SCREENS.values():
        page.set_viewport_size({"width": width, "height": 800})
        found = Axe().run(page, options={"resultTypes": ["violations"]})
        assert found.violations_count == 0, found.generate_report()
        assert sideways(page) == 0


def test_a_file_with_errors_and_then_a_clean_one(site: Site, coordinator: str, browser: Browser) -> None:
    with signed_in(site, coordinator) as desk:
        activity = open_activities(desk)[8]
    with working(site, browser, coordinator) as page:
        page.goto(f"{site.address}/trabajo/carga")
        look(page)
        page.set_input_files("#file", csv(HEADINGS + line(activity) + line("L999")))
        page.get_by_role("button", name="Revisar sin registrar").click()
        expect(page.get_by_text("No hay una actividad L999")).to_be_visible()
        look(page)
        page.set_input_files("#file", csv(HEADINGS + line(activity)))
        page.get_by_role("button", name="Revisar sin registrar").click()
        page.get_by_role("button", name="Registrar un reporte").click()
        expect(page.get_by_text("Un reporte registrado")).to_be_visible()
        look(page)


def test_a_calendar_is_explained_and_looked_at_without_script(
    site: Site, coordinator: str, browser: Browser
) -> None:
    with working(site, browser, coordinator, script=False) as page:
        page.goto(f"{site.address}/trabajo/calendario")
        assert sideways(page) == 0
        page.fill("#instrument", "IEPC-ACG-030/2026")
        page.fill("#approved_on", "2026-11-01")
        page.set_input_files("#file", csv("Tarea;Cuándo\nAlgo que el plan no tiene;2026-12-01\n"))
        page.get_by_role("button", name="Revisar sin registrar").click()
        page.get_by_label("Encabezado del nombre").fill("Tarea")
        page.get_by_label("Encabezado de la fecha de término").fill("Cuándo")
        page.get_by_role("button", name="Recordarlo y revisar otra vez").click()
        expect(page.get_by_label("Clave de la actividad «Algo que el plan no tiene»")).to_be_visible()
        assert sideways(page) == 0
    with working(site, browser, coordinator) as page:
        page.goto(f"{site.address}/trabajo/calendario")
        page.fill("#instrument", "IEPC-ACG-030/2026")
        page.fill("#approved_on", "2026-11-01")
        page.set_input_files("#file", csv("Tarea;Cuándo\nAlgo que el plan no tiene;2026-12-01\n"))
        page.get_by_role("button", name="Revisar sin registrar").click()
        expect(page.get_by_label("Clave de la actividad «Algo que el plan no tiene»")).to_be_visible()
        look(page)
