"""The doors: where somebody who has not proved anything yet is answered, so often a minute from one address.

Nobody is counted who brings a session or a token: a report is never told to come back for how many there were
(docs/decisions/0022).
"""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable

from fastapi import Depends, Request

from api.problems import Problem

MINUTE_SECONDS = 60.0
KEPT_ADDRESSES = 10_000
IPV6_SITE_BITS = 64
"""An address of version 6 is one of 2**64 that its holder may use (RFC 4291, 2.5.1)."""


class Knocks:
    """How often each address knocked lately: a minute's allowance at once, and then as fast as it comes back."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds_each = MINUTE_SECONDS / per_minute
        self._clock = clock
        self._whole_at: OrderedDict[str, float] = OrderedDict()
        """When the allowance of an address will be whole again; the one that knocked last is the last."""

    def wait_seconds(self, address: str) -> float:
        """Count a knock and return 0; or count none, and return in how many seconds there is one to be had."""
        now = self._clock()
        whole_at = max(self._whole_at.get(address, now), now) + self._seconds_each
        wait = whole_at - now - MINUTE_SECONDS
        # Sums of fractions are not exact: the last of a minute's allowance is not refused for the 16th decimal.
        if wait > self._seconds_each / 2:
            return wait
        self._whole_at[address] = whole_at
        self._whole_at.move_to_end(address)
        if len(self._whole_at) > KEPT_ADDRESSES:
            self._whole_at.popitem(last=False)
        return 0.0


async def knock(request: Request) -> None:
    """Let an address through as often as it may. Raises a 429 `Problem`."""
    knocks: Knocks = request.app.state.knocks
    wait = knocks.wait_seconds(counted_as(request.client.host if request.client else ""))
    if wait:
        raise too_many(math.ceil(wait))


DOOR = Depends(knock)
"""For every route that writes or asks others for somebody who has not proved anything yet."""


def counted_as(host: str) -> str:
    """Return under what an address is counted: of version 6, its site; of what is no number, itself."""
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(number, ipaddress.IPv4Address):
        return host
    return str(number.ipv4_mapped or ipaddress.ip_network((int(number), IPV6_SITE_BITS), strict=False))


def too_many(wait_seconds: int) -> Problem:
    """Return the problem of an address that knocked too often."""
    return Problem(
        429,
        "too-many-requests",
        es=f"Llegan demasiados intentos de entrar desde la misma dirección: espera {wait_seconds} s y repite.",
        en=f"Too many attempts to sign in come from the same address: wait {wait_seconds} s and try again.",
        headers={"Retry-After": str(wait_seconds)},
    )
