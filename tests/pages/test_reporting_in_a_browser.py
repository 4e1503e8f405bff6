"""A coordinator's evening in a real Chromium: the list, a report, no signal, a conflict, a correction, the receipt."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from api.sign_in.enrolment import invite
from ledger.desk.sessions import begin_session
from tests.pages.report_form import filled, form_of
from tests.pages.site import JALISCO, Site
from tests.pages.staff import appoint, enrolled, signed_in, with_authenticator
from tests.pages.test_in_a_browser import SCREENS, sideways, visiting
from tests.pages.test_sign_in_in_a_browser import at_localhost

pytestmark = pytest.mark.browser


@contextmanager
def at_work(
    site: Site, browser: Browser, *, role: str = "coordinator", script: bool = True, width: int = 1280
) -> Iterator[tuple[Page, list[str], str]]:
    """Open a page of somebody who works in Jalisco, signed in; yields it, its console and who it is."""
    person = enrolled(site)
    appoint(site, person, role)  # type: ignore[arg-type]  # the roles are its own words
    with site.resources.desk.connection() as connection:
        secret = begin_session(connection, person, site.resources.clock())
    with visiting(browser, script=script, width=width) as (page, complaints):
        page.context.add_cookies([{"name": "bitacora-local", "value": secret, "url": site.address}])
        yield page, complaints, person


def typed_kept(page: Page) -> int:
    """Return how many drafts the device keeps."""
    count: int = page.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('draft ')).length")
    return count


def test_who_signs_in_comes_to_their_work_and_reports_from_it(site: Site, browser: Browser) -> None:
    code = invite(site.resources, "Ana Ruiz", "IEPC")
    with visiting(browser) as (page, complaints):
        with_authenticator(page)
        page.goto(f"{at_localhost(site)}/inscripcion?codigo={code}")
        page.get_by_role("button", name="Crear mi llave de acceso").click()
        page.wait_for_url("**/cuenta")
        page.get_by_role("link", name="Mi trabajo").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Mi trabajo")
        page.goto(f"{at_localhost(site)}/trabajo?proceso={JALISCO}&q=L045")
        page.get_by_role("link", name="Concluir: L045").click()
        page.get_by_label("Instrumento").fill("IEPC-ACG-045/2026")
        page.get_by_role("button", name="Registrar").click()
        page.wait_for_url("**/acuses/*")

        expect(page.get_by_text("Concluida")).to_be_visible()
        expect(page.get_by_text("Administración de la bitácora, IEPC")).to_be_visible()
        expect(page.get_by_role("img", name="Código QR")).to_be_visible()
        receipt = page.url
        page.emulate_media(media="print")
        assert page.pdf()[:5] == b"%PDF-"
        page.emulate_media(media="screen")
    with visiting(browser) as (anybody, _):
        anybody.goto(receipt)
        expect(anybody.get_by_role("heading", name="Acuse de recibo")).to_be_visible()
    assert complaints == []


def test_what_was_typed_survives_a_reload_and_the_loss_of_signal(site: Site, browser: Browser) -> None:
    with at_work(site, browser, width=SCREENS["phone"]) as (page, complaints, _):
        page.goto(site.address + form_of("L047", "start"))
        expect(page.get_by_text("sin enviar", exact=True)).to_be_visible()
        page.get_by_label("Nota").fill("Empezó a las doce.")
        expect(page.get_by_role("status")).to_have_text("Lo escrito se guarda en este dispositivo.")
        key = page.input_value("input[name=key]")
        page.reload()
        expect(page.get_by_label("Nota")).to_have_value("Empezó a las doce.")
        assert page.input_value("input[name=key]") == key

        page.context.set_offline(True)
        page.get_by_role("button", name="Registrar").click()
        expect(page.get_by_role("status")).to_contain_text("No hay señal: no se envió.")
        expect(page.get_by_text("sin enviar", exact=True)).to_be_visible()
        page.context.set_offline(False)
        expect(page.get_by_role("status")).to_have_text("Ya hay señal: puedes enviarlo.")
        page.get_by_role("button", name="Registrar").click()
        page.wait_for_url(f"**/acuses/{key}")

        expect(page.get_by_role("heading", name="Acuse de recibo")).to_be_visible()
        assert typed_kept(page) == 0
    assert complaints == []


def test_what_was_typed_can_be_discarded(site: Site, browser: Browser) -> None:
    with at_work(site, browser) as (page, _, _):
        page.goto(site.address + form_of("L040", "completion"))
        page.get_by_label("Nota").fill("Borrador.")
        assert typed_kept(page) == 1
        page.get_by_role("button", name="Descartar lo escrito").click()

        expect(page.get_by_label("Nota")).to_have_value("")
        assert typed_kept(page) == 0


def test_another_territory_is_refused_in_words(site: Site, browser: Browser) -> None:
    with at_work(site, browser) as (page, _, _):
        page.goto(site.address + form_of("L045", "completion", "pel-2026-2027-mex"))

        expect(page.get_by_text("nadie habla por otro territorio")).to_be_visible()


def test_a_conflict_shows_what_changed_and_one_button_applies_the_report(
    site: Site, browser: Browser
) -> None:
    with at_work(site, browser) as (page, _, person):
        page.goto(site.address + form_of("L048", "completion"))
        page.get_by_label("Instrumento").fill("IEPC-ACG-048/2026")
        with signed_in(site, person) as desk:
            other = filled(desk, form_of("L048", "start"), occurred_at="2026-11-19T09:00")
            assert desk.post(form_of("L048", "start"), other).status_code == 303
        page.get_by_role("button", name="Registrar").click()

        expect(page.get_by_role("heading", name="Lo que cambió")).to_be_visible()
        expect(page.get_by_text("Enlace de seguimiento, IEPC")).to_be_visible()
        expect(page.get_by_label("Instrumento")).to_have_value("IEPC-ACG-048/2026")
        assert Axe().run(page, options={"resultTypes": ["violations"]}).violations_count == 0
        page.get_by_role("button", name="Aplicar de todos modos").click()
        page.wait_for_url("**/acuses/*")

        assert typed_kept(page) == 0


def test_a_correction_leaves_the_wrong_report_in_sight_with_who_when_and_why(
    site: Site, browser: Browser
) -> None:
    with at_work(site, browser) as (page, complaints, _):
        page.goto(site.address + form_of("L072", "completion"))
        page.get_by_label("Instrumento").fill("ACG-1")
        page.get_by_role("button", name="Registrar").click()
        page.wait_for_url("**/acuses/*")
        page.goto(site.address + form_of("L072", "correction"))
        expect(page.get_by_label("Instrumento")).to_have_value("ACG-1")
        page.get_by_label("Instrumento").fill("ACG-2")
        page.get_by_label("Motivo").fill("Se citó otro acuerdo.")
        page.get_by_role("button", name="Registrar").click()
        page.wait_for_url("**/acuses/*")
        site.resources.projector().catch_up()
        page.goto(f"{site.address}/procesos/{JALISCO}/actividades/L072")
        wrong = page.locator("li.corrected")

        expect(wrong.locator("s")).to_contain_text(["Concluida", "ACG-1", "acto: "])
        expect(wrong).to_contain_text("La corrigió el")
        expect(wrong).to_contain_text("Enlace de seguimiento, IEPC: «Se citó otro acuerdo.»")
        page.goto(f"{site.address}/reportes-tardios?dias=0")
        expect(page.get_by_role("heading", level=1)).to_have_text("Reportes tardíos")
    assert complaints == []


PAGES = {
    "work": "/trabajo",
    "work filtered": f"/trabajo?proceso={JALISCO}&grupo=despues&q=consejo",
    "what may be reported": f"/procesos/{JALISCO}/actividades/L040/reportar",
    "completion": form_of("L040", "completion"),
    "progress": form_of("L083", "progress"),
    "re-dating": form_of("L073", "redating"),
    "correction": form_of("L040", "correction"),
    "reassignment": form_of("L073", "reassignment"),
    "late reports": "/reportes-tardios?dias=0",
}


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES.keys())
def test_a_page_of_work_can_be_used_by_everybody(site: Site, browser: Browser, path: str) -> None:
    found = {}
    with at_work(site, browser, role="administrator") as (page, complaints, _):
        for screen, scheme, language in (("phone", "dark", "es"), ("desk", "light", "en")):
            page.set_viewport_size({"width": SCREENS[screen], "height": 800})
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type] # the themes are its own words
            page.goto(site.address + path + ("&" if "?" in path else "?") + f"lang={language}")
            result = Axe().run(page, options={"resultTypes": ["violations"]})
            if result.violations_count:
                found[screen] = result.generate_report()
            assert sideways(page) == 0, screen
    assert found == {}
    assert complaints == []


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES.keys())
def test_a_page_of_work_needs_no_script(site: Site, browser: Browser, path: str) -> None:
    with at_work(site, browser, role="administrator", script=False, width=320) as (page, complaints, _):
        page.goto(site.address + path)

        assert page.is_visible("main h1")
        assert sideways(page) == 0
    assert complaints == []


def test_without_script_a_report_is_made_and_its_receipt_can_be_used_by_everybody(
    site: Site, browser: Browser
) -> None:
    with at_work(site, browser, script=False, width=320) as (page, complaints, _):
        page.goto(site.address + form_of("L086", "start"))
        page.get_by_role("button", name="Registrar").click()
        page.wait_for_url("**/acuses/*")
        assert sideways(page) == 0
        receipt = page.url
    with visiting(browser, width=320) as (page, more):
        page.goto(receipt)

        assert Axe().run(page, options={"resultTypes": ["violations"]}).violations_count == 0
    assert complaints + more == []


def test_the_keyboard_alone_reaches_every_report_of_the_list(site: Site, browser: Browser) -> None:
    with at_work(site, browser) as (page, _, _):
        page.goto(f"{site.address}/trabajo?q=L040")
        reached = []
        for _ in range(60):
            page.keyboard.press("Tab")
            reached.append(page.evaluate("document.activeElement.getAttribute('aria-label') ?? ''"))

    assert any(label.startswith("Concluir: L040") for label in reached)
