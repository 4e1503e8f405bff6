"""What the pages say, and how they are sent."""

from __future__ import annotations

import asyncio
import re
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from domain.event import Author
from domain.milestone import MILESTONE, milestone_stream
from domain.milestone_commands import ReportProgress
from domain.milestone_rules import Circumstances
from ledger.embedded import EmbeddedPostgres
from ledger.ledger import View
from ledger.migrate import migrate
from tests.database import fresh_database
from tests.pages.site import FEDERAL, JALISCO, NOW, Site, opened, running_site, text_of

EVERY_PAGE = (
    "/", "/entidades", "/entidades/MX-JAL", "/procesos", f"/procesos/{JALISCO}", "/api/v1", "/problemas/bad-moment",
    f"/procesos/{FEDERAL}/actividades/F005", "/actividades", "/buscar?q=acta", "/acerca", "/nada",
)  # fmt: skip


def report_progress(site: Site, milestone: str, done: int, note: str) -> None:
    """Report through the ledger as a coordinator would, and have it told."""
    stream = milestone_stream(FEDERAL, milestone)

    async def decide(view: View) -> None:
        state = (await view.load(MILESTONE, stream)).state
        view.write(stream, ReportProgress(done=done, note=note).decide(state, Circumstances(NOW, NOW, {})))

    author = Author("test", "Enlace <b>audaz</b>", "INE", "test")
    ledger = site.resources.ledger
    with ThreadPoolExecutor() as another:
        # The browser's tests have a loop running in this thread.
        recorded = ledger.execute(decide, command_id=uuid4(), author=author, occurred_at=NOW)
        another.submit(asyncio.run, recorded).result()
    site.resources.projector().catch_up()


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_every_page_says_whose_it_is_and_that_the_log_is_simulated(site: Site, path: str) -> None:
    words = text_of(site.get(path).text)

    assert "Proyecto independiente; no es un sitio del INE ni de los OPL." in words
    assert "128 actividades federales y 68 locales" in words
    assert "la autoridad no las ha validado" in words
    assert "Datos simulados." in words


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_no_page_has_a_style_or_a_script_in_it(site: Site, path: str) -> None:
    page = site.get(path).text

    assert re.findall(r"<[^>]*\s(?:style|on\w+)=", page) == []
    assert re.findall(r"<script(?![^>]*\ssrc=)", page) == []
    assert re.findall(r'(?:src|href)="https?://', page) == []


def test_a_page_is_the_same_until_something_changes(site: Site) -> None:
    first = site.get("/")
    again = site.get("/", If_None_Match=first.headers["ETag"])

    assert again.status_code == 304
    assert first.headers["Cache-Control"] == "public, max-age=5, stale-while-revalidate=60"
    assert site.get("/?lang=en").headers["ETag"] != first.headers["ETag"]


def test_a_report_is_on_the_page_and_what_it_says_is_only_text(site: Site) -> None:
    where = {"territory": "MX-JAL", "kind": "act", "status": "planned"}
    milestone = site.data(f"/processes/{FEDERAL}/milestones", **where)["items"][0]["id"]
    path = f"/procesos/{FEDERAL}/actividades/{milestone}"
    before = site.get(path)
    report_progress(site, milestone, 7, "<script>alert(1)</script>")
    after = _changed(site, path, before.headers["ETag"])

    assert "<script>alert(1)" not in after
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in after
    assert "Enlace &lt;b&gt;audaz&lt;/b&gt;" in after


def _changed(site: Site, path: str, tag: str) -> str:
    """Return a page once it is no longer what it was; it may be a quarter of a second old."""
    until = time.monotonic() + 5
    while time.monotonic() < until:
        page = site.get(path, If_None_Match=tag)
        if page.status_code == 200:
            return str(page.text)
    raise AssertionError(f"{path} stayed as it was")


def test_the_past_is_told_as_it_was_known(site: Site) -> None:
    page = text_of(site.get(f"/procesos/{JALISCO}?al=6000&lang=en").text)

    assert "Another date: this is what the log knew" in page
    assert "entry no. 6,000" in page


def test_links_keep_the_language_and_the_moment(site: Site) -> None:
    page = site.get("/?al=6000&lang=en").text
    inner = re.findall(r'href="(/(?:entidades|procesos|actividades|acerca)[^"]*)"', page)

    assert inner
    assert [link for link in inner if "al=6000" not in link or "lang=en" not in link] == []


