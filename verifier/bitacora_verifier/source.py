"""Where a log is read from: a folder of files, or an address. What is not there as it must be is refused."""

from __future__ import annotations

import http.client
import ssl
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from bitacora_verifier.note import LONGEST_NOTE
from bitacora_verifier.refusal import Kind, Refused
from bitacora_verifier.tiles import LONGEST_BUNDLE, WIDTH, Bundle, Tile, unpack

TIMEOUT_SECONDS = 30
ATTEMPTS = 3
AGAIN_SECONDS = 1.0
BUSY = {429, 502, 503, 504}
"""Answers after which it is asked once more."""


class Source(Protocol):
    """What files are read from."""

    def read(self, path: str, longest: int) -> bytes | None:
        """Return a file, None where it is not there. Raises `Refused` where it cannot be read or is longer."""

    def modified_at(self) -> datetime | None:
        """Return when the checkpoint was last said to stand, by whoever publishes it; None where nobody says so."""

    def close(self) -> None:
        """Let go of what it was read through; it can be read again."""


class Folder:
    """A log as files, as mirrors have it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, path: str, longest: int) -> bytes | None:
        """Return a file, None where it is not there."""
        try:
            with (self._folder / path).open("rb") as file:
                content = file.read(longest + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unreadable(path, error.strerror or str(error)) from error
        return _not_longer(path, content, longest)

    def modified_at(self) -> datetime | None:
        """Return when the checkpoint's file was written."""
        try:
            return datetime.fromtimestamp((self._folder / "checkpoint").stat().st_mtime, UTC)
        except OSError:
            return None

    def close(self) -> None:
        """Do nothing: every file is closed once it was read."""


class Address:
    """A log as it is served, over one connection that is kept open."""

    def __init__(self, address: str) -> None:
        found = urlsplit(address)
        self._base = found.path.rstrip("/")
        self._host = found.netloc.rpartition("@")[2]
        self._secure = found.scheme == "https"
        self._connection: http.client.HTTPConnection | None = None
        self._modified = ""

    def read(self, path: str, longest: int) -> bytes | None:
        """Return a file, None where the answer is 404. Connections that fail and busy servers are tried again."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                status, content = self._get(path, longest)
            except (OSError, http.client.HTTPException) as error:
                self.close()
                if attempt == ATTEMPTS:
                    raise _unreadable(path, str(error) or type(error).__name__) from error
            else:
                if status == 200:
                    return _not_longer(path, content, longest)
                if status in {404, 410}:
                    return None
                if attempt == ATTEMPTS or status not in BUSY:
                    raise _unreadable(path, f"HTTP {status}")
                time.sleep(AGAIN_SECONDS)
        raise AssertionError

    def modified_at(self) -> datetime | None:
        """Return what the server said of the checkpoint, ``Last-Modified``."""
        try:
            return parsedate_to_datetime(self._modified)
        except ValueError:
            return None

    def close(self) -> None:
        """Close the connection; the next question opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _get(self, path: str, longest: int) -> tuple[int, bytes]:
        if self._connection is None:
            self._connection = (
                http.client.HTTPSConnection(
                    self._host, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context()
                )
                if self._secure
                else http.client.HTTPConnection(self._host, timeout=TIMEOUT_SECONDS)
            )
        self._connection.request("GET", f"{self._base}/{path}", headers={"User-Agent": "bitacora-verifier"})
        answer = self._connection.getresponse()
        content = answer.read(longest + 1)
        if len(content) > longest:
            # The rest is not wanted, and would stand before the next answer.
            self.close()
        elif answer.length:
            raise http.client.IncompleteRead(content, answer.length)
        if path == "checkpoint":
            self._modified = answer.headers.get("Last-Modified", "")
        return answer.status, content


@cache
def opened(place: str) -> Source:
    """Return where a log is read from, once in each process. Raises `Refused`."""
    scheme = urlsplit(place).scheme
    if scheme in {"http", "https"}:
        return Address(place)
    if not Path(place).is_dir():
        raise Refused(
            Kind.MISSING,
            f"{place} is neither a folder nor an address that begins with https:// or http://.",
            f"{place} no es una carpeta ni una dirección que empiece con https:// o http://.",
        )
    return Folder(Path(place))


def read_checkpoint(source: Source) -> bytes:
    """Return the checkpoint's file. Raises `Refused`."""
    file = source.read("checkpoint", LONGEST_NOTE)
    if file is None:
        raise Refused(
            Kind.MISSING,
            "There is no checkpoint: this is no signed log, or nothing was signed yet.",
            "No hay sello de integridad: esta no es una bitácora firmada, o aún no se firma nada.",
        )
    return file


def read_tile(source: Source, tile: Tile) -> bytes:
    """Return the hashes of a tile: exactly as many as it is wide. Raises `Refused`."""
    content = source.read(tile.path, WIDTH * 32)
    if content is None and tile.width < WIDTH:
        # Once a tile is full, mirrors need not keep what it was before.
        whole = source.read(tile._replace(width=WIDTH).path, WIDTH * 32)
        content = whole[: tile.width * 32] if whole else None
    if content is None or len(content) != tile.width * 32:
        raise _missing(tile, content)
    return content


def read_bundle(source: Source, tile: Tile) -> Bundle:
    """Return what is in a bundle. Raises `Refused` where it is missing."""
    content = source.read(tile.path, LONGEST_BUNDLE)
    if content is not None:
        return unpack(content, tile.width)
    whole = source.read(tile._replace(width=WIDTH).path, LONGEST_BUNDLE) if tile.width < WIDTH else None
    if whole is None:
        raise _missing(tile, None)
    entries, is_whole = unpack(whole, WIDTH)
    return Bundle(entries[: tile.width], is_whole)


def _missing(tile: Tile, content: bytes | None) -> Refused:
    below = WIDTH ** (tile.level or 0)
    first = tile.number * WIDTH * below + 1
    last = (tile.number * WIDTH + tile.width) * below
    if content is None:
        en, es = f"{tile.path} is missing.", f"Falta {tile.path}."
    else:
        en = f"{tile.path} has {len(content):,} bytes and must have {tile.width * 32:,}."
        es = f"{tile.path} tiene {len(content):,} bytes y debe tener {tile.width * 32:,}."
    return Refused(Kind.MISSING, en, es, first, last)


def _not_longer(path: str, content: bytes, longest: int) -> bytes:
    if len(content) > longest:
        raise Refused(
            Kind.MISSING,
            f"{path} is longer than the {longest:,} bytes it may have.",
            f"{path} tiene más de los {longest:,} bytes que puede tener.",
        )
    return content


def _unreadable(path: str, why: str) -> Refused:
    return Refused(Kind.MISSING, f"{path} cannot be read: {why}.", f"No se puede leer {path}: {why}.")
