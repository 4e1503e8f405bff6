"""The public docket, the page of a case and of its steps: whole, in both languages, and what the API says."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest

from api.settings import Language
from api.view.formats import NO_BREAK, occurrence_name
from domain.procedure import procedures
from tests.pages.docket import LISTED, PUBLIC, RESERVED
from tests.pages.site import Site, text_of
from tests.pages.test_procedures import faults

FOLIO = re.compile(r'<th scope="row"><a href="/expedientes/([a-z0-9-]+)[^"]*">([^<]+)</a></th>')


def listed(page: str) -> list[str]:
    """Return the ids of the cases on a sheet of the docket."""
    return [id_ for id_, _ in FOLIO.findall(page)]


def every_case(site: Site, **asked: str) -> list[dict[str, Any]]:
    """Return what the API lists."""
    found, cursor = [], ""
    while True:
        page = site.data("/cases", limit="100", **asked, **({"cursor": cursor} if cursor else {}))
        found += page["items"]
        cursor = page["next"] or ""
        if not cursor:
            return found


def known(site: Site, **asked: str) -> dict[str, Any]:
    """Return the first case the API lists of those asked for."""
    return every_case(site, **asked)[0]


# The list -------------------------------------------------------------------------------------------------


def test_the_docket_is_the_api_s_sheet_by_sheet(docket: Site) -> None:
    expected = every_case(docket)
    page = docket.get("/expedientes").text
    found, more = listed(page), re.search(r'href="([^"]*despues=[^"]*)"', page)
    assert more is not None
    found += listed(docket.get(unescape(more[1])).text)

    assert found == [row["id"] for row in expected]
    assert f"{len(expected)} expedientes" in text_of(page)


FILTERS = [
    ("funcion=electoral-justice", {"system": "7"}),
    ("procedimiento=special_sanctioning", {"kind": "special_sanctioning"}),
    ("entidad=MX-JAL&estado=cerrado", {"territory": "MX-JAL", "status": "closed"}),
    ("estado=en-curso", {"status": "open"}),
    ("plazo=vencido", {"late_only": "true"}),
    ("folio=sim-po", {"folio": "sim-po"}),
    ("antes=2026-12-01&entidad=MX-CMX", {"territory": "MX-CMX", "due_before": "2026-12-01T06:00:00.000001Z"}),
]


@pytest.mark.parametrize(("asked", "of_the_api"), FILTERS, ids=[asked for asked, _ in FILTERS])
def test_each_filter_lists_counts_and_leads_to_what_the_api_does(
    docket: Site, asked: str, of_the_api: dict[str, str]
) -> None:
    expected = [row["id"] for row in every_case(docket, **of_the_api)]
    page = docket.get(f"/expedientes?{asked}").text
    data = re.search(r'href="(/api/v1/cases[^"]*)">JSON', page)
    table = docket.get(f"/expedientes.csv?{asked}").text

    assert expected
    assert listed(page) == expected[:50]
    assert re.search(rf"\b{len(expected)} expedientes?\b", text_of(page))
    assert data is not None
    led_to = docket.client.get(docket.address + unescape(data[1])).json()["items"]
    assert [row["id"] for row in led_to] == expected[:100]
    assert [row["id"] for row in csv.DictReader(io.StringIO(table))] == expected


def test_due_before_a_day_holds_what_ends_with_the_day_before(docket: Site) -> None:
    row = next(row for row in every_case(docket, status="open") if row["due"] and "T" not in row["due"])
    day, zone = row["due"][:10], row["territory"]
    following = docket.get(f"/expedientes?folio={row['folio']}&entidad={zone}&antes={_after(day)}").text

    assert row["id"] in listed(following)
    same_day = docket.get(f"/expedientes?folio={row['folio']}&entidad={zone}&antes={day}").text
    assert row["id"] not in listed(same_day)


def _after(day: str) -> str:
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()


def test_the_docket_says_how_many_are_reserved(docket: Site) -> None:
    asked = "funcion=transparency&entidad=MX-JAL&estado=en-curso"
    page = text_of(docket.get(f"/expedientes?{asked}").text)
    (function,) = (row for row in docket.data("/systems")["items"] if row["id"] == "transparency")
    said = re.search(r"Otros? ?(\d*) de la misma función, lugar y estado (?:es|son) reservados?", page)

    assert RESERVED.command.kind in function["procedures"]
    assert said is not None


@pytest.mark.parametrize("asked", ["estado=mal", "plazo=mal", "antes=mañana"])
def test_what_cannot_be_asked_of_the_docket_says_what_can(docket: Site, asked: str) -> None:
    page = docket.get(f"/expedientes?{asked}")

    assert page.status_code == 422
    assert "Los que hay" in text_of(page.text) or "es un día como" in text_of(page.text)


def test_what_does_not_exist_finds_nothing(docket: Site) -> None:
    for asked in ("funcion=nada", "procedimiento=nada", "entidad=MX-XXX", "folio=%25"):
        assert "Ningún expediente público cumple" in docket.get(f"/expedientes?{asked}").text, asked


# A case ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["es", "en"])
def test_every_case_has_a_page_that_is_whole(docket: Site, language: Language) -> None:
    for row in every_case(docket):
        answer = docket.get(f"/expedientes/{row['id']}?lang={language}")
        said = text_of(answer.text)

        assert answer.status_code == 200, row["id"]
        assert faults(answer.text) == [], row["id"]
        assert row["folio"] in said
        assert procedures()[row["kind"]].name.model_dump()[language] in said
        if row["outcome_name"]:
            assert row["outcome_name"][language] in said


def test_a_case_shows_each_of_its_steps_as_the_api_has_it(docket: Site) -> None:
    for kind in ("ordinary_sanctioning", "special_sanctioning", "campaign_report"):
        row = known(docket, kind=kind)
        page = docket.get(f"/expedientes/{row['id']}").text
        steps = docket.data(f"/processes/{row['id']}/milestones", limit="200")["items"]
        order = [step.id for step in procedures()[kind].steps]
        shown = re.findall(r'<li id="paso-([^"]+)"', page)

        assert sorted(shown) == sorted(step["id"] for step in steps)
        places = [order.index(id_.partition(".")[0]) for id_ in shown]
        by_stage = {stage.id: place for place, stage in enumerate(procedures()[kind].stages)}
        stage_of = {step["id"]: by_stage[step["stage"]] for step in steps}
        assert [(stage_of[id_], place) for id_, place in zip(shown, places, strict=True)] == sorted(
            (stage_of[id_], place) for id_, place in zip(shown, places, strict=True)
        )
        assert len(re.findall(r"vencida sin reporte|fuera del plazo<", page)) == row["late"]
        for step in steps:
            part = _step(page, step["id"])
            if step["late"]:
                assert "venció hace" in part or step["days_late"] == 0, step["id"]
            if step["due"] and step["status"] not in {"cancelled", "not_applicable"}:
                assert " ".join(step["explanation"]["es"].split()) in part, step["id"]


def _step(page: str, id_: str) -> str:
    found = re.search(rf'<li id="paso-{re.escape(id_)}".*?</li>', page, re.DOTALL)
    assert found is not None, id_
    return text_of(found[0])


def test_the_stage_a_case_is_in_is_marked(docket: Site) -> None:
    for row in every_case(docket)[:20]:
        page = docket.get(f"/expedientes/{row['id']}").text
        marked = re.findall(r'<li class="now" aria-current="step">\s*<b><a href="#etapa-(\w+)"', page)

        assert marked == ([row["stage"]] if row["docket"] == "public" else [])


def test_of_a_listed_case_its_page_tells_folio_matter_stage_and_ruling_alone(docket: Site) -> None:
    rows = [row for row in every_case(docket) if row["docket"] == "listed"]
    assert {row["outcome"] is None for row in rows} == {True, False}, "some have a ruling"
    for row in rows:
        page = docket.get(f"/expedientes/{row['id']}").text
        said, procedure = text_of(page), procedures()[row["kind"]]
        told = (row["stage_name"]["es"], (row["outcome_name"] or row["stage_name"])["es"])

        assert all(word in said for word in (row["folio"], row["matter"], row["stage_name"]["es"]))
        assert (row["outcome_name"] or {"es": "sin resolución"})["es"] in said
        for words in told:
            said = said.replace(words, "…")
        assert [step.id for step in procedure.steps if step.name.es in said] == []
        assert "/actividades/S" not in page
        assert 'id="history-title"' not in page
        assert {
            row[name] for name in ("received", "opened_at", "due", "due_step", "late", "outcome_step")
        } == {None}


def test_dates_are_asked_of_public_cases_alone(docket: Site) -> None:
    """What is late of a listed case cannot be found out by asking for what is late."""
    for asked in (
        {"late_only": "true"},
        {"due_before": "2099-01-01T00:00:00Z"},
        {"due_after": "2000-01-01T00:00:00Z"},
    ):
        found = every_case(docket, **asked)
        assert found
        assert {row["docket"] for row in found} == {"public"}, asked


def test_a_step_that_does_not_apply_says_why_and_one_that_waits_what_for(docket: Site) -> None:
    pages = [docket.get(f"/expedientes/{row['id']}").text for row in every_case(docket)]
    closed = [part for page in pages for part in re.findall(r'<li id="paso.*?</li>', page, re.DOTALL)]

    assert any("no aplica" in part and "resultó «" in text_of(part) for part in closed)
    assert any("no ha surgido" in part and "Surge si" in text_of(part) for part in closed)
    assert any("vuelta 2" in text_of(part) for part in closed)


def test_a_measure_says_what_is_enough_and_whether_it_was_reached(docket: Site) -> None:
    with_threshold = [
        procedure.kind
        for procedure in procedures().values()
        if not procedure.is_plan
        and procedure.docket == "public"
        and any(quantity.at_least_percent for step in procedure.steps for quantity in step.quantities)
    ]
    found = [row for row in every_case(docket) if row["kind"] in with_threshold]
    said = [text_of(docket.get(f"/expedientes/{row['id']}").text) for row in found]

    assert found
    assert all("al menos" in page for page in said)
    assert any(re.search(r"al menos [\d.]+ % de «[^»]+» \([\d,]+\) (?:no )?alcanza", page) for page in said)


def test_a_case_s_history_is_its_timeline(docket: Site) -> None:
    row = known(docket, kind="ordinary_sanctioning")
    page = docket.get(f"/expedientes/{row['id']}").text
    history = page.split('id="history-title"')[1]
    positions = [int(n.replace(",", "")) for n in re.findall(r"asiento n\.º ([\d,]+)</span>", history)]

    assert positions == sorted(positions, reverse=True)
    assert positions[0] == row["position"]


# Its addresses --------------------------------------------------------------------------------------------


def test_a_case_asked_for_as_a_process_is_at_its_own_address(docket: Site) -> None:
    answer = docket.get(f"/procesos/{PUBLIC.id}?lang=en")

    assert answer.status_code == 308
    assert answer.headers["location"] == f"/expedientes/{PUBLIC.id}?lang=en"


def test_every_step_of_a_case_has_a_page_that_leads_back(docket: Site) -> None:
    kinds = ("ordinary_sanctioning", "special_sanctioning", "civic_strategy", "transparency_obligations")
    for row in [row for row in every_case(docket) if row["kind"] in kinds]:
        for step in docket.data(f"/processes/{row['id']}/milestones", limit="200")["items"]:
            for id_ in {step["id"], step["row"]}:
                page = docket.get(f"/procesos/{row['id']}/actividades/{id_}")
                assert page.status_code == 200, (row["id"], id_)
                assert f'href="/expedientes/{row["id"]}"' in page.text
                outcome = procedures()[row["kind"]].step(step["row"]).outcome(step["outcome"] or "")
                assert outcome is None or id_ != step["id"] or outcome.name.es in text_of(page.text)


def test_a_case_nobody_knows_and_a_reserved_one_are_refused_in_the_same_words(docket: Site) -> None:
    answers = {id_: docket.get(f"/expedientes/{id_}") for id_ in (RESERVED.id, "arco-2026-jal-nada")}
    said = {text_of(answer.text.replace(id_, "…")) for id_, answer in answers.items()}

    assert {answer.status_code for answer in answers.values()} == {404}
    assert len(said) == 1
    assert docket.get(f"/expedientes/{LISTED.id}").status_code == 200


def test_a_folio_typed_in_the_search_finds_its_case(docket: Site) -> None:
    page = docket.get(f"/buscar?q={PUBLIC.command.folio.lower()}").text

    assert f'href="/expedientes/{PUBLIC.id}"' in page
    assert "Expedientes" in text_of(page)


def test_the_docket_of_the_past_is_what_was_known(docket: Site) -> None:
    page = docket.get("/expedientes?al=100").text

    assert listed(page) == []
    assert docket.get(f"/expedientes/{PUBLIC.id}?al=100").status_code == 404


@pytest.mark.parametrize(
    ("occurrence", "es", "en"),
    [
        ("2026-10", "oct 2026", "Oct 2026"),
        ("2026-Q2", "trimestre 2 de 2026", "Q2 2026"),
        ("2026", "2026", "2026"),
        ("3", "periodo 3", "period 3"),
    ],
)
def test_an_occurrence_is_called_as_people_call_it(occurrence: str, es: str, en: str) -> None:
    said = [occurrence_name(occurrence, language) for language in ("es", "en")]

    assert [one.replace(NO_BREAK, " ") for one in said] == [es, en]


def test_an_address_that_cannot_be_a_case_s_is_not_found(docket: Site) -> None:
    for path in ("/expedientes/%00", "/expedientes/" + "x" * 500, "/expedientes/..%2fnada"):
        assert docket.get(path).status_code in {400, 404}, path
    assert docket.get("/expedientes?folio=%00").status_code == 400