def test_the_browser_s_language_is_the_page_s(site: Site) -> None:
    assert '<html lang="en">' in site.get("/", Accept_Language="en-GB,en;q=0.9,es;q=0.5").text
    assert '<html lang="es-MX">' in site.get("/", Accept_Language="fr").text


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/entidades/MX-XXX", 404, "no es el código de una entidad"),
        ("/procesos/pel-2030", 404, "No hay un proceso"),
        (f"/procesos/{FEDERAL}/actividades/F999", 404, "No hay una actividad"),
        ("/no-hay", 404, "No hay nada en esta dirección"),
        ("/?al=mañana", 422, "no es un asiento ni un instante"),
        ("/?al=99999999", 422, "No hay un asiento"),
        ("/?al=2030-01-01T00:00", 422, "está en el futuro"),
        ("/actividades?situacion=mal", 422, "no es una situación"),
        (f"/procesos/{FEDERAL}?desde=2027-01-01&hasta=2026-01-01", 422, "en ese orden"),
        ("/actividades?despues=xyz", 422, "no es un cursor"),
        ("/static/../settings.py", 404, ""),
    ],
)
def test_what_cannot_be_shown_says_why(site: Site, path: str, status: int, words: str) -> None:
    page = site.get(path)

    assert page.status_code == status
    assert words in text_of(page.text)


@pytest.mark.parametrize(
    ("query", "finds"),
    [
        ("organos desconcentrados", "Designación e instalación de órganos desconcentrados"),
        ("ÓRGANOS", "Designación e instalación de órganos desconcentrados"),
        ("polling stations", f"/procesos/{FEDERAL}/actividades/"),
        ("F048", f"/procesos/{FEDERAL}/actividades/F048"),
        ("Jal.", "/entidades/MX-JAL"),
        ("jalisco", f"/procesos/{JALISCO}"),
        ("iepc", "/entidades/MX-JAL"),
        ("LGIPE 254", f"/procesos/{FEDERAL}/actividades/"),
        ("derfe", f"/procesos/{FEDERAL}/actividades/"),
        ("zzz", "Nada coincide con «zzz»"),
        ("<script>", "&lt;script&gt;"),
    ],
)
def test_search_finds_what_people_type(site: Site, query: str, finds: str) -> None:
    page = site.client.get(site.address + "/buscar", params={"q": query}, headers={"Accept": "text/html"})

    assert finds in page.text


def test_a_search_that_finds_more_than_it_shows_says_so(site: Site) -> None:
    page = site.get("/buscar?q=a").text
    more = re.search(r"Hay (\d+) más", text_of(page))

    assert more is not None
    assert page.count('<span class="when">') == 60
    assert "más: agrega una palabra" not in text_of(site.get("/buscar?q=F048").text)


def test_coahuila_is_to_be_confirmed_with_its_doubt(site: Site) -> None:
    entity = site.data("/entities/MX-COA/status")
    page = text_of(site.get("/entidades/MX-COA").text)

    assert "Por confirmar" in page
    assert entity["doubt"]["es"] in page


def test_a_state_without_a_calendar_is_hatched_and_says_how_many_have_no_date(site: Site) -> None:
    missing = [one for one in site.data("/entities")["items"] if not one["calendar_loaded"]]
    page = site.get("/").text

    assert missing
    assert page.count('class="chip hatched"') == len(missing)
    for one in missing:
        said = f"Calendario local sin cargar: {one['undated']} de {one['local']['counted']} actividades sin fecha"
        assert said in text_of(site.get(f"/entidades/{one['code']}").text)


def test_a_simulated_date_does_not_pass_for_one_of_an_instrument(site: Site) -> None:
    page = site.get(f"/procesos/{JALISCO}/actividades/L082").text

    said = "Fecha simulada, de ningún instrumento: calendario local simulado para la demostración"
    assert f'<li class="mark-not">{said}</li>' in page


def test_what_was_corrected_stays_struck_through(site: Site) -> None:
    corrected = next(
        row
        for entity in site.data("/entities")["items"]
        if entity["process"]
        for row in site.data(f"/processes/{entity['process']}/milestones", limit="500")["items"]
        if row["corrections"]
    )
    page = site.get(f"/procesos/{corrected['process']}/actividades/{corrected['id']}").text

    assert re.search(r"<s><b>[^<]+</b>[^<]*</s>\s*<span[^>]*>corregido por el asiento n\.º", page)


def test_the_files_of_the_site_are_kept_for_a_year(site: Site) -> None:
    address = re.search(r'href="(/static/pages\.css\?v=\w+)"', site.get("/acerca").text)
    assert address is not None

    assert "immutable" in site.get(address[1]).headers["Cache-Control"]
    assert "immutable" not in site.get("/static/pages.css").headers["Cache-Control"]
    assert site.get("/favicon.ico").headers["Content-Type"] == "image/svg+xml"


def test_a_log_that_has_not_begun_says_so_and_is_not_simulated(postgres_18: EmbeddedPostgres) -> None:
    with fresh_database(postgres_18) as url:
        migrate(url)
        resources = opened(url)
        resources.projector().catch_up()
        resources.close()
        with running_site(url) as site:
            page = text_of(site.get("/").text)
            others = [site.get(path).status_code for path in ("/entidades", "/entidades/MX-JAL", "/procesos")]

    assert "La bitácora no ha comenzado" in page
    assert "Todavía no vence ninguna actividad" in page
    assert "Datos simulados" not in page
    assert others == [200, 200, 200]
