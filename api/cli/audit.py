"""``bitacora audit``: the four ceremonies of an auditor, and the records they leave. One file a command."""

from __future__ import annotations

import typer

from api.cli.audit_all import NAME, AuditGroup, audit_all
from api.cli.audit_empty import empty_command
from api.cli.audit_log import log_command
from api.cli.audit_projections import digests_command, projections_command
from api.cli.audit_record import key_command, record_command
from api.cli.audit_software import software_command

audit_app = typer.Typer(
    name="audit",
    cls=AuditGroup,
    help=(
        "For auditors: verify what is published, trusting nobody.\n\n"
        "Four ceremonies: 'software', 'empty', 'log' and 'projections'. With --record each leaves a signed record to "
        "be printed, also where it fails."
    ),
    no_args_is_help=True,
    rich_markup_mode=None,
)

RECORD = "--record acta --key auditor.key"


def _example(words: str) -> str:
    return f"\b\nExample:\n  bitacora audit {words}"


audit_app.command("software", epilog=_example(f"software --compare antes {RECORD}"))(software_command)
audit_app.command("empty", epilog=_example(f"empty {RECORD}"))(empty_command)
audit_app.command("log", epilog=_example("log https://bitacora.example.mx/log --vkey @pinned"))(log_command)
audit_app.command("projections", epilog=_example("projections /srv/mirror/log --digests projections.json"))(
    projections_command
)
audit_app.command("digests", epilog=_example("digests > /srv/www/log/projections.json"))(digests_command)
audit_app.command("record", epilog=_example("record acta --signer auditoria.uni.example.mx+5f1c8a02+AY…"))(
    record_command
)
audit_app.command("key", epilog=_example("key auditor.key auditoria.uni.example.mx"))(key_command)
audit_app.command(
    NAME,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    epilog="\b\nExample:\n  bitacora audit https://bitacora.example.mx/log --vkey @pinned --policy witnesses.txt",
)(audit_all)
