"""``bitacora audit empty``: that nothing was said yet."""

from __future__ import annotations

import typer

from api.cli.ceremony import KeyFile, RecordFolder, conclude, signing_key


def empty_command(record: RecordFolder = None, key: KeyFile = None) -> None:
    """Count every table: nothing was reported yet.

    For before the first report (base de datos sin datos): it is passed by a database in which nothing was recorded, and
    by one that has the opening alone, the plans of the elections with their dates. Ends with code 1 and names what else
    there is. The login of DATABASE_URL has to be able to read every table.
    """
    from api.ceremonies.empty import empty
    from api.database import running_database
    from api.settings import Settings
    from ledger.contents import contents
    from ledger.documents import DocumentFolder

    signer = signing_key(record, key)
    settings = Settings()
    found = contents(running_database(settings))
    documents = sum(1 for _ in DocumentFolder(settings.documents_folder).all())
    outcome = empty(found, documents, settings.origin)
    conclude(outcome, record, signer)
    if not outcome.passed:
        raise typer.Exit(1)
