"""The program as it runs in earnest: ``bitacora …`` as a process of its own, to be stopped, killed, started again."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

PROGRAMS = Path(sys.executable).parent
"""Where ``bitacora`` was installed, beside the Python that runs the tests."""


class Program:
    """One process and the file it writes to; started, killed and started again under the same name."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], output: Path) -> None:
        self._command = list(command)
        self._environment = {"PATH": f"{PROGRAMS}:{os.environ['PATH']}", "LANG": "C.UTF-8", **environment}
        self._output = output
        self._process: subprocess.Popen[bytes] | None = None
        self.starts = 0

    def start(self) -> None:
        """Start it, in a folder that holds nothing it could find."""
        self.starts += 1
        with self._output.open("ab") as output:
            self._process = subprocess.Popen(
                self._command,
                env=self._environment,
                cwd=self._output.parent,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def kill(self) -> None:
        """Kill it with SIGKILL."""
        assert self.running, f"it ended by itself: {self.said()}"
        self._running().kill()
        self._running().wait()

    def stop(self, timeout_seconds: float) -> tuple[int, float]:
        """Ask it to end with SIGTERM; return its exit code and the seconds it took."""
        asked_at = time.monotonic()
        self._running().send_signal(signal.SIGTERM)
        return self.wait(timeout_seconds), time.monotonic() - asked_at

    def wait(self, timeout_seconds: float) -> int:
        """Wait until it ends; return its exit code."""
        return self._running().wait(timeout_seconds)

    @property
    def running(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    def said(self) -> str:
        """Return the last it wrote, from all its lives."""
        return "\n".join(self._output.read_text(errors="replace").splitlines()[-20:])

    def close(self) -> None:
        """End it if it runs."""
        if self.running:
            self._running().kill()
            self._running().wait()

    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "it was never started"
        return self._process


@contextmanager
def program(
    command: Sequence[str], environment: Mapping[str, str], output: Path, *, start: bool = True
) -> Iterator[Program]:
    """Run a program for as long as the block runs."""
    made = Program(command, environment, output)
    if start:
        made.start()
    try:
        yield made
    finally:
        made.close()


def run_once(
    command: Sequence[str], environment: Mapping[str, str], output: Path, timeout_seconds: float
) -> str:
    """Run a program to its end and return what it wrote. Raises ``AssertionError`` where it failed."""
    with program(command, environment, output) as one:
        code = one.wait(timeout_seconds)
        assert code == 0, f"{' '.join(command)} ended with {code}: {one.said()}"
    return output.read_text()


def resident_bytes(process_id: int) -> int:
    """Return how much memory a program holds (proc(5), VmRSS)."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process_id}/status").read_text())
    assert found
    return 1024 * int(found[1])


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
