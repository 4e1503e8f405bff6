"""The embedded server in trouble: names, sessions, folders and disks that are not as one would wish."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from ledger.binaries import ClusterError
from ledger.embedded import EmbeddedPostgres, _make_private
from tests.database import keep, kept


def test_what_a_newer_version_recorded_is_not_forgotten_by_going_back_to_the_older_one(
    made_home: Path,
) -> None:
    newer = made_home / "pg19"
    newer.mkdir()
    (newer / "PG_VERSION").write_text("19\n")

    with pytest.raises(ClusterError, match=r"pg19 was made by PostgreSQL 19.*BITACORA_PG_BIN"):
        EmbeddedPostgres(made_home).start()

    newer.rename(made_home / "pg15")
    (made_home / "pg15" / "PG_VERSION").write_text("15\n")
    EmbeddedPostgres(made_home).start()
    assert EmbeddedPostgres(made_home).status().running, "what was upgraded from may stay where it is"


@pytest.mark.parametrize("name", ["$HOME", "`id`", 'a"b', "a\\b"])
def test_a_name_that_a_shell_would_read_is_refused_before_anything_is_made(
    empty_home: Path, name: str
) -> None:
    with pytest.raises(ClusterError, match=r"in its name.*Set BITACORA_HOME"):
        EmbeddedPostgres(empty_home / name).start()

    assert list(empty_home.iterdir()) == []


def test_any_other_name_will_do(empty_home: Path) -> None:
    cluster = EmbeddedPostgres(empty_home / "la casa d'él 100% & (ñ)")

    cluster.start()

    assert cluster.status().running
    cluster.stop()


def test_a_server_whose_address_was_lost_is_still_stopped(made_home: Path) -> None:
    cluster = EmbeddedPostgres(made_home)
    cluster.start()
    (cluster.data_directory / "bitacora-socket").write_text("")

    assert cluster.status().running is False
    cluster.stop()
    assert not cluster._alive()
    cluster.start()
    assert cluster.status().running


def test_a_stop_ends_open_sessions_and_keeps_what_they_committed(made_home: Path) -> None:
    cluster = EmbeddedPostgres(made_home)
    cluster.start()
    keep(cluster, 1)
    session = psycopg.connect(cluster.dsn())
    session.execute("INSERT INTO kept VALUES (2)")

    cluster.stop()

    with pytest.raises(psycopg.OperationalError):
        session.commit()
    assert not cluster._alive()
    folder = cluster.status().socket_directory
    assert folder is not None
    assert not folder.exists(), "nothing is left behind where sockets are"
    cluster.start()
    assert kept(cluster) == [1]


def test_a_server_that_waits_for_its_sessions_says_how_to_stop_it(
    made_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = EmbeddedPostgres(made_home)
    cluster.start()
    monkeypatch.setattr("ledger.embedded.START_SECONDS", 1)
    session = psycopg.connect(cluster.dsn())

    with pytest.raises(ClusterError, match=r"did not stop.*mode 'immediate'"):
        cluster.stop("smart")
    with pytest.raises(ClusterError, match=r"did not answer within 1 seconds.*server\.log"):
        cluster.start()

    session.close()
    cluster.stop("immediate")
    assert not cluster._alive()


def test_a_server_whose_last_process_takes_a_moment_to_end_was_stopped(
    made_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = EmbeddedPostgres(made_home)
    cluster.start()
    still = iter([True, True, True])
    alive = EmbeddedPostgres._alive
    monkeypatch.setattr(EmbeddedPostgres, "_alive", lambda self: next(still, False) or alive(self))

    cluster.stop("immediate")

    assert next(still, None) is None
    assert not cluster.status().running


def test_a_socket_folder_that_belongs_to_somebody_else_is_not_used(made_home: Path) -> None:
    ours, theirs = made_home.stat(), (made_home / "pg18").stat()
    folder = made_home / "sockets"
    folder.mkdir(mode=0o700)

    assert _make_private(folder, ours)
    folder.chmod(0o755)
    assert not _make_private(folder, ours), "others may enter it"
    folder.chmod(0o700)
    (made_home / "link").symlink_to(folder)
    assert not _make_private(made_home / "link", ours), "it may lead elsewhere tomorrow"
    assert _make_private(folder, theirs) is (ours.st_uid == theirs.st_uid)


def test_a_temporary_folder_too_deep_for_a_socket_is_passed_over(
    made_home: Path, empty_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = empty_home / ("a" * 90)
    deep.mkdir()
    deep.chmod(0o777)
    monkeypatch.setattr(tempfile, "tempdir", str(deep))

    EmbeddedPostgres(made_home).start()

    assert EmbeddedPostgres(made_home).status().running
    assert list(deep.iterdir()) == []


def test_a_temporary_folder_of_any_name_holds_the_socket(
    made_home: Path, empty_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = empty_home / "d'él & 5%25 ñ?"
    odd.mkdir()
    odd.chmod(0o777)
    monkeypatch.setattr(tempfile, "tempdir", str(odd))
    cluster = EmbeddedPostgres(made_home)

    cluster.start()

    assert cluster.status().running
    assert cluster.status().socket_directory in list(odd.iterdir())
    cluster.stop()


def test_what_people_wrote_does_not_get_into_the_server_s_log(made_home: Path) -> None:
    cluster = EmbeddedPostgres(made_home)
    cluster.start()
    with psycopg.connect(cluster.dsn()) as connection, pytest.raises(psycopg.Error):
        connection.execute("SELECT 1 / 0, 'la dirección de Ana'")
    cluster.stop()

    log = (cluster.data_directory / "server.log").read_text()
    assert "division by zero" in log
    assert "Ana" not in log


def mount_small_disk(folder: Path) -> None:
    """Put a disk of 20 MB at a folder, half of what a new cluster takes. Fails the test where that is refused."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=20m,mode=755", "tmpfs", str(folder)]
    answer = subprocess.run(mount, check=False, capture_output=True, text=True)
    if answer.returncode != 0:
        pytest.fail(
            f"root was refused a small disk at {folder}: {answer.stderr.strip()}. Let this machine mount a tmpfs "
            "(in a container: --cap-add SYS_ADMIN), or run the tests as an ordinary user, who has no such disk."
        )


