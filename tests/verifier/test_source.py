"""A log at an address: verified as from a folder, and refused where an answer is not the whole file."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from bitacora_verifier import address as at_an_address
from bitacora_verifier import source
from bitacora_verifier.log import Question, verify_log
from bitacora_verifier.note import parse_vkey
from bitacora_verifier.refusal import Kind, Refused
from tests.verifier.published import KEY, Files, published, sample_entries

PINNED = [parse_vkey(KEY.public.vkey)]


class Answering(BaseHTTPRequestHandler):
    """A web server that shows these files, and misbehaves where it is told to."""

    protocol_version = "HTTP/1.1"
    files: ClassVar[Files] = {}
    broken: ClassVar[dict[str, list[str]]] = {}
    """How the next answers of a path are wrong."""
    connections: ClassVar[set[tuple[str, int]]] = set()

    def do_GET(self) -> None:
        self.connections.add(self.client_address)
        path = self.path.removeprefix("/log/")
        wrong = self.broken.get(path) or [""]
        how = wrong.pop(0) if len(wrong) > 1 else wrong[0]
        content = self.files.get(path)
        if how == "closed":
            self.close_connection = True
            return
        status = int(how) if how.isdigit() else 200 if content is not None else 404
        body = (
            b"x" * 40_000_000
            if how == "endless"
            else content
            if content is not None and status == 200
            else b"{}"
        )
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) + (100 if how == "short" else 0)))
        if status == 301:
            self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = how in {"short", "endless"}

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


class Quiet(ThreadingHTTPServer):
    """Says nothing of whoever hangs up on it."""

    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(at_an_address, "AGAIN_SECONDS", 0.0)
    source.opened.cache_clear()
    Answering.files = published(sample_entries(300))
    Answering.broken = {}
    Answering.connections = set()
    server = Quiet(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=server.serve_forever, args=[0.05])
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/log"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        source.opened.cache_clear()


def test_a_served_log_is_verified_over_one_connection(address: str) -> None:
    assert verify_log(Question(f"{address}/", PINNED)).checkpoint.size == 300
    assert len(Answering.connections) == 1


@pytest.mark.parametrize("how", ["503", "429", "closed", "short"])
def test_what_fails_once_is_asked_for_again(address: str, how: str) -> None:
    Answering.broken = {"tile/0/000": [how, how, ""]}

    assert verify_log(Question(address, PINNED)).checkpoint.size == 300


@pytest.mark.parametrize("path", ["checkpoint", "tile/0/000", "tile/entries/001.p/44", "tile/1/000.p/1"])
@pytest.mark.parametrize("how", ["404", "403", "500", "301", "204", "503", "closed", "short", "endless"])
def test_an_answer_that_is_not_the_file_is_refused(address: str, path: str, how: str) -> None:
    Answering.broken = {path: [how]}

    with pytest.raises(Refused) as refused:
        verify_log(Question(address, PINNED))
    assert refused.value.kind == Kind.MISSING


def test_a_server_that_is_not_there_is_refused() -> None:
    with pytest.raises(Refused, match="checkpoint cannot be read"):
        verify_log(Question("http://127.0.0.1:9/log", PINNED))


def test_a_server_that_does_not_say_when_it_signed_is_stale_where_that_is_asked(address: str) -> None:
    with pytest.raises(Refused, match="Nobody says when"):
        verify_log(Question(address, PINNED, fresh_minutes=5))
