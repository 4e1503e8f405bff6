"""The pages of the fourteen functions and of their procedures: whole, in both languages, and drawn from the data."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from api.settings import Language
from api.view.drawing import lanes, wrapped
from api.view.formats import in_language
from api.view.procedure_diagram import BOX, Diagram, draw
from domain.procedure import Procedure, procedures
from domain.systems import procedures_of, systems
from tests.domain.manual import WORKED_EXAMPLE, manual_as_a_file, procedures_with
from tests.domain.small_case import case_procedure, case_step, outcome
from tests.pages.site import Site, text_of
from tests.pages.test_in_a_browser import sideways, visiting

UNREAD = "No se leyó ningún artículo de este procedimiento."
VOID = {"meta", "link", "input", "br", "img", "path", "rect", "line"}


class _Outline(HTMLParser):
    """Collects the ids and the links within a page, and what is opened and never closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.open: list[str] = []
        self.astray: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.ids += [value for value in [found.get("id")] if value]
        self.links += [value[1:] for value in [found.get("href")] if value and value.startswith("#")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.astray.append(tag)


def faults(page: str) -> list[str]:
    """Return what is wrong with a page's own structure."""
    outline = _Outline(page)
    found = [f"id twice: {id_}" for id_ in set(outline.ids) if outline.ids.count(id_) > 1]
    found += [f"leads nowhere: {link}" for link in set(outline.links) - set(outline.ids)]
    found += [f"astray: {tag}" for tag in outline.astray + outline.open]
    return found + re.findall(r"<[^>]*\s(?:style|on\w+)=", page)


@pytest.fixture
def one_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Procedure]:
    """The procedure of the manual, as one more file among the others."""
    with procedures_with(f"{WORKED_EXAMPLE}.toml", manual_as_a_file(), tmp_path, monkeypatch):
        yield procedures()[WORKED_EXAMPLE]


def links_of(procedure: Procedure) -> set[tuple[str, str, str, str]]:
    """Return everything the data say a step opens, closes or, in a plan, precedes."""
    found = {("opens", step.id, "", row) for step in procedure.steps for row in step.opens}
    for step in procedure.steps:
        for one in step.outcomes:
            found |= {("opens", step.id, one.id, row) for row in one.opens}
            found |= {("closes", step.id, one.id, row) for row in one.closes}
        if procedure.is_plan:
            found |= {("precedes", link.id, "", step.id) for link in step.after}
    return found


def drawn(diagram: Diagram) -> set[tuple[str, str, str, str]]:
    return {(arrow.what, arrow.source, arrow.outcome, arrow.target) for arrow in diagram.arrows}


# The pages ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["es", "en"])
def test_the_fourteen_functions_are_on_one_page_with_their_procedures(site: Site, language: Language) -> None:
    page = site.get(f"/procedimientos?lang={language}").text

    assert faults(page) == []
    for system in systems().values():
        part = re.search(rf'<section [^>]*id="{system.id}".*?</section>', page, re.DOTALL)
        assert part is not None, system.id
        assert in_language(system.about, language) in text_of(part[0])
        kinds = re.findall(r'href="/procedimientos/(\w+)', part[0])
        assert kinds == [procedure.kind for procedure in procedures_of(system.number)]
        for procedure in procedures_of(system.number):
            assert in_language(procedure.summary, language) in text_of(part[0])


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("kind", sorted(procedures()))
def test_the_page_of_a_procedure_is_whole(site: Site, kind: str, language: Language) -> None:
    procedure = procedures()[kind]
    answer = site.get(f"/procedimientos/{kind}?lang={language}")
    said = text_of(answer.text)

    assert answer.status_code == 200
    assert faults(answer.text) == []
    assert in_language(procedure.summary, language) in said
    for step in procedure.steps:
        part = re.search(rf'<article [^>]*id="{step.id}".*?</article>', answer.text, re.DOTALL)
        assert part is not None, step.id
        words = text_of(part[0])
        told = [step.name, step.rule, *(one.name for one in step.outcomes), *step.evidence]
        assert [one.es for one in told if " ".join(in_language(one, language).split()) not in words] == []
        assert [article for article in step.basis if article not in words] == []
        assert f"mark-{step.article}" in part[0]


