"""``bitacora sign``: sign the log, in a process of its own."""

from __future__ import annotations

import signal
import threading
from typing import Annotated

import typer


def sign(
    *,
    once: Annotated[
        bool, typer.Option("--once", help="Sign the log as it is now, print it, and end.")
    ] = False,
) -> None:
    """Sign the log until stopped. It is signed within a second of what is recorded, and once a minute in any case.

    It has a database role of its own (BITACORA_SIGNER_DATABASE_URL) and a key that nobody else reads
    (BITACORA_KEYS; 'bitacora key create' makes it). What it signed last is beside the key, outside the database: it
    refuses a log that does not continue that, ends with code 1 and says why. Who builds the tree is 'serve' or
    'project'.
    """
    from api.database import running_database
    from api.logs import configure, log
    from api.settings import Settings
    from ledger.connect import connect
    from ledger.key_folder import KeyFolder
    from ledger.signer import Signer, keep_signing
    from ledger.tree import origin_of

    settings = Settings()
    configure(settings.log_format, debug=settings.debug)
    own = settings.signer_database_url
    url = own.get_secret_value() if own else running_database(settings)
    with connect(url, settings.roles.signer, "signer") as connection:
        origin = origin_of(connection)
        if not origin:
            raise typer.BadParameter("The log has not been started: 'bitacora open' begins it.")
        keys = KeyFolder(settings.keys_folder, origin)
        if once:
            checkpoint = Signer(connection, keys).sign()
            typer.echo(checkpoint.text, nl=False)
            return
        # Before it says that it has begun: a key that cannot be used is told at once.
        keys.last_signed()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    log.info("signer_started", origin=origin)
    keep_signing(url, keys, stop, settings.roles)
    log.info("signer_stopped")
