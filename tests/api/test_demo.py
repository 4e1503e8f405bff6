"""``bitacora demo`` as a visitor starts it: a process of its own, on an embedded PostgreSQL of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

from tests.database import temporary_home
from tests.programs import resident_bytes


@contextmanager
def running_demo(home: Path) -> Iterator[tuple[str, int]]:
    """Start the demonstration and return its address and process; stop it and its database afterwards."""
    environment = {**os.environ, "BITACORA_HOME": str(home), "BITACORA_LOG_FORMAT": "json"}
    for name in [name for name in environment if name == "DATABASE_URL" or name.startswith("PG")]:
        del environment[name]
    command = [sys.executable, "-m", "api", "demo", "--no-browser", "--port", "0"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            assert address.startswith("http://"), "the demonstration did not start"
            yield address, process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)
            subprocess.run([sys.executable, "-m", "api", "db", "stop"], env=environment, check=True)


def read(address: str, path: str, at_least: int) -> httpx2.Response:
    """Ask for a path, once everything up to a position is told."""
    answer = httpx2.get(f"{address}{path}", headers={"Bitacora-Min-Position": str(at_least)}, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer


def ready(address: str) -> dict[str, Any]:
    """Return what the demonstration says of itself once the projections have caught up."""
    for _ in range(300):
        answer = httpx2.get(f"{address}/readyz", timeout=30)
        if answer.status_code == 200 and answer.json()["projections"]["lag_events"] == 0:
            return dict(answer.json())
        time.sleep(0.1)
    raise AssertionError("the projections did not catch up")


def test_a_visitor_sees_a_simulated_election_and_the_next_start_goes_on_with_it() -> None:
    with temporary_home() as home:
        with running_demo(home) as (address, process_id):
            first = ready(address)
            entities = read(address, "/api/v1/entities", first["position"]).json()
            national = read(address, "/", first["position"]).text
            resident = resident_bytes(process_id)
        with running_demo(home) as (address, _):
            second = ready(address)

    assert resident < 150 * 2**20, "what the first start records is recorded by a process of its own"
    assert first["simulated"] is True
    assert first["origin"] == "demo.invalid/bitacora-simulada"
    assert "Datos simulados" in national
    assert len(entities["items"]) == 32
    assert first["position"] > 6_000
    # The same day: nothing is played twice, and at most what "happened" since the first start is new.
    assert first["position"] <= second["position"] <= first["position"] + 5
