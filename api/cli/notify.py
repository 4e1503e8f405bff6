"""``bitacora notify``: the letters that are due, sent once or only shown."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.resources import opened_resources


def notify(
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the letters that would be sent now, and send nothing.")
    ] = False,
) -> None:
    """Send the letters that are due.

    They tell who asked for it what is late, due soon, re-dated, returned or waiting for them. 'bitacora serve' does
    it too, every half a minute, where there is a mail server (BITACORA_SMTP_HOST).
    """
    from api.erasing import erase_again
    from api.letters.follower import NAME, LetterFollower, letterhead
    from api.letters.letter import digest
    from ledger.connect import connect
    from ledger.desk.leaders import begins_to_lead

    with opened_resources() as resources:
        erase_again(resources)
        follower = LetterFollower(resources)
        with connect(resources.desk_url, resources.settings.roles.desk, "notify") as connection:
            if dry_run:
                letters = [due for due in follower.due(connection) if due.matters]
                for due in letters:
                    letter = digest(letterhead(resources), due.wish, due.matters, resources.clock())
                    typer.echo(f"To: {letter['To']}\nSubject: {letter['Subject']}\n\n{letter.get_content()}")
                typer.echo(f"{len(letters)} letters would be sent.", err=True)
                return
            if not resources.settings.smtp_host:
                raise typer.BadParameter("There is no mail server: set BITACORA_SMTP_HOST, or say --dry-run.")
            if not begins_to_lead(connection, NAME):
                raise typer.BadParameter("A running service sends them already.")
            typer.echo(f"{follower.look(connection)} letters sent.")
