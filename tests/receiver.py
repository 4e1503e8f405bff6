"""A system that receives webhooks, for the tests: it keeps what came, and answers as it is told to."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def position(self) -> int:
        """The event's position in the log."""
        return int(self.headers["bitacora-position"])

    @property
    def id(self) -> str:
        """The message's id."""
        return self.headers["webhook-id"]


Answer = Callable[[Received], int]
"""What a receiver answers: a status, 0 to hang up, -1 never to answer."""


@dataclass(slots=True)
class Receiver:
    """A receiver on this machine."""

    address: str
    answer: Answer = lambda _received: 204
    received: list[Received] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    def verified(self, secret: str) -> list[int]:
        """Return the positions that came, each checked by the library; it raises where a signature is not good."""
        checker = Webhook(secret)
        for each in self.received:
            checker.verify(each.body, each.headers)
        return [each.position for each in self.received]

    def signed(self, secret: str) -> list[int]:
        """Return the positions that came, each with the signature of the instant it says, whenever that is."""
        for each in self.received:
            at = datetime.fromtimestamp(int(each.headers["webhook-timestamp"]), UTC)
            assert each.headers["webhook-signature"] == Webhook(secret).sign(each.id, at, each.body.decode())
        return [each.position for each in self.received]

    def wait_for(self, count: int, seconds: float = 15.0) -> None:
        """Wait until so many requests came."""
        until = time.monotonic() + seconds
        while len(self.received) < count:
            assert time.monotonic() < until, f"{len(self.received)} of {count} came"
            time.sleep(0.02)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a receiver."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            came = Received(self.path, headers, body)
            receiver.received.append(came)
            status = receiver.answer(came)
            if status == -1:
                receiver.released.wait(60)
            if status <= 0:
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", f"{receiver.address}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver = Receiver(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.released.set()
        server.shutdown()
        thread.join()
        server.server_close()
