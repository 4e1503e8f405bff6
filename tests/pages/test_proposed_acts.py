"""What a proposal would do, as the second person reads it: who it is for, and every field in words."""

from __future__ import annotations

from typing import get_args

import pytest

from api.view.proposed_act import VALUES
from api.words import sayings
from domain.event import Payload
from domain.legal_effect import LegalEffect
from domain.milestone_commands import CorrectMilestone, RedateMilestone
from domain.person import GiveGrant
from domain.process import CloseProcess
from domain.replanning import MoveElectionDay, MoveToPlanVersion
from tests.pages.site import FEDERAL, JALISCO, Site, text_of
from tests.pages.staff import Desk, appoint, enrolled, proposed, signed_in

CLOSING = {"instrument": "IEPC-ACG-900/2027", "reason": None}
ACTS: dict[LegalEffect, type[Payload]] = {
    "closing": CloseProcess,
    "election_day": MoveElectionDay,
    "plan_version": MoveToPlanVersion,
    "legal_redating": RedateMilestone,
    "validated_correction": CorrectMilestone,
    "granting": GiveGrant,
}
GRANT = {
    "kind": "appointment", "role": "coordinator", "territory": "MX-SON-D03", "process": FEDERAL, "post": "Vocal",
    "body": "INE", "on_behalf_of": "IEE", "rests_on": None, "starts_at": "2026-11-22T01:56:34.305068Z",
    "ends_at": "2027-11-01T06:00:00Z", "instrument": "Oficio 12/2026",
}  # fmt: skip


@pytest.mark.parametrize("effect", get_args(LegalEffect))
def test_each_field_of_each_act_that_can_be_proposed_has_words(effect: LegalEffect) -> None:
    fields = set(ACTS[effect].model_fields)

    assert fields
    assert {name for name in fields if f"proposal.field_{name}" not in sayings()} == set()
    assert fields - set(VALUES) == set()


@pytest.mark.parametrize("page", ["", "/decidir"])
def test_who_decides_on_a_right_sees_who_would_get_it(site: Site, chief: Desk, page: str) -> None:
    person = enrolled(site, "Carla Soto", "IEE Sonora")
    address = proposed(site, "granting", f"people/{person}/grants", GRANT, "MX-SON-D03", FEDERAL)
    shown = chief.get(address + page).text

    assert f"A quién se da Carla Soto , IEE Sonora {person}" in text_of(shown)
    assert f'href="/administracion/personas/{person}"' in shown


def test_nobody_else_is_told_the_name_behind_an_id(site: Site) -> None:
    person = enrolled(site, "Carla Soto", "IEE Sonora")
    address = proposed(site, "granting", f"people/{person}/grants", GRANT, "MX-SON-D03", FEDERAL)
    other = enrolled(site, "Beto Díaz", "IEE Sonora")
    appoint(site, other, "validator", "MX-SON", body="IEE Sonora")
    with signed_in(site, other) as desk:
        pages = [site.get(address).text, desk.get(address).text]
    with signed_in(site, person) as themselves:
        own = themselves.get(address).text

    assert all(person in page and "Carla Soto" not in page for page in pages)
    assert "Carla Soto , IEE Sonora" in text_of(own)


def test_a_right_is_told_in_words_with_its_hours_in_those_of_its_place(site: Site, chief: Desk) -> None:
    person = enrolled(site, "Carla Soto", "IEE Sonora")
    grant = {**GRANT, "kind": "substitution", "rests_on": f"{person}#g1"}
    page = chief.get(proposed(site, "granting", f"people/{person}/grants", grant, "MX-SON-D03", FEDERAL)).text
    words = text_of(page)

    assert "Cómo se da suplencia Papel coordinación Lugar Sonora, distrito 3 MX-SON-D03" in words
    process = site.data(f"/processes/{FEDERAL}")["name"]["es"]
    assert f"Sólo para el proceso {process} {FEDERAL}" in words
    assert f"Descansa en el nombramiento de Carla Soto {person}#g1" in words
    assert "Desde 21/11/2026 18:56 (hora de Sonora)" in words
    assert "Hasta 31/10/2027 23:00 (hora de Sonora)" in words
    assert "Cargo Vocal Órgano del cargo INE Por cuenta de IEE" in words
    assert not {"coordinator", "starts_at", "on_behalf_of", "appointment"} & set(words.split())


def test_a_correction_says_what_its_report_says_now_and_what_it_would_lose(site: Site) -> None:
    asked = {"status": "completed", "territory": "MX-JAL", "limit": "500"}
    rows = site.data(f"/processes/{JALISCO}/milestones", **asked)["items"]
    row = next(row for row in rows if row["instrument"])
    command = {"report": "completion", "reason": "Error de captura", "done": None, "figures": [],
               "outcome": None, "instrument": None,
               "evidence": [{"name": "Acta", "reference": {"number": "ACTA-9"}, "address": None}]}  # fmt: skip
    address = f"processes/{JALISCO}/milestones/{row['id']}/correction"
    page = site.get(proposed(site, "validated_correction", address, command, "MX-JAL", JALISCO)).text
    words = text_of(page)

    assert f"{row['name']['es']} {row['id']}" in words
    assert f"/procesos/{JALISCO}/actividades/{row['id']}" in page
    assert "Qué reporte se corrige la conclusión" in words
    assert f"Instrumento — (ahora: {row['instrument']})" in words
    assert "Soporte documental Acta, ACTA-9" in words
    assert words.index("Fecha del acto") < words.index("(ahora: ", words.index("Fecha del acto"))


def test_moving_election_day_says_which_day_it_is_now_and_a_closing_which_process(site: Site) -> None:
    moved = {"election_day": "2027-06-13", "basis": "law", "instrument": "DOF", "reason": "Reforma"}
    day = proposed(site, "election_day", f"processes/{JALISCO}/election-day", moved, "MX-JAL", JALISCO)
    closing = proposed(site, "closing", f"processes/{JALISCO}/closing", CLOSING, "MX-JAL", JALISCO)

    assert "Jornada electoral 13 de junio de 2027 (ahora: 6 de junio de 2027)" in text_of(site.get(day).text)
    assert f"Jalisco {JALISCO} · Jalisco Instrumento IEPC-ACG-900/2027" in text_of(site.get(closing).text)
