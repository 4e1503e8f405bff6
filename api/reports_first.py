"""When a crowd reports, what it reports goes before what is looked at.

On the night of a deadline a report is to be acknowledged at once; the receipt that follows it, and every page, can
wait a moment. So while several reports are under way, reads stand in line: one at a time is let in, so that nobody who
reports without end keeps the pages from others; a few when the reports are fewer; and each at the latest after
`LONGEST_WAIT_SECONDS`.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque

from starlette.types import ASGIApp, Receive, Scope, Send

from api.middleware import ALWAYS_ANSWERED

_REPORT = re.compile(
    r"/api/v1/processes/[^/]+/milestones/[^/]+/[a-z-]+|/procesos/[^/]+/actividades/[^/]+/reportar"
)
"""The addresses a report is sent to. No document is, and nobody outside is asked: each is a matter of milliseconds."""

CROWD = 4
"""So many reports under way are a crowd: alone, they hardly ever meet."""
LET_IN = 4
"""So many reads are let in at a time out of the line, once the crowd is gone; one while it is there."""
LONGEST_WAIT_SECONDS = 10.0


class ReportsFirst:
    """Let reads wait while a crowd reports."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._reporting = 0
        self._let_in = 0
        self._line: deque[asyncio.Future[None]] = deque()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, at once or when its turn comes."""
        if scope["type"] != "http" or scope["path"] in ALWAYS_ANSWERED:
            await self.app(scope, receive, send)
        elif scope["method"] == "POST" and _REPORT.fullmatch(scope["path"]):
            await self._report(scope, receive, send)
        elif scope["method"] in {"GET", "HEAD"} and (self._line or self._reporting >= CROWD):
            await self._read_in_turn(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _report(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._reporting += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._reporting -= 1
            self._move_up()

    async def _read_in_turn(self, scope: Scope, receive: Receive, send: Send) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._line.append(turn)
        self._move_up()
        try:
            await asyncio.wait([turn], timeout=LONGEST_WAIT_SECONDS)
            await self.app(scope, receive, send)
        finally:
            if turn.done():
                self._let_in -= 1
                self._move_up()
            else:
                turn.cancel()

    def _move_up(self) -> None:
        while self._line and self._let_in < (LET_IN if self._reporting < CROWD else 1):
            turn = self._line.popleft()
            if not turn.cancelled():  # it waited too long and is over
                turn.set_result(None)
                self._let_in += 1
