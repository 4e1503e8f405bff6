"""A whole log, verified from its files alone: ``docs/VERIFY.md``, steps 2 to 13."""

from __future__ import annotations

import gc
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context

from bitacora_verifier.checkpoint import Checkpoint, open_checkpoint
from bitacora_verifier.history import History, check_tile_hashes
from bitacora_verifier.merkle import root_of
from bitacora_verifier.note import LONGEST_NOTE, Key
from bitacora_verifier.policy import Policy
from bitacora_verifier.refusal import Kind, Refused
from bitacora_verifier.source import Source, opened, read_checkpoint, read_tile
from bitacora_verifier.state import Remembered
from bitacora_verifier.stretch import Job, Stretch, verify_stretch
from bitacora_verifier.tiles import WIDTH, bundles_of, upper_tiles
from bitacora_verifier.witnesses import Witnessed, check_seen_lately, find_witnessed

STRETCH_BUNDLES = 16
"""Bundles that one process verifies before it reports: 4,096 entries."""
WORTH_A_PROCESS = 4
"""With fewer stretches than this, starting other processes takes longer than it saves."""

Progress = Callable[[int, int], None]
"""Hears how many entries are verified, and of how many."""


@dataclass(frozen=True, slots=True)
class Verified:
    """A log that is as it says, and what of it is worth telling and remembering."""

    checkpoint: Checkpoint
    simulated: bool
    first_recorded_at: str
    last_recorded_at: str
    streams: int
    held: Sequence[int]
    """The sizes of the earlier checkpoints that it continues."""
    to_remember: Remembered
    witnessed: Witnessed | None = None
    """Up to where it was seen by the witnesses that were asked for; None where none were."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be verified, and against what."""

    place: str
    keys: Sequence[Key]
    remembered: Remembered | None = None
    held: Sequence[Checkpoint] = ()
    """Earlier checkpoints that somebody holds."""
    policy: Policy | None = None
    """Which witnesses must have seen it; None where nobody asks for them."""
    fresh_minutes: int | None = None
    processes: int = 1
    mirror: str = ""
    """A folder to keep every file in as it was verified; empty for none."""


def verify_log(question: Question, progress: Progress = lambda *_: None) -> Verified:
    """Verify every file of a log. Raises `Refused` with the first thing that is wrong."""
    source = opened(question.place, question.mirror)
    try:
        # Before the checkpoint: the log may grow in between, and is not to seem to have gone back.
        beside = source.read("witnessed", LONGEST_NOTE) if question.policy else None
        note = read_checkpoint(source)
        checkpoint = open_checkpoint(note, question.keys)
        witnessed = _witnessed(source, note, beside, question)
        remembered = question.remembered
        held = [*question.held, *([remembered.checkpoint] if remembered else [])]
        if witnessed and witnessed.checkpoint[:3] != checkpoint[:3]:
            held.append(witnessed.checkpoint)
        _refuse_going_back(checkpoint, held)
        history = History(checkpoint.origin, held, remembered.roots if remembered else ())
        for stretch in _stretches(question, checkpoint, held):
            history.add(stretch)
            progress(history.size, checkpoint.size)
        _check_upper_tiles(source, checkpoint.size, history.roots)
        if history.root() != checkpoint.root:
            raise _another_root(checkpoint, max((each.size for each in held), default=0))
    finally:
        source.close()
    return Verified(
        checkpoint=checkpoint, simulated=history.simulated, first_recorded_at=history.first_recorded_at,
        last_recorded_at=history.last_recorded_at, streams=len(history.streams),
        held=[each.size for each in held],
        to_remember=Remembered(_next_keys(question.keys, history), checkpoint.signed_by, note, history.roots),
        witnessed=witnessed,
    )  # fmt: skip


def _witnessed(source: Source, note: bytes, beside: bytes | None, question: Question) -> Witnessed | None:
    """Ask the witnesses there have to be, or else the publisher, how old the checkpoint is. Raises `Refused`."""
    minutes = question.fresh_minutes
    if question.policy is None:
        if minutes is not None:
            _check_age(source, minutes)
        return None
    found = find_witnessed(note, beside, question.keys, question.policy)
    if minutes is not None:
        check_seen_lately(found, question.policy, minutes)
    return found


