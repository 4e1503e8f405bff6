"""The program on a real port, spoken to byte by byte: what no client library would send."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

import pytest

from ledger.embedded import EmbeddedPostgres
from tests.api.harness import ACT, milestone
from tests.database import fresh_database
from tests.programs import resident_bytes

HOST = b"Host: localhost\r\n"


@dataclass(frozen=True, slots=True)
class Server:
    """A running ``bitacora serve``."""

    port: int
    process_id: int
    token: str

    def resident_bytes(self) -> int:
        """Return how much memory the program holds."""
        return resident_bytes(self.process_id)

    def ask(self, request: bytes, *chunks: bytes) -> tuple[int, bytes]:
        """Send bytes, and return the status and the rest of the answer; 0 where the connection was dropped."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(request)
            try:
                for chunk in chunks:
                    connection.sendall(chunk)
            except (BrokenPipeError, ConnectionResetError):
                pass  # what the server said before it hung up is still there to be read
            return self.answer(connection)

    def answer(self, connection: socket.socket) -> tuple[int, bytes]:
        """Read one answer, as long as it says it is."""
        received = b""
        while part := connection.recv(65_536):
            received += part
            head, found, body = received.partition(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", head)
            if found and length and len(body) >= int(length[1]):
                break
        status = re.match(rb"HTTP/1\.[01] (\d{3})", received)
        return int(status[1]) if status else 0, received

    def get(self, target: bytes) -> int:
        """Ask for a target as it is spelt."""
        return self.ask(b"GET " + target + b" HTTP/1.1\r\n" + HOST + b"\r\n")[0]

    def position(self) -> int:
        """Return where the log ends, by the program's own word."""
        answer = self.ask(b"GET /livez HTTP/1.1\r\n" + HOST + b"\r\n")[1]
        found = re.search(rb"(?i)bitacora-position: (\d+)", answer)
        assert found
        return int(found[1])

    def command(self, *extra: bytes) -> bytes:
        """Return the head of a good command, but for how long its body is."""
        given = [
            b"POST " + f"{milestone('L001')}/start".encode() + b" HTTP/1.1",
            b"Host: localhost",
            b"Authorization: Bearer " + self.token.encode(),
            b"Idempotency-Key: " + str(uuid4()).encode(),
            b'If-Match: "1"',
            b"Content-Type: application/json",
            *extra,
        ]
        return b"\r\n".join(given) + b"\r\n\r\n"


@pytest.fixture(scope="module")
def server(postgres_18: EmbeddedPostgres, opened_template: str) -> Iterator[Server]:
    with fresh_database(postgres_18, opened_template) as url:
        environment = {
            **os.environ,
            "DATABASE_URL": url,
            "BITACORA_UNSAFE_DURABILITY": "1",
            "BITACORA_LOG_FORMAT": "json",
        }
        token = subprocess.run(
            [sys.executable, "-m", "api", "token", "create", "--role", "administrator", "--territory", "MX"],
            env=environment, check=True, capture_output=True, text=True,
        ).stdout.strip()  # fmt: skip
        with subprocess.Popen(
            [sys.executable, "-m", "api", "serve", "--port", "0", "--no-projector"],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        ) as process:  # fmt: skip
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            yield Server(int(address.rpartition(":")[2]), process.pid, token)
            process.terminate()
            assert process.wait(20) == 0


def test_it_answers(server: Server) -> None:
    assert server.get(b"/livez") == 200
    assert server.get(milestone("L001").encode()) == 200


@pytest.mark.parametrize("said", ["a length", "chunks"])
def test_eighty_megabytes_are_refused_before_they_are_held(server: Server, said: str) -> None:
    before, position = server.resident_bytes(), server.position()
    size = 80 * 2**20
    part = b" " * 65_536

    if said == "a length":
        status, answer = server.ask(
            server.command(b"Content-Length: %d" % size), *[part] * (size // len(part))
        )
    else:
        chunk = b"%x\r\n" % len(part) + part + b"\r\n"
        status, answer = server.ask(
            server.command(b"Transfer-Encoding: chunked"), *[chunk] * (size // len(part)), b"0\r\n\r\n"
        )

    assert status == 413, answer
    assert b"body-too-large" in answer
    assert server.resident_bytes() - before < 8 * 2**20
    assert server.position() == position


@pytest.mark.parametrize(
    "body",
    [b"zz\r\n{}\r\n0\r\n\r\n", b"-1\r\n{}\r\n0\r\n\r\n", b"2\r\n{}XX0\r\n\r\n",
     b"ffffffffffffffffff\r\n{}\r\n0\r\n\r\n", b"\r\n\r\n",
     b"2;x=y\r\n{}\r\n0\r\n\r\n", b"2\r\n{}\r\n0\r\nTrailer: x\r\n\r\n", b"0\r\n\r\n"],
)  # fmt: skip
def test_odd_chunks_are_a_bad_request(server: Server, body: bytes) -> None:
    position = server.position()
    status, answer = server.ask(server.command(b"Transfer-Encoding: chunked"), body)

    assert 400 <= status < 500, answer
    assert server.position() == position


@pytest.mark.parametrize(
    "extra",
    [(b"Content-Length: 2", b"Transfer-Encoding: chunked"), (b"Content-Length: 2", b"Content-Length: 3"),
     (b"Content-Length: -1",),
     (b"Content-Length: +2",), (b"Content-Length: 2, 2",), (b"Transfer-Encoding: chunked, identity",)],
)  # fmt: skip
def test_two_words_on_one_length_are_a_bad_request(server: Server, extra: tuple[bytes, ...]) -> None:
    position = server.position()
    status, answer = server.ask(server.command(*extra), b"2\r\n{}\r\n0\r\n\r\n")

    assert 400 <= status < 500, answer
    assert server.position() == position


@pytest.mark.parametrize(
    "target",
    [b"/../../etc/passwd", b"/api/v1/../../../etc/passwd", b"/static/../settings.py",
     b"/static/..%2f..%2fsettings.py", b"/%2e%2e/%2e%2e/",
     b"/static/%00", b"/%00", b"/api/v1/entities/%00", b"/api/v1/processes/%00/milestones",
     b"/api/v1/processes/x%00/milestones/F001",
     b"/api/v1/processes/..%2f..%2f/milestones/F001", b"/api/v1/events/%2500", b"/api/v1/events?stream=%00",
     b"/api/v1/events?after=%00",
     b"/api/v1/entities/MX-JAL%00/status", b"/%ff%fe", b"/api/v1/processes/%c0%af", b"//api//v1",
     b"/api/v1/processes/%F0%9F%97%B3",
     b"/problemas/%0d%0aSet-Cookie:x=y", b"/api/v1/processes?cursor=%ed%a0%80",
     b"/api/v1/processes?" + b"x" * 20_000,
     b"/api/v1/processes?" + b"limit=1&" * 5_000, b"/" + b"a/" * 10_000,
     b"/api/v1/processes?as_of=" + b"9" * 5_000,
     b"/api/v1/processes?as_of=%00", b"/api/v1/processes?as_of=2026-11-20T00:00:00%00Z", b"/buscar?q=%00"],
)  # fmt: skip
def test_an_address_that_is_none_is_refused(server: Server, target: bytes) -> None:
    assert 400 <= server.get(target) < 500


@pytest.mark.parametrize("target", [b"http://localhost/livez", b"/livez#fragment", b"/livez?%00"])
def test_an_unusual_spelling_of_a_good_address_is_no_failure(server: Server, target: bytes) -> None:
    assert 200 <= server.get(target) < 500


@pytest.mark.parametrize(
    "request_",
    [b"GET /livez HTTP/1.0\r\n\r\n", b"get /livez HTTP/1.1\r\n" + HOST + b"\r\n",
     b"BREW /livez HTTP/1.1\r\n" + HOST + b"\r\n",
     b"GET /livez HTTP/1.1\r\n" + HOST + b"X: a\r\n b\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
     b"GET /livez HTTP/9.9\r\n\r\n",
     b"GET  /livez  HTTP/1.1\r\n" + HOST + b"\r\n",
     b"GET /livez HTTP/1.1\r\n" + HOST + b"X-Request-ID: \x01\x02\r\n\r\n"],
)  # fmt: skip
def test_an_odd_request_is_answered_and_the_next_one_too(server: Server, request_: bytes) -> None:
    status, answer = server.ask(request_)

    assert 200 <= status < 500, answer
    assert server.get(b"/livez") == 200


def test_a_command_sent_in_drips_is_recorded(server: Server) -> None:
    """The control: the same head with a good body is taken."""
    etag = re.search(
        rb'(?i)etag: ("[^"]+")',
        server.ask(b"GET " + milestone("L001").encode() + b" HTTP/1.1\r\n" + HOST + b"\r\n")[1],
    )
    assert etag
    body = json.dumps({"occurred_at": ACT}).encode()
    head = server.command(b"Content-Length: %d" % len(body)).replace(b'"1"', etag[1])

    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        for byte in head + body:
            connection.sendall(bytes([byte]))
        status, answer = server.answer(connection)

    assert status == 200, answer


def test_it_rests_under_150_megabytes(server: Server) -> None:
    time.sleep(0.2)

    assert server.resident_bytes() < 150 * 2**20
