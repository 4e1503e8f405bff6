"""The districts on the pages: their work, their form, their receipt, and what is told of them beside their state's."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.pages.report_form import filled, form_of, last
from tests.pages.site import FEDERAL, Site, text_of
from tests.pages.staff import Desk, appoint, enrolled, signed_in
from tests.pages.test_work import listed

ACTIVITY = "F101-JAL"
PAGE = f"/procesos/{FEDERAL}/actividades/{ACTIVITY}"


def appointed(site: Site, territory: str) -> Iterator[Desk]:
    """Sign in a coordinator of a place, of INE."""
    person = enrolled(site, body="INE")
    appoint(site, person, territory=territory, body="INE")
    with signed_in(site, person) as desk:
        yield desk


@pytest.fixture
def district(site: Site) -> Iterator[Desk]:
    """The coordinator of Jalisco's third district."""
    yield from appointed(site, "MX-JAL-D03")


@pytest.fixture
def state(site: Site) -> Iterator[Desk]:
    """INE's coordinator in Jalisco."""
    yield from appointed(site, "MX-JAL")


def test_a_district_s_work_is_its_state_s_and_leads_to_its_own_form(district: Desk) -> None:
    page = district.get("/trabajo").text
    found = listed(page)

    assert ACTIVITY in found
    assert all("-JAL" in id_ for id_ in found)
    assert f"{PAGE}/reportar?que=parts" in page
    assert "que=completion" not in page
    assert "Otros reportes" not in page, "there are none for a district"


def test_a_district_is_offered_its_own_part_and_nothing_else(district: Desk) -> None:
    choices = district.get(f"{PAGE}/reportar").text
    form = district.get(form_of(ACTIVITY, "parts", FEDERAL)).text

    assert set(re.findall(r'reportar\?que=([\w-]+)"', choices)) == {"parts"}
    assert re.findall(r'<option value="([^"]+)"( selected)?>([^<]+)', form) == [
        ("MX-JAL-D03", " selected", "Distrito 3")
    ]
    assert district.get(form_of("F101-COL", "parts", FEDERAL)).status_code == 403
    assert district.get(form_of("F104-JAL", "parts", FEDERAL)).status_code == 403, (
        "it is not done by district"
    )


def test_what_a_district_reports_has_its_receipt_and_is_told_on_the_activity(district: Desk) -> None:
    typed = {"place": "MX-JAL-D03", "done": "1,040", "target": "1 200", "note": "Falta una sede."}
    form = filled(district, form_of(ACTIVITY, "parts", FEDERAL), occurred_at="2026-11-20T12:30", **typed)
    answer = district.post(form_of(ACTIVITY, "parts", FEDERAL), form)

    assert answer.status_code == 303, text_of(answer.text)
    assert last(district.site).type == "MilestonePartReported.v1"
    receipt = text_of(district.get(answer.headers["Location"]).text)
    assert "Reporte de un distrito" in receipt
    assert "Jalisco, Distrito 3" in receipt

    district.site.resources.projector().catch_up()
    page = district.site.get(PAGE).text
    table = text_of(page.partition('id="districts-title"')[2].partition("</section>")[0])
    for said in ("Por distrito", "Distrito 3", "1,040 / 1,200", "Enlace de seguimiento, INE", "Falta una sede.",
                 "Un distrito de 20 ha reportado; lleva 1,040."):  # fmt: skip
        assert said in table, table
    assert "Distrito 3: 1,040 de 1,200" in text_of(page.partition("history-title")[2])


def test_the_same_form_of_a_district_is_taken_though_others_reported_meanwhile(
    district: Desk, state: Desk
) -> None:
    address = form_of("F134-JAL", "parts", FEDERAL)
    mine = filled(district, address, place="MX-JAL-D03", done="3")
    theirs = filled(state, address, place="MX-JAL-D01", done="2")

    assert (state.post(address, theirs).status_code, district.post(address, mine).status_code) == (303, 303)


def test_a_state_reports_any_of_its_districts_and_all_else(state: Desk) -> None:
    choices = state.get(f"{PAGE}/reportar").text
    form = state.get(form_of(ACTIVITY, "parts", FEDERAL)).text

    assert {"parts", "completion"} < set(re.findall(r'reportar\?que=([\w-]+)"', choices))
    assert len(re.findall(r'<option value="MX-JAL-D\d\d">', form)) == 20


def test_where_no_district_has_reported_there_is_no_table(site: Site) -> None:
    assert "Por distrito" not in site.get(f"/procesos/{FEDERAL}/actividades/F101-COL").text
