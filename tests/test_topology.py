"""The containers' commands, as ``docker/compose.yaml`` writes them, run as processes on one database."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

import httpx2
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.programs import Program, free_port, program, run_once
from tests.test_docker import DOCKER, services
from tests.torture.projected import wait_until_told

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from ledger.embedded import EmbeddedPostgres

FRESH_SECONDS = 2.0
"""A coordinator looks up, and sees what was just reported."""

END_SECONDS = 5.0

JALISCO = {"kind": "local_election", "territory": "MX-JAL", "cycle": "2026-2027"}
STEP = "/api/v1/processes/pel-2026-2027-jal/milestones/L012"


def command(service: str) -> list[str]:
    """Return a container's command."""
    words: list[str] = services()[service]["command"]
    return words


def environment(service: str, **here: str) -> dict[str, str]:
    """Return a container's environment, its ``${NAME:-default}`` filled in."""
    written: dict[str, str] = services()[service]["environment"]
    return {name: re.sub(r"\$\{\w+:-(.*?)\}", r"\1", value) for name, value in written.items()} | here


class Topology:
    """The services of one server, each a process, on a PostgreSQL that stands for the container's."""

    def __init__(self, postgres: EmbeddedPostgres, folder: Path) -> None:
        self.database_url = postgres.dsn()
        self.folder = folder
        # Port, user and database are the container's; only the host is a folder here.
        folder_of_socket = str(conninfo_to_dict(self.database_url)["host"])
        # Without a projector of its own, what the API shows came through the other container.
        self.here = {
            "PGHOST": folder_of_socket, "BITACORA_LOG_FORMAT": "json", "BITACORA_PROJECTOR": "false",
            "BITACORA_WITNESSES": str(DOCKER / "witnesses"),
        }  # fmt: skip
        self.port = free_port()

    def migrate(self) -> None:
        """Bring the schema, and end."""
        run_once(command("migrate"), environment("migrate", **self.here), self.folder / "migrate.log", 30)

    def api(self) -> AbstractContextManager[Program]:
        """Run the API, on this machine alone and where nobody else listens."""
        there = {"0.0.0.0": "127.0.0.1", "8000": str(self.port)}  # noqa: S104 - that is what is replaced
        words = [there.get(word, word) for word in command("api")]
        return program(words, environment("api", **self.here), self.folder / "api.log")

    def projector(self, name: str) -> AbstractContextManager[Program]:
        """Run one of any number of projectors."""
        return program(
            command("projector"), environment("projector", **self.here), self.folder / f"{name}.log"
        )

    def client(self, role: str) -> httpx2.Client:
        """Return somebody with a token for this role."""
        words = ["bitacora", "token", "create", "--role", role, "--territory", "MX-JAL"]
        said = run_once(words, environment("api", **self.here), self.folder / f"{role}.log", 30)
        token = next(line for line in said.splitlines() if line.startswith("bit_"))
        headers = {"Authorization": f"Bearer {token}"}
        return httpx2.Client(
            base_url=f"http://127.0.0.1:{self.port}", headers=headers, timeout=10, trust_env=False
        )


@pytest.fixture
def topology(durable_cluster: EmbeddedPostgres, tmp_path: Path) -> Topology:
    """A database that was migrated, and nothing running yet."""
    made = Topology(durable_cluster, tmp_path)
    made.migrate()
    return made


def test_migrating_twice_changes_nothing(topology: Topology) -> None:
    topology.migrate()


def test_what_is_written_through_the_api_is_read_through_the_projector(topology: Topology) -> None:
    with topology.api() as api, topology.projector("one") as projector:
        with topology.client("administrator") as administrator, topology.client("coordinator") as coordinator:
            opened = until_ready(lambda: send(administrator, "/api/v1/processes", JALISCO), api)
            assert opened.status_code == 201, opened.text
            wait_until_told(topology.database_url, projector)

            seconds = seconds_until_seen(coordinator, "start", "in_progress")

        assert seconds < FRESH_SECONDS
        assert ended_gracefully(api) < END_SECONDS
        assert ended_gracefully(projector) < END_SECONDS


