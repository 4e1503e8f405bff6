"""How large the torture is: ``BITACORA_TORTURE=small`` (the default, each harness under a minute) or ``full``.

Dice are thrown with one seed for the whole run, which every harness prints. ``BITACORA_TORTURE_SEED`` gives it
again: the same commands and the same waits, though not the same luck, because a kill meets a running machine.
"""

from __future__ import annotations

import os
import random
from typing import TypeVar

Amount = TypeVar("Amount", int, float)

SIZE = os.environ.get("BITACORA_TORTURE") or "small"
if SIZE not in {"small", "full"}:
    raise ValueError(f"BITACORA_TORTURE is {SIZE!r} and must be 'small' or 'full'")

FULL = SIZE == "full"

SEED = int(os.environ.get("BITACORA_TORTURE_SEED") or random.randrange(2**32))


def sized(small: Amount, full: Amount) -> Amount:
    """Return the amount for this run."""
    return full if FULL else small
