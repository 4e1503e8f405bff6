"""A client that costs next to nothing: one connection, one request after another, each timed to the last byte.

Thousands of them fit into one event loop, so that on a machine of two cores the server is what is measured.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import cast

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class HungUp(ConnectionError):
    """The server ended the connection before it had answered."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said."""

    status: int
    head: bytes
    body: bytes

    def header(self, name: str) -> str:
        """Return a header's value, empty where it is not there."""
        found = re.search(rb"\r\n" + name.encode() + rb": *([^\r]*)", self.head, re.IGNORECASE)
        return found[1].decode("latin-1") if found else ""


class Browser(asyncio.Protocol):
    """One connection to a server on this machine."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._answered: asyncio.Future[Answer] | None = None

    @classmethod
    async def open(cls, port: int) -> Browser:
        """Connect. Raises ``OSError``."""
        _, browser = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        return browser

    async def ask(self, request: bytes) -> Answer:
        """Send a request and return the whole answer. Raises `HungUp`."""
        if self._transport is None or self._transport.is_closing():
            raise HungUp(HungUp.__doc__)
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answered

    def close(self) -> None:
        """End the connection."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what to write to."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Gather the answer, and hand it over once its last byte is there."""
        self._received += data
        head, found, rest = bytes(self._received).partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not found or len(rest) < (int(length[1]) if length else 0):
            return
        self._received.clear()
        if self._answered is not None and not self._answered.done():
            self._answered.set_result(Answer(int(head[9:12]), head, rest))

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits for an answer that there will be none."""
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(exc or HungUp(HungUp.__doc__))


def request(method: str, path: str, headers: dict[str, str], body: str = "") -> bytes:
    """Return a request's bytes (RFC 9112)."""
    sent = body.encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if method == "POST":
        lines.append(f"Content-Length: {len(sent)}")
    return "\r\n".join([*lines, "", ""]).encode() + sent
