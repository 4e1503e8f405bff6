"""A part is killed under load, again and again, and the log is held against what was acknowledged."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from ledger.embedded import EmbeddedPostgres
from ledger.ledger import Ledger
from ledger.migrate import migrate
from ledger.postgres import PostgresLog
from tests.programs import Program
from tests.torture.checker import Verdict, check_log, read_log
from tests.torture.journal import Journal, read_journals
from tests.torture.kill import kill_server, restart
from tests.torture.plan import open_process
from tests.torture.projected import told_position, wait_until_told
from tests.torture.reporters import Office, reporting
from tests.torture.writers import Crowd, writing

if TYPE_CHECKING:
    from tests.torture.conftest import Say


@dataclass(frozen=True, slots=True)
class Bench:
    """A server with a process opened on it, and the folder of the journals."""

    cluster: EmbeddedPostgres
    database_url: str
    journals: Path
    milestones: list[str]
    unsafe_durability: bool = False

    def verdict(self, *, finished: bool = False) -> Verdict:
        """Hold the log against the journals."""
        # In this order: what was acknowledged is recorded by now, and what is recorded was asked for by then.
        acknowledged = read_journals(self.journals)
        recorded = read_log(self.database_url)
        asked = read_journals(self.journals).asked
        return check_log(recorded, replace(acknowledged, asked=asked), finished=finished)


def set_up(cluster: EmbeddedPostgres, journals: Path, *, unsafe_durability: bool = False) -> Bench:
    """Migrate the server's database and open a process in it."""
    url = cluster.dsn()
    migrate(url)
    ledger = Ledger(PostgresLog(url, unsafe_durability=unsafe_durability))
    milestones = asyncio.run(open_process(ledger))
    ledger.close()
    note_what_is_there(url, journals / "opening.journal")
    with psycopg.connect(url, autocommit=True) as connection:
        # An unsafe server would otherwise lose the tables too, and leave nothing to look at.
        connection.execute("CHECKPOINT")
    return Bench(cluster, url, journals, milestones, unsafe_durability)


def note_what_is_there(database_url: str, path: Path) -> None:
    """Note in a journal what was recorded before the writers came."""
    journal = Journal(path)
    with psycopg.connect(database_url) as connection:
        for command_id, events, first, last in connection.execute(
            "SELECT command_id, count(*), min(position), max(position) FROM ledger.events GROUP BY 1 ORDER BY 3"
        ):
            journal.asked(command_id, events)
            journal.answered(command_id, first, last)
    journal.close()


def kill_postgres_under_load(bench: Bench, kills: int, dice: random.Random, say: Say) -> Verdict:
    """Kill the server so many times while two processes write; stop early where something is wrong."""
    with writing(crowd(bench, dice)):
        for number in range(1, kills + 1):
            wait_for_progress(bench)
            time.sleep(dice.uniform(0.05, 1.0))
            killed = kill_server(bench.cluster)
            recovery_seconds = restart(bench.cluster)
            verdict = bench.verdict()
            say(f"kill {number} of {kills}: {killed} processes, back in {recovery_seconds:.1f} s; {verdict}")
            if verdict.wrong:
                return verdict
        wait_for_progress(bench)
    return bench.verdict(finished=True)


def kill_projector_under_load(
    bench: Bench, projector: Program, kills: int, dice: random.Random, say: Say
) -> None:
    """Kill the projector so many times while a process writes, a third of them between its writing and its commit."""
    with writing(crowd(bench, dice), processes=1):
        for number in range(1, kills + 1):
            if number % 3 == 1:
                moment = "while it starts and builds"
                time.sleep(dice.uniform(0.0, 2.0))
            else:
                moment = "while it follows"
                wait_for_telling(bench.database_url)
                time.sleep(dice.uniform(0.0, 0.5))
            if number % 3 == 0 and wait_for_transaction(bench.database_url):
                moment = "between writing and commit"
            projector.kill()
            say(f"kill {number} of {kills}: {moment}, at position {told_position(bench.database_url):,}")
            projector.start()
        wait_for_progress(bench)
    wait_until_told(bench.database_url, projector)


def kill_api_under_load(
    bench: Bench, api: Program, office: Office, kills: int, dice: random.Random, say: Say
) -> Verdict:
    """Kill the API so many times while reporters report to it; stop early where something is wrong."""
    with reporting(office):
        for number in range(1, kills + 1):
            wait_for_progress(bench, 50)
            time.sleep(dice.uniform(0.0, 0.5))
            api.kill()
            api.start()
            verdict = bench.verdict()
            say(f"kill {number} of {kills}: {verdict}")
            if verdict.wrong:
                return verdict
        wait_for_progress(bench, 50)
    return bench.verdict(finished=True)


def crowd(bench: Bench, dice: random.Random) -> Crowd:
    """Return what the writers on this server need to know."""
    return Crowd(
        bench.database_url,
        bench.journals,
        bench.milestones,
        seed=str(dice.random()),
        unsafe_durability=bench.unsafe_durability,
        # Writers who know more than a forgetful server never get a word in again.
        patience_seconds=0.0 if bench.unsafe_durability else 30.0,
    )


def wait_for_telling(database_url: str, timeout_seconds: float = 60.0) -> None:
    """Wait until the projector has told something new."""
    known = told_position(database_url)
    deadline = time.monotonic() + timeout_seconds
    while told_position(database_url) <= known:
        assert time.monotonic() < deadline, f"the projector stays at {known}"
        time.sleep(0.02)


def wait_for_transaction(database_url: str, timeout_seconds: float = 20.0) -> bool:
    """Wait until the projector has written what it has not committed; tell whether that was seen."""
    deadline = time.monotonic() + timeout_seconds
    with psycopg.connect(database_url, autocommit=True) as connection:
        while time.monotonic() < deadline:
            seen = connection.execute(
                "SELECT FROM pg_stat_activity WHERE application_name = 'bitacora projector' AND backend_xid IS NOT NULL"
            )
            if seen.rowcount:
                return True
    return False


def wait_for_progress(bench: Bench, commands: int = 100, timeout_seconds: float = 60.0) -> None:
    """Wait until so many more commands were acknowledged: a kill of an idle server proves nothing."""
    started = time.monotonic()
    enough = len(read_journals(bench.journals).answered) + commands
    while len(read_journals(bench.journals).answered) < enough:
        assert time.monotonic() < started + timeout_seconds, (
            f"nobody was acknowledged for {timeout_seconds:.0f} s"
        )
        time.sleep(0.05)
