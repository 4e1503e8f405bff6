"""``bitacora import``: what bodies keep in files, checked first and recorded with the rights of a token."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from api.batches.request import Mode
from api.cli.resources import opened_resources

if TYPE_CHECKING:
    from api.batches.answer import BatchAnswer
    from api.database import Resources
    from api.plan_imports.answer import PlanImportAnswer
    from domain.access import Caller

import_app = typer.Typer(
    name="import",
    help=(
        "From files: reports, calendars, tally sheets.\n\nAll are read and checked row by row first. "
        "What a file of reports or dates may change is what its token may: put it into BITACORA_TOKEN ('bitacora token "
        "create'). 'prep' is for whoever runs the server, as 'bitacora open' is."
    ),
    no_args_is_help=True,
    rich_markup_mode=None,
)

TokenText = Annotated[
    str, typer.Option(envvar="BITACORA_TOKEN", help="The token of whoever reports.", show_default=False)
]


@import_app.command(epilog="\b\nExample:\n  bitacora import updates avances.xlsx --dry-run")
def updates(
    file: Annotated[
        Path, typer.Argument(help="CSV or XLSX, as the template has it.", exists=True, dir_okay=False)
    ],
    *,
    token: TokenText,
    mode: Annotated[
        Mode, typer.Option(help="Record all rows or none, or each for itself.")
    ] = "all_or_nothing",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change, record nothing.")
    ] = False,
) -> None:
    """Record the reports of a file. The same file sent again records nothing twice.

    Standard output has a line for each row, with the address of its proof where it was recorded; what became of all of
    them goes to standard error. Ends with 1 where a row was refused.
    """
    from api.batches.upload import run_upload, spoken_changes, spoken_reason

    raw = file.read_bytes()

    async def run() -> BatchAnswer:
        with opened_resources() as resources:
            caller = await caller_of_token(resources, token)
            sha256 = hashlib.sha256(raw).hexdigest()
            answer, _ = await run_upload(resources, caller, raw, sha256, mode, "es", dry_run=dry_run)
            return answer

    answer = asyncio.run(run())
    for row in answer.rows:
        about = spoken_changes(row) or spoken_reason(row)
        typer.echo(
            f"{row.row}\t{row.process}\t{row.milestone}\t{row.report}\t{row.outcome}\t{about}\t{row.proof or ''}"
        )
    typer.echo(", ".join(f"{outcome}: {count:,}" for outcome, count in answer.counts.items()) + ".", err=True)
    if answer.counts.get("refused") or answer.counts.get("conflict"):
        raise typer.Exit(1)


@import_app.command(
    epilog="\b\nExample:\n  bitacora import plan anexo.xlsx --territory MX-JAL --instrument IEPC-ACG-030/2026 "
    "--approved-on 2026-09-10 --dry-run"
)
def plan(
    file: Annotated[
        Path, typer.Argument(help="The annex or calendar, XLSX or CSV.", exists=True, dir_okay=False)
    ],
    *,
    territory: Annotated[str, typer.Option(help="MX, or the state whose plan it is: MX-JAL.")],
    instrument: Annotated[str, typer.Option(help="The agreement that approved the calendar.")],
    approved_on: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="When it was approved.")],
    token: TokenText,
    sheet: Annotated[
        str | None, typer.Option(help="The sheet, where its name does not say whose it is.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change, record nothing.")
    ] = False,
    leave_out: Annotated[
        bool, typer.Option("--leave-out", help="Record the other rows where some contradict or are unknown.")
    ] = False,
) -> None:
    """Take the dates of a body's calendar into its plan, each with the cell it comes from.

    Nothing is guessed: a row is an activity by its id, by its very name, or because somebody said so before. Standard
    output has a line for each row. Ends with 1 where nothing could be recorded.
    """
    from api.plan_imports.importing import CalendarNotRecorded, PlanFile, PlanImport
    from domain.entity import CENTRAL_ZONE

    approved_at = approved_on.replace(hour=12, tzinfo=ZoneInfo(CENTRAL_ZONE))
    calendar = PlanFile(file.read_bytes(), territory, instrument, approved_at, sheet)

    async def run() -> tuple[PlanImportAnswer, bool]:
        with opened_resources() as resources:
            importing = PlanImport(resources, await caller_of_token(resources, token), "es")
            try:
                return await importing.run(calendar, dry_run=dry_run, leave_out=leave_out), True
            except CalendarNotRecorded as kept_back:
                return kept_back.answer, False

    told, done = asyncio.run(run())
    for row in told.rows:
        about, when = " ".join(row.reasons), row.due or ""
        named = f"{row.cell}\t{row.milestone or '?'}\t{when}\t{row.outcome}\t{row.name}"
        typer.echo(f"{named}\t{about}\t{row.proof or ''}")
    for words in told.contradictions:
        typer.echo(words, err=True)
    if not told.headings:
        typer.echo("No row of headings is known: say which column is which at /trabajo/calendario.", err=True)
    typer.echo(", ".join(f"{outcome}: {count:,}" for outcome, count in told.counts.items()) + ".", err=True)
    if not done:
        raise typer.Exit(1)


@import_app.command(
    epilog="\b\nExample:\n  bitacora import prep PUE_GUB_2024.csv --process pel-2023-2024-pue"
)
def prep(
    file: Annotated[
        Path,
        typer.Argument(help="The PREP's CSV, as the authority published it.", exists=True, dir_okay=False),
    ],
    *,
    process: Annotated[
        str, typer.Option(help="The process it is of, opened where it is not: pel-2023-2024-pue.")
    ],
    election_day: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="The day of the vote, where it was not the first Sunday of June.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Record a night of tally sheets from a published file: when each was collected, captured and verified. No votes.

    The file is read whole and judged before anything is recorded. Importing it again adds nothing; an import that was
    interrupted goes on where it stopped. Ends with 1 where the file is not taken, naming the lines.
    """
    from api.cli.prep import import_prep

    import_prep(file, process, election_day.date() if election_day else None)


async def caller_of_token(resources: Resources, text: str) -> Caller:
    """Return who a token speaks for. Raises ``typer.BadParameter``."""
    from api.auth import digest_of
    from domain.token import TOKEN, token_stream

    _, id_, secret = (*text.strip().split("_", 2), "", "", "")[:3]
    state = (await resources.ledger.load(TOKEN, token_stream(id_))).state
    digest = state.given.digest if state.given else ""
    if not hmac.compare_digest(digest_of(secret), digest) or not state.is_good(resources.clock()):
        raise typer.BadParameter(
            "The token is not valid, has expired or was revoked.", param_hint="BITACORA_TOKEN"
        )
    return state.caller()
