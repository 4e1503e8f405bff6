"""A stretch of neighbouring bundles, verified by one process: read, hash, hold against the tiles, and read the claims.

What does not fit is found in the order of positions, so what a stretch refuses is the first there is to refuse in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bitacora_verifier.entries import Claims, read_entries
from bitacora_verifier.merkle import root_of
from bitacora_verifier.refusal import Kind, Refused
from bitacora_verifier.source import Source, opened, read_bundle, read_tile
from bitacora_verifier.tiles import WIDTH, Tile, split, width_of

LOG_STREAM = "log"


class Job(NamedTuple):
    """Which bundles of which log, ``end`` not among them, and of which of them every leaf is wanted."""

    place: str
    origin: str
    size: int
    first: int
    end: int
    wanted: frozenset[int]
    mirror: str


class LogEvent(NamedTuple):
    """An event about the log itself: what its keys are is said there."""

    position: int
    type: str
    data: Any


@dataclass(slots=True)
class Stretch:
    """What was found, up to the first thing that does not fit."""

    first: int
    """The number of its first bundle."""
    roots: list[bytes] = field(default_factory=list)
    """The hash over each full bundle."""
    leaves: dict[int, Sequence[bytes]] = field(default_factory=dict)
    """The leaf hashes of the bundles that were wanted, and of the one that is not full."""
    first_seen: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Of each stream, the first version there is, and its position."""
    last_versions: dict[str, int] = field(default_factory=dict)
    first_recorded_at: str = ""
    last_recorded_at: str = ""
    log_events: list[LogEvent] = field(default_factory=list)
    refused: Refused | None = None


def verify_stretch(job: Job) -> Stretch:
    """Verify a stretch."""
    found = Stretch(job.first)
    try:
        source = opened(job.place, job.mirror)
        for number in range(job.first, job.end):
            _verify_bundle(found, source, job, number)
    except Refused as refused:
        found.refused = refused
    return found


def _verify_bundle(found: Stretch, source: Source, job: Job, number: int) -> None:
    width = width_of(0, number, job.size)
    bundle = read_bundle(source, Tile(None, number, width))
    tile = read_tile(source, Tile(0, number, width))
    sha256 = hashlib.sha256
    leaves = [sha256(b"\x00" + entry).digest() for entry in bundle.entries]
    fit = len(leaves) if b"".join(leaves) == tile else _first_difference(leaves, split(tile))
    # Before the claims: that its past is another may be what is wrong with an earlier entry.
    if bundle.is_whole and fit == width == WIDTH:
        found.roots.append(root_of(leaves))
    if bundle.is_whole and fit == width and (width < WIDTH or number in job.wanted):
        found.leaves[number] = leaves
    claims, wrong = read_entries(bundle.entries[:fit], job.origin)
    _note(found, claims, number * WIDTH + 1)
    position = number * WIDTH + len(claims)
    if wrong:
        raise Refused(
            Kind.CLAIMS,
            f"The entry at position {position + 1:,}: {wrong.en}.",
            f"El asiento de la posición {position + 1:,}: {wrong.es}.",
            position + 1,
        )
    if fit < len(leaves):
        raise Refused(
            Kind.TREE,
            f"The entry at position {position + 1:,} is not the one whose hash is in the tile tile/0.",
            f"El asiento de la posición {position + 1:,} no es aquel cuya huella está en la tesela tile/0.",
            position + 1,
        )
    if not bundle.is_whole:
        raise Refused(
            Kind.MISSING,
            f"The bundle {number:,} does not hold its {width} entries whole, and nothing more.",
            f"El paquete {number:,} no contiene sus {width} asientos completos, y nada más.",
            min(position, number * WIDTH + width - 1) + 1,
        )


def _first_difference(leaves: Sequence[bytes], kept: Sequence[bytes]) -> int:
    """Return the first leaf that is not the kept one; where one of the two ends first, that place."""
    pairs = enumerate(zip(leaves, kept, strict=False))
    return next((n for n, (leaf, other) in pairs if leaf != other), min(len(leaves), len(kept)))


def _note(found: Stretch, claims: Sequence[Claims], first: int) -> None:
    """Hold what entries say against those before them in this stretch, and remember it. Raises `Refused`."""
    found.first_recorded_at = found.first_recorded_at or (claims[0].recorded_at if claims else "")
    versions, before = found.last_versions, found.last_recorded_at
    for position, (stream, version, recorded_at, kind, data) in enumerate(claims, start=first):
        known = versions.get(stream)
        if known is None:
            found.first_seen[stream] = (version, position)
        elif version != known + 1:
            raise wrong_version(stream, position, version, known + 1)
        versions[stream] = version
        if recorded_at < before:
            raise time_runs_back(position)
        before = found.last_recorded_at = recorded_at
        if stream == LOG_STREAM:
            found.log_events.append(LogEvent(position, kind, data))


def wrong_version(stream: str, position: int, version: int, expected: int) -> Refused:
    """Return the refusal of an entry that does not follow the one before it in its stream."""
    return Refused(
        Kind.CLAIMS,
        f"The entry at position {position:,} is version {version:,} of {stream}, and {expected:,} must come next.",
        f"El asiento de la posición {position:,} es la versión {version:,} de {stream}, y debe seguir la {expected:,}.",
        position,
    )


def time_runs_back(position: int) -> Refused:
    """Return the refusal of an entry that was recorded before the one it follows."""
    return Refused(
        Kind.CLAIMS,
        f"The entry at position {position:,} says it was recorded before the one it follows.",
        f"El asiento de la posición {position:,} dice haberse registrado antes que el anterior.",
        position,
    )
