"""Documents, each kept once under the SHA-256 of its bytes, in a folder beside the log.

What is under way is a *part*: written a piece at a time, and a document only once it is whole, on disk and hashed.
A part that is written to is locked, and the lock goes with its writer, however that one ends; so nothing that broke
off is ever taken for a document, and what was left lying can be told from what is at work.
Every process that serves the same log shares the folder.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, NamedTuple

PIECE_BYTES = 256 * 1024
"""How much of a document is in memory at a time."""
KEPT_FREE_BYTES = 256 * 1024 * 1024
"""How much of the disk is left to others."""
PART_LASTS_SECONDS = 24 * 60 * 60
"""How long an upload may be resumed after it began."""

_DIGEST = re.compile(r"[0-9a-f]{64}")
_PART = re.compile(r"[0-9a-f]{32}")


class DocumentError(Exception):
    """Something is wrong with the folder of documents; the message says what and where."""


class NoRoom(DocumentError):
    """The disk is nearly full, and no document is taken."""


class PartBusy(DocumentError):
    """Another request writes to the same part."""


class Kept(NamedTuple):
    """A document as the folder knows it."""

    sha256: str
    size_bytes: int
    path: Path
    is_new: bool = False
    """Whether it was not kept before."""


class Part:
    """A document on its way. Made and locked by `DocumentFolder`."""

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self.path = path
        self._file = file

    @property
    def id(self) -> str:
        """What it is resumed by."""
        return self.path.stem

    @property
    def size_bytes(self) -> int:
        """How much of it is there."""
        return self._file.seek(0, os.SEEK_END)

    def append(self, piece: bytes) -> None:
        """Write what comes next. Raises ``OSError`` where the disk is full."""
        self._file.seek(0, os.SEEK_END)
        self._file.write(piece)
        self._file.flush()

    def cut(self, size_bytes: int) -> None:
        """Let go of what came after so many bytes."""
        self._file.truncate(size_bytes)

    def sync(self) -> None:
        """Return once what was written is on the disk."""
        os.fsync(self._file.fileno())


class DocumentFolder:
    """The documents of a log. It is made on disk with the first of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._parts = folder / "parts"

    @contextmanager
    def new_part(self) -> Iterator[Part]:
        """Lend a new part, which is gone afterwards unless it was kept. Raises `NoRoom`."""
        self._make_room()
        unlocked = self._parts / f"{secrets.token_hex(16)}.new"
        path = unlocked.with_suffix(".part")
        with unlocked.open("xb+") as file:
            _lock(file)
            unlocked.rename(path)
            try:
                yield Part(path, file)
            finally:
                path.unlink(missing_ok=True)

    def begin(self, about: str) -> str:
        """Return the id of a new part that stays until it is kept, dropped or old; ``about`` is kept beside it."""
        self._make_room()
        self.clean()
        id_ = secrets.token_hex(16)
        self._about(id_).write_text(about, encoding="utf-8")
        (self._parts / f"{id_}.resumable").touch(exist_ok=False)
        return id_

    def about(self, id_: str) -> str | None:
        """Return what was said of a part when it began, None where there is none."""
        if not _PART.fullmatch(id_):
            return None
        try:
            return self._about(id_).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def resumable(self) -> list[str]:
        """Return the ids of the parts that were begun and stay."""
        return [path.stem for path in self._parts.glob("*.about")]

    def received(self, id_: str) -> int:
        """Return how many bytes of a part are there. Raises ``FileNotFoundError``."""
        return (self._parts / f"{id_}.resumable").stat().st_size

    @contextmanager
    def resume(self, id_: str) -> Iterator[Part]:
        """Lend a part that was begun. Raises `PartBusy` and ``FileNotFoundError``."""
        path = self._parts / f"{id_}.resumable"
        with path.open("rb+") as file:
            _lock(file)
            yield Part(path, file)

    def drop(self, id_: str) -> None:
        """Let go of a part."""
        (self._parts / f"{id_}.resumable").unlink(missing_ok=True)
        self._about(id_).unlink(missing_ok=True)

    def keep(self, part: Part) -> Kept:
        """Make a part the document that it is: hashed as it is on disk, and kept once."""
        part.sync()
        sha256 = digest_of(part.path)
        path = self._place(sha256)
        size_bytes = part.size_bytes
        path.parent.mkdir(parents=True, exist_ok=True)
        is_new = not path.exists()
        if is_new or digest_of(path) != sha256:  # a damaged copy is mended by a good one
            part.path.chmod(0o440)
            part.path.replace(path)
            _sync_folder(path.parent)
        else:
            part.path.unlink()
        self._about(part.id).unlink(missing_ok=True)
        return Kept(sha256, size_bytes, path, is_new)

    def find(self, sha256: str) -> Kept | None:
        """Return a document by its digest, None where it is not kept."""
        if not _DIGEST.fullmatch(sha256):
            return None
        path = self._place(sha256)
        try:
            return Kept(sha256, path.stat().st_size, path)
        except FileNotFoundError:
            return None

    def all(self) -> Iterator[Kept]:
        """Yield every document, in the order of digests."""
        for path in sorted(self.folder.glob("??/??/*")):
            if _DIGEST.fullmatch(path.name):
                yield Kept(path.name, path.stat().st_size, path)

    def clean(self) -> int:
        """Remove what broke off and what nobody came back to; return how many. Parts at work are left alone."""
        if not self._parts.is_dir():
            return 0
        old = time.time() - PART_LASTS_SECONDS
        removed = 0
        for path in self._parts.iterdir():
            with suppress(FileNotFoundError, PartBusy):
                if path.suffix == ".part" or path.stat().st_mtime < old:
                    with path.open("rb") as file:
                        _lock(file)
                        path.unlink()
                    removed += 1
        return removed

    def _place(self, sha256: str) -> Path:
        """Return where a document is: ``ab/cd/abcd…``, so that no folder grows too long."""
        return self.folder / sha256[:2] / sha256[2:4] / sha256

    def _about(self, id_: str) -> Path:
        return self._parts / f"{id_}.about"

    def _make_room(self) -> None:
        try:
            self._parts.mkdir(parents=True, exist_ok=True, mode=0o750)
        except OSError as error:
            raise DocumentError(f"documents cannot be kept in {self.folder}: {error.strerror}") from error
        if shutil.disk_usage(self._parts).free < KEPT_FREE_BYTES:
            raise NoRoom(NoRoom.__doc__)


def verified(kept: Kept) -> Iterator[bytes]:
    """Yield a document's bytes, the last only once all of them are what they were. Raises `DocumentError`."""
    seen = hashlib.sha256()
    with kept.path.open("rb") as file:
        piece = file.read(PIECE_BYTES)
        while piece:
            seen.update(piece)
            following = file.read(PIECE_BYTES)
            if not following and seen.hexdigest() != kept.sha256:
                raise DocumentError(
                    f"{kept.path} is no longer what it was: its SHA-256 is {seen.hexdigest()}"
                )
            yield piece
            piece = following


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    seen = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            seen.update(piece)
    return seen.hexdigest()


def _lock(file: IO[bytes]) -> None:
    """Lock a part for as long as its file is open. Raises `PartBusy`."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise PartBusy(PartBusy.__doc__) from None


def _sync_folder(folder: Path) -> None:
    """Return once a new name in a folder is on the disk, and the folders above with it."""
    for one in (folder, folder.parent, folder.parent.parent):
        descriptor = os.open(one, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
