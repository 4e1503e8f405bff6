"""A log at an address, read over one connection that is kept open."""

from __future__ import annotations

import http.client
import ssl
import time
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from bitacora_verifier.source import not_longer, unreadable

TIMEOUT_SECONDS = 30
ATTEMPTS = 3
AGAIN_SECONDS = 1.0
BUSY = {429, 502, 503, 504}
"""Answers after which it is asked once more."""


class Address:
    """A log as it is served, over one connection that is kept open."""

    def __init__(self, address: str) -> None:
        found = urlsplit(address)
        self._base = found.path.rstrip("/")
        self._host = found.netloc.rpartition("@")[2]
        self._secure = found.scheme == "https"
        self._connection: http.client.HTTPConnection | None = None
        self._modified = ""

    def read(self, path: str, longest: int) -> bytes | None:
        """Return a file, None where the answer is 404. Connections that fail and busy servers are tried again."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                status, content = self._get(path, longest)
            except (OSError, http.client.HTTPException) as error:
                self.close()
                if attempt == ATTEMPTS:
                    raise unreadable(path, str(error) or type(error).__name__) from error
            else:
                if status == 200:
                    return not_longer(path, content, longest)
                if status in {404, 410}:
                    return None
                if attempt == ATTEMPTS or status not in BUSY:
                    raise unreadable(path, f"HTTP {status}")
                time.sleep(AGAIN_SECONDS)
        raise AssertionError

    def modified_at(self) -> datetime | None:
        """Return what the server said of the checkpoint, ``Last-Modified``."""
        try:
            return parsedate_to_datetime(self._modified)
        except ValueError:
            return None

    def close(self) -> None:
        """Close the connection; the next question opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _get(self, path: str, longest: int) -> tuple[int, bytes]:
        if self._connection is None:
            self._connection = (
                http.client.HTTPSConnection(
                    self._host, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context()
                )
                if self._secure
                else http.client.HTTPConnection(self._host, timeout=TIMEOUT_SECONDS)
            )
        self._connection.request("GET", f"{self._base}/{path}", headers={"User-Agent": "bitacora-verifier"})
        answer = self._connection.getresponse()
        content = answer.read(longest + 1)
        if len(content) > longest:
            # The rest is not wanted, and would stand before the next answer.
            self.close()
        elif answer.length:
            raise http.client.IncompleteRead(content, answer.length)
        if path == "checkpoint":
            self._modified = answer.headers.get("Last-Modified", "")
        return answer.status, content
