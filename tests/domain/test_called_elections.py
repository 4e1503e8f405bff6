"""Elections that an instrument calls: an extraordinary one, and that of judges while it is off."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from domain.call import Call
from domain.event import Refused
from domain.milestone import MILESTONE
from domain.plan import Opening, OpenProcess
from domain.procedure import PlanError, procedures
from domain.process import PROCESS, Process
from domain.regime import called_elections_of, elections_of, under_way
from domain.replanning import MoveElectionDay
from domain.variant import plan_for
from tests.domain.decisions import envelope
from tests.domain.small_procedure import procedure, step

IRIMBO = Call(instrument="Decreto 412", election_day="2027-11-28", matter="Ayuntamiento de Irimbo")
JUDGES = {"instrument": "Decreto en el DOF"}

# Worked out by hand: the vote is on Sunday 28 November 2027.
ESTIMATED = {
    "E06": (None, "2027-11-24"),  # LGIPE 251.3: they end three days before.
    "E07": (None, "2027-10-29"),  # LGIPE 153.1: thirty days before.
    "E09": (None, "2027-11-13"),  # LGIPE 268.1: fifteen days before.
    "E11": ("2027-11-22", "2027-11-26"),  # LGIPE 269.1: the five days before the eve.
    "E12": ("2027-11-28T08:00", "2027-11-28T18:00"),  # LGIPE 273, 285.
    "E13": ("2027-12-01T08:00", "2027-12-04"),  # LGIPE 310.1: the Wednesday after.
    "E14": (None, "2027-12-04"),
}

# LGIPE book nine and CPEUM 96; the vote is on Sunday 4 June 2028.
OF_JUDGES = {
    "J01": ("2027-09-01", "2027-09-07"),  # LGIPE 503.2.
    "J02": ("2027-09-01", "2027-10-01"),  # LGIPE 499.1: thirty days after 1 September.
    "J03": (None, "2027-10-16"),  # LGIPE 500.2: fifteen days more.
    "J04": (None, "2027-10-31"),  # LGIPE 500.3: fifteen days more.
    "J06": (None, "2028-02-01"),  # LGIPE 500.9.
    "J07": (None, "2028-02-12"),  # CPEUM 96 fr. III.
    "J08": ("2027-12-01", "2027-12-31"),  # LGIPE 511.1.
    "J10": ("2028-02-15", "2028-02-15"),  # LGIPE 524.2.
    "J12": ("2028-04-02", "2028-05-31"),  # CPEUM 96: sixty days.
    "J17": (None, "2028-08-29"),  # LGIPE 534.3: three days before 1 September.
    "J18": (None, "2028-09-01"),  # LGIPE 535.1.
}


def extraordinary(territory: str = "MX-MIC", cycle: str = "2027", **call: Any) -> OpenProcess:
    return OpenProcess(
        kind="extraordinary_election", territory=territory, cycle=cycle, call=IRIMBO.model_copy(update=call)
    )


def judicial(cycle: str = "2027-2028", **call: Any) -> OpenProcess:
    return OpenProcess(
        kind="judicial_election", territory="MX", cycle=cycle, call=Call(**call) if call else None
    )


def opened(command: OpenProcess) -> Opening:
    found = command.decide(PROCESS.initial)
    assert found is not None
    return found


def refusal(command: OpenProcess, process: Process = PROCESS.initial) -> Refused:
    with pytest.raises(Refused) as caught:
        command.decide(process)
    assert caught.value.es != caught.value.en
    return caught.value


# Extraordinary elections -------------------------------------------------------------------------------


def test_an_extraordinary_election_is_dated_from_the_day_its_call_sets() -> None:
    found = opened(extraordinary())
    schedules = {id_: row.schedule for id_, row in found.milestones.items()}

    assert (found.process, found.opened.election_day) == ("pee-2027-mic-1", "2027-11-28")
    assert found.opened.election_day_basis == "calendar", "the call is the instrument that sets it"
    assert found.opened.name.es == "Elección extraordinaria 2027, Michoacán de Ocampo: Ayuntamiento de Irimbo"
    assert found.opened.call == IRIMBO
    assert found.opened.confirmed
    dated = {id_: (one.starts, one.due) for id_, one in schedules.items() if one.rests_on == "estimated"}
    assert dated == ESTIMATED


def test_what_the_council_may_adjust_is_an_estimate_and_the_rest_says_who_dates_it() -> None:
    for row in opened(extraordinary()).milestones.values():
        assert row.schedule.rests_on in {None, "estimated", "calendar"}, row.row
        assert row.schedule.due or row.schedule.explanation.es, row.row


def test_a_state_s_institute_acts_in_a_state_and_ine_in_the_federation() -> None:
    local, federal = opened(extraordinary()), opened(extraordinary("MX", matter="Senaduría de Nayarit"))

    assert (local.milestones["E03"].body, local.milestones["E03"].responsible) == ("IEM", "OPL")
    assert (federal.milestones["E03"].body, federal.milestones["E03"].responsible) == ("INE", "INE")
    assert federal.process == "pee-2027-mx-1"
    assert len(federal.milestones) == len(procedures()["extraordinary_election"].steps), (
        "one contest, not 32 states"
    )


def test_several_are_told_apart_by_their_number() -> None:
    assert extraordinary(number=2).process == "pee-2027-mic-2"
    state = PROCESS.evolve(PROCESS.initial, opened(extraordinary()).opened, envelope(1))

    assert extraordinary().decide(state) is None, "it is open already"
    refused = refusal(extraordinary(matter="Ayuntamiento de Tuxpan"), state)
    assert (refused.rule, refused.fields) == ("call-number-taken", ("call", "number"))


@pytest.mark.parametrize(
    ("command", "rule"),
    [
        (extraordinary(matter=None), "call-incomplete"),
        (extraordinary(election_day=None), "call-incomplete"),
        (extraordinary(election_day="2028-02-06"), "call-of-another-year"),
        (extraordinary(cycle="2026-2027"), "plan-cannot-be-dated"),
        (extraordinary("MX-XXX"), "wrong-territory"),
        (judicial("2028-2029", instrument="x", election_day="2028-06-04"), "call-of-another-year"),
        (
            OpenProcess(kind="local_election", territory="MX-JAL", cycle="2026-2027", call=IRIMBO),
            "call-not-expected",
        ),
        (OpenProcess(kind="extraordinary_election", territory="MX", cycle="2026-2027"), "call-incomplete"),
    ],
)
def test_a_call_that_does_not_fit_is_refused(command: OpenProcess, rule: str) -> None:
    assert refusal(command).rule == rule


def test_a_year_alone_goes_with_a_call() -> None:
    with pytest.raises(ValueError, match="cycle of one year goes with the `call`"):
        OpenProcess(kind="extraordinary_election", territory="MX-MIC", cycle="2027")


def test_its_day_may_be_moved_by_another_instrument() -> None:
    found = opened(extraordinary())
    process = PROCESS.evolve(PROCESS.initial, found.opened, envelope(1))
    milestones = {
        id_: MILESTONE.evolve(MILESTONE.initial, row, envelope(1)) for id_, row in found.milestones.items()
    }
    text = plan_for("extraordinary_election", "MX-MIC", "2027")

    moved = MoveElectionDay(
        election_day="2027-12-05", basis="calendar", instrument="Decreto 413", reason="Prórroga"
    ).decide(process, text, milestones)

    (event,) = moved.milestones["E09"]
    assert event.schedule.due == "2027-11-20"  # type: ignore[attr-defined]  # it was dated anew
    assert set(moved.milestones) == {*ESTIMATED, "E10"}


def test_a_plan_whose_day_the_call_sets_has_no_rule_for_it() -> None:
    with pytest.raises(PlanError, match="the call sets it"):
        procedure(step("S01"), called=True)
    assert procedure(step("S01"), called=True, election_day=None).is_plan


# While one is under way ----------------------------------------------------------------------------------


def test_it_is_under_way_from_its_call_until_it_is_closed() -> None:
    zone = ZoneInfo("America/Mexico_City")
    since, until = datetime(2027, 9, 20, 23, 0, tzinfo=zone), datetime(2028, 1, 15, 12, 0, tzinfo=zone)
    process = Process(opened=opened(extraordinary()).opened, opened_at=since)

    found = under_way(process, None)
    assert found is not None
    assert (found.since, found.until) == (date(2027, 9, 20), None)
    closed = under_way(Process(opened=process.opened, opened_at=since, closed_at=until), None)
    assert closed is not None
    assert closed.until == date(2028, 1, 15)
    assert under_way(PROCESS.initial, None) is None


def test_each_territory_has_its_own_elections_and_its_own_called_ones() -> None:
    assert elections_of("MX-JAL", 2027) == [("L010", "pel-2026-2027-jal")]
    assert set(elections_of("MX", 2027)) == {("F003", "pef-2026-2027"), ("J01", "pej-2026-2027")}
    assert called_elections_of("MX-JAL", 2027) == ["pee-2027-jal-"]
    assert called_elections_of("MX", 2027) == ["pee-2027-mx-"]


# The election of judges ------------------------------------------------------------------------------------


def test_the_election_of_judges_is_off_and_says_why_and_who_says_so() -> None:
    refused = refusal(judicial("2026-2027"))

    assert (refused.rule, refused.fields) == ("procedure-off", ("call",))
    assert "de 2027 a 2028" in refused.es
    assert "ese decreto no se leyó" in refused.es
    assert "infobae" in refused.es
    assert "not read" in refused.en


def test_the_instrument_that_calls_it_switches_it_on() -> None:
    found = opened(judicial(**JUDGES))
    schedules = {id_: row.schedule for id_, row in found.milestones.items()}

    assert (found.process, found.opened.election_day) == ("pej-2027-2028", "2028-06-04")
    assert {id_: (schedules[id_].starts, schedules[id_].due) for id_ in OF_JUDGES} == OF_JUDGES
    assert opened(judicial(**JUDGES, election_day="2028-06-11")).opened.election_day == "2028-06-11"


def test_nothing_but_the_election_of_judges_is_off() -> None:
    assert [kind for kind, one in procedures().items() if one.off] == ["judicial_election"]
