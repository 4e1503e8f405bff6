"""The guide's coordinator in a real Chromium, from the code to the acuse; the guide's pictures are taken on the way."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from api.opening import CONSOLE
from api.sign_in.enrolment import invite
from ledger.desk.sessions import begin_session
from tests.pages.pictures import Album
from tests.pages.report_form import filled, form_of
from tests.pages.site import JALISCO, Site
from tests.pages.staff import appoint, enrolled, signed_in, with_authenticator
from tests.pages.test_bulk_upload import HEADINGS, line
from tests.pages.test_files_in_a_browser import csv
from tests.pages.test_in_a_browser import sideways, visiting
from tests.pages.test_sign_in_in_a_browser import at_localhost
from tests.sample_documents import pdf

pytestmark = pytest.mark.browser

DESK, PHONE = 1280, 360


@pytest.fixture(scope="module")
def album() -> Iterator[Album]:
    """The guide's pictures. Fails where one no longer shows what the page says."""
    album = Album()
    yield album
    assert album.retaken == [], (
        "docs/guia: taken again, for they showed other words. Look at them and commit them."
    )


@pytest.fixture(scope="module")
def ana(site: Site, browser: Browser, album: Album) -> Iterator[Page]:
    """The page of somebody whom her administrator gave a code, who made a passkey and was appointed."""
    code = invite(site.resources, "Ana Simulada", "IEPC", by=CONSOLE)
    with visiting(browser) as (page, complaints):
        with_authenticator(page)
        page.goto(f"{at_localhost(site)}/entrar")
        page.get_by_role("link", name="Inscribirme").click()
        page.get_by_label("Código").fill(code)
        page.get_by_role("button", name="Continuar").click()
        expect(page.get_by_role("heading", name="Ana Simulada, IEPC")).to_be_visible()
        look(page)
        album.keep("inscripcion", page.locator("section.desk"), width=PHONE)
        page.get_by_role("button", name="Crear mi llave de acceso").click()
        page.wait_for_url("**/cuenta")
        look(page)
        expect(page.get_by_text("Aún no tienes un nombramiento.")).to_be_visible()
        appoint(site, page.locator("dl.facts code").inner_text())
        yield page
    # A refusal's status, a lost signal and a cleared device are in the console of every browser.
    expected = (
        "status of 403",
        "status of 412",
        "status of 422",
        "ERR_INTERNET_DISCONNECTED",
        "Clear-Site-Data",
    )
    assert [each for each in complaints if not any(words in each for words in expected)] == []


@contextmanager
def validating(site: Site, browser: Browser) -> Iterator[Page]:
    """Open the page of a second person of the institute, who validates."""
    person = enrolled(site, "Diego Simulado")
    appoint(site, person, "validator")
    with site.resources.desk.connection() as connection:
        secret = begin_session(connection, person, site.resources.clock())
    with visiting(browser) as (page, complaints):
        page.context.add_cookies([{"name": "bitacora-local", "value": secret, "url": at_localhost(site)}])
        yield page
    assert complaints == []


@contextmanager
def being_told(site: Site) -> Iterator[None]:
    """Tell what is recorded a tenth of a second later, as the service's own projector does."""
    done = Event()

    def tell() -> None:
        while not done.wait(0.1):
            site.resources.projector().catch_up()

    with ThreadPoolExecutor(1) as beside:
        telling = beside.submit(tell)
        try:
            yield
        finally:
            done.set()
        telling.result()


def look(page: Page) -> None:
    """Look at a page on a desk and on a phone: everybody can use it and nothing is wider than the window."""
    for width in (DESK, PHONE):
        page.set_viewport_size({"width": width, "height": 800})
        found = Axe().run(page, options={"resultTypes": ["violations"]})
        assert found.violations_count == 0, found.generate_report()
        assert sideways(page) == 0


def work(page: Page, site: Site, words: str) -> None:
    """Open one's work, of the local process, with these words."""
    page.goto(f"{at_localhost(site)}/trabajo?proceso={JALISCO}&q={words}")


def record(page: Page) -> None:
    """Send the form that is open, and wait for its acuse."""
    page.get_by_role("button", name="Registrar").click()
    page.wait_for_url("**/acuses/*")


def test_she_leaves_and_comes_back_with_her_passkey_to_her_work(site: Site, ana: Page) -> None:
    ana.get_by_role("button", name="Salir").click()
    ana.wait_for_url(f"{at_localhost(site)}/")
    ana.goto(f"{at_localhost(site)}/entrar")
    ana.get_by_role("button", name="Entrar con mi llave de acceso").click()
    ana.wait_for_url("**/trabajo")
    expect(ana.get_by_role("heading", level=2).first).to_be_visible()
    look(ana)


def test_she_reports_without_signal_and_keeps_the_acuse(site: Site, ana: Page, album: Album) -> None:
    work(ana, site, "L045")
    look(ana)
    album.keep("trabajo", ana.locator("section.card").first, width=720)
    ana.get_by_role("link", name="Concluir: L045").click()
    ana.get_by_label("Instrumento").fill("IEPC-ACG-045/2026")
    ana.context.set_offline(True)
    ana.get_by_role("button", name="Registrar").click()
    expect(ana.get_by_role("status")).to_contain_text("No hay señal: no se envió.")
    album.keep("sin-enviar", ana.locator("form.report"), width=PHONE, most_height=320)
    ana.context.set_offline(False)
    expect(ana.get_by_role("status")).to_have_text("Ya hay señal: puedes enviarlo.")
    look(ana)
    record(ana)
    look(ana)

    assert ana.pdf()[:5] == b"%PDF-"
    album.keep("acuse", ana.locator("article.receipt"), width=720)


