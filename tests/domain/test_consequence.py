"""What follows in a case from what is reported of it: branches, rounds, clocks, and what a correction takes back."""

from __future__ import annotations

from domain.procedure import Procedure, procedures
from tests.domain.small_case import Walk, case_procedure, case_step, outcome

RECEIVED = "2026-11-20T10:00"


def complaint() -> Procedure:
    """A complaint: warned any number of times, dismissed, or admitted, investigated and decided."""
    return case_procedure(
        case_step("S01", "opened + 48 hours", opens=["S02"]),
        case_step(
            "S02",
            "S01.done + 5 procedural days",
            due_when=[{"when": "S03 done", "rule": "S03.done + 5 procedural days"}],
            repeats=True,
            outcomes=[
                outcome("warned", opens=["S03"]),
                outcome("admitted", opens=["S04", "S05"]),
                outcome("dismissed", ends=True),
            ],
        ),
        case_step("S03", "S02.done + 3 procedural days", opens=["S02"], repeats=True),
        case_step("S04", "S02.done + 40 procedural days", outcomes=[outcome("extended"), outcome("ended")]),
        case_step(
            "S05",
            "S04.done + 10 days",
            due_when=[{"when": "S04 = extended", "rule": "S04.done + 20 days"}],
            outcomes=[outcome("decided", ends=True)],
        ),
        case_step("S06", "S05.done + 1 days"),
    )


def test_a_case_begins_with_what_is_counted_from_its_reception() -> None:
    walk = Walk(complaint(), RECEIVED)

    assert walk.due("S01") == "2026-11-22T10:00"
    assert walk.statuses() == {
        "S01": "planned", "S02": "waiting", "S03": "waiting", "S04": "waiting", "S05": "waiting", "S06": "planned",
    }  # fmt: skip
    assert walk.due("S06") is None
    assert walk.why("S06") == "Se cuenta desde que se cumpla S05, que aún no se reporta."


def test_a_step_is_dated_when_what_it_is_counted_from_happens() -> None:
    walk = Walk(complaint(), RECEIVED).done("S01", "2026-11-20T15:00")

    assert walk.status("S02") == "planned"
    assert walk.due("S02") == "2026-11-27"
    assert walk.why("S02") == (
        "5 días hábiles después del cumplimiento de S01 (20 de noviembre de 2026, 15:00): 27 de noviembre de 2026."
    )


def test_an_outcome_opens_a_branch_and_the_others_wait_while_they_may_still_come() -> None:
    walk = Walk(complaint(), RECEIVED).done("S01", RECEIVED).done("S02", "2026-11-23T09:00", "warned")

    assert (walk.status("S03"), walk.due("S03")) == ("planned", "2026-11-26")
    assert walk.status("S04") == "waiting", "it may be admitted once the warning is cured"


def test_a_round_begins_again_with_a_clock_of_its_own() -> None:
    walk = Walk(complaint(), RECEIVED).done("S01", RECEIVED).done("S02", "2026-11-23T09:00", "warned")
    walk.done("S03", "2026-11-24T09:00")

    assert (walk.status("S02.2"), walk.due("S02.2")) == ("planned", "2026-12-01")
    walk.done("S02.2", "2026-11-25T09:00", "warned").done("S03.2", "2026-11-26T09:00")
    assert walk.status("S02.3") == "planned"


def test_an_outcome_that_ends_the_case_closes_all_that_is_open() -> None:
    walk = Walk(complaint(), RECEIVED).done("S01", RECEIVED).done("S02", "2026-11-23T09:00", "dismissed")

    assert set(walk.statuses().values()) == {"completed", "not_applicable"}
    assert walk.milestones["S04"].closed_by_another


def test_what_can_no_longer_arise_is_closed_and_says_why() -> None:
    walk = Walk(complaint(), RECEIVED).done("S01", RECEIVED).done("S02", "2026-11-23T09:00", "admitted")

    assert walk.status("S03") == "not_applicable", "admitted at once, nobody can be warned any more"
    assert (walk.status("S04"), walk.due("S04")) == ("planned", "2027-01-20")


def test_another_outcome_gives_another_deadline() -> None:
    admitted = Walk(complaint(), RECEIVED).done("S01", RECEIVED).done("S02", "2026-11-23T09:00", "admitted")

    assert admitted.done("S04", "2026-12-22T09:00", "extended").due("S05") == "2027-01-11"
    ended = Walk(complaint(), RECEIVED).done("S01", RECEIVED).done("S02", "2026-11-23T09:00", "admitted")
    assert ended.done("S04", "2026-12-22T09:00", "ended").due("S05") == "2027-01-01"


