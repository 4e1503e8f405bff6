"""What every log promises: one suite, in memory and on PostgreSQL 15 and 18."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from ledger.log import MAX_ENTRY_BYTES, Commit, Committed, Conflict, NewEvent, Reused, StoredEvent, Tail
from tests.ledger.samples import AUTHOR, NOON, commit, new

if TYPE_CHECKING:
    from ledger.log import Log, Outcome


def places(outcomes: list[Outcome]) -> list[tuple[int, int]]:
    """The positions of commits that were all recorded."""
    assert all(isinstance(outcome, Committed) for outcome in outcomes), outcomes
    return [
        (outcome.first_position, outcome.last_position)
        for outcome in outcomes
        if isinstance(outcome, Committed)
    ]


def test_an_empty_log_ends_at_zero(log: Log) -> None:
    assert log.head().position == 0
    assert log.read(0, 10) == []


def test_positions_are_one_two_three(log: Log) -> None:
    assert places(log.append([commit(new("a")), commit(new("b", 1), new("b", 2)), commit(new("c"))])) == [
        (1, 1),
        (2, 3),
        (4, 4),
    ]
    assert places(log.append([commit(new("a", 2))])) == [(5, 5)]
    assert [event.position for event in log.read(0, 10)] == [1, 2, 3, 4, 5]


def test_what_was_recorded_is_read_back_byte_for_byte(log: Log) -> None:
    body = '{"name":"Dolores Hidalgo · Ñuñoa \\n","n":9007199254740991}'.encode()
    asked = commit(new("milestone/pef-2026-2027/F047", body=body))

    [outcome] = log.append([asked])

    assert isinstance(outcome, Committed)
    assert log.read(0, 1) == [
        StoredEvent(
            1, "milestone/pef-2026-2027/F047", 1, "Sampled.v1", body, NOON, outcome.recorded_at, asked.command_id,
            AUTHOR.actor, AUTHOR.post, AUTHOR.body, AUTHOR.grant, AUTHOR.on_behalf_of,
        )
    ]  # fmt: skip
    assert log.read(0, 1)[0].author == AUTHOR


def test_a_body_need_not_be_text(log: Log) -> None:
    log.append([commit(new("a", body=bytes(range(256))))])
    assert log.read(0, 1)[0].body == bytes(range(256))


def test_the_head_moves_with_the_last_event(log: Log) -> None:
    log.append([commit(new("a"))])
    [outcome] = log.append([commit(new("a", 2), new("a", 3))])
    assert isinstance(outcome, Committed)
    assert log.head() == (3, outcome.recorded_at)


def test_the_logs_time_never_runs_backwards(log: Log) -> None:
    for version in range(1, 30):
        log.append([commit(new("a", version))])
    moments = [event.recorded_at for event in log.read(0, 100)]
    assert moments == sorted(moments)
    assert abs((datetime.now(UTC) - moments[-1]).total_seconds()) < 60


def test_a_stale_version_is_a_conflict_that_says_where_the_stream_is(log: Log) -> None:
    log.append([commit(new("a", 1), new("a", 2))])
    assert log.append([commit(new("a", 2))]) == [Conflict("a", 1, 2)]
    assert log.head().position == 2


def test_a_version_beyond_the_next_is_a_conflict(log: Log) -> None:
    assert log.append([commit(new("a", 7))]) == [Conflict("a", 6, None)]


def test_a_stream_may_begin_at_zero_or_at_one(log: Log) -> None:
    places(log.append([commit(new("zero", 0)), commit(new("one", 1))]))
    places(log.append([commit(new("zero", 1)), commit(new("one", 2))]))
    again = log.append([commit(new("zero", 0)), commit(new("one", 1))])
    assert again == [Conflict("zero", -1, 1), Conflict("one", 0, 2)]


def test_a_stream_that_was_only_read_must_not_have_changed(log: Log) -> None:
    log.append([commit(new("process"))])
    places(log.append([commit(new("a"), reads={"process": 1})]))
    log.append([commit(new("process", 2))])
    assert log.append([commit(new("b"), reads={"process": 1})]) == [Conflict("process", 1, 2)]


@pytest.mark.parametrize("nothing", [0, -1])
def test_a_stream_that_was_read_and_did_not_exist_must_still_not_exist(log: Log, nothing: int) -> None:
    places(log.append([commit(new("a"), reads={"other": nothing})]))
    log.append([commit(new("other"))])
    assert log.append([commit(new("b"), reads={"other": nothing})]) == [Conflict("other", nothing, 1)]


def test_a_commit_over_several_streams_is_recorded_whole_or_not_at_all(log: Log) -> None:
    log.append([commit(new("b"))])
    assert log.append([commit(new("a"), new("b"), new("c"))]) == [Conflict("b", 0, 1)]
    assert log.head().position == 1
    assert log.read_streams([Tail("a"), Tail("c")]) == [[], []]


def test_one_commit_of_a_batch_may_conflict_while_the_others_are_recorded(log: Log) -> None:
    log.append([commit(new("a"))])
    first, second, third = log.append([commit(new("b")), commit(new("a")), commit(new("c"))])
    assert places([first, third]) == [(2, 2), (3, 3)]
    assert second == Conflict("a", 0, 1)


def test_the_commits_of_a_batch_are_judged_one_after_the_other(log: Log) -> None:
    outcomes = log.append(
        [
            commit(new("a")),
            commit(new("a")),  # refused: the first was quicker
            commit(new("a", 2)),  # follows the first
            commit(new("b"), reads={"a": 1}),  # refused: the third wrote a
            commit(new("c"), reads={"a": 2}),
        ]
    )
    assert places([outcomes[0], outcomes[2], outcomes[4]]) == [(1, 1), (2, 2), (3, 3)]
    assert outcomes[1] == Conflict("a", 0, 1) or outcomes[1] == Conflict("a", 0, 2)
    assert outcomes[3] == Conflict("a", 1, 2)


def test_a_reader_and_a_later_writer_of_one_stream_share_a_batch(log: Log) -> None:
    assert places(log.append([commit(new("b"), reads={"a": 0}), commit(new("a"))])) == [(1, 1), (2, 2)]


def test_a_crowd_on_one_stream_has_one_winner(log: Log) -> None:
    outcomes = log.append([commit(new("hot")) for _ in range(200)])
    assert isinstance(outcomes[0], Committed)
    assert outcomes[1:] == [Conflict("hot", 0, 1)] * 199
    assert log.head().position == 1


def test_a_repeated_command_has_its_first_outcome(log: Log) -> None:
    asked = commit(new("a"), new("b"), digest=b"d" * 32)
    [first] = log.append([asked])
    log.append([commit(new("c"))])
    [again] = log.append([asked])
    assert isinstance(first, Committed)
    assert again == first._replace(replayed=True)
    assert log.head().position == 3


def test_a_repeated_command_is_answered_even_if_its_streams_have_moved(log: Log) -> None:
    asked = commit(new("a"))
    log.append([asked, commit(new("a", 2))])
    [again] = log.append([asked])
    assert isinstance(again, Committed)
    assert (again.first_position, again.replayed) == (1, True)


def test_a_command_twice_in_one_batch_is_recorded_once(log: Log) -> None:
    asked = commit(new("a"))
    first, second = log.append([asked, asked])
    assert isinstance(first, Committed)
    assert second == first._replace(replayed=True)
    assert log.head().position == 1


def test_a_command_id_with_another_request_is_refused(log: Log) -> None:
    command_id = uuid4()
    log.append([commit(new("a"), command_id=command_id, digest=b"1" * 32)])
    assert log.append([commit(new("b"), command_id=command_id, digest=b"2" * 32)]) == [Reused(command_id)]
    assert log.head().position == 1


def test_a_command_that_conflicted_may_be_repeated_on_what_is_true_now(log: Log) -> None:
    command_id = uuid4()
    log.append([commit(new("a"))])
    assert log.append([commit(new("a"), command_id=command_id)]) == [Conflict("a", 0, 1)]
    assert log.outcome_of(command_id, b"") is None
    assert places(log.append([commit(new("a", 2), command_id=command_id)])) == [(2, 2)]


def test_the_outcome_of_a_command_can_be_asked_for_by_who_sent_it(log: Log) -> None:
    asked = commit(new("a"), new("b"), digest=b"1" * 32)
    [outcome] = log.append([asked, commit(new("c"))])[:1]
    assert isinstance(outcome, Committed)
    assert log.outcome_of(asked.command_id, b"1" * 32) == outcome._replace(replayed=True)
    assert log.outcome_of(asked.command_id, b"2" * 32) == Reused(asked.command_id)
    assert log.outcome_of(uuid4(), b"") is None


def test_where_a_command_stands_can_be_asked_for_by_anybody(log: Log) -> None:
    asked = commit(new("b"), new("c"), digest=b"1" * 32)
    outcome = log.append([commit(new("a")), asked])[1]

    assert isinstance(outcome, Committed)
    assert log.recorded_by(asked.command_id) == outcome._replace(replayed=True)
    assert log.recorded_by(uuid4()) is None


def test_the_log_is_read_by_pages_beyond_a_position(log: Log) -> None:
    log.append([commit(new("a", version)) for version in range(1, 11)])
    assert [event.position for event in log.read(3, 4)] == [4, 5, 6, 7]
    assert [event.position for event in log.read(8, 4)] == [9, 10]
    assert log.read(10, 4) == []


def test_streams_are_read_together_each_beyond_its_own_version(log: Log) -> None:
    log.append([commit(new("a", 1), new("b", 1), new("a", 2), new("a", 3), new("z", 0))])
    tails = [Tail("a", 1), Tail("b"), Tail("none"), Tail("a", 2), Tail("z")]
    read = [[(event.stream, event.version) for event in events] for events in log.read_streams(tails)]
    assert read == [[("a", 2), ("a", 3)], [("b", 1)], [], [("a", 3)], [("z", 0)]]


def test_streams_whose_names_begin_alike_are_not_confused(log: Log) -> None:
    log.append([commit(new("milestone/F1")), commit(new("milestone/F10"))])
    assert [len(events) for events in log.read_streams([Tail("milestone/F1"), Tail("milestone/F")])] == [1, 0]


def test_a_family_of_streams_is_read_by_pages_in_the_order_of_the_log(log: Log) -> None:
    log.append([commit(new("token/b"), new("tokens"), new("token/a"), new("token0"), new("token/b", 2))])

    def read(prefix: str, after: int, limit: int) -> list[tuple[int, str]]:
        return [(event.position, event.stream) for event in log.read_family(prefix, after, limit)]

    assert read("token/", 0, 10) == [(1, "token/b"), (3, "token/a"), (5, "token/b")]
    assert read("token/", 0, 2) == [(1, "token/b"), (3, "token/a")]
    assert read("token/", 3, 2) == [(5, "token/b")]
    assert read("token/", 5, 2) == read("none/", 0, 2) == []


def test_the_name_of_a_family_is_taken_at_its_letters(log: Log) -> None:
    log.append([commit(new("a%b/1"), new("axb/1"), new("a_b/1"), new("A%b/1"))])
    assert [event.stream for event in log.read_family("a%b/", 0, 9)] == ["a%b/1"]
    assert [event.stream for event in log.read_family("a_b/", 0, 9)] == ["a_b/1"]


def test_an_opening_of_three_thousand_streams_is_one_commit(log: Log) -> None:
    asked = commit(*[new(f"milestone/{number}") for number in range(3000)], digest=b"x" * 32)
    assert places(log.append([asked])) == [(1, 3000)]
    assert places(log.append([asked])) == [(1, 3000)]
    assert len(log.read(0, 5000)) == 3000


def test_waiting_ends_when_the_log_grows(log: Log) -> None:
    log.append([commit(new("a"))])
    assert log.wait_beyond(0, timeout_seconds=5) == 1
    writer = threading.Timer(0.2, lambda: log.append([commit(new("a", 2))]))
    writer.start()
    started = time.monotonic()
    assert log.wait_beyond(1, timeout_seconds=10) == 2
    assert time.monotonic() - started < 5
    writer.join()


def test_waiting_ends_when_the_time_is_over(log: Log) -> None:
    started = time.monotonic()
    assert log.wait_beyond(0, timeout_seconds=0.3) == 0
    assert 0.2 < time.monotonic() - started < 3


def test_many_may_wait_at_once(log: Log) -> None:
    seen: list[int] = []
    waiters = [threading.Thread(target=lambda: seen.append(log.wait_beyond(0, 10))) for _ in range(8)]
    for waiter in waiters:
        waiter.start()
    log.append([commit(new("a"))])
    for waiter in waiters:
        waiter.join()
    assert seen == [1] * 8


@pytest.mark.parametrize(
    "events",
    [
        [],
        [new("a", 1), new("a", 1)],
        [new("a", 2), new("a", 1)],
        [new("a", 1), new("a", 3)],
        [new("a", -1)],
        [new("a", 2**31)],
        [new("")],
        [NewEvent("a", 1, "", b"{}")],
        [new("a\0b")],
        [new("a\ud800")],
        [new("a", body=b"x" * (MAX_ENTRY_BYTES + 1))],
    ],
)
def test_a_commit_that_could_not_be_stored_cannot_be_made(events: list[NewEvent]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each says it in its own words
        Commit(uuid4(), AUTHOR, NOON, events)


def test_a_time_without_a_zone_is_not_a_time() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Commit(uuid4(), AUTHOR, datetime(2027, 6, 6, 8, 0), [new("a")])  # noqa: DTZ001 - the mistake


def test_an_event_may_have_another_moment_and_another_author_than_its_commit(log: Log) -> None:
    earlier, other = NOON - timedelta(days=2), replace(AUTHOR, grant="grant/u-17/2", on_behalf_of=None)
    plain, own = new("a"), new("b")._replace(occurred_at=earlier, author=other)

    log.append([commit(plain, own)])
    first, second = log.read(0, 2)

    assert (first.occurred_at, first.author) == (NOON, AUTHOR)
    assert (second.occurred_at, second.author) == (earlier, other)
    with pytest.raises(ValueError, match="no time zone"):
        commit(new("c")._replace(occurred_at=earlier.replace(tzinfo=None)))


def test_many_commands_are_asked_after_at_once(log: Log) -> None:
    known, reused, unknown = uuid4(), uuid4(), uuid4()
    log.append(
        [commit(new("a"), command_id=known, digest=b"1"), commit(new("b"), command_id=reused, digest=b"2")]
    )

    first, second, third = log.outcomes_of([(known, b"1"), (reused, b"other"), (unknown, b"")])

    assert isinstance(first, Committed)
    assert (first.first_position, first.replayed) == (1, True)
    assert second == Reused(reused)
    assert third is None


def test_events_are_read_at_their_positions_with_and_without_gaps(log: Log) -> None:
    log.append([commit(new(name)) for name in "abcde"])
    for positions in ([2, 3, 4], [1, 3, 5], [5], [], [4, 5, 6, 7], [2, 9]):
        found = [(one.position, one.stream) for one in log.read_at(positions)]
        assert found == [(one, "abcde"[one - 1]) for one in positions if one <= 5]
