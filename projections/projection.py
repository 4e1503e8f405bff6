"""What a question file brings: its tables, and how it is told what happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from psycopg import Cursor

from projections.fold import Batch


@dataclass(frozen=True, slots=True)
class Projection:
    """One question's tables and fold; each file of this room that has tables exports one as ``PROJECTION``."""

    name: str
    """What it is called in the quarantine and in metrics."""
    tables: str
    """The SQL that makes its tables, in the schema that is first on the path."""
    tell: Callable[[Cursor[Any], Batch], None]
    """Write what a batch changes, set-wise. Raises whatever it likes: the event at fault is found and set aside."""
