"""The desk of those who are told: what is noted once, moved once, and erased with the person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ledger.connect import connect
from ledger.desk import Desk
from ledger.desk.calendars import new_calendar_address, person_of_calendar
from ledger.desk.codes import keep_code, readable_code, use_code
from ledger.desk.deliveries import (
    add_deliveries,
    delivered,
    failed,
    list_deliveries,
    next_delivery,
    webhooks_due,
)
from ledger.desk.followers import begin_following, move_follower
from ledger.desk.leaders import begins_to_lead, is_led
from ledger.desk.letters import Wish, keep_wish, remember_told, told_already, wish_of, wishes
from ledger.desk.people import KnownPerson, erase_person, remember_person
from ledger.desk.webhooks import (
    Webhook,
    add_webhook,
    all_webhooks,
    disable_webhook,
    remove_webhook,
    webhook_by_id,
)
from ledger.roles import RoleNames
from tests.waiting import eventually

NOW = datetime(2026, 11, 21, 15, tzinfo=UTC)
ANA = KnownPerson("p-00000000000a", "Ana", None, None, NOW)
WISH = Wish(ANA.person, "ana@iepc.example.mx", NOW, "daily", ["late"], 7, 22, 7, "es")
HOOK = Webhook("w-00000000000a", "t", "https://x.mx", "MX-JAL", None, [], "whsec_AAAA", NOW, 0)


@pytest.fixture
def desk(ledger_url: str, tmp_path: Path) -> Iterator[Desk]:
    """A desk at which one person and one webhook are known."""
    desk = Desk(ledger_url, tmp_path / "people")
    with desk.connection() as connection:
        remember_person(connection, ANA)
        add_webhook(connection, HOOK)
    yield desk
    desk.close()


def test_who_is_erased_leaves_no_address_and_no_wish(desk: Desk) -> None:
    with desk.connection() as connection:
        secret = new_calendar_address(connection, ANA.person, NOW)
        keep_wish(connection, WISH)
        remember_told(connection, ANA.person, ["late/x"], NOW)
        add_webhook(connection, replace(HOOK, id="w-00000000000b", owner=ANA.person))
        code = readable_code()
        later = NOW + timedelta(hours=1)
        keep_code(
            connection,
            code,
            purpose="letters",
            about=WISH.address,
            person=ANA.person,
            expires_at=later,
            now=NOW,
        )
        assert person_of_calendar(connection, secret) == ANA.person

        erase_person(connection, ANA.person)

        assert person_of_calendar(connection, secret) is None
        assert wish_of(connection, ANA.person) is None
        assert told_already(connection, ANA.person, ["late/x"]) == set()
        assert use_code(connection, code, purpose="letters", now=NOW) is None
        assert [webhook.id for webhook in all_webhooks(connection)] == [HOOK.id], "others' stay"


def test_only_confirmed_wishes_for_letters_are_listed(desk: Desk) -> None:
    with desk.connection() as connection:
        keep_wish(connection, WISH)
        assert wishes(connection) == [WISH]
        for other in (replace(WISH, confirmed_at=None), replace(WISH, pace="never")):
            keep_wish(connection, other)
            assert wish_of(connection, ANA.person) == other
            assert wishes(connection) == []


@pytest.mark.parametrize(
    ("quiet_from", "quiet_to", "hours"),
    [(22, 7, {22, 23, 0, 1, 2, 3, 4, 5, 6}), (1, 3, {1, 2}), (0, 0, set[int]()), (23, 0, {23})],
)
def test_quiet_hours_may_pass_midnight(quiet_from: int, quiet_to: int, hours: set[int]) -> None:
    wish = replace(WISH, quiet_from=quiet_from, quiet_to=quiet_to)

    assert {hour for hour in range(24) if wish.is_quiet(hour)} == hours


def test_what_is_noted_twice_is_delivered_once_and_in_order(desk: Desk) -> None:
    with desk.connection() as connection:
        for _ in range(2):
            add_deliveries(connection, [(HOOK.id, 9), (HOOK.id, 4), ("w-gone", 4)], NOW)
        first = next_delivery(connection, HOOK.id)
        assert first is not None
        assert first.position == 4
        failed(connection, first, status=500, failure="x", next_attempt_at=NOW + timedelta(hours=1), at=NOW)
        # The one behind it waits with it.
        assert webhooks_due(connection, NOW) == []
        assert webhooks_due(connection, NOW + timedelta(hours=1)) == [HOOK.id]
        delivered(connection, first, 200, NOW)
        second = next_delivery(connection, HOOK.id)

    assert second is not None
    assert second.position == 9


def test_what_arrived_long_ago_is_let_go_and_what_was_given_up_is_not(desk: Desk) -> None:
    with desk.connection() as connection:
        add_deliveries(connection, [(HOOK.id, 1), (HOOK.id, 2), (HOOK.id, 3)], NOW)
        one, two, three = reversed(list_deliveries(connection, HOOK.id, limit=10))
        delivered(connection, one, 200, NOW)
        failed(connection, two, status=500, failure="x", next_attempt_at=None, at=NOW)
        delivered(connection, three, 200, NOW + timedelta(days=31))
        kept = {each.position: each.state for each in list_deliveries(connection, HOOK.id, limit=10)}

    assert kept == {2: "given_up", 3: "delivered"}


def test_a_webhook_that_is_disabled_or_removed_is_not_due(desk: Desk) -> None:
    with desk.connection() as connection:
        add_deliveries(connection, [(HOOK.id, 1)], NOW)
        assert webhooks_due(connection, NOW) == [HOOK.id]
        disable_webhook(connection, HOOK.id, "x", NOW)
        assert webhooks_due(connection, NOW) == []
        remove_webhook(connection, HOOK.id)
        assert webhook_by_id(connection, HOOK.id) is None
        assert list_deliveries(connection, HOOK.id, limit=10) == []


def test_a_follower_is_moved_only_from_where_it_is(desk: Desk) -> None:
    with desk.connection() as connection:
        assert begin_following(connection, "x", NOW).position == 0
        assert move_follower(connection, "x", 0, 7, NOW)
        assert not move_follower(connection, "x", 0, 9, NOW)
        assert begin_following(connection, "x", NOW).position == 7


def test_one_leads_for_as_long_as_its_connection_lives(desk: Desk, ledger_url: str) -> None:
    with desk.connection() as other:
        with connect(ledger_url, RoleNames().desk, "test") as connection:
            assert begins_to_lead(connection, "x")
            assert not begins_to_lead(other, "x")
            assert is_led(other, "x")
            assert not is_led(other, "y")
        # Its server's process ends a moment after.
        eventually(lambda: not is_led(other, "x"))
        assert begins_to_lead(other, "x")
