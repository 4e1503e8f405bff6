"""The embedded server: made, reused, recovered, refused, and harmless to what is not its own."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from ledger.binaries import ClusterError
from ledger.embedded import EmbeddedPostgres
from tests.database import (
    in_memory,
    keep,
    kept,
    kill,
    programs_of_15,
    programs_of_18,
    running_pid,
    temporary_home,
)

START = (
    "import sys; from pathlib import Path; from ledger.embedded import EmbeddedPostgres\n"
    "cluster = EmbeddedPostgres(Path(sys.argv[1])); cluster.start(); print(cluster.status().pid)"
)

as_root = os.geteuid() == 0


def test_the_first_start_makes_a_durable_server_that_only_a_private_socket_reaches(empty_home: Path) -> None:
    cluster = EmbeddedPostgres(empty_home)

    cluster.start()

    with psycopg.connect(cluster.dsn()) as connection:
        settings: dict[str, str] = dict(
            connection.execute("SELECT name, setting FROM pg_settings").fetchall()
        )
        locale = connection.execute(
            "SELECT datlocprovider, datcollate, pg_encoding_to_char(encoding) FROM pg_database"
            " WHERE datname = current_database()"
        ).fetchone()
    seen = cluster.status()
    assert seen.socket_directory is not None
    assert {
        name: settings[name] for name in ("fsync", "full_page_writes", "synchronous_commit", "data_checksums")
    } == {
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "data_checksums": "on",
    }
    assert settings["listen_addresses"] == ""
    assert locale == ("b", "C", "UTF8")
    assert stat.S_IMODE(seen.socket_directory.stat().st_mode) == 0o700
    assert stat.S_IMODE(seen.data_directory.stat().st_mode) == 0o700
    assert seen.data_directory == empty_home / "pg18"
    assert (seen.version or "").startswith("18.")


def test_postgresql_15_is_managed_alike() -> None:
    with temporary_home(within=in_memory()) as home:
        cluster = EmbeddedPostgres(home, binaries=programs_of_15())

        cluster.start()

        assert cluster.data_directory == home / "pg15"
        assert (cluster.status().version or "").startswith("15.")
        with psycopg.connect(cluster.dsn()) as connection:
            assert connection.execute("SHOW lc_collate").fetchone() == ("C.UTF-8",)


def test_a_running_server_is_reused(made_home: Path) -> None:
    EmbeddedPostgres(made_home).start()
    first = running_pid(EmbeddedPostgres(made_home))

    EmbeddedPostgres(made_home).start()

    assert running_pid(EmbeddedPostgres(made_home)) == first


def test_what_was_committed_is_there_after_a_stop_and_a_start_at_the_same_address(made_home: Path) -> None:
    cluster = EmbeddedPostgres(made_home)
    cluster.start()
    address = cluster.dsn()
    keep(cluster, 1)

    cluster.stop()

    assert cluster.status().running is False
    cluster.start()
    assert kept(cluster) == [1]
    assert cluster.dsn() == address


def test_stopping_a_server_that_does_not_run_does_nothing(made_home: Path) -> None:
    EmbeddedPostgres(made_home).stop()
    EmbeddedPostgres(made_home).start()
    EmbeddedPostgres(made_home).stop()
    EmbeddedPostgres(made_home).stop()


def test_the_address_of_a_server_that_was_never_started_says_how_to_start_it(empty_home: Path) -> None:
    with pytest.raises(ClusterError, match="bitacora db start"):
        EmbeddedPostgres(empty_home).dsn()


def test_six_processes_that_start_at_once_find_one_server(empty_home: Path) -> None:
    starts = [
        subprocess.Popen([sys.executable, "-c", START, str(empty_home)], stdout=subprocess.PIPE, text=True)
        for _ in range(6)
    ]

    pids = {start.communicate(timeout=60)[0].strip() for start in starts}

    assert [start.returncode for start in starts] == [0] * 6
    assert pids == {str(running_pid(EmbeddedPostgres(empty_home)))}


def test_the_server_outlives_the_program_that_started_it(made_home: Path) -> None:
    program = f"{START}\nimport os, signal; sys.stdout.flush(); os.kill(os.getpid(), signal.SIGKILL)"

    started = subprocess.run(
        [sys.executable, "-c", program, str(made_home)], check=False, capture_output=True, text=True
    )

    assert started.returncode == -signal.SIGKILL
    assert running_pid(EmbeddedPostgres(made_home)) == int(started.stdout)


def test_a_killed_server_recovers_what_was_committed_and_nothing_else(made_home: Path) -> None:
    cluster = EmbeddedPostgres(made_home)
    cluster.start()
    keep(cluster, 1)
    unfinished = psycopg.connect(cluster.dsn())
    unfinished.execute("INSERT INTO kept VALUES (2)")
    kill(cluster)

    cluster.start()

    assert kept(cluster) == [1]
    unfinished.close()


def test_a_server_killed_again_and_again_keeps_every_commit(made_home: Path) -> None:
    cluster = EmbeddedPostgres(made_home)
    for number in range(3):
        cluster.start()
        keep(cluster, number)
        kill(cluster)
    cluster.start()

    assert kept(cluster) == list(range(3))


def test_a_stale_number_of_a_process_that_somebody_else_bears_now_is_not_believed(made_home: Path) -> None:
    cluster = EmbeddedPostgres(made_home)
    cluster.start()
    keep(cluster, 1)
    pid_file = cluster.data_directory / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    kill(cluster)
    owner = cluster.data_directory.stat()
    stranger = subprocess.Popen(["sleep", "60"], user=owner.st_uid if as_root else None)
    try:
        pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]))

        cluster.start()

        assert kept(cluster) == [1]
        assert running_pid(cluster) != stranger.pid
    finally:
        stranger.kill()
        stranger.wait()


def test_neither_start_nor_stop_signals_whoever_bears_a_stale_number(made_home: Path) -> None:
    cluster = EmbeddedPostgres(made_home)
    cluster.start()
    lines = (cluster.data_directory / "postmaster.pid").read_text().splitlines()
    folder = cluster.status().socket_directory
    assert folder is not None
    kill(cluster)
    shutil.rmtree(folder)
    owner = cluster.data_directory.stat()
    stranger = subprocess.Popen(["sleep", "60"], user=owner.st_uid if as_root else None)
    try:
        (cluster.data_directory / "postmaster.pid").write_text("\n".join([str(stranger.pid), *lines[1:]]))
        until = time.monotonic() + 10
        while cluster._alive() and time.monotonic() < until:
            time.sleep(0.02)

        cluster.stop()
        cluster.start()

        assert stranger.poll() is None
        assert cluster.status().running
    finally:
        stranger.kill()
        stranger.wait()


def test_a_server_whose_socket_was_swept_away_is_started_again(made_home: Path) -> None:
    cluster = EmbeddedPostgres(made_home)
    cluster.start()
    keep(cluster, 1)
    address = cluster.dsn()
    folder = cluster.status().socket_directory
    assert folder is not None
    shutil.rmtree(folder)

    cluster.start()

    assert kept(cluster) == [1]
    assert cluster.dsn() == address


def test_a_socket_folder_whose_name_somebody_else_has_taken_is_not_used(made_home: Path) -> None:
    cluster = EmbeddedPostgres(made_home)
    cluster.start()
    cluster.stop()
    record = cluster.data_directory / "bitacora-socket"
    taken = Path(record.read_text())
    taken.mkdir(mode=0o755)

    cluster.start()

    assert Path(record.read_text()) != taken
    assert cluster.status().running
    taken.rmdir()


def test_an_initdb_that_was_killed_is_done_again(empty_home: Path) -> None:
    start = subprocess.Popen(
        [sys.executable, "-c", START, str(empty_home)], start_new_session=True, stderr=subprocess.PIPE
    )
    until = time.monotonic() + 30
    while not (empty_home / "pg18.unfinished" / "global").exists() and time.monotonic() < until:
        time.sleep(0.002)
    os.killpg(start.pid, signal.SIGKILL)
    start.communicate()
    assert (empty_home / "pg18.unfinished" / "global").exists()
    assert not (empty_home / "pg18").exists()

    EmbeddedPostgres(empty_home).start()

    assert EmbeddedPostgres(empty_home).status().running
    assert not (empty_home / "pg18.unfinished").exists()


def test_the_data_of_another_major_version_is_refused_with_both_versions_and_the_way_out(
    empty_home: Path,
) -> None:
    old = EmbeddedPostgres(empty_home, binaries=programs_of_15())
    old.start()
    keep(old, 1)

    with pytest.raises(
        ClusterError, match=r"PostgreSQL 15.*PostgreSQL 18.*BITACORA_PG_BIN.*db backup.*db restore"
    ):
        EmbeddedPostgres(empty_home, binaries=programs_of_18()).start()

    assert not (empty_home / "pg18").exists()
    assert kept(old) == [1]


def test_an_unfinished_cluster_of_another_major_version_is_no_obstacle(empty_home: Path) -> None:
    (empty_home / "pg15.unfinished").mkdir()
    (empty_home / "pg15.unfinished" / "PG_VERSION").write_text("15\n")

    EmbeddedPostgres(empty_home).start()

    assert EmbeddedPostgres(empty_home).status().running


def test_a_folder_that_was_upgraded_past_its_name_is_refused(made_home: Path) -> None:
    cluster = EmbeddedPostgres(made_home)
    cluster.start()
    cluster.stop()
    (cluster.data_directory / "PG_VERSION").write_text("17\n")

    with pytest.raises(ClusterError, match="made by PostgreSQL 17"):
        cluster.start()

    (cluster.data_directory / "PG_VERSION").write_text("18\n")


def test_a_folder_that_is_no_cluster_is_refused_and_left_as_it_was(empty_home: Path) -> None:
    (empty_home / "pg18").mkdir()
    (empty_home / "pg18" / "thesis.txt").write_text("years of work")

    with pytest.raises(ClusterError, match="is no PostgreSQL cluster"):
        EmbeddedPostgres(empty_home).start()

    assert [file.name for file in (empty_home / "pg18").iterdir()] == ["thesis.txt"]


def test_a_server_that_cannot_start_says_why_without_waiting(empty_home: Path) -> None:
    cluster = EmbeddedPostgres(empty_home, settings={"shared_buffers": "many"})

    with pytest.raises(ClusterError, match=r"ended while starting.*server\.log"):
        cluster.start()


def test_a_home_that_cannot_be_written_to_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(ClusterError, match="cannot be written to"):
        EmbeddedPostgres(tmp_path / "file" / "var").start()


def test_a_home_deeper_than_a_socket_path_may_be_long_is_no_obstacle(empty_home: Path) -> None:
    cluster = EmbeddedPostgres(empty_home / ("a" * 100) / ("b" * 100))

    cluster.start()

    assert cluster.status().running
    cluster.stop()


def test_variables_of_libpq_do_not_lead_the_embedded_server_astray(
    made_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGDATA", "/nowhere")
    monkeypatch.setenv("PGOPTIONS", "-c synchronous_commit=off")
    cluster = EmbeddedPostgres(made_home)

    cluster.start()

    assert cluster.status().running
