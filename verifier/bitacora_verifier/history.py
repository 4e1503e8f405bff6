"""The log as it grows while stretch after stretch is verified, held against what is known of it from before."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from bitacora_verifier.checkpoint import Checkpoint
from bitacora_verifier.merkle import Growing
from bitacora_verifier.note import Key, parse_vkey
from bitacora_verifier.refusal import Kind, Refused
from bitacora_verifier.stretch import LogEvent, Stretch, time_runs_back, wrong_version
from bitacora_verifier.tiles import HEIGHT, WIDTH


class History:
    """What the entries so far amount to."""

    def __init__(self, origin: str, held: Sequence[Checkpoint], known_roots: Sequence[bytes]) -> None:
        self.roots: list[bytes] = []
        self.streams: dict[str, int] = {}
        self.first_recorded_at = ""
        self.last_recorded_at = ""
        self.simulated = False
        self.announced: list[Key] = []
        self.retired: list[Key] = []
        self._origin = origin
        self._tree = Growing()
        self._held = sorted(held, key=lambda each: each.size)
        self._known_roots = known_roots

    @property
    def size(self) -> int:
        """How many entries there are so far."""
        return self._tree.size

    def root(self) -> bytes:
        """Return the root over all of them, once the last was added. Raises `Refused` where it is not what it was."""
        # One that ends where the log does, and a bundle with it.
        self._hold(self.size // WIDTH, ())
        return self._tree.root()

    def add(self, stretch: Stretch) -> None:
        """Add the next stretch. Raises `Refused` with what is wrong at the lowest position."""
        wrong = [each for each in (*self._claims(stretch), stretch.refused) if each]
        try:
            self._grow(stretch)
        except Refused as refused:
            wrong.append(refused)
        if wrong:
            raise min(wrong, key=lambda each: each.first or 0)

    def _grow(self, stretch: Stretch) -> None:
        """Add the hashes of a stretch, and hold every known root against them on the way."""
        bundles = {stretch.first + n: root for n, root in enumerate(stretch.roots)}
        for number in sorted({*bundles, *stretch.leaves}):
            root, leaves = bundles.get(number), stretch.leaves.get(number, ())
            if root and number < len(self._known_roots) and root != self._known_roots[number]:
                raise _other_past(number * WIDTH + 1, (number + 1) * WIDTH)
            self._hold(number, leaves)
            if root:
                self._tree.add(root, HEIGHT)
                self.roots.append(root)
            else:
                for leaf in leaves:
                    self._tree.add(leaf)

    def _hold(self, number: int, leaves: Sequence[bytes]) -> None:
        """Hold the checkpoints that end in this bundle against the tree at their size."""
        while self._held and self._held[0].size <= number * WIDTH + len(leaves):
            held = self._held.pop(0)
            if self._tree.root(leaves[: held.size - self.size]) != held.root:
                whole = min(len(self._known_roots), held.size // WIDTH)
                raise _other_past(whole * WIDTH + 1, held.size)

    def _claims(self, stretch: Stretch) -> list[Refused]:
        """Hold what a stretch says against what was said before it."""
        wrong = []
        for stream, (version, position) in stretch.first_seen.items():
            expected = self.streams.get(stream, 0) + 1
            if version != expected:
                wrong.append(wrong_version(stream, position, version, expected))
        self.streams.update(stretch.last_versions)
        if stretch.first_recorded_at and stretch.first_recorded_at < self.last_recorded_at:
            wrong.append(time_runs_back(stretch.first * WIDTH + 1))
        self.last_recorded_at = stretch.last_recorded_at or self.last_recorded_at
        self.first_recorded_at = self.first_recorded_at or stretch.first_recorded_at
        if stretch.first == 0 and stretch.first_recorded_at:
            wrong += self._began(stretch.log_events)
        for event in stretch.log_events:
            wrong += self._heard(event)
        return wrong

    def _began(self, events: Sequence[LogEvent]) -> list[Refused]:
        """Hear from the first entry what the log is called, and whether it is real."""
        for position, kind, data in events[:1]:
            if (position, kind) == (1, "LogStarted.v1") and _said(data, "origin") == self._origin:
                self.simulated = _said(data, "simulated") is True
                return []
        return [
            Refused(
                Kind.CLAIMS,
                f"The first entry does not begin the log '{self._origin}'.",
                f"El primer asiento no inicia la bitácora «{self._origin}».",
                1,
            )
        ]

    def _heard(self, event: LogEvent) -> list[Refused]:
        """Note which keys the log announces and retires."""
        where = {"LogKeyAnnounced.v1": self.announced, "LogKeyRetired.v1": self.retired}.get(event.type)
        if where is None:
            return []
        try:
            key = parse_vkey(str(_said(event.data, "vkey")))
        except Refused as refused:
            return [Refused(Kind.CLAIMS, refused.en, refused.es, event.position)]
        if key.name != self._origin:
            return [
                Refused(
                    Kind.CLAIMS,
                    f"The entry at position {event.position:,} is of a key of another log, '{key.name}'.",
                    f"El asiento de la posición {event.position:,} es de una clave de otra bitácora, «{key.name}».",
                    event.position,
                )
            ]
        where.append(key)
        return []


def _said(data: Any, name: str) -> Any:
    return data.get(name) if isinstance(data, dict) else None


def _other_past(first: int, last: int) -> Refused:
    return Refused(
        Kind.HISTORY,
        f"The past was changed: among positions {first:,} to {last:,} is another entry than there was. Keep the "
        "checkpoint you hold and these files: together they prove it.",
        f"Se cambió el pasado: entre las posiciones {first:,} y {last:,} hay otro asiento que el que había. Conserva "
        "el sello que tienes y estos archivos: juntos lo prueban.",
        first,
        last,
    )


def check_tile_hashes(below: Sequence[bytes], content: bytes, level: int, number: int) -> None:
    """Hold a tile above the leaves against the hashes it must have. Raises `Refused`."""
    hashes = [content[n : n + 32] for n in range(0, len(content), 32)]
    for n, (one, other) in enumerate(zip_longest(below, hashes)):
        if one != other:
            leaves = WIDTH**level
            first = (number * WIDTH + n) * leaves + 1
            last = first + leaves - 1
            raise Refused(
                Kind.TREE,
                f"The entries at positions {first:,} to {last:,} are not those whose hash is in tile/{level}.",
                f"Los asientos {first:,} a {last:,} no son aquellos cuya huella está en tile/{level}.",
                first,
                last,
            )
