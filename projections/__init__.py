"""What can be asked: read models built from the log, thrown away and built again at will.

One file is one question: its tables, its row models, its fold and its queries. A file that keeps tables exports
them as ``PROJECTION``; it is found here, not listed.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from projections.projection import Projection


@cache
def projections() -> tuple[Projection, ...]:
    """Return every question's tables and fold, in the order they are told: by name.

    ``case_versions`` is told first of those that ask whether a process is a case (`projections.docket.cases_among`).
    """
    modules = [import_module(f"projections.{module.name}") for module in iter_modules(__path__)]
    found = [module.PROJECTION for module in modules if hasattr(module, "PROJECTION")]
    return tuple(sorted(found, key=lambda projection: projection.name))
