"""Some ``bitacora serve`` of our own, each a process, over one database."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.http_commands import free_port, wait_until_open


@dataclass(frozen=True, slots=True)
class Served:
    """Where they answer, and what they take."""

    ports: list[int]
    processes: list[int]

    @property
    def processor_seconds(self) -> float:
        """How long they have kept a processor busy."""
        return sum(_ticks_of(process) for process in self.processes) / os.sysconf("SC_CLK_TCK")


def _ticks_of(process: int) -> int:
    # After the name, which may hold blanks: state is the third field, user and system time the 14th and 15th.
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()
    return int(fields[11]) + int(fields[12])


@contextmanager
def served(url: str, servers: int) -> Iterator[Served]:
    """Run the program so many times on a database."""
    ports = [free_port() for _ in range(servers)]
    environment = {**os.environ, "DATABASE_URL": url, "BITACORA_LOG_FORMAT": "json", "PYTHONPATH": "."}
    with ExitStack() as running:
        processes = []
        for port in ports:
            command = [sys.executable, "-m", "api", "serve", "--port", str(port)]
            process = subprocess.Popen(
                command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            running.enter_context(process)
            running.callback(process.terminate)
            processes.append(process.pid)
            wait_until_open(port)
        yield Served(ports, processes)