def test_the_page_of_a_procedure_says_plainly_what_was_not_read(site: Site) -> None:
    for kind, procedure in procedures().items():
        said = text_of(site.get(f"/procedimientos/{kind}?lang=es").text)
        unread = sum(step.article == "not" for step in procedure.steps)

        assert (UNREAD in said) == (unread == len(procedure.steps)), kind
        assert ("Antes de contar con ellos, confírmalos en su texto." in said) == bool(unread), kind
    assert UNREAD in text_of(site.get("/procedimientos/legal_opinion?lang=es").text)


def test_a_procedure_that_is_not_there_is_not_found(site: Site) -> None:
    page = site.get("/procedimientos/nada")

    assert page.status_code == 404
    assert "No hay un procedimiento «nada»." in text_of(page.text)


def test_every_function_is_two_clicks_from_the_national_page(site: Site) -> None:
    assert 'href="/procedimientos"' in site.get("/").text
    page = site.get("/procedimientos").text

    assert all(f'href="#{system.id}"' in page for system in systems().values())


def test_a_new_file_has_a_page_and_a_place_among_the_functions(site: Site, one_more: Procedure) -> None:
    listed = site.get("/procedimientos?lang=es&con=otro").text
    for language in ("es", "en"):
        page = site.get(f"/procedimientos/{WORKED_EXAMPLE}?lang={language}").text
        assert faults(page) == []
        assert len(re.findall(r'<article class="card step"', page)) == len(one_more.steps)

    said = text_of(site.get(f"/procedimientos/{WORKED_EXAMPLE}?lang=es").text)
    assert f'href="/procedimientos/{WORKED_EXAMPLE}?lang=es"' in listed
    assert "al menos 0.4 % de «Lista nominal del ámbito»" in said
    assert "El reloj se detiene desde que se cumple S06 hasta que se cumple S07." in said
    assert "aviso público en estrados, dentro de 24 horas" in said
    assert "Pero si S08 resultó «Se duplica»: 80 días computables después de que se cumpla S02." in said
    assert "lo valida OPL" in said


def test_the_search_for_faults_finds_them() -> None:
    page = '<p id="a"><b id="a"></p><a href="#z">z</a><i style="color: red">i</i>'

    assert len(faults(page)) >= 4


# The picture ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(procedures()))
def test_the_picture_has_every_step_every_outcome_and_every_arrow(kind: str) -> None:
    procedure = procedures()[kind]
    diagram = draw(procedure, "es")

    assert {box.step.id for box in diagram.boxes} == set(procedure.by_id)
    assert drawn(diagram) == links_of(procedure)
    for box in diagram.boxes:
        outcomes = [port.outcome for port in box.ports if port.outcome]
        assert outcomes == [one.id for one in box.step.outcomes]
        for port, one in zip(box.ports, box.step.outcomes, strict=False):
            assert " ".join(words for _, words in port.lines).startswith(one.name.es)


@pytest.mark.parametrize("kind", ["information_request", "federal_election", "ordinary_sanctioning"])
def test_nothing_in_the_picture_covers_anything_else(kind: str) -> None:
    diagram = draw(procedures()[kind], "es")
    for above, below in zip(diagram.boxes, diagram.boxes[1:], strict=False):
        assert above.y + above.height < below.y
    for box in diagram.boxes:
        lines = [*box.names, *box.dues, *(line for port in box.ports for line in port.lines)]
        heights = [y for y, _ in lines]
        assert heights == sorted(set(heights))
        assert box.y < heights[0]
        assert heights[-1] < box.y + box.height
    xs = [float(x) for arrow in diagram.arrows for x in re.findall(r"[HM]([\d.]+)", arrow.path)]
    assert all(0 <= x <= diagram.width for x in xs)


