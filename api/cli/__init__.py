"""``bitacora``: the command line. One file a command; what they share is below.

Exit codes: 0 done, 1 failed, 2 asked wrongly, 3 not running (``db status``), 130 interrupted.
An error is one clear sentence; ``BITACORA_DEBUG=1`` shows more.
"""

from __future__ import annotations

import typer

from api.cli.admin import admin_app
from api.cli.audit import audit_app
from api.cli.client import client_app
from api.cli.db import db_app
from api.cli.demo import demo
from api.cli.ending import in_words
from api.cli.evidence import evidence_app
from api.cli.export import EPILOG, export
from api.cli.imports import import_app
from api.cli.key import key_app
from api.cli.log import log_app
from api.cli.migrate import migrate
from api.cli.notify import notify
from api.cli.open import open_command
from api.cli.project import project
from api.cli.receipt import receipt
from api.cli.serve import serve
from api.cli.sign import sign
from api.cli.token import token_app
from api.cli.webhooks import webhooks_app
from api.cli.witness import witness_app

ENVIRONMENT = """\b
Environment (every setting: api/settings.py):
  DATABASE_URL, PGHOST …   the PostgreSQL server; without them, an embedded one
  BITACORA_HOME            the embedded one's folder: ./var
  BITACORA_DOCUMENTS       the folder of documents: BITACORA_HOME/documents
  BITACORA_WITNESSES       the file of the witnesses the log has
  BITACORA_TIMESTAMPS      the authority that time-stamps it (RFC 3161), and
  BITACORA_TIMESTAMP_ROOTS the certificates its stamps lead to
  BITACORA_KEYS            the folder of the signer's keys: BITACORA_HOME/keys
  BITACORA_SERVER          the running server that 'evidence' asks
  BITACORA_TOKEN           and in whose name
  BITACORA_ORIGIN          the log's name, chosen once, before 'bitacora open'
  BITACORA_HOST            where 'serve' and 'demo' listen: 127.0.0.1
  BITACORA_PORT            and on which port: 8000
  BITACORA_PG_BIN          the folder of PostgreSQL's programs to use
  BITACORA_LOG_FORMAT      json, console, or auto: console on a terminal
  BITACORA_DEBUG=1         where a failure happened

\b
Exit codes: 0 done, 1 failed, 2 asked wrongly, 3 not running (db status),
130 interrupted.
"""

app = typer.Typer(
    name="bitacora",
    help=(
        "Bitácora Electoral: the log of how elections are organised in Mexico.\n\n"
        "With nothing set up, every command works on an embedded PostgreSQL under BITACORA_HOME (default ./var). "
        "With DATABASE_URL or PG*, on that server: run 'bitacora migrate' there first, once.\n\n"
        "To look around: 'bitacora demo'. To begin: 'bitacora open' records the real calendar of 2026-2027, "
        "'bitacora serve' shows it, 'bitacora token create' lets a coordinator report."
    ),
    epilog=ENVIRONMENT,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
)

app.command()(demo)
app.command()(serve)
app.command()(migrate)
app.command("open")(open_command)
app.command()(project)
app.command()(receipt)
app.command(epilog=EPILOG)(export)
app.command()(sign)
app.command()(notify)
app.add_typer(token_app, name="token")
app.add_typer(client_app, name="client")
app.add_typer(webhooks_app, name="webhooks")
app.add_typer(import_app, name="import")
app.add_typer(admin_app, name="admin")
app.add_typer(evidence_app, name="evidence")
app.add_typer(key_app, name="key")
app.add_typer(witness_app, name="witness")
app.add_typer(log_app, name="log")
app.add_typer(audit_app, name="audit")
app.add_typer(db_app, name="db")


def main() -> None:
    """Run a command, and say in a sentence what went wrong."""
    in_words(app)
