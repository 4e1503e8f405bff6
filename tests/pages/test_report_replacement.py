"""Replacing an activity by its form: what is offered, shown on both pages, and asked of what waits for it."""

from __future__ import annotations

import re
from urllib.parse import quote

from domain.milestone_events import MilestoneReplaced
from tests.pages.report_form import filled, form_of
from tests.pages.site import FEDERAL, JALISCO, Site, text_of
from tests.pages.staff import Desk, appoint, enrolled, happen, signed_in


def test_a_replaced_activity_is_struck_through_and_leads_to_the_other_and_back(desk: Desk) -> None:
    form = desk.get(form_of("L111", "replacement")).text
    typed = {"replaced_by": "L110", "instrument": "SUP-JDC-12/2026", "reason": "Se ordenó otro acto."}
    answer = desk.post(form_of("L111", "replacement"), filled(desk, form_of("L111", "replacement"), **typed))
    assert answer.status_code == 303, text_of(answer.text)
    desk.site.resources.projector().catch_up()
    replaced = desk.site.get(f"/procesos/{JALISCO}/actividades/L111").text
    other = desk.site.get(f"/procesos/{JALISCO}/actividades/L110").text

    offered = re.findall(r'<option value="([^"]+)">', form.partition("<datalist")[2])
    assert "L110" in offered
    assert "L111" not in offered, "it does not replace itself"
    assert "<h1><s>" in replaced
    assert "Sustituida por L110 · " in text_of(replaced)
    assert "por L110" in text_of(replaced.partition("history-title")[2]), "its history says so too"
    assert "Se ordenó otro acto." in text_of(replaced)
    assert f'href="/procesos/{JALISCO}/actividades/L110"' in replaced
    assert "depende ahora de la otra" in text_of(replaced)
    assert "Sustituye a L111 · " in text_of(other)
    assert "<h1><s>" not in other


def test_a_replaced_activity_is_called_so_wherever_it_is_listed_and_cancelled_in_the_data(site: Site) -> None:
    planned = {"territory": "MX", "kind": "act", "status": "planned", "limit": "500"}
    one, other = (row["id"] for row in site.data(f"/processes/{FEDERAL}/milestones", **planned)["items"][-2:])
    happen(site, FEDERAL, one, MilestoneReplaced(replaced_by=other, instrument="SUP-1", reason="Sentencia"))
    row = site.data(f"/processes/{FEDERAL}/milestones/{one}")
    pages = [
        f"/procesos/{FEDERAL}/actividades/{one}", f"/procesos/{FEDERAL}?etapa={row['stage']}",
        f"/buscar?q={quote(row['name']['es'])}",
    ]  # fmt: skip

    assert row["status"] == "cancelled"
    for address in pages:
        page = site.get(address).text
        assert '<span class="tag off">sustituida</span>' in page, address
        assert '<span class="tag off">cancelada</span>' not in page, address
    assert '<span class="tag off">replaced</span>' in site.get(f"{pages[0]}?lang=en").text


def test_what_cannot_replace_it_is_said_beside_the_field(desk: Desk) -> None:
    address = form_of("L112", "replacement")
    typed = {"replaced_by": "L999", "instrument": "SUP-1", "reason": "Sentencia"}
    answer = desk.post(address, filled(desk, address, **typed))

    assert answer.status_code == 422
    beside = answer.text.partition('id="replaced_by-error"')[2].partition("</span>")[0]
    assert "No hay una actividad L999 en este proceso" in beside
    assert 'value="L999"' in answer.text
    assert "<datalist" in answer.text, "the others are offered again"


def test_what_waits_for_a_replaced_activity_is_asked_about_the_other(site: Site) -> None:
    replaced = MilestoneReplaced(replaced_by="F073", instrument="SUP-1", reason="Sentencia")
    happen(site, FEDERAL, "F072-JAL", replaced)
    person = enrolled(site)
    appoint(site, person, territory="MX", body="INE")
    with signed_in(site, person) as desk:
        form = desk.get(form_of("F075-JAL", "completion", FEDERAL)).text

    assert 'name="declare.F073"' in form
    assert 'name="declare.F072-JAL"' not in form


# What comes back ----------------------------------------------------------------------------------------------
