"""A log told in shares, by several processes, gives the tables that one gives; one that fails fails the build."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import Connection

from ledger.log import NewEvent
from ledger.postgres import PostgresLog
from ledger.roles import RoleNames
from projections.generation import create, use
from projections.parallel import WORTH_IT_EVENTS, ShareLost, Telling, processes_for, tell_in_shares
from projections.runner import Runner
from projections.schema import current_schema
from projections.share import WHOLE, Share
from tests.projections.following import busy
from tests.projections.histories import rows, told
from tests.waiting import eventually

SCHEMA = "projection_shared"


def test_three_processes_make_the_tables_that_one_makes(
    url: str, log: PostgresLog, writer: Connection[Any]
) -> None:
    busy(log).record_raw([NewEvent("milestone/pef-2026-2027/F009", 1, "MilestoneMislaid.v1", b"{}")])
    heard: list[tuple[int, int]] = []
    head = log.head().position
    told(writer, log, "told_alone")
    create(writer, SCHEMA, RoleNames())
    use(writer, SCHEMA)
    tell_in_shares(writer, _telling(url, log), 3, lambda *progress: heard.append(progress))

    alone, shared = rows(writer, "told_alone"), rows(writer, SCHEMA)
    assert shared == alone
    assert len(alone["quarantine"]) == 1
    assert heard[-1] == (head, head)


def test_a_long_log_is_rebuilt_in_shares(
    url: str, log: PostgresLog, writer: Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    busy(log)
    told(writer, log, "told_alone")
    monkeypatch.setattr("projections.runner.processes_for", lambda _events: 2)
    Runner(url, log).rebuild()

    assert rows(writer, current_schema()) == rows(writer, "told_alone")


def test_what_a_process_raises_is_raised(url: str, log: PostgresLog, writer: Connection[Any]) -> None:
    busy(log)
    create(writer, SCHEMA, RoleNames())
    use(writer, SCHEMA)
    writer.execute("DROP TABLE timeline")

    with pytest.raises(psycopg.errors.UndefinedTable):
        tell_in_shares(writer, _telling(url, log), 2)


def test_a_process_that_dies_is_missed(url: str, log: PostgresLog, writer: Connection[Any]) -> None:
    busy(log)
    create(writer, SCHEMA, RoleNames())
    use(writer, SCHEMA)
    with ThreadPoolExecutor(1) as executor:
        telling = executor.submit(tell_in_shares, writer, _telling(url, log), 2)
        eventually(lambda: len(multiprocessing.active_children()) == 2)
        multiprocessing.active_children()[0].kill()

        with pytest.raises(ShareLost):
            telling.result(20)
    assert multiprocessing.active_children() == []


@given(process=st.text(min_size=1).filter(lambda text: "/" not in text), count=st.integers(1, 9))
def test_every_process_is_in_one_share_with_all_its_milestones(process: str, count: int) -> None:
    streams = [f"process/{process}", f"milestone/{process}/F001", f"milestone/{process}/F002-JAL"]
    shares = [[Share(number, count).has(stream) for stream in streams] for number in range(count)]
    assert sorted(shares) == [[False] * 3] * (count - 1) + [[True] * 3]
    assert all(WHOLE.has(stream) for stream in streams)


def test_a_short_log_is_told_by_one_process() -> None:
    assert processes_for(WORTH_IT_EVENTS - 1) == 1


def _telling(url: str, log: PostgresLog) -> Telling:
    return Telling(url, log, RoleNames(), SCHEMA, log.head().position)
