"""The log in PostgreSQL when things go wrong: lost answers, dead connections, wrong settings."""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import psycopg
import pytest

from ledger.committer import Committer
from ledger.connect import connect
from ledger.log import Commit, Committed, Conflict, LogError, OutcomeUnknown, Unavailable
from ledger.migrate import migrate
from ledger.postgres import FAMILY, PostgresLog
from ledger.roles import RoleNames
from tests.ledger.proxy import bad_line
from tests.ledger.samples import AUTHOR, commit, new

if TYPE_CHECKING:
    from ledger.embedded import EmbeddedPostgres


@contextmanager
def opened(url: str, **options: Any) -> Iterator[PostgresLog]:
    log = PostgresLog(url, **options)
    try:
        yield log
    finally:
        log.close()


def count_events(url: str) -> int:
    with psycopg.connect(url) as connection:
        return int(connection.execute("SELECT count(*) FROM ledger.events").fetchall()[0][0])


def test_an_answer_that_was_lost_after_the_commit_is_found_out(ledger_url: str) -> None:
    with bad_line(ledger_url) as line, opened(line.url, reader_url=ledger_url) as log:
        log.append([commit(new("a"))])
        line.loses_next_answer = True
        asked = [commit(new("a", 2)), commit(new("b")), commit(new("b"))]
        first, second, third = log.append(asked)
        assert not line.loses_next_answer
        assert isinstance(first, Committed)
        assert (first.first_position, first.replayed) == (2, True)
        assert isinstance(second, Committed)
        assert second.first_position == 3
        assert third == Conflict("b", 0, 1)
        assert log.head().position == count_events(ledger_url) == 3


def test_a_question_that_was_lost_before_the_server_is_asked_again(ledger_url: str) -> None:
    with bad_line(ledger_url) as line, opened(line.url, reader_url=ledger_url) as log:
        log.append([commit(new("a"))])
        line.loses_next_question = True
        [outcome] = log.append([commit(new("a", 2))])
        assert isinstance(outcome, Committed)
        assert (outcome.first_position, outcome.replayed) == (2, False)
        assert count_events(ledger_url) == 2


def test_an_outcome_that_cannot_be_found_out_is_called_unknown_and_a_repeat_finds_it(ledger_url: str) -> None:
    with bad_line(ledger_url) as line, opened(line.url, reader_url=ledger_url) as log:
        log.append([commit(new("a"))])
        asked = commit(new("a", 2))

        line.loses_next_answer = line.is_cut_after_next_answer = True
        started = time.monotonic()
        with pytest.raises(OutcomeUnknown, match="same id"):
            log.append([asked])
        assert 1.5 < time.monotonic() - started < 10
        assert count_events(ledger_url) == 2

        line.is_cut = False
        [outcome] = log.append([asked])
        assert isinstance(outcome, Committed)
        assert (outcome.first_position, outcome.replayed) == (2, True)
        assert count_events(ledger_url) == 2


def test_a_log_that_cannot_be_reached_recorded_nothing_and_says_so(ledger_url: str) -> None:
    with bad_line(ledger_url) as line, opened(line.url) as log:
        line.is_cut = True
        with pytest.raises(Unavailable, match="cannot be reached"):
            log.append([commit(new("a"))])
        with pytest.raises(Unavailable):
            log.read(0, 1)
        line.is_cut = False
        assert isinstance(log.append([commit(new("a"))])[0], Committed)
        assert log.read(0, 1)[0].stream == "a"


def test_connections_that_died_while_idle_are_made_again(ledger_url: str) -> None:
    with bad_line(ledger_url) as line, opened(line.url) as log:
        log.append([commit(new("a"))])
        assert log.head().position == 1
        assert log.wait_beyond(0, 1) == 1
        log.wait_beyond(1, 0.2)
        line.hang_up()
        assert log.head().position == 1
        assert isinstance(log.append([commit(new("a", 2))])[0], Committed)
        assert log.wait_beyond(1, 5) == 2