def test_a_correction_takes_back_what_the_wrong_outcome_brought_about() -> None:
    walk = Walk(complaint(), RECEIVED).done("S01", RECEIVED).done("S02", "2026-11-23T09:00", "dismissed")
    walk.corrected("S02", "2026-11-23T09:00", "admitted")

    assert (walk.status("S04"), walk.due("S04")) == ("planned", "2027-01-20")
    assert walk.status("S06") == "planned", "it never needed opening"
    walk.corrected("S02", "2026-11-23T09:00", "dismissed")
    assert walk.status("S04") == "not_applicable"


def test_a_correction_of_the_moment_moves_what_is_counted_from_it() -> None:
    walk = Walk(complaint(), RECEIVED).done("S01", RECEIVED).corrected("S01", "2026-11-24T10:00")

    assert walk.due("S02") == "2026-12-01"


def test_nothing_follows_from_what_has_been_settled() -> None:
    walk = Walk(complaint(), RECEIVED).done("S01", RECEIVED).done("S02", "2026-11-23T09:00", "warned")
    versions = {id_: milestone.version for id_, milestone in walk.milestones.items()}

    walk.done("S01", RECEIVED)  # it is already so
    assert {id_: milestone.version for id_, milestone in walk.milestones.items()} == versions


def test_a_clock_stands_while_it_is_paused_and_goes_on_where_it_was() -> None:
    paused = case_procedure(
        case_step("S01", "opened + 1 days"),
        case_step("S02"),
        case_step("S03"),
        case_step("S04", "S01.done + 20 days", pauses=[{"from": "S02", "to": "S03"}]),
    )
    walk = Walk(paused, RECEIVED).done("S01", "2026-11-21T10:00")
    assert walk.due("S04") == "2026-12-11"

    walk.done("S02", "2026-11-25T10:00")
    assert walk.due("S04") is None
    assert walk.why("S04").startswith("El plazo está detenido desde S02 (25 de noviembre de 2026, 10:00)")
    walk.done("S03", "2026-11-30T10:00")
    assert walk.due("S04") == "2026-12-16"


def test_a_duty_whose_periods_begin_with_a_report_is_followed_period_by_period_from_then_on() -> None:
    walk = Walk(
        procedures()["national_party_registration"],
        "2025-01-20T10:00",
        facts={"year": "2027", "electoral_register": "98000000"},
    )
    assert walk.status("S02") == "waiting"

    walk.done("S01", "2025-01-25T10:00", "accepted")

    assert walk.status("S02") == "not_applicable", "each month is a milestone of its own"
    assert (walk.status("S02.2025-02"), walk.due("S02.2025-02")) == ("planned", "2025-03-10")
    walk.corrected("S01", "2025-01-25T10:00", "rejected")
    assert {walk.status(id_) for id_ in walk.milestones if id_.startswith("S02.")} == {"not_applicable"}


def test_a_date_before_the_step_arose_is_impossible_and_leaves_it_undated_with_the_reason() -> None:
    """Thirty days before a vote that is nearer than that: nobody could have kept it, so nobody broke it."""
    procedure = case_procedure(
        case_step(
            "S01", "fact vote_on - 30 days", outcomes=[outcome("final", opens=["S02"]), outcome("draft")]
        ),
        case_step("S02", "fact vote_on - 30 days"),
        facts=[{"id": "vote_on", "kind": "day", "name": {"es": "Jornada", "en": "Vote"}}],
    )
    walk = Walk(procedure, RECEIVED, facts={"vote_on": "2026-12-21"})
    assert walk.due("S02") == "2026-11-21"

    walk.done("S01", "2026-11-24T10:00", "final")

    assert walk.due("S02") is None
    assert walk.why("S02") == (
        "La fecha que resulta (21 de noviembre de 2026) es anterior a que surgiera (24 de noviembre de 2026): "
        "no pudo cumplirse."
    )
    assert walk.due("S01") == "2026-11-21", "what was to be done from the beginning was done late"
    walk.corrected("S01", "2026-11-21T09:00", "final")
    assert walk.due("S02") == "2026-11-21"