def test_a_projector_that_stands_by_takes_over_when_the_first_is_killed(topology: Topology) -> None:
    with (
        topology.api() as api,
        topology.projector("one") as leader,
        topology.client("administrator") as administrator,
        topology.client("coordinator") as coordinator,
    ):
        until_ready(lambda: send(administrator, "/api/v1/processes", JALISCO), api)
        wait_until_told(topology.database_url, leader)
        with topology.projector("two") as standby:
            wait_for_standby(topology.database_url)
            leader.kill()

            seconds = seconds_until_seen(coordinator, "start", "in_progress")

            assert seconds < FRESH_SECONDS
            assert ended_gracefully(standby) < END_SECONDS


def test_nothing_starts_before_the_migration(durable_cluster: EmbeddedPostgres, tmp_path: Path) -> None:
    topology = Topology(durable_cluster, tmp_path)
    for started in (topology.api(), topology.projector("one")):
        with started as too_early:
            assert too_early.wait(30) == 1
            assert "migrate" in too_early.said()


def test_the_api_accepts_its_command_as_it_is_written(tmp_path: Path) -> None:
    """Word for word, where there is no database: it fails for that (1), not because it was asked wrongly (2)."""
    nowhere = environment("api", PGHOST="/nonexistent", BITACORA_WITNESSES=str(DOCKER / "witnesses"))
    with program(command("api"), nowhere, tmp_path / "api.log") as api:
        assert api.wait(30) == 1, api.said()


def test_who_asks_the_witnesses_says_that_there_are_none_yet(topology: Topology, tmp_path: Path) -> None:
    with program(
        command("witnesses"), environment("witnesses", **topology.here), tmp_path / "witnesses.log"
    ) as asks:
        assert asks.wait(30) == 2
        assert "This log has no witnesses" in asks.said()


def send(client: httpx2.Client, path: str, body: dict[str, str], read: str = "") -> httpx2.Response:
    """Send a command once."""
    headers = {"Idempotency-Key": str(uuid4())} | ({"If-Match": read} if read else {})
    return client.post(path, json=body | {"occurred_at": datetime.now(UTC).isoformat()}, headers=headers)


def until_ready(
    ask: Callable[[], httpx2.Response], api: Program, timeout_seconds: float = 20.0
) -> httpx2.Response:
    """Ask until the API takes connections."""
    deadline = time.monotonic() + timeout_seconds
    while True:
        try:
            return ask()
        except httpx2.ConnectError:
            assert api.running, f"the API ended: {api.said()}"
            assert time.monotonic() < deadline, f"the API takes no connections: {api.said()}"
            time.sleep(0.05)


def seconds_until_seen(client: httpx2.Client, report: str, status: str) -> float:
    """Report something of an activity, and return how long it took until a reader saw it."""
    read = client.get(STEP)
    assert read.status_code == 200, read.text
    assert read.json()["status"] != status
    receipt = send(client, f"{STEP}/{report}", {}, read.headers["ETag"])
    assert receipt.status_code == 200, receipt.text
    recorded_at = time.monotonic()
    while client.get(STEP).json()["status"] != status:
        assert time.monotonic() < recorded_at + 30, "it was never seen"
        time.sleep(0.01)
    return time.monotonic() - recorded_at


def wait_for_standby(database_url: str, timeout_seconds: float = 20.0) -> None:
    """Wait until two projectors are connected: one leads, the other asks whether it may."""
    deadline = time.monotonic() + timeout_seconds
    with psycopg.connect(database_url, autocommit=True) as connection:
        connected = "SELECT FROM pg_stat_activity WHERE application_name = 'bitacora projector'"
        while connection.execute(connected).rowcount < 2:
            assert time.monotonic() < deadline, "the second projector does not come"
            time.sleep(0.05)


def ended_gracefully(ended: Program) -> float:
    """End a process with SIGTERM and return the seconds that took."""
    code, seconds = ended.stop(30)
    assert code == 0, f"it ended with {code}: {ended.said()}"
    return seconds