def test_the_page_shows_the_picture_that_was_drawn(site: Site) -> None:
    procedure = procedures()["ordinary_sanctioning"]
    page = site.get("/procedimientos/ordinary_sanctioning?lang=es").text
    arrows = re.findall(
        r'class="arrow (\w+) [^"]*" d="[^"]+" data-from="(\w+)" data-outcome="(\w*)" data-to="(\w+)"', page
    )

    assert set(arrows) == links_of(procedure)
    assert len(re.findall(r'<rect class="box[^>]* rx="6"/>', page)) == len(procedure.steps)
    for step in procedure.steps:
        for one in step.outcomes:
            assert f'data-outcome="{step.id}.{one.id}"' in page


def test_an_outcome_that_opens_and_closes_is_drawn_on_both_sides() -> None:
    procedure = case_procedure(
        case_step("S01", "opened + 1 days", outcomes=[outcome("admitted", opens=["S02"], closes=["S03"])]),
        case_step("S02", "S01.done + 1 days"),
        case_step("S03", "opened + 9 days"),
    )
    opens, closes = draw(procedure, "en").arrows

    assert (opens.what, opens.target, closes.what, closes.target) == ("opens", "S02", "closes", "S03")
    assert draw(procedure, "en").left > 1
    assert draw(procedure, "en").boxes[1].may_not_arise


def test_lanes_that_meet_are_apart_and_others_are_shared() -> None:
    found = lanes({"a": (0, 10), "b": (5, 30), "c": (11, 20), "d": (40, 50)})

    assert found["a"] == found["c"] == found["d"] == 0
    assert found["b"] == 1


def test_words_are_broken_where_they_do_not_fit() -> None:
    lines = wrapped("uno dos tres cuatro cinco seis siete ocho nueve diez", 13, 100)

    assert len(lines) > 2
    assert " ".join(lines) == "uno dos tres cuatro cinco seis siete ocho nueve diez"
    assert wrapped("Incompetencia", 13, 10) == ["Incompetencia"]
    assert wrapped("se archiva ■\N{NO-BREAK SPACE}termina", 12, 90)[-1] == "■\N{NO-BREAK SPACE}termina"


# In a browser ---------------------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.parametrize(
    "path",
    [
        "/procedimientos",
        "/procedimientos/information_request",
        "/procedimientos/legal_opinion",
        "/procedimientos/federal_election",
        "/procedimientos/judicial_election",
    ],
)
def test_everybody_can_use_the_pages_of_procedures(site: Site, browser: Browser, path: str) -> None:
    for scheme, width in (("light", 320), ("dark", 1280)):
        with visiting(browser, script=True, width=width) as (page, complaints):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type] # the themes are its own words
            page.goto(site.address + path)

            assert Axe().run(page, options={"resultTypes": ["violations"]}).violations_count == 0
            assert sideways(page) == 0
        assert complaints == []


@pytest.mark.browser
@pytest.mark.parametrize("kind", ["information_request", "federal_election"])
def test_the_words_of_the_picture_stay_in_their_boxes(site: Site, browser: Browser, kind: str) -> None:
    with visiting(browser, script=True) as (page, _):
        page.goto(f"{site.address}/procedimientos/{kind}?lang=es")
        widths = page.eval_on_selector_all(
            ".way-drawing a text", "texts => texts.map(text => text.getBBox().width)"
        )

    assert len(widths) > 50
    assert max(widths) <= BOX - 12


@pytest.mark.browser
def test_a_step_is_reached_from_its_box(site: Site, browser: Browser) -> None:
    with visiting(browser, script=False) as (page, _):
        page.goto(f"{site.address}/procedimientos/voter_card")
        page.click(".way-drawing a[href='#S03'] rect")

        assert page.url.endswith("#S03")
