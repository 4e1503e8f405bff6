"""How things die: every process at once, with SIGKILL, which nobody can catch, delay or tidy up after."""

from __future__ import annotations

import os
import re
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ledger.embedded import EmbeddedPostgres


def kill_server(cluster: EmbeddedPostgres) -> int:
    """Kill the postmaster and all its children; return how many processes that were."""
    postmaster = int((cluster.data_directory / "postmaster.pid").read_text().split("\n", 1)[0])
    # Stopped first, so that no child is born while they are counted.
    os.kill(postmaster, signal.SIGSTOP)
    doomed = [postmaster, *_children_of(postmaster)]
    for process in doomed:
        with suppress(ProcessLookupError):  # a session that ended by itself meanwhile
            os.kill(process, signal.SIGKILL)
    return len(doomed)


def restart(cluster: EmbeddedPostgres) -> float:
    """Start a killed server again; return the seconds until it answered."""
    started = time.monotonic()
    cluster.start()
    return time.monotonic() - started


def _children_of(parent: int) -> list[int]:
    """Return the processes whose parent is this one."""
    children = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            # The name in parentheses may hold anything; what follows the last one is numbers.
            if int(re.sub(r"^.*\) ", "", entry.read_text(), flags=re.DOTALL).split()[1]) == parent:
                children.append(int(entry.parent.name))
    return children
