"""Where the log ends, as this process last saw it: the figure on every answer, without a query for each."""

from __future__ import annotations

import threading

import psycopg

from api.logs import log
from ledger.log import Log, LogError

WATCH_SECONDS = 1.0
"""How long one look at the log waits for it to grow."""
REST_SECONDS = 0.05
"""How long it rests after a look: what this process appends it is told of anyway, and others' crowds are one figure."""


class LogEnd:
    """The last position, kept up to date by a thread of its own."""

    def __init__(self, watched: Log) -> None:
        self.position = 0
        self._log = watched
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="log end", daemon=True)

    def start(self) -> None:
        """Begin to watch, from where the log ends now."""
        self.saw(self._log.head().position)
        self._thread.start()

    def saw(self, position: int) -> None:
        """Note a position that is in the log: one's own append is known at once."""
        self.position = max(self.position, position)

    def close(self) -> None:
        """Stop watching."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _watch(self) -> None:
        while not self._stopping.is_set():
            try:
                self.saw(self._log.wait_beyond(self.position, WATCH_SECONDS))
                self._stopping.wait(REST_SECONDS)
            # Whatever a database may answer while it is stopped, restored or promoted: this thread outlives it.
            except (LogError, psycopg.Error) as error:
                log.warning("log_unreachable", error=type(error).__qualname__)
                self._stopping.wait(WATCH_SECONDS)