def test_she_is_refused_where_another_institute_answers(site: Site, ana: Page) -> None:
    ana.goto(at_localhost(site) + form_of("L045", "completion", "pel-2026-2027-mex"))

    expect(ana.get_by_text("nadie habla por otro territorio")).to_be_visible()
    look(ana)


def test_she_meets_what_a_colleague_reported_and_applies_hers(site: Site, ana: Page) -> None:
    colleague = enrolled(site, "Beto Simulado")
    appoint(site, colleague)
    ana.goto(at_localhost(site) + form_of("L048", "completion"))
    ana.get_by_label("Instrumento").fill("IEPC-ACG-048/2026")
    with signed_in(site, colleague) as desk:
        started = filled(desk, form_of("L048", "start"), occurred_at="2026-11-19T09:00")
        assert desk.post(form_of("L048", "start"), started).status_code == 303
    ana.get_by_role("button", name="Registrar").click()
    expect(ana.get_by_role("heading", name="Lo que cambió")).to_be_visible()
    look(ana)
    ana.get_by_role("button", name="Aplicar de todos modos").click()
    ana.wait_for_url("**/acuses/*")


def test_she_attaches_the_document_when_she_has_it(
    site: Site, ana: Page, album: Album, tmp_path: Path
) -> None:
    ana.goto(at_localhost(site) + form_of("L047", "completion"))
    ana.get_by_label("Instrumento").fill("IEPC-ACG-047/2026")
    ana.get_by_label("Documento 1", exact=True).fill("Acta de la sesión")
    record(ana)
    site.resources.projector().catch_up()
    work(ana, site, "L047&grupo=soporte")
    ana.get_by_role("link", name="Adjuntar soporte: L047").click()
    act = tmp_path / "acta.pdf"
    act.write_bytes(pdf())
    ana.set_input_files("#document", act)
    ana.get_by_label("Qué es").fill("Acta de la sesión")
    look(ana)
    album.keep("soporte", ana.locator("section.card").last, width=720, most_height=322)
    ana.get_by_role("button", name="Adjuntar al reporte").click()
    expect(ana.get_by_text("Quedó asentado.")).to_be_visible()
    look(ana)
    site.resources.projector().catch_up()
    work(ana, site, "L047&grupo=soporte")

    expect(ana.get_by_text("Nada de tu trabajo cumple estas condiciones.")).to_be_visible()


def test_a_file_with_an_error_is_corrected_and_recorded(site: Site, ana: Page, album: Album) -> None:
    ana.goto(f"{at_localhost(site)}/trabajo")
    ana.get_by_role("link", name="Reportar con un archivo").click()
    ana.set_input_files("#file", csv(HEADINGS + line("L086") + line("L999")))
    ana.get_by_role("button", name="Revisar sin registrar").click()
    expect(ana.get_by_text("No hay una actividad L999")).to_be_visible()
    look(ana)
    album.keep("archivo", ana.locator("section.card").first, width=720)
    ana.set_input_files("#file", csv(HEADINGS + line("L086")))
    ana.get_by_role("button", name="Revisar sin registrar").click()
    ana.get_by_role("button", name="Registrar un reporte").click()
    expect(ana.get_by_text("Un reporte registrado")).to_be_visible()
    look(ana)


def test_she_corrects_what_was_validated_and_another_person_approves_it(
    site: Site, browser: Browser, ana: Page, album: Album
) -> None:
    ana.goto(at_localhost(site) + form_of("L072", "completion"))
    ana.get_by_label("Instrumento").fill("IEPC-ACG-027/2026")
    record(ana)
    with validating(site, browser) as diego:
        site.resources.projector().catch_up()
        diego.goto(f"{at_localhost(site)}/trabajo?grupo=por-validar&proceso={JALISCO}")
        diego.get_by_role("link", name="Validar: L072").click()
        record(diego)
        ana.goto(at_localhost(site) + form_of("L072", "correction"))
        ana.get_by_label("Instrumento").fill("IEPC-ACG-072/2026")
        ana.get_by_label("Motivo").fill("Se citó otro acuerdo.")
        look(ana)
        with being_told(site):
            ana.get_by_role("button", name="Registrar").click()
            ana.wait_for_url("**/propuestas/*")
            expect(ana.locator("p.lede")).to_contain_text("espera a una segunda persona")
            look(ana)
            diego.goto(ana.url)
            diego.get_by_role("link", name="Revisar y decidir").click()
            expect(diego.get_by_text("IEPC-ACG-072/2026")).to_be_visible()
            look(diego)
            album.keep("propuesta", diego.locator("main"), width=720, most_height=650)
            diego.get_by_role("button", name="Aprobar").click()
            diego.wait_for_url(ana.url)
            expect(diego.locator("p.lede")).to_contain_text("aprobada")
            look(diego)
    ana.goto(f"{at_localhost(site)}/procesos/{JALISCO}/actividades/L072")
    look(ana)

    expect(ana.locator("li.corrected")).to_contain_text("IEPC-ACG-027/2026")
    expect(ana.locator("li.corrected")).to_contain_text("Se citó otro acuerdo.")
