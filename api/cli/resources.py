"""What a command works with, and given back when it ends."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.database import Resources


@contextmanager
def opened_resources() -> Iterator[Resources]:
    """Lend everything, working, by the settings of the environment. Raises what `api.database.open_resources` does."""
    from api.database import open_resources
    from api.logs import configure
    from api.settings import Settings

    settings = Settings()
    configure(settings.log_format, debug=settings.debug)
    resources = open_resources(settings)
    try:
        yield resources
    finally:
        resources.close()
