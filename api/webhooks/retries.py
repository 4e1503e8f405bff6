"""When is the next attempt? Soon at first, then ever later, up to a day; then never."""

from __future__ import annotations

import random
from datetime import timedelta

FIRST_SECONDS = 5.0
GROWTH = 4
LONGEST_SECONDS = 24 * 3600.0
JITTER = 0.2
"""By how much a wait may be shorter, so that what failed together does not come back together."""
DISABLED_AFTER = timedelta(days=5)
"""After so long without anything arriving, a webhook is told no more."""


def wait_after(attempts: int) -> timedelta | None:
    """Return how long to wait after so many failed attempts; None where that was the last.

    5 s, 20 s, 80 s, 5 min, 21 min, 1.4 h, 5.7 h, 22.8 h, 24 h: ten attempts in two days and a half.
    """
    if attempts > 1 and FIRST_SECONDS * GROWTH ** (attempts - 2) > LONGEST_SECONDS:
        return None
    seconds = min(FIRST_SECONDS * GROWTH ** (attempts - 1), LONGEST_SECONDS)
    return timedelta(seconds=seconds * random.uniform(1 - JITTER, 1))  # noqa: S311 - it keeps no secret
