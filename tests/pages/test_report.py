"""Reporting a step by its form: what is offered, what is recorded, and what comes back beside the field."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from importlib.resources import files
from uuid import UUID, uuid4

import pytest

from api.reportable import FORMS, TRANSITION_OF, reportable
from api.routes.milestone_reports import REPORTS
from api.view.formats import HOURS
from api.view.report_forms import KINDS
from api.words import sayings
from domain.access import Authority, Caller
from domain.milestone import MILESTONE, TRANSITIONS, milestone_stream
from domain.owed import owed
from tests.pages.report_form import OPEN, filled, form_of, head, last
from tests.pages.site import FEDERAL, JALISCO, Site, text_of
from tests.pages.staff import Desk, appoint, enrolled, signed_in


def test_every_field_of_every_command_has_a_box() -> None:
    fields = {name for route in FORMS for name in route.command.model_fields}

    assert fields == set(KINDS)


def test_every_report_knows_from_which_status_it_may_be_made() -> None:
    assert [route.resource for route in REPORTS] == list(TRANSITION_OF)
    assert set(TRANSITION_OF.values()) == set(TRANSITIONS)


@pytest.mark.parametrize("language", ["es", "en"])
def test_the_form_of_every_report_can_be_made(desk: Desk, language: str) -> None:
    appoint(desk.site, desk.person, "administrator", "MX-JAL", number=2)
    asked = asyncio.run(reportable(desk.site.resources, _administrator(), JALISCO, "L002"))
    for route in FORMS:
        page = desk.get(f"{form_of('L002', route.resource)}&lang={language}")

        assert page.status_code == 200
        assert ('class="report"' in page.text) == (route in asked.offered(_administrator())), route.resource


def _administrator() -> Caller:
    return Caller("p-1", (Authority("person/p-1#g1", "administrator", "MX-JAL", "Enlace", "IEPC"),))


def test_what_may_be_reported_now_is_offered_and_nothing_else(desk: Desk) -> None:
    page = text_of(desk.get(f"/procesos/{JALISCO}/actividades/{OPEN}/reportar").text)

    assert "Reportar la conclusión" in page
    assert "Suspender" in page
    assert "Reabrir" not in page, "it is open"
    assert "Validar" not in page, "a coordinator does not validate"


def test_what_cannot_be_reported_now_is_answered_by_what_can(desk: Desk) -> None:
    page = desk.get(form_of(OPEN, "reopening"))

    assert page.status_code == 200
    assert 'class="report"' not in page.text
    assert "¿Qué quieres reportar?" in page.text


def test_an_act_that_is_reported_elsewhere_leads_there(desk: Desk) -> None:
    rows = desk.site.data(f"/processes/{JALISCO}/milestones")["items"]
    mirror = next(row for row in rows if row["same_as"])
    page = desk.get(f"/procesos/{JALISCO}/actividades/{mirror['id']}/reportar")

    assert f"/procesos/{mirror['same_as'][0].replace('/', '/actividades/')}/reportar" in page.text


# What is recorded --------------------------------------------------------------------------------------------


def test_a_report_by_the_form_is_recorded_with_who_said_it_and_leads_to_its_receipt(desk: Desk) -> None:
    form = filled(desk, form_of("L047", "start"), occurred_at="2026-11-20T12:30", note="Empezó la sesión.")
    answer = desk.post(form_of("L047", "start"), form)

    assert answer.status_code == 303, answer.text
    assert answer.headers["Location"] == f"/acuses/{form['key']}"
    event = last(desk.site)
    assert (event.type, event.author_actor, event.author_post) == (
        "MilestoneStarted.v1", desk.person, "Enlace de seguimiento"
    )  # fmt: skip
    assert event.occurred_at == datetime(2026, 11, 20, 18, 30, tzinfo=UTC)
    assert "Empezó la sesión." in event.body.decode()
    receipt = text_of(desk.get(answer.headers["Location"]).text)
    name = desk.site.data(f"/processes/{JALISCO}")["name"]["es"]
    assert f"{name} {JALISCO} · Jalisco" in receipt
    assert "hora del centro" in receipt


@pytest.mark.parametrize(("language", "said"), [("es", "hora del centro"), ("en", "Mexico City time")])
def test_the_hour_is_called_what_the_masthead_calls_it(desk: Desk, language: str, said: str) -> None:
    masthead = desk.site.get(f"/?lang={language}").text.partition("</header>")[0]
    form = desk.get(form_of(OPEN, "start") + f"&lang={language}").text

    assert said in masthead
    assert said in form
    assert "America/" not in form


def test_every_zone_of_the_country_has_a_name_for_its_hour() -> None:
    data = files("domain").joinpath("entities.toml").read_text("utf-8")
    zones = set(re.findall(r'\bzone = "([^"]+)"', data))

    assert zones == set(HOURS)
    assert {f"page.hour_{word}" for word in HOURS.values()} <= set(sayings())
    assert HOURS["America/Tijuana"] == "northwest"


def test_the_same_form_sent_twice_records_once_and_has_the_same_receipt(desk: Desk) -> None:
    form = filled(desk, form_of("L048", "start"))
    first = desk.post(form_of("L048", "start"), form)
    before = head(desk.site)
    again = desk.post(form_of("L048", "start"), form)

    assert (first.status_code, again.status_code) == (303, 303)
    assert first.headers["Location"] == again.headers["Location"]
    assert head(desk.site) == before


def test_another_report_under_the_key_of_one_that_was_recorded_leads_to_that_receipt(desk: Desk) -> None:
    form = filled(desk, form_of("L072", "start"))
    desk.post(form_of("L072", "start"), form)
    before = head(desk.site)
    answer = desk.post(form_of("L072", "start"), form | {"note": "Otra cosa."})

    assert answer.status_code == 422
    assert f"/acuses/{form['key']}" in answer.text
    assert "Otra cosa." in answer.text
    assert head(desk.site) == before


def test_a_form_and_a_program_that_say_the_same_under_one_key_are_one_report(desk: Desk) -> None:
    form = filled(desk, form_of("L073", "completion"), instrument="ACG-1", occurred_at="2026-11-20T10:00")
    desk.post(form_of("L073", "completion"), form)

    assert last(desk.site).command_id == UUID(form["key"])
    assert (
        desk.site.client.get(f"{desk.site.address}/api/v1/receipts/{form['key']}").json()["milestone"]
        == "L073"
    )


def test_figures_as_people_write_them_are_numbers(desk: Desk) -> None:
    form = filled(desk, form_of("L083", "progress"), done="1,250", target="3 000")
    answer = desk.post(form_of("L083", "progress"), form)

    assert answer.status_code == 303, text_of(answer.text)
    assert (b'"done":1250' in last(desk.site).body, b'"target":3000' in last(desk.site).body) == (True, True)


def test_documents_may_follow_and_are_named_meanwhile(desk: Desk) -> None:
    typed = {"evidence.0.name": "Acta de la sesión", "evidence.1.name": "Acuerdo",
             "evidence.1.address": "https://example.org/acuerdo.pdf"}  # fmt: skip
    form = filled(desk, form_of("L084", "completion"), **typed)
    answer = desk.post(form_of("L084", "completion"), form)

    assert answer.status_code == 303, text_of(answer.text)
    state = asyncio.run(desk.site.resources.ledger.load(MILESTONE, milestone_stream(JALISCO, "L084"))).state
    assert [document.evidence.name for document in state.evidence] == ["Acta de la sesión", "Acuerdo"]
    assert owed(state) == ("evidence",)


def test_a_correction_begins_with_what_was_said_and_replaces_it(desk: Desk) -> None:
    cited = {"evidence.0.number": "ACG-1", "evidence.0.body": "Consejo General", "evidence.0.name": "Acuerdo"}
    typed = {"instrument": "ACG-1", "occurred_at": "2026-11-20T10:00", **cited}
    desk.post(form_of("L085", "completion"), filled(desk, form_of("L085", "completion"), **typed))
    form = filled(desk, form_of("L085", "correction"))
    assert (form["instrument"], form["report"]) == ("ACG-1", "completion")
    assert cited.items() <= form.items(), "what only the API asks of a document is taken along"
    answer = desk.post(
        form_of("L085", "correction"), form | {"instrument": "ACG-2", "reason": "Era otro acuerdo."}
    )

    assert answer.status_code == 303, text_of(answer.text)
    desk.site.resources.projector().catch_up()
    raw = desk.site.get(f"/procesos/{JALISCO}/actividades/L085").text
    page = text_of(raw)
    assert "Era otro acuerdo." in page
    assert "La corrigió el" in page
    wrong = raw.partition('class="corrected"')[2].partition("</li>")[0]
    assert {"<b>Concluida</b>", "ACG-1", "acto: 20/11/2026 10:00"} <= set(re.findall("<s>(.*?)</s>", wrong))
    assert "<s>ACG-2" not in raw, "what replaces it is not struck"
    assert "Enlace de seguimiento, IEPC" in wrong


@pytest.mark.parametrize(
    ("que", "typed", "field", "said"),
    [
        ("suspension", {"instrument": "", "reason": "Sentencia"}, "instrument", "Falta este campo."),
        ("progress", {"done": "muchos"}, "done", "Debe ser un número entero."),
        ("progress", {"done": "12", "target": "9"}, "done", "Se reportan 12 y la meta es 9"),
        ("completion", {"occurred_at": "2027-11-20T10:00"}, "occurred_at", "La fecha del acto está en el futuro"),
        ("completion", {"occurred_at": "ayer"}, "occurred_at", "Debe ser una fecha y hora"),
        ("redating", {"due": "2026-31-12", "instrument": "A", "reason": "B"}, "due", "Ese mes no existe."),
        ("completion", {"evidence.0.name": "Acta", "evidence.0.sha256": "abc"}, "evidence", "No tiene la forma"),
    ],
)  # fmt: skip
def test_what_is_wrong_comes_back_beside_its_field_with_what_was_typed(
    desk: Desk, que: str, typed: dict[str, str], field: str, said: str
) -> None:
    before = head(desk.site)
    answer = desk.post(form_of(OPEN, que), filled(desk, form_of(OPEN, que), **typed))

    assert answer.status_code == 422
    beside = answer.text.partition(f'id="{field}-error"')[2].partition("</span>")[0]
    assert said in beside
    assert all(f'value="{value}"' in answer.text or value in answer.text for value in typed.values() if value)
    assert head(desk.site) == before


def test_what_must_come_first_is_asked_for_by_name_and_can_be_declared(site: Site) -> None:
    person = enrolled(site)
    appoint(site, person, territory="MX", body="INE")
    with signed_in(site, person) as desk:
        rows = site.data(f"/processes/{FEDERAL}/milestones", limit="500", status="planned")["items"]
        waiting = next(
            row["id"]
            for row in rows
            if row["kind"] == "act"
            and asyncio.run(reportable(site.resources, _national(), FEDERAL, row["id"])).waiting
        )
        address = form_of(waiting, "completion", FEDERAL)
        form = filled(desk, address)
        refused = desk.post(address, form)
        boxes = re.findall(r'name="(declare\.[^"]+)"', refused.text)

        assert refused.status_code == 422
        assert 'id="declare-error"' in refused.text
        assert boxes
        assert desk.post(address, form | dict.fromkeys(boxes, "yes")).status_code == 303


def _national() -> Caller:
    return Caller("p-1", (Authority("person/p-1#g1", "administrator", "MX", "Enlace", "INE"),))


def test_what_somebody_else_changed_is_shown_and_the_report_can_be_applied_all_the_same(desk: Desk) -> None:
    address = form_of("L086", "completion")
    form = filled(desk, address, instrument="ACG-9")
    desk.post(
        form_of("L086", "start"), filled(desk, form_of("L086", "start"), occurred_at="2026-11-19T09:00")
    )
    conflict = desk.post(address, form)
    page = text_of(conflict.text)

    assert conflict.status_code == 412
    assert "Lo que cambió desde que abriste el formulario" in page
    assert "Inició Enlace de seguimiento, IEPC" in page
    assert "Aplicar de todos modos" in page
    again = dict(re.findall(r'name="(key|read)" value="([^"]+)"', conflict.text))
    assert again["key"] == form["key"]
    assert desk.post(address, form | again).status_code == 303
    assert last(desk.site).type == "MilestoneCompleted.v1"


def test_what_is_so_already_is_said_and_not_recorded_again(desk: Desk) -> None:
    address = form_of("L130", "completion")
    form = filled(desk, address, occurred_at="2026-11-20T10:00")
    desk.post(address, form)
    before, page = head(desk.site), desk.get(f"/procesos/{JALISCO}/actividades/L130")
    read = str(site_position(desk.site, "L130"))
    answer = desk.post(address, form | {"key": str(uuid4()), "read": read})

    assert page.status_code == 200
    assert "Ya constaba así" in answer.text
    assert head(desk.site) == before


def site_position(site: Site, milestone: str) -> int:
    return asyncio.run(site.resources.ledger.load(MILESTONE, milestone_stream(JALISCO, milestone))).position


# Who may ------------------------------------------------------------------------------------------------------
