"""Files that are whole or as they were, on disk before anybody hears of it, and for their user alone.

For what must not be lost in a crash though no database keeps it: keys, and what was signed with them.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LARGEST_BYTES = 1 << 20


class OpenToOthers(Exception):
    """A file that is for its user alone can be read by others. The message says what to do."""


def read_private(file: Path) -> bytes:
    """Return what a file says that is for its user alone. Raises `OpenToOthers`, and ``OSError``."""
    with file.open("rb") as opened:
        about = os.fstat(opened.fileno())
        if about.st_mode & 0o077 or not stat.S_ISREG(about.st_mode):
            raise OpenToOthers(
                f"{file} is open to others: chmod 600 {file}, and think of whom it was open to."
            )
        return opened.read(LARGEST_BYTES)


def replace(file: Path, content: bytes) -> None:
    """Write a file whole, or leave it as it was; on disk when this returns."""
    unfinished = file.with_name(f".{file.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    write_new(unfinished, content)
    unfinished.replace(file)
    sync_folder(file.parent)


def write_new(file: Path, content: bytes) -> None:
    """Write a file that is not there yet, for its user alone. Raises ``FileExistsError``."""
    handle = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with open(handle, "wb") as opened:  # noqa: PTH123 - the handle was opened for its user alone
        opened.write(content)
        opened.flush()
        os.fsync(handle)


def keep_once(file: Path, content: bytes) -> bytes:
    """Write a file whole unless there is one, and return what it says: of any number who do, all return the same.

    Raises `OpenToOthers`, and ``OSError``.
    """
    unfinished = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    write_new(unfinished, content)
    try:
        os.link(unfinished, file)
    except FileExistsError:
        return read_private(file)
    finally:
        unfinished.unlink()
    sync_folder(file.parent)
    return content


def sync_folder(folder: Path) -> None:
    """Let the names in a folder be on disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep every other process from exchanging anything in a folder meanwhile."""
    handle = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