def test_the_log_can_be_followed_without_notifications(ledger_url: str) -> None:
    with psycopg.connect(ledger_url, autocommit=True) as connection:
        [(source,)] = connection.execute("SELECT pg_get_functiondef('ledger.append'::regproc)").fetchall()
        connection.execute(source.replace("PERFORM pg_notify", "PERFORM concat"))
    with opened(ledger_url) as log:
        log.wait_beyond(0, 0.1)
        writer = threading.Timer(0.3, lambda: log.append([commit(new("a"))]))
        writer.start()
        assert log.wait_beyond(0, 10) == 1
        writer.join()


def test_notifications_make_following_prompt(ledger_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.postgres.POLL_SECONDS", 30.0)
    with opened(ledger_url) as log:
        writer = threading.Timer(1.0, lambda: log.append([commit(new("a"))]))
        writer.start()
        started = time.monotonic()
        assert log.wait_beyond(0, 25) == 1
        assert time.monotonic() - started < 10
        writer.join()


@pytest.mark.parametrize("level", ["off", "local"])
def test_a_session_that_would_not_wait_for_the_disk_may_not_append(ledger_url: str, level: str) -> None:
    url = f"{ledger_url}{'&' if '?' in ledger_url else '?'}options=-csynchronous_commit%3D{level}"
    with opened(url) as log:
        with pytest.raises(LogError, match="synchronous_commit"):
            log.append([commit(new("a"))])
        assert log.head().position == 0
    with opened(url, unsafe_durability=True) as log:
        assert isinstance(log.append([commit(new("a"))])[0], Committed)


@pytest.mark.parametrize(
    ("prefix", "index"), [("token/", "events_stream_version_key"), ("milestone/", "events_pkey")]
)
def test_a_rare_family_is_found_by_its_name_and_one_that_fills_the_log_along_the_positions(
    ledger_url: str, prefix: str, index: str
) -> None:
    with opened(ledger_url) as log:
        log.append([commit(*[new(f"milestone/{number}") for number in range(3_000)], new("token/a"))])
    with psycopg.connect(ledger_url, autocommit=True) as owner:
        owner.execute("ANALYZE ledger.events")

    with connect(ledger_url, RoleNames().reader, "test") as reader:
        lines = reader.execute(cast("Any", f"EXPLAIN {FAMILY}"), [prefix, 0, 100], prepare=False).fetchall()
    plan = "\n".join(line for (line,) in lines)

    assert set(re.findall("events_[a-z_]+", plan)) == {index}, plan


def test_a_head_that_somebody_holds_is_waited_for_but_not_for_ever(ledger_url: str) -> None:
    with opened(ledger_url) as log, psycopg.connect(ledger_url) as holder:
        log.append([commit(new("a"))])
        holder.execute("SELECT * FROM ledger.head FOR UPDATE")
        started = time.monotonic()
        with pytest.raises(Unavailable, match="lock timeout"):
            log.append([commit(new("b"))])
        assert time.monotonic() - started < 10
        holder.rollback()
        assert isinstance(log.append([commit(new("b"))])[0], Committed)
        assert log.head().position == 2


def test_two_processes_append_to_one_log_without_a_gap(ledger_url: str) -> None:
    with opened(ledger_url) as one, opened(ledger_url) as other:

        def write(log: PostgresLog, name: str) -> None:
            for version in range(1, 101):
                assert isinstance(log.append([commit(new(name, version))])[0], Committed)

        threads = [threading.Thread(target=write, args=pair) for pair in ((one, "one"), (other, "other"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [event.position for event in one.read(0, 1000)] == list(range(1, 201))


def test_text_that_cannot_be_stored_fails_its_own_commit_only(ledger_url: str) -> None:
    from concurrent.futures import ThreadPoolExecutor
    from dataclasses import replace
    from uuid import uuid4

    bad = Commit(uuid4(), replace(AUTHOR, post="NUL\0"), commit(new("a")).occurred_at, [new("bad")])
    with opened(ledger_url) as log, ThreadPoolExecutor(8) as callers:
        committer = Committer(log)
        good = [
            callers.submit(committer.append_and_wait, commit(new(f"good/{number}"))) for number in range(6)
        ]
        with pytest.raises(ValueError, match="NUL"):
            committer.append_and_wait(bad)
        assert all(isinstance(outcome.result(), Committed) for outcome in good)
        committer.close()
        assert log.head().position == 6


def test_a_database_that_was_not_migrated_is_named(database_url: str) -> None:
    roles = RoleNames(committer="nobody_here")
    with opened(database_url, roles=roles) as log, pytest.raises(LogError, match="migrate"):
        log.append([commit(new("a"))])


def test_a_commit_that_did_not_wait_for_its_replica_is_of_unknown_outcome(
    durable_cluster: EmbeddedPostgres,
) -> None:
    url = durable_cluster.dsn()
    migrate(url)
    with opened(url) as log, psycopg.connect(url, autocommit=True) as administrator:
        log.append([commit(new("a"))])
        administrator.execute("ALTER SYSTEM SET synchronous_standby_names = 'a_replica_that_is_down'")
        administrator.execute("SELECT pg_reload_conf()")
        raised: list[BaseException] = []

        def append() -> None:
            try:
                for version in range(2, 1000):
                    log.append([commit(new("a", version))])
            except OutcomeUnknown as failure:
                raised.append(failure)

        thread = threading.Thread(target=append)
        thread.start()
        waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND application_name LIKE '%committer'"
        while not (found := administrator.execute(waiting).fetchall()):
            time.sleep(0.01)
        administrator.execute("SELECT pg_cancel_backend(%s)", found[0])
        thread.join(20)
        administrator.execute("ALTER SYSTEM RESET synchronous_standby_names")
        administrator.execute("SELECT pg_reload_conf()")
        assert [type(failure) for failure in raised] == [OutcomeUnknown]


def test_two_batches_may_be_under_way_and_both_survive_a_lost_answer(ledger_url: str) -> None:
    with bad_line(ledger_url) as line, opened(line.url, reader_url=ledger_url) as log:
        log.append([commit(new("a"))])
        line.loses_next_answer = True
        first = log.begin_append([commit(new("a", 2)), commit(new("b"))])
        second = log.begin_append([commit(new("a", 3)), commit(new("b"))])
        assert [type(outcome) for outcome in first()] == [Committed, Committed]
        follows, late = second()
        assert isinstance(follows, Committed)
        assert late == Conflict("b", 0, 1)
        assert [event.stream for event in log.read(0, 10)] == ["a", "a", "b", "a"]


def test_answers_of_batches_under_way_may_be_asked_for_in_any_order(ledger_url: str) -> None:
    with opened(ledger_url) as log:
        begun = [log.begin_append([commit(new("a", version))]) for version in range(1, 6)]
        places = [finish()[0] for finish in reversed(begun)]
        assert [place.first_position for place in places if isinstance(place, Committed)] == [5, 4, 3, 2, 1]


def test_a_refused_batch_does_not_take_the_next_one_with_it(ledger_url: str) -> None:
    with opened(ledger_url) as log:
        wrong = commit(new("a"))
        wrong.events = [new("a"), new("a")]
        refused = log.begin_append([wrong])
        good = log.begin_append([commit(new("b"))])
        with pytest.raises(LogError, match="unique"):
            refused()
        assert isinstance(good()[0], Committed)
        assert log.head().position == 1


def test_a_refusal_of_a_repeated_question_says_nothing_about_the_first(ledger_url: str) -> None:
    with bad_line(ledger_url) as line, opened(line.url) as log, psycopg.connect(ledger_url) as holder:
        log.append([commit(new("a"))])
        holder.execute("SELECT * FROM ledger.head FOR UPDATE")
        cut = threading.Timer(0.3, line.hang_up)
        cut.start()
        # The second attempt is refused for want of the lock; the first may still be waiting for it.
        with pytest.raises(OutcomeUnknown, match="asked again"):
            log.append([commit(new("b"))])
        cut.join()


def test_after_a_restart_no_reader_meets_a_dead_connection(ledger_url: str) -> None:
    with opened(ledger_url) as log:
        with contextlib.ExitStack() as busy:
            for _ in range(4):
                busy.enter_context(log._pool.connection())
        with psycopg.connect(ledger_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        assert [log.head().position for _ in range(4)] == [0] * 4
