"""Webhooks: each event arrives, in order, signed, whatever the receiver does."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook as Checker
from standardwebhooks import WebhookVerificationError

from api.webhooks import follower, sending
from api.webhooks.follower import NAME, WebhookFollower
from api.webhooks.retries import DISABLED_AFTER
from ledger.connect import connect
from ledger.desk.deliveries import add_deliveries
from ledger.desk.followers import follower_at
from ledger.embedded import EmbeddedPostgres
from tests.api.cases import open_case, report
from tests.api.harness import ACT, FEDERAL, JALISCO, Api, milestone
from tests.api.webhooks import ADDRESS, Clock, asked, sending_api, start, states, subscribed, telling, until
from tests.database import fresh_database
from tests.receiver import Received, Receiver, receiving


@pytest.fixture
def api(postgres_18: EmbeddedPostgres, opened_template: str) -> Iterator[Api]:
    """The application over a database of its own, that may send to this machine."""
    with fresh_database(postgres_18, opened_template) as url, sending_api(url) as running:
        yield running


def test_an_event_arrives_signed_as_the_log_s_own_entry(api: Api, receiver: Receiver) -> None:
    made = subscribed(api, receiver)
    with telling(api):
        position = start(api, "L001")
        receiver.wait_for(1)
    (came,) = receiver.received

    assert receiver.verified(made["secret"]) == [position]
    assert came.body == api.client.get(f"/api/v1/events/{position}").content
    assert came.path == "/avisos"
    assert came.headers["content-type"] == "application/cloudevents+json"
    assert came.id == f"{made['id']}-{position}"
    with pytest.raises(WebhookVerificationError):
        Checker(made["secret"]).verify(came.body.replace(b"L001", b"L002"), came.headers)
    with pytest.raises(WebhookVerificationError):
        Checker(subscribed(api, receiver)["secret"]).verify(came.body, came.headers)


def test_only_what_was_asked_for_arrives_and_only_from_then_on(api: Api, receiver: Receiver) -> None:
    start(api, "L001")
    subscribed(api, receiver, types=["MilestoneStarted"], process=JALISCO)
    with telling(api):
        api.write(f"{milestone('L002')}/progress", {"done": 1})
        start(api, "F008.2026-10-JAL", FEDERAL)
        start(api, "F001", FEDERAL)
        wanted = start(api, "L003")
        receiver.wait_for(1)
        time.sleep(0.5)

    assert [each.position for each in receiver.received] == [wanted]


def test_a_place_has_what_happens_inside_it(api: Api, receiver: Receiver) -> None:
    answer = asked(
        api, "POST", token=api.token("coordinator", "MX"), address=receiver.address, territory="MX"
    )
    assert answer.status_code == 201
    with telling(api):
        wanted = [start(api, "L001"), start(api, "F001", FEDERAL)]
        receiver.wait_for(2)

    assert [each.position for each in receiver.received] == wanted


def test_a_receiver_that_fails_has_every_event_in_the_order_of_the_log(
    api: Api, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.webhooks.retries.FIRST_SECONDS", 0.05)
    monkeypatch.setattr("api.webhooks.retries.GROWTH", 1)
    failures = iter([500, 503, 0, 302, 429, 404])
    made = subscribed(api, receiver)
    receiver.answer = lambda _came: next(failures, 200)
    with telling(api):
        wanted = [start(api, id_) for id_ in ("L001", "L002", "L003")]
        receiver.wait_for(9)
        until(api, made["id"], wanted[-1], "delivered")
    came = receiver.verified(made["secret"])

    assert came == [wanted[0]] * 7 + wanted[1:]
    assert len({each.id for each in receiver.received}) == 3
    # A redirect leads nowhere.
    assert {each.path for each in receiver.received} == {"/avisos"}


def test_a_receiver_that_hangs_holds_up_nobody_else(
    api: Api, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "WHOLE_SECONDS", 1.0)
    with receiving() as hanging:
        hanging.answer = lambda _came: -1
        stuck, made = subscribed(api, hanging), subscribed(api, receiver)
        with telling(api):
            position = start(api, "L001")
            receiver.wait_for(1, 5)
            row = until(api, stuck["id"], position, "waiting")
            while row["attempts"] == 0:
                row = states(api, stuck["id"])[position]

    assert receiver.verified(made["secret"]) == [position]
    assert row["last_status"] is None
    assert row["last_failure"] == "no answer within 1 s"
    assert asked(api, "GET", f"{ADDRESS}/{stuck['id']}").json()["failing_since"] is not None


def test_a_slow_receiver_has_each_event_once(api: Api, receiver: Receiver) -> None:
    def slowly(_came: Received) -> int:
        time.sleep(0.7)
        return 200

    made = subscribed(api, receiver)
    receiver.answer = slowly
    with telling(api):
        wanted = [start(api, "L001"), start(api, "L002")]
        until(api, made["id"], wanted[-1], "delivered")

    assert receiver.verified(made["secret"]) == wanted


def test_what_never_arrives_is_a_dead_letter_and_can_be_sent_again(
    api: Api, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.webhooks.retries.LONGEST_SECONDS", 10.0)
    clock, made = Clock(), subscribed(api, receiver)
    receiver.answer = lambda _came: 500
    with telling(api, clock):
        position = start(api, "L001")
        for attempt in range(1, 4):
            receiver.wait_for(attempt)
            clock.later += timedelta(minutes=1)
        dead = until(api, made["id"], position, "given_up")
        receiver.answer = lambda _came: 200
        behind = start(api, "L002")
        until(api, made["id"], behind, "delivered")
        assert set(states(api, made["id"], state="given_up")) == {position}

        again = asked(api, "POST", f"{ADDRESS}/{made['id']}/deliveries/{position}/retry")
        until(api, made["id"], position, "delivered")

    assert again.status_code == 202
    assert (dead["attempts"], dead["last_status"], dead["last_failure"]) == (
        3, 500, "the receiver answered 500",
    )  # fmt: skip
    # What arrived is not sent again.
    twice = asked(api, "POST", f"{ADDRESS}/{made['id']}/deliveries/{position}/retry")
    assert (twice.status_code, twice.json()["rule"]) == (404, "unknown-delivery")


def test_a_webhook_to_which_nothing_arrives_for_days_is_given_up_with_a_reason(
    api: Api, receiver: Receiver
) -> None:
    clock, made = Clock(), subscribed(api, receiver)
    receiver.answer = lambda _came: 500
    with telling(api, clock):
        position = start(api, "L001")
        # Days pass once the first attempt is noted, not while it is being made.
        until(api, made["id"], position, "waiting", attempts=1)
        clock.later += DISABLED_AFTER + timedelta(hours=1)
        receiver.wait_for(2)
        deadline = time.monotonic() + 10
        while (row := asked(api, "GET", f"{ADDRESS}/{made['id']}").json())["disabled_at"] is None:
            assert time.monotonic() < deadline
        receiver.answer = lambda _came: 200
        asked(api, "POST", f"{ADDRESS}/{made['id']}/deliveries/{position}/retry")
        until(api, made["id"], position, "delivered")

    assert row["why_disabled"] == "nothing arrived for 5 days: the receiver answered 500"
    assert asked(api, "GET", f"{ADDRESS}/{made['id']}").json()["disabled_at"] is None


def test_a_receiver_that_wants_nothing_more_is_sent_nothing_more(api: Api, receiver: Receiver) -> None:
    made = subscribed(api, receiver)
    receiver.answer = lambda _came: 410
    with telling(api):
        start(api, "L001")
        receiver.wait_for(1)
        start(api, "L002")
        time.sleep(1.5)

    assert len(receiver.received) == 1
    assert "410" in asked(api, "GET", f"{ADDRESS}/{made['id']}").json()["why_disabled"]


def test_who_loses_the_right_is_told_nothing_more(api: Api, receiver: Receiver) -> None:
    token = api.issue("coordinator", "MX-JAL")
    made = asked(api, "POST", token=token, address=receiver.address, territory="MX-JAL").json()
    api.revoke(token)
    with telling(api):
        start(api, "L001")
        deadline = time.monotonic() + 10
        administrator = api.token("administrator", "MX")
        while (
            row := asked(api, "GET", f"{ADDRESS}/{made['id']}", administrator).json()
        )["disabled_at"] is None:  # fmt: skip
            assert time.monotonic() < deadline

    assert row["why_disabled"] == "its owner may not report there any more"
    assert receiver.received == []


def test_cases_that_are_not_public_are_told_to_their_own_authority_alone(
    api: Api, receiver: Receiver
) -> None:
    case = open_case(
        api, kind="information_request", territory="MX-JAL", folio="330031426", matter=None, facts=[]
    ).json()["process"]
    subscribed(api, receiver, process=case)
    with receiving() as elsewhere, telling(api):
        colima = {"address": elsewhere.address, "territory": "MX-COL"}
        assert asked(api, "POST", token=api.token("coordinator", "MX-COL"), **colima).status_code == 201
        assert report(api, case, "S01").status_code == 200
        receiver.wait_for(1)
        time.sleep(0.5)

        assert elsewhere.received == []
    assert {json.loads(each.body)["subject"].split("/")[1] for each in receiver.received} == {case}


def test_a_follower_that_is_killed_in_the_middle_loses_nothing(
    api: Api, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is noted and not sent, and what is sent and not marked, is there for the next one."""
    made = subscribed(api, receiver)
    clock = Clock()
    dying = WebhookFollower(api.resources, clock=clock)
    with connect(api.resources.desk_url, api.resources.settings.roles.desk, "test") as connection:
        while dying.look(connection) < api.head():
            pass
        first = start(api, "L001")
        api.read("/api/v1/entities")

        # Killed before it noted anything: the note and the position are one transaction.
        def killed(*_: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(follower, "add_deliveries", killed)
            with pytest.raises(KeyboardInterrupt):
                dying.look(connection)
        assert states(api, made["id"]) == {}
        # Killed after the receiver had it, before that was marked.
        assert dying.look(connection) >= first
        with monkeypatch.context() as patched:
            patched.setattr(follower, "delivered", killed)
            with pytest.raises(KeyboardInterrupt):
                dying.deliver_next(made["id"])
        assert states(api, made["id"])[first]["state"] == "waiting"
    with telling(api, clock):
        second = start(api, "L002")
        until(api, made["id"], second, "delivered")

    assert receiver.verified(made["secret"]) == [first, first, second]
    assert receiver.received[0].id == receiver.received[1].id


def test_a_position_that_the_log_lost_holds_up_nothing(api: Api, receiver: Receiver) -> None:
    """A backup was restored: what was noted of later events has nothing to send."""
    made = subscribed(api, receiver)
    running = WebhookFollower(api.resources, clock=Clock())
    lost = api.head() + 1_000
    with api.resources.desk.connection() as connection:
        add_deliveries(connection, [(made["id"], lost)], datetime.now(UTC) - timedelta(minutes=1))

    assert running.deliver_next(made["id"])
    assert states(api, made["id"])[lost]["last_failure"] == "the log has no such position any more"
    assert states(api, made["id"])[lost]["state"] == "given_up"
    assert receiver.received == []


def test_of_several_followers_one_leads(api: Api, receiver: Receiver) -> None:
    made = subscribed(api, receiver)
    with telling(api), telling(api), telling(api):
        wanted = [start(api, id_) for id_ in ("L001", "L002", "L003")]
        until(api, made["id"], wanted[-1], "delivered")
        time.sleep(0.5)

    assert receiver.verified(made["secret"]) == wanted


def test_what_happened_while_nobody_followed_is_told_later(api: Api, receiver: Receiver) -> None:
    made = subscribed(api, receiver)
    wanted = [start(api, "L001"), start(api, "L002")]
    with telling(api):
        until(api, made["id"], wanted[-1], "delivered")
        with api.resources.desk.connection() as connection:
            at = follower_at(connection, NAME)

    assert receiver.verified(made["secret"]) == wanted
    assert at is not None
    assert at.position >= wanted[-1]


def test_the_moment_of_the_act_is_not_the_moment_of_the_signature(api: Api, receiver: Receiver) -> None:
    subscribed(api, receiver)
    with telling(api):
        start(api, "L001")
        receiver.wait_for(1)
    came = receiver.received[0]
    signed_at = datetime.fromtimestamp(int(came.headers["webhook-timestamp"]), UTC)

    assert abs(datetime.now(UTC) - signed_at) < timedelta(minutes=1)
    assert json.loads(came.body)["occurredat"][:10] == ACT[:10]
