"""May this one do this here? Under which of the authorities that are held?"""

from dataclasses import replace

import pytest

from domain.access import ACTIONS, Action, Authority, Caller, Role, authorise
from domain.event import Author, Refused

JALISCO = Authority("person/p-1#g1", "coordinator", "MX-JAL", "Secretaría Ejecutiva", "IEPC")
DISTRICT = replace(
    JALISCO, grant="person/p-1#g2", territory="MX-JAL-D03", post="Vocalía ejecutiva", body="INE"
)
LOCAL = replace(JALISCO, grant="person/p-1#g3", process="pel-2026-2027-jal")


def caller(*held: Authority) -> Caller:
    """Return somebody who holds these."""
    return Caller("p-1", held)


def refusal(who: Caller, action: Action, territory: str, process: str | None = None) -> str:
    """Return the rule by which it is refused."""
    with pytest.raises(Refused) as refused:
        authorise(who, action, territory, process)
    assert not who.may(action, territory, process)
    return refused.value.rule


@pytest.mark.parametrize("role", list(ACTIONS))
@pytest.mark.parametrize("action", ["report", "validate", "audit", "administer"])
def test_a_role_does_what_its_row_says_and_nothing_else(role: Role, action: Action) -> None:
    held = replace(JALISCO, role=role)

    if action in ACTIONS[role]:
        assert authorise(caller(held), action, "MX-JAL") is held
    else:
        assert refusal(caller(held), action, "MX-JAL") == "role-not-enough"


def test_nobody_speaks_for_another_territory() -> None:
    assert authorise(caller(JALISCO), "report", "MX-JAL") is JALISCO
    assert refusal(caller(JALISCO), "report", "MX-COL") == "another-territory"
    assert refusal(caller(JALISCO), "report", "MX") == "another-territory"


def test_a_district_speaks_for_itself_and_not_for_its_state() -> None:
    assert authorise(caller(DISTRICT), "report", "MX-JAL-D03") is DISTRICT
    assert refusal(caller(DISTRICT), "report", "MX-JAL") == "another-territory"


def test_what_is_granted_for_a_process_reaches_no_other() -> None:
    assert authorise(caller(LOCAL), "report", "MX-JAL", "pel-2026-2027-jal") is LOCAL
    assert refusal(caller(LOCAL), "report", "MX-JAL", "pef-2026-2027") == "another-process"
    assert refusal(caller(LOCAL), "report", "MX-JAL") == "another-process"


def test_who_holds_nothing_is_told_to_ask_for_a_grant() -> None:
    assert refusal(caller(), "report", "MX-JAL") == "no-grant"


def test_of_several_authorities_the_narrowest_is_used() -> None:
    country = replace(JALISCO, grant="person/p-1#g4", territory="MX")
    who = caller(country, JALISCO, LOCAL)

    assert authorise(who, "report", "MX-JAL", "pel-2026-2027-jal") is LOCAL
    assert authorise(who, "report", "MX-JAL", "pef-2026-2027") is JALISCO
    assert authorise(who, "report", "MX-COL") is country


def test_roles_held_in_different_places_do_not_add_up() -> None:
    """A validator in one state who coordinates in another may not validate there."""
    who = caller(JALISCO, replace(JALISCO, role="validator", territory="MX-COL"))

    assert refusal(who, "validate", "MX-JAL") == "another-territory"
    assert refusal(who, "report", "MX-COL") == "another-territory"


def test_what_is_said_for_another_body_says_so() -> None:
    liaison = replace(JALISCO, body="INE", on_behalf_of="IEPC")

    assert caller(liaison).author(liaison) == Author(
        "p-1", "Secretaría Ejecutiva", "INE", "person/p-1#g1", on_behalf_of="IEPC"
    )
