"""Whose decision a proposal is: it is offered to who may make it, and waits first on their page of work."""

from __future__ import annotations

import re

import pytest

from domain.access import Authority, Caller, Role
from domain.event import Author
from domain.legal_effect import LegalEffect, action_to_decide
from domain.proposal import GOOD_FOR
from projections.moment import AsOf
from projections.proposals import ProposalFilter, list_proposals
from projections.proposals_to_decide import count_to_decide
from tests.pages.site import FEDERAL, JALISCO, NOW, Site, text_of
from tests.pages.staff import appoint, enrolled, proposed, signed_in
from tests.pages.test_proposed_acts import CLOSING, GRANT

HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


@pytest.mark.parametrize(
    ("role", "effect", "offered"),
    [
        ("validator", "granting", False),
        ("validator", "closing", True),
        ("administrator", "granting", True),
        ("coordinator", "closing", False),
    ],
)
def test_deciding_is_offered_to_who_may_and_the_others_are_told_who_does(
    site: Site, role: Role, effect: LegalEffect, offered: bool
) -> None:
    person = enrolled(site, "Beto Díaz")
    appoint(site, person, role, "MX-JAL")
    address, command = {
        "granting": (f"people/{enrolled(site)}/grants", GRANT),
        "closing": (f"processes/{JALISCO}/closing", CLOSING),
    }[effect]
    path = proposed(site, effect, address, command, "MX-JAL", JALISCO)
    with signed_in(site, person) as desk:
        page, decision = desk.get(path).text, desk.get(f"{path}/decidir").text

    assert (f'href="{path}/decidir"' in page) == offered
    assert ('value="approval"' in decision) == offered
    assert ("No te toca decidirla." in text_of(page)) != offered
    who = "La decide otra persona" if effect == "closing" else "Un nombramiento lo decide otra persona"
    assert (who in page) != offered


def test_who_proposed_may_take_it_back_and_not_approve_it(site: Site) -> None:
    person = enrolled(site, "Ana Ruiz", "INE")
    appoint(site, person, "administrator", "MX", body="INE")
    own = Author(person, "Dirección", "INE", f"person/{person}#g1")
    path = proposed(site, "closing", f"processes/{JALISCO}/closing", CLOSING, "MX-JAL", JALISCO, own)
    with signed_in(site, person) as desk:
        page, decision = desk.get(path).text, desk.get(f"{path}/decidir").text
        taken_back = {
            **dict(HIDDEN.findall(decision)),
            "decision": "rejection",
            "reason": "Ya no hace falta.",
        }
        done = desk.post(f"{path}/decidir", taken_back)

    assert done.status_code == 303
    assert "Retirarla Tú la propusiste" in text_of(page)
    assert 'value="approval"' not in decision
    assert 'value="rejection"' in decision


def waiting(page: str) -> int:
    """Return how many decisions a page of work says it waits for."""
    said = re.search(r"(\d+) propuestas? esperan? tu decisión", text_of(page))
    return int(said[1]) if said else 0


def test_work_begins_with_what_waits_for_ones_decision_and_leads_to_just_that(site: Site) -> None:
    person = enrolled(site, "Beto Díaz")
    appoint(site, person, "validator", "MX-COL", body="INE")
    address = f"processes/{FEDERAL}/milestones/F006-COL/redating"
    redating = {"starts": None, "due": "2026-12-05", "basis": "law", "instrument": "DOF", "reason": "Reforma"}
    own = Author(person, "Vocal", "INE", f"person/{person}#g1")
    with signed_in(site, person) as desk:
        assert waiting(desk.get("/trabajo").text) == 0
        theirs = proposed(site, "legal_redating", address, redating, "MX-COL", FEDERAL)
        others = [
            proposed(site, "legal_redating", address, redating, "MX-COL", FEDERAL, own),
            proposed(site, "granting", f"people/{person}/grants", GRANT, "MX-COL"),
            proposed(site, "closing", f"processes/{JALISCO}/closing", CLOSING, "MX-JAL", JALISCO),
        ]
        page, listed = desk.get("/trabajo").text, desk.get("/propuestas?estado=por-decidir").text

    assert waiting(page) == 1
    assert "Expira el 22/11/2026 12:00 (hora del centro)." in text_of(page)
    assert page.index('href="/propuestas?estado=por-decidir"') < page.index('<nav class="groups"')
    assert theirs in listed
    assert not [one for one in others if one in listed]


@pytest.mark.parametrize(
    ("role", "territory", "process", "count"),
    [
        ("administrator", "MX", None, 3),
        ("validator", "MX", None, 2),
        ("validator", "MX", FEDERAL, 1),
        ("administrator", "MX-HID", None, 2),
        ("administrator", "MX-HID-D01", None, 0),
        ("coordinator", "MX-HID", None, 0),
        ("auditor", "MX", None, 0),
    ],
)
def test_what_waits_is_what_ones_rights_let_one_approve(
    site: Site, role: Role, territory: str, process: str | None, count: int
) -> None:
    before = _to_decide(site, role, territory, process)
    proposed(site, "closing", f"processes/{FEDERAL}/closing", CLOSING, "MX", FEDERAL)
    proposed(site, "closing", "processes/pel-2026-2027-hid/closing", CLOSING, "MX-HID", "pel-2026-2027-hid")
    proposed(site, "granting", f"people/{enrolled(site)}/grants", GRANT, "MX-HID")

    assert _to_decide(site, role, territory, process) - before == count


def _to_decide(site: Site, role: Role, territory: str, process: str | None) -> int:
    authority = Authority("person/p-bbbbbbbbbbbb#g1", role, territory, "Vocal", "INE", process)
    caller = Caller("p-bbbbbbbbbbbb", (authority,))
    with site.resources.readers.connection() as connection:
        found = count_to_decide(connection, caller, NOW)
        page = list_proposals(connection, ProposalFilter(to_decide=caller), AsOf(None, NOW), limit=1000)
        assert count_to_decide(connection, caller, NOW + GOOD_FOR).count == 0
    assert len(page.items) == found.count
    assert all(caller.may(action_to_decide(row.effect), row.territory, row.process) for row in page.items)
    return found.count
