"""A file that one writes to and another reads from, meanwhile: what was written is handed on and forgotten."""

from __future__ import annotations

import io


class Drain(io.RawIOBase):
    """Takes bytes and gives them back once, in order. Nobody can go back in it."""

    def __init__(self) -> None:
        super().__init__()
        self._kept: list[bytes] = []
        self._written = 0

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    def write(self, content: object) -> int:
        """Take some bytes."""
        piece = bytes(content)  # type: ignore[call-overload]  # whatever has bytes, as every writer's file takes it
        self._kept.append(piece)
        self._written += len(piece)
        return len(piece)

    def tell(self) -> int:
        """Return how much was written so far."""
        return self._written

    def drain(self) -> bytes:
        """Return what was written since this was last asked."""
        piece = b"".join(self._kept)
        self._kept.clear()
        return piece
