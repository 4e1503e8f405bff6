"""The embedded server and accounts: root, ordinary users, and what belongs to neither and is left alone."""

from __future__ import annotations

import multiprocessing
import os
import pwd
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ledger.binaries import Binaries, ClusterError
from ledger.embedded import EmbeddedPostgres
from tests.database import in_memory, keep, kept, kill, programs_of_18, remove_home

as_root = os.geteuid() == 0


@pytest.fixture
def closed_home() -> Iterator[Path]:
    """A folder below one that only its owner may enter."""
    outer = Path(tempfile.mkdtemp(prefix=f"bitacora-test-{os.getpid()}-closed-", dir=in_memory()))
    yield outer / "deeper" / "var"
    remove_home(outer / "deeper" / "var")
    shutil.rmtree(outer)


def modes(folder: Path) -> dict[Path, tuple[int, int, int]]:
    """The mode, user and group of a folder and of everything above it."""
    seen = {}
    for place in (folder, *folder.parents):
        if place.exists():
            found = place.stat()
            seen[place] = (stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid)
    return seen


def closed_programs(closed_home: Path) -> Binaries:
    """PostgreSQL 18 at a path that only its owner may follow."""
    closed_home.mkdir(parents=True)
    (closed_home / "bin").symlink_to(programs_of_18().folder)
    return Binaries(closed_home / "bin", 18)


def in_a_process_as_nobody(work: Callable[[], None]) -> None:
    """Run ``work`` as the account ``nobody`` (as ourselves where we are not root); fail if it fails."""

    def change_and_work() -> None:
        if as_root:
            entry = pwd.getpwnam("nobody")
            os.setgroups([])
            os.setgid(entry.pw_gid)
            os.setuid(entry.pw_uid)
        work()

    process = multiprocessing.get_context("fork").Process(target=change_and_work)
    process.start()
    process.join(60)
    assert process.exitcode == 0


def run_kill_and_recover(cluster: EmbeddedPostgres) -> None:
    """Start a server, kill it, and find what it committed when it runs again."""
    cluster.start()
    keep(cluster, 1)
    kill(cluster)
    cluster.start()
    assert kept(cluster) == [1]
    cluster.stop()


def test_below_a_folder_only_its_owner_may_enter_it_runs_and_changes_nothing_above(closed_home: Path) -> None:
    closed_home.parent.mkdir()
    before = modes(closed_home.parent)

    run_kill_and_recover(EmbeddedPostgres(closed_home))

    assert modes(closed_home.parent) == before


def test_programs_below_a_folder_only_its_owner_may_enter_are_used(
    empty_home: Path, closed_home: Path
) -> None:
    cluster = EmbeddedPostgres(empty_home, binaries=closed_programs(closed_home))

    cluster.start()

    assert cluster.status().running
    cluster.stop()


@pytest.mark.skipif(not as_root, reason="only root can make what belongs to another account")
def test_programs_that_moved_out_of_reach_of_the_owner_of_the_data_are_named(
    made_home: Path, closed_home: Path
) -> None:
    with pytest.raises(ClusterError, match=r"pg_ctl cannot be run by the account.*Set BITACORA_PG_BIN"):
        EmbeddedPostgres(made_home, binaries=closed_programs(closed_home)).start()


def test_a_start_changes_the_permissions_of_nothing_above_its_own_folder(empty_home: Path) -> None:
    before = modes(empty_home)

    EmbeddedPostgres(empty_home).start()

    assert modes(empty_home) == before


def test_an_ordinary_user_starts_kills_and_recovers_a_server_of_their_own(empty_home: Path) -> None:
    empty_home.chmod(0o777)
    cluster = EmbeddedPostgres(empty_home / "var", binaries=programs_of_18())

    in_a_process_as_nobody(lambda: run_kill_and_recover(cluster))
    assert not as_root or (empty_home / "var").owner() == "nobody"


@pytest.mark.skipif(not as_root, reason="only root can make what belongs to another account")
def test_an_ordinary_user_is_told_whose_server_it_is(made_home: Path) -> None:
    EmbeddedPostgres(made_home).start()
    shutil.chown(made_home / ".lock", "nobody")

    def work() -> None:
        with pytest.raises(ClusterError, match="belongs to another account"):
            EmbeddedPostgres(made_home, binaries=programs_of_18()).start()
        with pytest.raises(ClusterError, match="belongs to another account"):
            EmbeddedPostgres(made_home, binaries=programs_of_18()).status()

    in_a_process_as_nobody(work)
