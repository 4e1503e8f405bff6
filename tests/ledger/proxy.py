"""A bad line to PostgreSQL: it can lose an answer, lose a question, fall silent, or be cut."""

from __future__ import annotations

import contextlib
import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

BIND = b"B"
"""First byte of what a client sends to run a prepared statement (PostgreSQL protocol 3.0, Bind)."""


class BadLine:
    """A proxy on a unix socket. Each of its troubles happens once and is then over, but ``is_cut`` lasts."""

    def __init__(self, url: str, folder: Path) -> None:
        server = conninfo_to_dict(url)
        port = str(server.get("port") or "5432")
        self._server = f"{server['host']}/.s.PGSQL.{port}"
        self.url = make_conninfo(url, host=str(folder), port=port)
        self.loses_next_answer = False
        self.loses_next_question = False
        self.is_cut_after_next_answer = False
        self.is_cut = False
        self._open: list[socket.socket] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / f".s.PGSQL.{port}"))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def hang_up(self) -> None:
        """Close every connection."""
        while self._open:
            end = self._open.pop()
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def close(self) -> None:
        self.is_cut = True
        self._listener.close()
        self.hang_up()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self.is_cut:
                    client.close()
                    continue
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._server)
                self._open += [client, server]
                asked = threading.Event()
                threading.Thread(target=self._questions, args=(client, server, asked), daemon=True).start()
                threading.Thread(target=self._answers, args=(client, server, asked), daemon=True).start()

    def _questions(self, client: socket.socket, server: socket.socket, asked: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                if data[:1] == BIND and b"append" in data[:32]:
                    asked.set()
                    if self.loses_next_question:
                        self.loses_next_question = False
                        break
                server.sendall(data)
            self._end(client, server)

    def _answers(self, client: socket.socket, server: socket.socket, asked: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                if asked.is_set() and self.loses_next_answer:
                    # The server answers after its commit: what is lost here was recorded.
                    self.loses_next_answer = False
                    self.is_cut |= self.is_cut_after_next_answer
                    break
                client.sendall(data)
            self._end(client, server)

    @staticmethod
    def _end(*ends: socket.socket) -> None:
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def bad_line(url: str) -> Iterator[BadLine]:
    """A proxy before the server of this address; ``.url`` leads through it."""
    with tempfile.TemporaryDirectory(prefix="bitacora-line-") as folder:
        line = BadLine(url, Path(folder))
        try:
            yield line
        finally:
            line.close()
