"""``bitacora import prep``: a real night from a file, killed in the middle, cut off, or under a name that is none."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.embedded import EmbeddedPostgres
from tests.api.harness import ORIGIN, opened
from tests.api.test_prep_import import EVENTS_OF_PUEBLA, PUEBLA
from tests.database import fresh_database
from tests.prep_files import REAL, real_file
from tests.waiting import eventually


@pytest.fixture
def empty(postgres_18: EmbeddedPostgres, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a migrated database without a log, and Puebla's file beside it."""
    (tmp_path / REAL).write_bytes(real_file())
    with fresh_database(postgres_18) as url:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "BITACORA_"))}
        environment = {
            **kept, "DATABASE_URL": url, "BITACORA_UNSAFE_DURABILITY": "1", "BITACORA_ORIGIN": ORIGIN,
            "BITACORA_DOCUMENTS": str(tmp_path / "documents"),
        }  # fmt: skip
        subprocess.run(
            [sys.executable, "-m", "api", "migrate"], env=environment, check=True, capture_output=True
        )
        yield environment


def importing(environment: dict[str, str], file: Path, process: str = PUEBLA) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "api", "import", "prep", str(file), "--process", process],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_an_import_that_is_killed_goes_on_where_it_stopped(empty: dict[str, str], tmp_path: Path) -> None:
    resources = opened(empty["DATABASE_URL"])
    head = resources.ledger.log.head
    first = importing(empty, tmp_path / REAL)
    eventually(lambda: head().position > 1_000, seconds=60)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    time.sleep(0.2)
    assert head().position < 1 + EVENTS_OF_PUEBLA

    second = importing(empty, tmp_path / REAL)
    told, _ = second.communicate(timeout=120)

    assert second.returncode == 0
    assert "events recorded" in told
    assert head().position == 1 + EVENTS_OF_PUEBLA
    resources.close()


def test_a_file_that_is_not_taken_leaves_no_log(empty: dict[str, str], tmp_path: Path) -> None:
    cut = tmp_path / "cortado.csv"
    cut.write_bytes(real_file()[:1_000_000])
    refused = importing(empty, cut)
    _, told = refused.communicate(timeout=60)
    resources = opened(empty["DATABASE_URL"])

    assert refused.returncode == 1
    assert "cut off" in told
    assert "line " in told
    assert resources.ledger.log.head().position == 0
    resources.close()


def test_a_process_is_named_as_processes_are(empty: dict[str, str], tmp_path: Path) -> None:
    asked = importing(empty, tmp_path / REAL, "Puebla 2024")

    assert "pel-2023-2024-pue" in asked.communicate(timeout=60)[1]
    assert asked.returncode == 2
