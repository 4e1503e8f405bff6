"""The signed log as a folder of files, for any web server: the same addresses and the same bytes as the service's.

Every file is written whole under another name first. The checkpoint comes last, once everything it speaks of is on
disk, so whoever reads the folder at any moment has a log that verifies. What was interrupted is taken up again.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from ledger.checkpoint import Checkpoint, parse_checkpoint
from ledger.note import BadNote, parse_note
from ledger.signed_log import SignedLog
from ledger.tiles import WIDTH, Tile, entries_of, tiles_of
from ledger.tree import SignedTree

CHECKPOINT, WITNESSED, VKEY, TILES, TIME_STAMPS = "checkpoint", "witnessed", "vkey", "tile", "timestamps"

Progress = Callable[[int], None]
"""Hears how many entries there are files of, as that grows."""


class NotPublished(Exception):
    """The signed log was not written to a folder; the message says why and what to do."""


def publish(log: SignedLog, folder: Path, progress: Progress = lambda _: None) -> SignedTree:
    """Write what a folder lacks of the signed log, and return what it then holds.

    Raises `NotPublished` where nothing was signed, and where the folder holds what this log does not continue.
    """
    # Before the checkpoint, which then covers it.
    witnessed, signed = log.witnessed(), log.checkpoint()
    if signed is None:
        raise NotPublished("Nothing was signed yet: is 'bitacora sign' at work?")
    known = _known(folder)
    _refuse_another_history(log, folder, known, signed)
    size = known.size if known else 0
    for tile in tiles_of(signed.size, size):
        file = folder / TILES / tile.path
        if not _is_whole(file, tile):
            content = log.tile(tile)
            if content is None:
                raise NotPublished(
                    f"The tile {tile.path} is not there, though it was signed: look at the log."
                )
            write_file(file, content)
        if tile.kind == "entries":
            progress(tile.number * WIDTH + tile.width)
    _publish_time_stamps(log, folder / TIME_STAMPS, signed.size)
    write_file(folder / VKEY, signed.vkeys.encode())
    # What the checkpoint speaks of is on disk before it is.
    os.sync()
    write_file(folder / CHECKPOINT, signed.note)
    if witnessed:
        # After the checkpoint: who reads the two in the other order never finds it ahead.
        write_file(folder / WITNESSED, witnessed.note)
    _remove_partial(folder, signed.size, size)
    return signed


def listed_time_stamps(sizes: Sequence[tuple[int, datetime]]) -> bytes:
    """Return the file that says which checkpoints are time-stamped: a size and the hour its stamp says, one a line."""
    return "".join(f"{size} {at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}\n" for size, at in sizes).encode()


def _publish_time_stamps(log: SignedLog, folder: Path, size: int) -> None:
    """Write the time stamps a folder lacks, each beside the checkpoint it is over; the list of them last."""
    sizes = [(stamped, at) for stamped, at in log.stamped_sizes() if stamped <= size]
    for stamped, _ in sizes:
        stamp, signed, file = log.time_stamp(stamped), log.checkpoint_of(stamped), folder / f"{stamped}.tsr"
        if stamp and signed and not (file.exists() and file.read_bytes() == stamp.answer):
            write_file(folder / f"{stamped}.checkpoint", signed.note)
            write_file(file, stamp.answer)
    if sizes:
        write_file(folder / "list", listed_time_stamps(sizes))


def _known(folder: Path) -> Checkpoint | None:
    """Return what a folder holds already; None where that is nothing."""
    file = folder / CHECKPOINT
    if not file.exists():
        return None
    try:
        return parse_checkpoint(parse_note(file.read_bytes()).text)
    except BadNote as error:
        raise NotPublished(f"{file} is no checkpoint ({error}): choose another folder.") from error


def _refuse_another_history(
    log: SignedLog, folder: Path, known: Checkpoint | None, signed: SignedTree
) -> None:
    if known is None:
        return
    now = parse_checkpoint(parse_note(signed.note).text)
    if known.origin != now.origin:
        raise NotPublished(
            f"{folder} holds the log '{known.origin}', not '{now.origin}': choose another folder."
        )
    if known.size > now.size:
        raise NotPublished(
            f"{folder} holds {known.size:,} entries, and the signed log has {now.size:,}: it was restored, and what is "
            "published is ahead of it. Nothing was written."
        )
    if log.root(known.size) != known.root:
        raise NotPublished(
            f"{folder} holds another history of the first {known.size:,} entries: the past was changed. "
            "Keep that folder, and let those who verify the log know. Nothing was written."
        )


def _is_whole(file: Path, tile: Tile) -> bool:
    """Tell whether a file that may be there already is whole: one that a loss of power cut short is not."""
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return False
    if tile.kind != "entries":
        return len(content) == tile.width * 32
    try:
        return len(entries_of(content)) == tile.width
    except ValueError:
        return False


def write_file(file: Path, content: bytes) -> None:
    """Write a file of a published folder: whoever reads it meanwhile has the one before, or this one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f".{file.name}.unfinished")
    unfinished.write_bytes(content)
    unfinished.replace(file)


def _remove_partial(folder: Path, size: int, before: int) -> None:
    """Remove the partial tiles of those that are full by now: the full ones have all of them."""
    for tile in tiles_of(size, before):
        if tile.width == WIDTH:
            shutil.rmtree(folder / TILES / f"{tile.path}.p", ignore_errors=True)
