"""``bitacora receipt``: the receipt of a report, to save or forward."""

from __future__ import annotations

import asyncio
from typing import Annotated
from uuid import UUID

import typer


def receipt(
    command_id: Annotated[
        UUID, typer.Argument(help="The id of what was sent: the report's Idempotency-Key.")
    ],
) -> None:
    """Print the receipt of a report as JSON.

    It says what was recorded, when, by which post, and its place in the log; of a case that is not public, too:
    whoever runs this reads the database.
    """
    from api.database import open_resources
    from api.logs import configure
    from api.receipts import find_receipt
    from api.settings import Settings
    from domain.access import Authority, Caller
    from domain.entity import FEDERATION

    settings = Settings()
    configure(settings.log_format, debug=settings.debug)
    resources = open_resources(settings)
    console = Caller("console", (Authority("console", "auditor", FEDERATION, "Consola", "Bitácora"),))
    origin = (settings.public_url or "").rstrip("/")
    try:
        found = asyncio.run(find_receipt(resources, command_id, console, origin))
    finally:
        resources.close()
    typer.echo(found.model_dump_json(indent=2))