@pytest.fixture
def small_disk(empty_home: Path) -> Iterator[Path]:
    """A disk of 20 MB. No ordinary user may mount one; for root it is there, or the test fails."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    mount_small_disk(empty_home)
    yield empty_home
    for data in empty_home.glob("pg18"):
        EmbeddedPostgres(data.parent).stop("immediate")
    subprocess.run(["umount", empty_home], check=True)


def test_a_small_disk_that_is_refused_fails_and_says_what_to_do(
    empty_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing = tmp_path / "mount"
    refusing.write_text("#!/bin/sh\necho 'mount: permission denied' >&2\nexit 32\n")
    refusing.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(pytest.fail.Exception, match=r"mount: permission denied\. Let this machine mount"):
        mount_small_disk(empty_home)


def fill(file: Path) -> None:
    """Write to a file until there is no room for more."""
    with suppress(OSError), file.open("wb", buffering=0) as room:
        while room.write(bytes(1 << 16)):
            pass


def remount(disk: Path, options: str) -> None:
    """Change what a disk is like."""
    subprocess.run(["mount", "-o", f"remount,{options}", disk], check=True)


def test_a_full_disk_is_named_and_what_was_begun_on_it_is_no_obstacle(small_disk: Path) -> None:
    cluster = EmbeddedPostgres(small_disk)

    with pytest.raises(ClusterError, match=r"No space left on device.*Check free space.*BITACORA_HOME"):
        cluster.start()

    remount(small_disk, "size=400m")
    cluster.start()
    keep(cluster, 1)
    cluster.stop()
    fill(small_disk / "films")
    with pytest.raises(ClusterError, match=r"ended while starting: .*No space left on device"):
        cluster.start()
    (small_disk / "films").unlink()
    cluster.start()
    assert kept(cluster) == [1]


def test_a_disk_that_cannot_be_written_to_is_named(small_disk: Path) -> None:
    remount(small_disk, "ro")

    with pytest.raises(ClusterError, match=r"cannot be written to \(Read-only file system\)"):
        EmbeddedPostgres(small_disk).start()


@pytest.mark.parametrize("end", [os.kill, os.killpg], ids=["alone", "with its programs"])
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("after_seconds", [0.2, 0.3, 0.45])
def test_a_start_that_was_interrupted_is_done_again(
    empty_home: Path, end: Callable[[int, int], None], by: signal.Signals, after_seconds: float
) -> None:
    program = (
        "import sys; from pathlib import Path; from ledger.embedded import EmbeddedPostgres\n"
        "EmbeddedPostgres(Path(sys.argv[1])).start()"
    )
    start = subprocess.Popen(
        [sys.executable, "-c", program, str(empty_home)], start_new_session=True, stderr=subprocess.PIPE
    )
    time.sleep(after_seconds)
    end(start.pid, by)
    start.communicate()

    EmbeddedPostgres(empty_home).start()

    assert EmbeddedPostgres(empty_home).status().running
