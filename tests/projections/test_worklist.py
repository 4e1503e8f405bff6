"""What is mine to do: whose it is, why it is on the list, in which order, and page by page."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from domain.access import Authority, Caller, Role
from domain.milestone_events import (
    Evidence,
    MilestoneCompleted,
    MilestoneProgressed,
    MilestoneResumed,
    MilestoneStarted,
    MilestoneSuspended,
    MilestoneValidated,
)
from projections.milestone_filter import MilestoneFilter
from projections.milestones import list_milestones
from projections.moment import AsOf
from projections.page import BadCursor
from projections.worklist import WorkFilter, list_work
from tests.projections.asking import AFTER, BEFORE, F001, JAL, Asked
from tests.projections.histories import AUTHOR, FEDERAL, LOCAL

L002 = f"milestone/{LOCAL}/L002"


def who(territory: str = "MX", role: Role = "administrator", body: str = "TEPJF", **more: Any) -> Caller:
    return Caller("p-1", (Authority("person/p-1#g1", role, territory, "Enlace", body, **more),))


def listed(asked: Asked, caller: Caller, at: datetime = AFTER, **where: Any) -> list[tuple[str, str]]:
    with asked.reading() as connection:
        page = list_work(connection, caller, WorkFilter(**where), at)
    return [(row.group, row.milestone.id) for row in page.items]


def test_what_is_due_without_a_report_comes_first_and_what_is_far_off_last(asked: Asked) -> None:
    asked.written.record(JAL, [MilestoneStarted()])

    assert listed(asked, who(), datetime(2027, 3, 24, tzinfo=UTC)) == [
        ("silent", "F001"),
        ("silent", "L002"),
        ("silent", "F005.2027-03"),
        ("silent", "F002-SON"),
        ("late", "F002-JAL"),
        ("validation", "F002-JAL"),
        ("later", "F006"),
        ("later", "F007"),
    ]


def test_who_only_validates_is_asked_for_validations_alone(asked: Asked) -> None:
    asked.written.record(JAL, [MilestoneStarted()])
    asked.written.record(F001, [MilestoneCompleted(), MilestoneValidated(validates=2)])

    assert listed(asked, who(role="validator")) == [("validation", "F002-JAL")]
    assert listed(asked, who(role="auditor")) == []
    assert ("validation", "F002-JAL") not in listed(asked, who(role="coordinator"))


def test_nobody_is_asked_to_validate_what_they_reported_themselves(asked: Asked) -> None:
    asked.written.record(JAL, [MilestoneStarted()])
    other = who(role="validator")
    same = replace(other, actor=AUTHOR.actor)

    assert listed(asked, other) == [("validation", "F002-JAL")]
    assert listed(asked, same) == []
    # What is no report leaves the last one that stands, and who made it.
    asked.written.record(JAL, [MilestoneSuspended(instrument="SUP-1", reason="Sentencia")])
    asked.written.record(JAL, [MilestoneResumed(instrument="SUP-2")])
    assert listed(asked, same) == []


def test_a_coordinator_of_a_state_sees_that_state(asked: Asked) -> None:
    ids = {id_ for _, id_ in listed(asked, who("MX-JAL"))}

    assert ids == {"F002-JAL", "L002"}
    assert {id_ for _, id_ in listed(asked, who("MX-JAL", process=LOCAL))} == {"L002"}
    assert listed(asked, who("MX-JAL-D03")) == []


@pytest.mark.parametrize(
    ("body", "on_behalf_of", "mine"),
    [
        ("INE", None, {"F002-JAL"}),
        ("IEPC", None, {"L002"}),
        ("INE", "IEPC", {"L002"}),
        ("TEPJF", None, {"F002-JAL", "L002"}),
    ],
)
def test_nobody_is_asked_for_the_other_authoritys_work(
    asked: Asked, body: str, on_behalf_of: str | None, mine: set[str]
) -> None:
    caller = who("MX-JAL", body=body, on_behalf_of=on_behalf_of)

    assert {id_ for _, id_ in listed(asked, caller) if id_ in {"F002-JAL", "L002"}} == mine


def test_who_asks_for_another_responsible_sees_theirs(asked: Asked) -> None:
    assert listed(asked, who("MX-JAL", body="INE"), responsible="OPL") == [("waiting", "L002")]


@pytest.mark.parametrize("body", ["INE", "IEPC"])
def test_what_is_for_parties_to_do_is_asked_of_neither_authority_unless_it_asks(
    asked: Asked, body: str
) -> None:
    assert "F007" not in {id_ for _, id_ in listed(asked, who(body=body))}
    assert listed(asked, who(body=body), responsible="parties") == [("later", "F007")]
    assert ("later", "F007") in listed(asked, who(body="TEPJF"))


def test_what_was_reported_of_parties_is_there_to_be_validated(asked: Asked) -> None:
    asked.written.record(f"milestone/{FEDERAL}/F007", [MilestoneCompleted()])

    assert listed(asked, who(role="validator", body="INE")) == [("validation", "F007")]


def test_what_waits_is_what_the_pages_say_is_blocked(asked: Asked) -> None:
    for at in (BEFORE, AFTER, datetime(2027, 3, 18, tzinfo=UTC)):
        waiting = {id_ for group, id_ in listed(asked, who(), at) if group == "waiting"}
        near = {id_ for group, id_ in listed(asked, who(), at) if group in {"soon", "silent", "late"}}
        with asked.reading() as connection:
            rows = [
                row
                for process in (FEDERAL, LOCAL)
                for row in list_milestones(connection, MilestoneFilter(process=process), AsOf(None, at)).items
            ]
        blocked = {row.id for row in rows if row.blocked_by and row.counted}

        assert waiting == blocked - near, at


def test_what_is_suspended_waits_for_whoever_lets_it_go_on(asked: Asked) -> None:
    asked.written.record(F001, [MilestoneSuspended(instrument="SUP-1", reason="Sentencia")])

    assert ("waiting", "F001") in listed(asked, who())


def test_a_document_that_is_only_named_is_asked_for_until_it_is_known(asked: Asked) -> None:
    asked.written.record(F001, [MilestoneCompleted(evidence=(Evidence(name="Acta"),))])
    asked.written.record(JAL, [MilestoneCompleted(evidence=(Evidence(name="Acta", sha256="0" * 64),))])

    assert [row for row in listed(asked, who()) if row[0] == "documents"] == [("documents", "F001")]


def test_filters_narrow_the_list(asked: Asked) -> None:
    asked.written.record(F001, [MilestoneProgressed(done=1)])

    assert {id_ for _, id_ in listed(asked, who(), process=LOCAL)} == {"L002"}
    assert {id_ for _, id_ in listed(asked, who(), stage="results")} == {"F006"}
    assert {id_ for _, id_ in listed(asked, who(), search="F005")} == {"F005.2027-03"}
    assert {group for group, _ in listed(asked, who(), group="late")} == {"late"}


def test_page_by_page_the_list_is_the_same(asked: Asked) -> None:
    whole, cut, after = listed(asked, who()), [], None
    with asked.reading() as connection:
        for _ in whole:
            page = list_work(connection, who(), WorkFilter(), AFTER, after=after, limit=1)
            cut += [(row.group, row.milestone.id) for row in page.items]
            after = page.next

    assert cut == whole
    assert after is None


@pytest.mark.parametrize(
    "cursor", ["", "x", "silent", "silent.1", "silent.a.1", "nothing.1.1", "silent.1." + "9" * 19]
)
def test_a_cursor_of_another_list_is_refused(asked: Asked, cursor: str) -> None:
    with asked.reading() as connection, pytest.raises(BadCursor):
        list_work(connection, who(), WorkFilter(), AFTER, after=cursor)
