"""``bitacora admin``: letting the first administrator in, inviting others, giving and ending rights."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer
from pydantic import ValidationError

from api.cli.resources import opened_resources
from domain.access import Role
from domain.grant import GrantKind
from domain.person import EraseName, GiveGrant, RemovePerson, RevokeGrant, holder_of

if TYPE_CHECKING:
    from api.database import Resources
    from ledger.ledger import View

admin_app = typer.Typer(
    name="admin",
    help="Who administers the log. There is no account to begin with, and no password ever.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@admin_app.command(epilog='\b\nExample:\n  bitacora admin bootstrap --name "Ana Ruiz" --body INE')
def bootstrap(
    *,
    name: Annotated[
        str, typer.Option(help="What colleagues call the person; can be erased, never in the log.")
    ],
    body: Annotated[
        str, typer.Option(help="The institution the person belongs to; stays in the log.")
    ] = "INE",
    port: Annotated[
        int | None, typer.Option(help="Where 'bitacora serve' listens here. Default: BITACORA_PORT or 8000.")
    ] = None,
) -> None:
    """Print an address that enrols the first administrator: once, within 15 minutes, on this machine.

    It goes to the terminal alone: never to a file, a pipe or a log. That somebody was enrolled is in the log.
    """
    from api.opening import start_log
    from api.sign_in.enrolment import invite

    _refuse_without_terminal()
    with opened_resources() as resources:
        settings = resources.settings
        if not resources.identity().started:
            asyncio.run(start_log(resources.ledger, settings.origin, resources.clock()))
            typer.echo(f"The log '{settings.origin}' begins with this.", err=True)
        code = invite(resources, name, body)
    typer.echo("Open this on this machine within 15 minutes, while 'bitacora serve' runs. It is good once:\n")
    typer.echo(f"  http://localhost:{settings.port if port is None else port}/inscripcion?codigo={code}\n")


@admin_app.command("invite", epilog='\b\nExample:\n  bitacora admin invite --name "Beto Díaz" --body IEPC')
def invite_somebody(
    *,
    name: Annotated[
        str, typer.Option(help="What colleagues call the person; can be erased, never in the log.")
    ],
    body: Annotated[str, typer.Option(help="The institution the person belongs to; stays in the log.")],
) -> None:
    """Print a code with which somebody enrols at /inscripcion: once, within three days. It gives no right."""
    from api.opening import CONSOLE
    from api.sign_in.enrolment import invite

    _refuse_without_terminal()
    with opened_resources() as resources:
        code = invite(resources, name, body, CONSOLE)
    typer.echo(f"Hand this code over by a safe way; it is good once, within three days:\n\n  {code}\n")


@admin_app.command(
    epilog="\b\nExample:\n  bitacora admin grant p-0f3a5b7c9d1e --role coordinator --territory MX-JAL "
    '--post "Enlace de seguimiento" --body IEPC --instrument "Oficio 12/2026"'
)
def grant(
    person: Annotated[str, typer.Argument(help="The person's id, as they see it at /cuenta.")],
    *,
    role: Annotated[Role, typer.Option(help="What it lets them do.")],
    territory: Annotated[str, typer.Option(help="MX, a state, a district or a municipality.")],
    post: Annotated[str, typer.Option(help="The public office (cargo); stays readable in the log for ever.")],
    body: Annotated[str, typer.Option(help="The institution of that office.")],
    instrument: Annotated[str, typer.Option(help="The appointment, agreement or letter that gives it.")],
    process: Annotated[str, typer.Option(help="The only process it is for. Default: all of the place.")] = "",
    kind: Annotated[GrantKind, typer.Option(help="An appointment, or a substitution.")] = "appointment",
    rests_on: Annotated[str, typer.Option(help="The grant whose holder is stood in for.")] = "",
    on_behalf_of: Annotated[str, typer.Option(help="The body it records for, where that is another.")] = "",
    days: Annotated[int, typer.Option(min=1, max=9 * 366, help="How long it lasts, from now.")] = 365,
) -> None:
    """Give a person the right to act in a post."""
    from api.granting import give_grant
    from api.opening import CONSOLE_CALLER

    with opened_resources() as resources:
        now = resources.clock()
        said: dict[str, Any] = {
            "kind": kind, "role": role, "territory": territory, "post": post, "body": body,
            "instrument": instrument, "process": process or None, "rests_on": rests_on or None,
            "on_behalf_of": on_behalf_of or None, "starts_at": now, "ends_at": now + timedelta(days=days),
        }  # fmt: skip
        try:
            command = GiveGrant.model_validate(said)
        except ValidationError as error:
            wrong = error.errors()[0]
            raise typer.BadParameter(f"{'.'.join(map(str, wrong['loc']))}: {wrong['msg']}") from None
        _record(resources, lambda view: give_grant(view, person, command, CONSOLE_CALLER, now))
    typer.echo(f"{person} is {role} in {territory} until {command.ends_at:%Y-%m-%d}.")


@admin_app.command()
def revoke(
    grant: Annotated[str, typer.Argument(help="The grant's id: p-0f3a5b7c9d1e#g1.")],
    reason: Annotated[str, typer.Option(help="Why; stays readable in the log.")],
) -> None:
    """End a grant now. What was said under it stays as it was said."""
    from api.granting import revoke_grant
    from api.opening import CONSOLE_CALLER

    number = grant.partition("#g")[2]
    if not number.isdigit():
        raise typer.BadParameter(f"{grant!r} is not a grant's id such as p-0f3a5b7c9d1e#g1.")
    command = RevokeGrant(number=int(number), reason=reason)
    with opened_resources() as resources:
        _record(resources, lambda view: revoke_grant(view, holder_of(grant), command, CONSOLE_CALLER))
    typer.echo(f"Grant {grant} is ended.")


@admin_app.command()
def remove(
    person: Annotated[str, typer.Argument(help="The person's id.")],
    reason: Annotated[str, typer.Option(help="Why; stays readable in the log.")],
) -> None:
    """Let a person sign in no more, and end all they may do. What they said stays as it was said."""
    from api.granting import remove_person
    from api.opening import CONSOLE_CALLER

    command = RemovePerson(reason=reason)
    with opened_resources() as resources:
        _record(resources, lambda view: remove_person(view, person, command, CONSOLE_CALLER))
    typer.echo(f"{person} can sign in no more.")


@admin_app.command()
def erase(
    person: Annotated[str, typer.Argument(help="The id of a person who was removed.")],
    reason: Annotated[str, typer.Option(help="Why; stays readable in the log, so it names nobody.")],
) -> None:
    """Erase what is known of who a removed person is: name, identity, passkeys, addresses. It cannot be undone.

    Their key is destroyed, so no backup tells it either. What a restored one brings back is erased at the next start.
    """
    from api.erasing import forget
    from api.granting import erase_name
    from api.opening import CONSOLE_CALLER

    command = EraseName(reason=reason)
    with opened_resources() as resources:
        _record(resources, lambda view: erase_name(view, person, command, CONSOLE_CALLER))
        forget(resources, person)
    typer.echo(f"Who {person} is was erased. Their posts and acts stay in the log.")


def _refuse_without_terminal() -> None:
    if not sys.stdout.isatty():
        typer.echo("This is only printed to a terminal: run it in one, not into a file or a pipe.", err=True)
        raise typer.Exit(2)


def _record(resources: Resources, act: Callable[[View], Awaitable[object]]) -> None:
    """Record an act of the console. Raises `domain.event.Refused`."""

    async def decide(view: View) -> None:
        await act(view)

    asyncio.run(resources.ledger.execute(decide, command_id=uuid4(), occurred_at=resources.clock()))
