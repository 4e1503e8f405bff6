"""Documents at a real server: what is too large, what breaks off, what is killed; and the command line that asks it."""

from __future__ import annotations

import hashlib
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from httpx2 import Client

from ledger.documents import DocumentFolder
from ledger.embedded import EmbeddedPostgres
from tests.api.harness import ACT, milestone
from tests.database import fresh_database
from tests.programs import resident_bytes
from tests.sample_documents import large_pdf, pdf

MIB = 1024 * 1024
BITACORA = (sys.executable, "-m", "api")


@dataclass(slots=True)
class Server:
    """A running ``bitacora serve`` that can be killed and started again."""

    environment: dict[str, str]
    folder: DocumentFolder
    token: str = ""
    port: int = 0
    process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it, on any port."""
        self.process = subprocess.Popen(
            [*BITACORA, "serve", "--port", "0"], env=self.environment, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline().strip().rpartition(":")[2])

    def kill(self) -> None:
        """Kill it with SIGKILL."""
        assert self.process is not None
        self.process.kill()
        self.process.communicate()

    def resident_bytes(self) -> int:
        """Return how much memory it holds."""
        assert self.process is not None
        return resident_bytes(self.process.pid)

    def client(self) -> Client:
        """Return a client with a token."""
        return Client(
            base_url=f"http://127.0.0.1:{self.port}",
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=30,
        )

    def half_sent(self, size: int, sent: bytes) -> socket.socket:
        """Begin to send a document and stop in the middle."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        head = (
            f"POST /api/v1/documents HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self.token}\r\n"
            f"Content-Length: {size}\r\n\r\n"
        )
        connection.sendall(head.encode() + sent)
        return connection

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command that asks this server."""
        asking = {"BITACORA_SERVER": f"http://127.0.0.1:{self.port}", "BITACORA_TOKEN": self.token}
        return subprocess.run(
            [*BITACORA, *words], env=self.environment | asking, capture_output=True, text=True, check=False
        )

    def parts(self) -> list[Path]:
        """Return what is under way or was left lying."""
        folder = self.folder.folder / "parts"
        return list(folder.iterdir()) if folder.is_dir() else []

    def waits_until(self, *, parts: int) -> None:
        """Wait until so many parts are there."""
        deadline = time.monotonic() + 10
        while len(self.parts()) != parts:
            assert time.monotonic() < deadline, self.parts()
            time.sleep(0.02)


@pytest.fixture(scope="module")
def server(
    postgres_18: EmbeddedPostgres, opened_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("documents")
    with fresh_database(postgres_18, opened_template) as url:
        environment = {
            **os.environ,
            "DATABASE_URL": url,
            "BITACORA_UNSAFE_DURABILITY": "1",
            "BITACORA_LOG_FORMAT": "json",
            "BITACORA_DOCUMENTS": str(folder),
        }
        token = subprocess.run(
            [*BITACORA, "token", "create", "--role", "coordinator", "--territory", "MX-JAL"],
            env=environment, check=True, capture_output=True, text=True,
        ).stdout.strip()  # fmt: skip
        server = Server(environment, DocumentFolder(folder), token)
        server.start()
        try:
            yield server
        finally:
            server.kill()


def in_chunks(size: int) -> Iterator[bytes]:
    """Yield a PDF without end."""
    yield b"%PDF-1.7\n"
    for _ in range(size // 65_536):
        yield b"x" * 65_536


def test_a_document_of_24_mebibytes_takes_little_memory(server: Server) -> None:
    content = large_pdf(24 * MIB)
    with server.client() as client:
        client.post("/api/v1/documents", content=pdf("the first is for what is loaded once"))
        before = server.resident_bytes()
        answer = client.post("/api/v1/documents", content=content)

    assert answer.status_code == 201, answer.text
    assert answer.json()["sha256"] == hashlib.sha256(content).hexdigest()
    assert server.resident_bytes() - before <= 10 * MIB


@pytest.mark.parametrize("said", ["a length", "chunks"])
def test_a_hundred_megabytes_are_refused_before_they_are_held(server: Server, said: str) -> None:
    kept, before = list(server.folder.all()), server.resident_bytes()
    size = 100_000_000
    connection = server.half_sent(size, b"") if said == "a length" else None
    if connection is not None:
        answer = _answer(connection)
        connection.close()
    else:
        answer = _chunked(server, size)

    assert b" 413 " in answer.partition(b"\r\n")[0], answer
    assert b"document-too-large" in answer
    assert server.resident_bytes() - before <= 10 * MIB
    server.waits_until(parts=0)
    assert list(server.folder.all()) == kept


def _answer(connection: socket.socket) -> bytes:
    """Return all of an answer: its head and its body may come apart."""
    answer = b""
    while part := connection.recv(65_536):
        answer += part
        length = re.search(rb"content-length: (\d+)", answer)
        if length and len(answer.partition(b"\r\n\r\n")[2]) >= int(length[1]):
            break
    return answer


def _chunked(server: Server, size: int) -> bytes:
    """Send a document that does not say how long it is, and return the answer."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        head = (
            f"POST /api/v1/documents HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {server.token}\r\n"
            "Transfer-Encoding: chunked\r\n\r\n"
        )
        connection.sendall(head.encode())
        try:
            for piece in in_chunks(size):
                connection.sendall(b"%x\r\n" % len(piece) + piece + b"\r\n")
        except (BrokenPipeError, ConnectionResetError):
            pass  # what the server said before it hung up is still there to be read
        return _answer(connection)


