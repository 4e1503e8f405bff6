"""Who administers whom: each body answers for its own people."""

from __future__ import annotations

from functools import partial

import pytest

from domain.access import Authority, Caller
from domain.administration import administration_of, authorise_invitation, authorise_removal
from domain.event import Refused
from tests.domain.test_person import ANA, CHIEF, asking, given, person

STATE = Caller(
    "p-0000000000ee", (Authority("person/p-0000000000ee#g1", "administrator", "MX-JAL", "SE", "IEPC"),)
)
REPORTER = Caller(
    "p-0000000000dd", (Authority("person/p-0000000000dd#g1", "coordinator", "MX", "VE", "INE"),)
)


def test_who_administers_the_country_invites_for_any_body_and_a_state_for_its_own() -> None:
    assert authorise_invitation(CHIEF, "IEEM").territory == "MX"
    assert authorise_invitation(STATE, "IEPC").territory == "MX-JAL"
    with pytest.raises(Refused) as refused:
        authorise_invitation(STATE, "INE")
    assert refused.value.rule == "another-body"


@pytest.mark.parametrize(("caller", "rule"), [(REPORTER, "role-not-enough"), (Caller("x"), "no-grant")])
def test_who_does_not_administer_neither_sees_nor_invites(caller: Caller, rule: str) -> None:
    for ask in (partial(administration_of, caller), partial(authorise_invitation, caller, "INE")):
        with pytest.raises(Refused) as refused:
            ask()
        assert refused.value.rule == rule


def test_the_widest_administration_is_the_one_that_is_shown() -> None:
    both = Caller("p-0000000000ee", (*STATE.authorities, *CHIEF.authorities))

    assert administration_of(both).territory == "MX"


def test_a_person_is_removed_by_who_administers_every_place_they_hold() -> None:
    holder = given(person(ANA), asking())
    abroad = given(holder, asking(territory="MX-COL", body="IEE"))

    assert authorise_removal(STATE, holder).territory == "MX-JAL"
    assert authorise_removal(STATE, person(ANA)).body == "IEPC"
    with pytest.raises(Refused) as refused:
        authorise_removal(STATE, abroad)
    assert refused.value.rule == "another-territory"
    assert authorise_removal(CHIEF, abroad).territory == "MX"