def _next_keys(keys: Sequence[Key], history: History) -> Sequence[Key]:
    """Return the keys the next checkpoint may be signed with: those that are pinned, as the log changed them."""
    known = dict.fromkeys([*keys, *history.announced])
    return [key for key in known if key not in history.retired]


def _stretches(question: Question, checkpoint: Checkpoint, held: Sequence[Checkpoint]) -> Iterator[Stretch]:
    """Yield the stretches of a log in their order, each as soon as it and all before it are done."""
    bundles = bundles_of(checkpoint.size)
    wanted = frozenset(each.size // WIDTH for each in held if each.size % WIDTH)
    jobs = [
        Job(
            question.place,
            checkpoint.origin,
            checkpoint.size,
            first,
            min(first + STRETCH_BUNDLES, bundles),
            wanted,
            question.mirror,
        )
        for first in range(0, bundles, STRETCH_BUNDLES)
    ]
    if question.processes < 2 or len(jobs) < WORTH_A_PROCESS:
        yield from map(verify_stretch, jobs)
        return
    # Started anew, not copied: whatever else runs in this process stays out of it.
    pool = ProcessPoolExecutor(
        question.processes, get_context("spawn"),
        initializer=_begin_process,
    )  # fmt: skip
    try:
        yield from pool.map(verify_stretch, jobs)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin_process() -> None:
    # Whoever interrupts is heard by the process that started this one, and that ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # No object here leads back to itself: to look for such ones takes a tenth of the time, and finds none.
    gc.disable()


def _check_upper_tiles(source: Source, size: int, roots: Sequence[bytes]) -> None:
    """Hold every tile above the leaves' against the hashes over what is below it. Raises `Refused`."""
    level, hashes, above = 1, list(roots), list[bytes]()
    for tile in upper_tiles(size):
        if tile.level != level:
            level, hashes, above = level + 1, above, []
        below = hashes[tile.number * WIDTH : tile.number * WIDTH + tile.width]
        check_tile_hashes(below, read_tile(source, tile), level, tile.number)
        if tile.width == WIDTH:
            above.append(root_of(below))


def _refuse_going_back(checkpoint: Checkpoint, held: Sequence[Checkpoint]) -> None:
    for each in held:
        if each.origin != checkpoint.origin:
            raise Refused(
                Kind.ASKED_WRONGLY,
                f"The checkpoint you hold is of '{each.origin}', and this log is '{checkpoint.origin}'.",
                f"El sello que tienes es de «{each.origin}», y esta bitácora es «{checkpoint.origin}».",
            )
        if each.size > checkpoint.size:
            raise Refused(
                Kind.HISTORY,
                f"The log went back: it has {checkpoint.size:,} entries, and a checkpoint of {each.size:,} was signed. "
                "Entries are gone, or what you are shown is old.",
                f"La bitácora retrocedió: tiene {checkpoint.size:,} asientos, y se firmó un sello de {each.size:,}. "
                "Faltan asientos, o lo que te muestran es viejo.",
                checkpoint.size + 1,
                each.size,
            )


def _check_age(source: Source, minutes: int) -> None:
    modified_at = source.modified_at()
    age = (datetime.now(UTC) - modified_at).total_seconds() / 60 if modified_at else None
    if age is None or age > minutes:
        raise Refused(
            Kind.STALE,
            "Nobody says when the checkpoint was last signed."
            if age is None
            else f"The checkpoint was last said to stand {age:,.0f} minutes ago, over the {minutes:,} you allow.",
            "Nadie dice cuándo se firmó por última vez el sello de integridad."
            if age is None
            else f"El sello de integridad se confirmó por última vez hace {age:,.0f} minutos; permites {minutes:,}.",
        )


def _another_root(checkpoint: Checkpoint, known: int) -> Refused:
    """Return the refusal of files that agree with each other and not with what was signed."""
    return Refused(
        Kind.TREE,
        f"The entries lead to another root than the one that was signed over {checkpoint.size:,} of them. What is "
        f"wrong is among positions {known + 1:,} to {checkpoint.size:,}.",
        f"Los asientos llevan a otra raíz que la firmada sobre {checkpoint.size:,} de ellos. Lo que está mal está "
        f"entre las posiciones {known + 1:,} y {checkpoint.size:,}.",
        known + 1,
        checkpoint.size,
    )