def test_an_upload_that_breaks_off_leaves_nothing(server: Server) -> None:
    kept = list(server.folder.all())
    connection = server.half_sent(5 * MIB, large_pdf(2 * MIB))
    server.waits_until(parts=1)
    connection.close()

    server.waits_until(parts=0)
    assert list(server.folder.all()) == kept


def test_a_killed_server_keeps_no_half_document_and_the_next_one_cleans_up(server: Server) -> None:
    kept = list(server.folder.all())
    with server.half_sent(5 * MIB, large_pdf(2 * MIB)):
        server.waits_until(parts=1)
        server.kill()
    left = server.parts()
    server.start()

    assert len(left) == 1
    server.waits_until(parts=0)
    assert list(server.folder.all()) == kept


def test_the_command_line_attaches_has_and_verifies(server: Server, tmp_path: Path) -> None:
    file, copy = tmp_path / "acta.pdf", tmp_path / "copia.pdf"
    file.write_bytes(pdf("by the command line"))
    where = ("--process", "pel-2026-2027-jal", "--milestone", "L002", "--name", "Acta")
    with server.client() as client:
        tag = client.get(milestone("L002")).headers["ETag"]
        started = client.post(
            f"{milestone('L002')}/start",
            json={"occurred_at": ACT},
            headers={"If-Match": tag, "Idempotency-Key": "00000000-0000-4000-8000-000000000001"},
        )
    assert started.status_code == 200, started.text
    attached = server.run("evidence", "attach", str(file), *where)
    sha256 = attached.stdout.strip()
    again = server.run("evidence", "attach", str(file), *where)
    had = server.run("evidence", "get", sha256, str(copy))
    verified = server.run("evidence", "verify")

    assert attached.returncode == 0, attached.stderr
    assert sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert "attached already" in again.stderr
    assert re.search(r"Its proof: http://127\.0\.0\.1:\d+/api/v1/events/\d+/receipt\n", attached.stderr)
    assert had.returncode == 0, had.stderr
    assert copy.read_bytes() == file.read_bytes()
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_the_command_line_says_what_is_not_right(server: Server, tmp_path: Path) -> None:
    program = tmp_path / "acta.pdf"
    program.write_bytes(b"MZ" + b"\0" * 100)
    refused = server.run(
        "evidence", "attach", str(program), "--process", "x", "--milestone", "L002", "--name", "x"
    )
    unknown = server.run("evidence", "get", "ab" * 32, str(tmp_path / "new.pdf"))
    document = next(server.folder.all())
    document.path.chmod(0o600)
    document.path.write_bytes(b"another")
    damaged = server.run("evidence", "verify")

    assert refused.returncode == 1
    assert "that is not taken" in refused.stderr
    assert unknown.returncode == 1
    assert "There is no document of that SHA-256" in unknown.stderr
    assert not (tmp_path / "new.pdf").exists()
    assert damaged.returncode == 1
    assert f"changed  {document.path}" in damaged.stdout
