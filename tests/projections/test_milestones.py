"""What is told of one milestone, and which are listed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.milestone_events import (
    MilestoneCompleted,
    MilestoneCorrected,
    MilestoneDated,
    MilestoneProgressed,
    MilestoneRedated,
    MilestoneStarted,
    MilestoneValidated,
)
from ledger.postgres import PostgresLog
from projections.activities import get_activity
from projections.milestone_filter import MilestoneFilter
from projections.milestones import get_milestone, list_milestones
from projections.moment import AsOf, BadMoment, resolve_as_of
from projections.page import BadCursor
from projections.reading import NotReady, ReaderPool
from projections.runner import Runner
from tests.projections.asking import AFTER, BEFORE, F001, JAL, Asked
from tests.projections.histories import FEDERAL, LOCAL, PLAN, History, schedule


def test_days_late_and_the_delay_of_the_report_are_two_figures(asked: Asked) -> None:
    asked.written.record(F001, [MilestoneCompleted(outcome="aprobado", instrument="CG/1")], AFTER)
    row = asked.milestone(FEDERAL, "F001")

    assert (row.standing, row.days_late, row.outcome, row.instrument) == ("done_late", 1, "aprobado", "CG/1")
    assert row.completed_recorded_at is not None
    assert row.report_delay_days is not None


@pytest.mark.parametrize("hour", [5, 12])
def test_the_delay_of_a_report_is_in_days_of_whoever_acts(asked: Asked, hour: int) -> None:
    """At five in the morning in Greenwich it is the day before in Mexico, whenever this test runs."""
    act_at, zone = datetime(2027, 3, 10, hour, 30, tzinfo=UTC), ZoneInfo("America/Mexico_City")
    asked.written.record(F001, [MilestoneCompleted()], act_at)
    row = asked.milestone(FEDERAL, "F001")

    assert row.completed_recorded_at is not None
    days = row.completed_recorded_at.astimezone(zone).date() - act_at.astimezone(zone).date()
    assert row.report_delay_days == days.days


def test_an_open_milestone_is_late_by_the_days_up_to_the_moment_asked_about(asked: Asked) -> None:
    row = asked.milestone(FEDERAL, "F001", datetime(2027, 3, 20, 12, tzinfo=UTC))

    assert (row.standing, row.late, row.days_late) == ("without_report", True, 8)
    assert asked.milestone(FEDERAL, "F001", BEFORE).days_late is None


def test_the_end_of_the_day_is_that_of_the_one_who_has_to_act(asked: Asked) -> None:
    due_at = {id_: asked.milestone(FEDERAL, id_).due_at for id_ in ("F002-JAL", "F002-SON")}

    assert due_at["F002-JAL"] == datetime(2027, 3, 23, 6, tzinfo=UTC)
    assert due_at["F002-SON"] == datetime(2027, 3, 23, 7, tzinfo=UTC)


def test_a_list_may_ask_for_several_standings_and_for_a_date_of_law(asked: Asked) -> None:
    asked.written.record(F001, [MilestoneStarted()], BEFORE)
    late = ("reported_unfinished", "without_report")

    assert asked.listed(standing=late) == ["F001"]
    assert asked.listed(standing=late, by_law=True) == ["F001"]
    assert asked.listed(standing=late, by_law=False) == []
    assert asked.listed(standing="reported_unfinished") == ["F001"]
    assert "F007" not in asked.listed(by_law=True), "its date is an estimate"


def test_the_first_date_stays_beside_the_one_that_replaced_it(asked: Asked) -> None:
    before = asked.written.log.head().position
    asked.written.record(
        F001,
        [MilestoneRedated(schedule=schedule("2027-04-01", "calendar"), instrument="CG/2", reason="a reform")],
    )
    row = asked.milestone(FEDERAL, "F001")

    assert (row.due, row.first_due, row.redatings, row.rests_on) == (
        "2027-04-01",
        "2027-03-12",
        1,
        "calendar",
    )
    assert asked.milestone(FEDERAL, "F001", position=before).due == "2027-03-12"


def test_a_date_that_was_loaded_later_is_the_first_one(asked: Asked) -> None:
    assert asked.milestone(FEDERAL, "F006").standing == "undated"
    asked.written.record(
        f"milestone/{FEDERAL}/F006", [MilestoneDated(schedule=schedule("2027-04-01", "calendar"))]
    )
    row = asked.milestone(FEDERAL, "F006")

    assert (row.standing, row.due, row.first_due) == ("pending", "2027-04-01", "2027-04-01")


def test_a_validation_is_of_the_report_that_stands(asked: Asked) -> None:
    asked.written.record(
        F001, [MilestoneStarted(), MilestoneProgressed(done=3), MilestoneValidated(validates=3)]
    )
    assert asked.milestone(FEDERAL, "F001").validated
    asked.written.record(
        F001, [MilestoneCorrected(report="progress", corrects=3, reason="a typing error", done=2)]
    )
    row = asked.milestone(FEDERAL, "F001")

    assert (row.validated, row.done, row.corrections, row.version) == (False, 2, 1, 5)
    assert row.position == asked.written.log.head().position


def test_every_filter_narrows_the_list(asked: Asked) -> None:
    asked.written.record(JAL, [MilestoneStarted()], BEFORE)

    assert asked.listed(process=LOCAL) == ["L001", "L002"]
    assert asked.listed(territory="MX-SON") == ["F002-SON"]
    assert asked.listed(stage="results") == ["F006"]
    assert asked.listed(responsible="OPL") == ["L002"]
    assert asked.listed(status="in_progress", process=FEDERAL) == ["F002-JAL"]
    assert asked.listed(standing="estimated") == ["F007"]
    assert asked.listed(kind="period") == ["F003"]
    assert asked.listed(row="F002") == ["F002-JAL", "F002-SON"]
    assert asked.listed(counted_only=True) == [
        "F001", "F002-JAL", "F002-SON", "F005.2027-03", "F006", "F007", "L002",
    ]  # fmt: skip
    end_of_f001 = datetime(2027, 3, 13, 6, tzinfo=UTC)
    assert asked.listed(due_after=end_of_f001, due_before=end_of_f001 + timedelta(seconds=1)) == ["F001"]
    assert asked.listed(due_before=end_of_f001) == ["F007"]
    assert asked.listed(process="pef-2029-2030") == []


@pytest.mark.parametrize(
    "words", ["sonora", "SONORA f002", "Héctor sonora", "LGIPE 225 son", "100% sonora", "iee sonora"]
)
def test_a_search_finds_every_word_and_minds_no_accent(asked: Asked, words: str) -> None:
    found = asked.listed(search=words)

    assert found == ([] if words in {"Héctor sonora", "100% sonora"} else ["F002-SON"])


def test_pages_put_together_are_the_list(asked: Asked) -> None:
    cursor: str | None = None
    ids: list[str] = []
    with asked.reading() as connection:
        while True:
            page = list_milestones(connection, MilestoneFilter(), AsOf(None, AFTER), after=cursor, limit=3)
            ids += [f"{row.process}/{row.id}" for row in page.items]
            cursor = page.next
            if cursor is None:
                break
        for wrong in ("L002", "-1", "9" * 30, "\uff11"):
            with pytest.raises(BadCursor):
                list_milestones(connection, MilestoneFilter(), AsOf(None, AFTER), after=wrong)

    assert ids == list(PLAN)


def test_an_activity_is_told_with_its_parts(asked: Asked) -> None:
    asked.written.record(JAL, [MilestoneProgressed(done=4)], BEFORE)
    with asked.reading() as connection:
        activity = get_activity(connection, FEDERAL, "F002", AsOf(None, AFTER))
        nothing = get_activity(connection, FEDERAL, "F999", AsOf(None, AFTER))

    assert activity is not None
    assert nothing is None
    assert [part.id for part in activity.parts] == ["F002-JAL", "F002-SON"]
    assert (activity.done, activity.target, activity.tally.pending, activity.tally.blocked) == (4, 20, 2, 2)


def test_a_milestone_is_not_there_before_it_was_planned(asked: Asked) -> None:
    with asked.reading() as connection:
        assert get_milestone(connection, FEDERAL, "F001", AsOf(1, AFTER)) is None
        assert get_milestone(connection, FEDERAL, "F000", AsOf(None, AFTER)) is None


def test_a_moment_is_a_position_or_an_instant(asked: Asked) -> None:
    with asked.reading() as connection:
        head = asked.written.log.head()
        now = head.recorded_at + timedelta(seconds=1)
        assert resolve_as_of(connection, None, now) == AsOf(None, now)
        assert resolve_as_of(connection, "3", now).position == 3
        assert resolve_as_of(connection, now.isoformat(), now) == AsOf(head.position, now)
        assert resolve_as_of(connection, "2020-01-01T00:00:00-06:00", now).position == 0
        third = asked.written.log.read(2, 1)[0]
        assert (resolve_as_of(connection, third.recorded_at.isoformat(), now).position or 0) >= 3


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "99",
        "9" * 40,
        "-1",
        "1.5",
        "yesterday",
        "2027-01-01",
        "2027-01-01T00:00:00",
        "2999-01-01T00:00:00Z",
        "1999-12-31T23:59:59Z",
        "",
        "²",
    ],
)
def test_what_is_no_moment_is_refused_in_both_languages(asked: Asked, text: str) -> None:
    with asked.reading() as connection, pytest.raises(BadMoment) as refusal:
        resolve_as_of(connection, text, datetime.now(UTC))

    assert refusal.value.es
    assert refusal.value.en


def test_a_position_that_is_recorded_but_not_told_is_not_ready(
    url: str, log: PostgresLog, readers: ReaderPool
) -> None:
    written = History(log).open()
    Runner(url, log).catch_up()
    written.record(F001, [MilestoneStarted()])

    with readers.connection() as connection, pytest.raises(NotReady) as refusal:
        resolve_as_of(connection, str(log.head().position), datetime.now(UTC))
    assert (refusal.value.told, refusal.value.asked) == (log.head().position - 1, log.head().position)


def test_an_instant_up_to_which_not_all_is_told_is_not_ready(
    url: str, log: PostgresLog, readers: ReaderPool
) -> None:
    """Answered from what is told, it would be answered otherwise a moment later."""
    written = History(log).open()
    Runner(url, log).catch_up()
    before = log.head()
    written.record(F001, [MilestoneStarted()])
    later = log.head()

    with readers.connection() as connection:
        assert resolve_as_of(connection, before.recorded_at.isoformat(), later.recorded_at) == AsOf(
            before.position, before.recorded_at
        )
        with pytest.raises(NotReady) as refusal:
            resolve_as_of(connection, later.recorded_at.isoformat(), later.recorded_at)
    assert (refusal.value.told, refusal.value.asked) == (before.position, later.position)


def test_every_instant_names_the_last_event_recorded_by_then(asked: Asked) -> None:
    with asked.reading() as connection:
        events = asked.written.log.read(0, 100)
        instants = [event.recorded_at for event in events]
        now = instants[-1] + timedelta(seconds=1)
        for instant in (*instants, *(each - timedelta(microseconds=1) for each in instants), now):
            expected = sum(recorded_at <= instant for recorded_at in instants)
            assert resolve_as_of(connection, instant.isoformat(), now).position == expected
        assert resolve_as_of(connection, str(len(events)), now) == AsOf(len(events), instants[-1])


def test_what_will_be_known_is_not_known(asked: Asked) -> None:
    now = datetime.now(UTC) + timedelta(minutes=1)
    with asked.reading() as connection:
        assert resolve_as_of(connection, now.isoformat(), now).at == now
        with pytest.raises(BadMoment, match="future"):
            resolve_as_of(connection, (now + timedelta(microseconds=1)).isoformat(), now)
