"""Killed with SIGKILL at random moments under load: database, projector. Nothing is lost, doubled or told twice."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from ledger.embedded import EmbeddedPostgres
from tests.database import copied_home, programs_of_18
from tests.programs import Program, program
from tests.torture.crash import (
    Bench,
    crowd,
    kill_postgres_under_load,
    kill_projector_under_load,
    set_up,
    wait_for_progress,
)
from tests.torture.projected import projected, replayed, skip_events, wait_until_told
from tests.torture.size import sized
from tests.torture.writers import writing

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator
    from pathlib import Path

    from tests.torture.conftest import Say

pytestmark = pytest.mark.torture

FORGETFUL = {
    "synchronous_commit": "off",
    # What a commit left in memory stays there long enough to be lost.
    "wal_writer_delay": "10s",
    "wal_writer_flush_after": "1GB",
}


@contextmanager
def running_projector(bench: Bench) -> Iterator[Program]:
    """Follow the log in a process of its own, as in earnest; it has begun when others do."""
    command, journal = ["bitacora", "project"], bench.journals / "projector.log"
    with program(command, {"DATABASE_URL": bench.database_url}, journal) as projector:
        wait_until_told(bench.database_url, projector)
        yield projector


def test_what_was_acknowledged_survives_the_death_of_the_database(
    durable_cluster: EmbeddedPostgres, tmp_path: Path, dice: random.Random, say: Say
) -> None:
    """The projector lives through all of it, and its tables are what a replay from zero makes."""
    bench = set_up(durable_cluster, tmp_path)
    with running_projector(bench) as projector:
        verdict = kill_postgres_under_load(bench, sized(4, 20), dice, say)
        say(str(verdict))
        wait_until_told(bench.database_url, projector)
    followed = projected(bench.database_url)
    say(f"projected {followed}")

    assert not verdict.wrong
    assert followed == replayed(bench.database_url, tmp_path / "rebuild.log")


def test_a_database_that_acknowledges_before_it_is_durable_is_caught(
    stopped_home: Path, tmp_path: Path, dice: random.Random, say: Say
) -> None:
    """The negative control: the same harness must see what an unsafe server loses."""
    with copied_home(stopped_home) as home:
        cluster = EmbeddedPostgres(home, binaries=programs_of_18(), settings=FORGETFUL)
        cluster.start()
        bench = set_up(cluster, tmp_path, unsafe_durability=True)

        verdict = kill_postgres_under_load(bench, 25, dice, say)
        say(str(verdict))

    assert verdict.wrong["lost"] > 0


def test_projections_survive_the_death_of_the_projector(
    durable_cluster: EmbeddedPostgres, tmp_path: Path, dice: random.Random, say: Say
) -> None:
    bench = set_up(durable_cluster, tmp_path)
    with running_projector(bench) as projector:
        kill_projector_under_load(bench, projector, sized(4, 20), dice, say)
    followed = projected(bench.database_url)
    say(f"projected {followed}, after {projector.starts} starts")

    assert followed == replayed(bench.database_url, tmp_path / "rebuild.log")


def test_a_projector_that_moves_its_position_before_it_tells_is_caught(
    durable_cluster: EmbeddedPostgres, tmp_path: Path, dice: random.Random, say: Say
) -> None:
    """The negative control: what such a projector leaves behind when it is killed in between."""
    bench = set_up(durable_cluster, tmp_path)
    with running_projector(bench) as projector:
        wait_until_told(bench.database_url, projector)
        projector.kill()
        with writing(crowd(bench, dice), processes=1):
            wait_for_progress(bench)
        skip_events(bench.database_url, 1)
        projector.start()
        wait_until_told(bench.database_url, projector)
    followed = projected(bench.database_url)

    assert followed != replayed(bench.database_url, tmp_path / "rebuild.log")
