"""A time-stamping authority on this machine, for the tests: `openssl ts` behind a small server on loopback."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

CONFIGURATION = """
[req]
distinguished_name = name
prompt = no
[name]
CN = Autoridad de prueba
[root]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign
[signer]
basicConstraints = CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[tsa]
default_tsa = here
[here]
serial = serial
default_policy = 1.2.3.4.1
digests = DIGESTS
signer_digest = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
"""

Answer = Callable[["Authority", bytes], bytes | tuple[int, bytes]]
"""What an authority answers to a question: bytes, or a status with them."""


def stamped(authority: Authority, query: bytes) -> bytes:
    """Answer as an authority has to."""
    return authority.reply(query)


@dataclass(slots=True)
class Authority:
    """An authority with a root certificate of its own, in a folder."""

    folder: Path
    address: str = ""
    answer: Answer = stamped
    seconds_between: float = 0.0
    """How long it takes over each byte."""
    asked: list[bytes] = field(default_factory=list)

    @property
    def root(self) -> Path:
        """The certificate its stamps lead to."""
        return self.folder / "root.pem"

    def prepare(self, digests: str = "sha256") -> None:
        """Make its keys and certificates; ``digests`` are those it accepts."""
        self.folder.mkdir()
        (self.folder / "cnf").write_text(CONFIGURATION.replace("DIGESTS", digests))
        (self.folder / "serial").write_text("01\n")
        new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-config", "cnf"]
        self.openssl(
            "req", "-x509", *new_key, "-keyout", "root.key", "-out", "root.pem", "-extensions", "root"
        )
        self.openssl("req", *new_key, "-keyout", "signer.key", "-out", "signer.csr", "-subj", "/CN=Sellos")
        self.openssl(
            "x509", "-req", "-in", "signer.csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial",
            "-out", "signer.pem", "-extfile", "cnf", "-extensions", "signer",
        )  # fmt: skip

    def reply(self, query: bytes) -> bytes:
        """Return the answer to a question (``TimeStampResp``)."""
        (self.folder / "query").write_bytes(query)
        self.openssl(
            "ts", "-reply", "-queryfile", "query", "-signer", "signer.pem", "-inkey", "signer.key",
            "-config", "cnf", "-out", "answer",
        )  # fmt: skip
        return (self.folder / "answer").read_bytes()

    def openssl(self, *arguments: str) -> None:
        """Run openssl in the folder."""
        subprocess.run(["openssl", *arguments], cwd=self.folder, capture_output=True, check=True)


def verified(data: bytes, answer: Path, root: Path) -> bool:
    """Tell whether openssl accepts a time stamp of these bytes."""
    command = ["openssl", "ts", "-verify", "-data", "/dev/stdin", "-in", str(answer), "-CAfile", str(root)]
    found = subprocess.run(command, input=data, capture_output=True, check=False)
    return found.returncode == 0 and b"Verification: OK" in found.stdout + found.stderr


@contextmanager
def authority(folder: Path, digests: str = "sha256") -> Iterator[Authority]:
    """Run an authority whose files are in a new folder."""
    running = Authority(folder)
    running.prepare(digests)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Type"] == "application/timestamp-query"
            running.asked.append(query)
            found = running.answer(running, query)
            status, answer = found if isinstance(found, tuple) else (200, found)
            self.send_response(status)
            self.send_header("Content-Type", "application/timestamp-reply")
            if status == 302:
                self.send_header("Location", running.address)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            try:
                step = 1 if running.seconds_between else len(answer) or 1
                for at in range(0, len(answer), step):
                    self.wfile.write(answer[at : at + step])
                    time.sleep(running.seconds_between)
            except OSError:
                return

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    running.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
