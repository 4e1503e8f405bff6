"""The forms that give rights offer places, processes, people and grants by name, and still take what is typed."""

from __future__ import annotations

import html
import re

import pytest

from api.persons import all_persons
from domain.person import PersonRemoved
from tests.pages.site import FEDERAL, JALISCO, Site
from tests.pages.staff import Desk, appoint, enrolled, record, signed_in


def offered(desk: Desk, path: str, box: str) -> dict[str, str]:
    """Return what a box of a page offers: names by code."""
    page = desk.get(path).text
    (box_tag,) = re.findall(rf'<input [^>]*name="{box}"[^>]*>', page.partition('class="stacked"')[2])
    (list_id,) = re.findall(r' list="([^"]+)"', box_tag)
    (choices,) = re.findall(rf'<datalist id="{list_id}">(.*?)</datalist>', page, re.DOTALL)
    return {
        code: html.unescape(name)
        for code, name in re.findall(r'<option value="([^"]+)">([^<]+)</option>', choices)
    }


def test_who_administers_the_country_appoints_for_a_state_by_its_name(site: Site) -> None:
    chief, person = enrolled(site, "Ana Ruiz", "INE"), enrolled(site)
    appoint(site, chief, "administrator", "MX", body="INE")
    with signed_in(site, chief) as desk:
        places = offered(desk, f"/administracion/personas/{person}", "territory")
        processes = offered(desk, f"/administracion/personas/{person}", "process")

    assert len(places) == 33
    assert (places["MX"], places["MX-JAL"]) == ("Nacional", "Jalisco")
    assert processes[JALISCO] == "Proceso electoral local 2026-2027, Jalisco"


def test_who_administers_a_state_is_offered_it_and_the_elections_held_there(site: Site) -> None:
    chief, person = enrolled(site), enrolled(site)
    appoint(site, chief, "administrator", "MX-JAL")
    with signed_in(site, chief) as desk:
        places = offered(desk, f"/administracion/personas/{person}", "territory")
        processes = offered(desk, f"/administracion/personas/{person}", "process")

    assert places == {"MX-JAL": "Jalisco"}
    assert FEDERAL in processes, "the federal election is held there too"
    assert JALISCO in processes
    assert "pel-2026-2027-col" not in processes


def test_a_right_for_one_process_offers_that_one_alone(site: Site) -> None:
    holder = enrolled(site)
    appoint(site, holder, process=JALISCO)
    with signed_in(site, holder) as desk:
        assert list(offered(desk, "/cuenta", "process")) == [JALISCO]


def test_one_delegates_within_a_district_by_its_name(site: Site) -> None:
    holder = enrolled(site)
    appoint(site, holder, territory="MX-JAL-D07")
    with signed_in(site, holder) as desk:
        assert offered(desk, "/cuenta", "territory") == {"MX-JAL-D07": "Jalisco, distrito 7"}


def test_a_system_is_let_act_in_a_state_by_its_name(site: Site) -> None:
    chief = enrolled(site)
    appoint(site, chief, "administrator", "MX", body="INE")
    with signed_in(site, chief) as desk:
        page = desk.get("/administracion/sistemas").text

    assert page.count('list="places"') == page.count('list="processes"') == 2
    assert '<option value="MX-JAL">Jalisco</option>' in page
    assert f'<option value="{JALISCO}">' in page


def test_one_delegates_to_a_colleague_by_post_and_by_name_only_where_one_administers(site: Site) -> None:
    colleague, elsewhere, removed = enrolled(site, "Fito Paz"), enrolled(site, "Gema Rey"), enrolled(site)
    newcomer = enrolled(site, "Hilda Sol")
    record(site, removed, PersonRemoved(reason="Baja."))
    appoint(site, colleague)
    appoint(site, elsewhere, territory="MX-COL")
    told = {}
    for role in ("coordinator", "administrator"):
        holder = enrolled(site, "Eva Luna")
        appoint(site, holder, role)
        with signed_in(site, holder) as desk:
            told[role] = offered(desk, "/cuenta", "person")
        assert holder not in told[role], "nobody delegates to themselves"
        assert not {elsewhere, removed} & told[role].keys()

    post = "Enlace de seguimiento, IEPC"
    assert (told["coordinator"][colleague], told["coordinator"][newcomer]) == (post, "IEPC")
    assert told["administrator"][colleague] == f"Fito Paz · {post}"
    assert told["administrator"][newcomer] == "Hilda Sol · IEPC"


def test_a_stand_in_is_appointed_by_the_post_stood_in_for(site: Site) -> None:
    chief, holder, stand_in = enrolled(site, "Ana Ruiz"), enrolled(site, "Íñigo Mar"), enrolled(site)
    elsewhere = enrolled(site)
    appoint(site, chief, "administrator", "MX-JAL")
    appoint(site, holder, territory="MX-JAL-D07")
    appoint(site, elsewhere, territory="MX-COL")
    appoint(site, stand_in)
    with signed_in(site, chief) as desk:
        grants = offered(desk, f"/administracion/personas/{stand_in}", "rests_on")

    assert grants[f"{holder}#g1"] == "Enlace de seguimiento, IEPC · Jalisco, distrito 7 · Íñigo Mar"
    assert f"{stand_in}#g1" not in grants
    assert f"{elsewhere}#g1" not in grants


@pytest.mark.parametrize("said", ["Michoacán de Ocampo", " michoacan de ocampo", "MX-MIC"])
def test_a_place_is_taken_by_its_name_as_by_its_code(site: Site, said: str) -> None:
    holder, other = enrolled(site), enrolled(site)
    appoint(site, holder, territory="MX")
    with signed_in(site, holder) as desk:
        page = desk.get("/cuenta").text
        hidden = dict(re.findall(r'<input type="hidden" name="(form_key|form)" value="([^"]+)"', page))
        given = {
            "rests_on": f"{holder}#g1", "person": other, "ends_on": "2026-12-31", "instrument": "Oficio 13/2026",
            "territory": said,
        }  # fmt: skip
        answer = desk.post("/cuenta/delegacion", {**hidden, **given})

    assert answer.status_code == 303
    (grant,) = all_persons(site.resources.ledger)[other].state.grants.values()
    assert grant.given.territory == "MX-MIC"
