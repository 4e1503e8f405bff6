"""Where a log is read from: a folder of files, or an address. What is not there as it must be is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from bitacora_verifier.note import LONGEST_NOTE
from bitacora_verifier.refusal import Kind, Refused
from bitacora_verifier.tiles import LONGEST_BUNDLE, WIDTH, Bundle, Tile, unpack


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
            raise unreadable(path, error.strerror or str(error)) from error
        return not_longer(path, content, longest)

    def modified_at(self) -> datetime | None:
        """Return when the checkpoint's file was written."""
        try:
            return datetime.fromtimestamp((self._folder / "checkpoint").stat().st_mtime, UTC)
        except OSError:
            return None

    def close(self) -> None:
        """Do nothing: every file is closed once it was read."""


class Mirrored:
    """A log that is read, and every file of it kept in a folder as it was read."""

    def __init__(self, source: Source, folder: Path) -> None:
        self._source = source
        self._folder = folder

    def read(self, path: str, longest: int) -> bytes | None:
        """Return a file, and keep it."""
        content = self._source.read(path, longest)
        if content is not None:
            file = self._folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        return content

    def modified_at(self) -> datetime | None:
        """Return what the source says."""
        return self._source.modified_at()

    def close(self) -> None:
        """Close the source."""
        self._source.close()


@cache
def opened(place: str, mirror: str = "") -> Source:
    """Return where a log is read from, once in each process, and kept if a folder is named. Raises `Refused`."""
    if mirror:
        return Mirrored(opened(place), Path(mirror))
    scheme = urlsplit(place).scheme
    if scheme in {"http", "https"}:
        from bitacora_verifier.address import Address  # noqa: PLC0415 - a folder needs no network

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


def not_longer(path: str, content: bytes, longest: int) -> bytes:
    """Return what was read of a file. Raises `Refused` where it is longer than it may be."""
    if len(content) > longest:
        raise Refused(
            Kind.MISSING,
            f"{path} is longer than the {longest:,} bytes it may have.",
            f"{path} tiene más de los {longest:,} bytes que puede tener.",
        )
    return content


def unreadable(path: str, why: str) -> Refused:
    """Return the refusal of a file that cannot be read."""
    return Refused(Kind.MISSING, f"{path} cannot be read: {why}.", f"No se puede leer {path}: {why}.")
