"""What ``bitacora token`` and ``bitacora client`` share: the options of a right, how it is recorded and listed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer

from domain.access import Role
from domain.system_key import LONGEST_TERM

if TYPE_CHECKING:
    from api.database import Resources
    from domain.client import RevokeClient
    from domain.event import Event, Subject
    from domain.token import RevokeToken
    from ledger.ledger import View


def _known(territory: str) -> str:
    """Refuse what is no territory, before anything is opened."""
    from domain.entity import FEDERATION, entities

    if territory != FEDERATION and territory not in entities():
        raise typer.BadParameter(f"{territory!r} is neither MX nor a state's code such as MX-JAL.")
    return territory


RoleOption = Annotated[
    Role,
    typer.Option(
        help="A coordinator reports, a validator confirms reports, an administrator does both and opens "
        "processes, an auditor only reads."
    ),
]
TerritoryOption = Annotated[str, typer.Option(callback=_known, help="MX, or a state's code such as MX-JAL.")]
ProcessOption = Annotated[
    str, typer.Option(help="The only process it is for: pel-2026-2027-jal. Default: all of the place.")
]
PostOption = Annotated[
    str, typer.Option(help="The public office it acts for (cargo); stays readable in the log for ever.")
]
BodyOption = Annotated[
    str, typer.Option(help="The institution of that office. Default: INE, or the state's OPL.")
]
DaysOption = Annotated[int, typer.Option(min=1, max=LONGEST_TERM.days, help="How long it is good.")]
ReasonOption = Annotated[str, typer.Option(help="Why; stays readable in the log.")]


def right(
    resources: Resources, *, role: Role, territory: str, process: str, post: str, body: str, days: int
) -> dict[str, Any]:
    """Return the fields of a system's right (`domain.system_key.SystemRight`)."""
    from domain.entity import entities

    return {
        "role": role,
        "territory": territory,
        "process": process or None,
        "post": post,
        "body": body or (entities()[territory].opl.acronym if territory in entities() else "INE"),
        "expires_at": resources.clock() + timedelta(days=days),
    }


def told(said: dict[str, Any]) -> str:
    """Say what a right is: coordinator in MX-JAL for IEPC, until 2027-02-19."""
    where = said["process"] or said["territory"]
    return f"{said['role']} in {where} for {said['body']}, until {said['expires_at']:%Y-%m-%d}"


def record(resources: Resources, decide: Callable[[View], Awaitable[None]]) -> None:
    """Record as the console what is decided; where the log has not begun yet, it begins with this."""
    from api.opening import CONSOLE, start_log

    async def recorded() -> None:
        if not resources.identity().started:
            await start_log(resources.ledger, resources.settings.origin, resources.clock())
            typer.echo(f"The log '{resources.settings.origin}' begins with this.", err=True)
        await resources.ledger.execute(
            decide, command_id=uuid4(), author=CONSOLE, occurred_at=resources.clock()
        )

    asyncio.run(recorded())


def record_key(resources: Resources, subject: Subject[Any], stream: str, events: Sequence[Event]) -> None:
    """Record the beginning of a token or a client."""

    async def decide(view: View) -> None:
        await view.load(subject, stream)
        view.write(stream, events)

    record(resources, decide)


def revoke_key(
    resources: Resources, subject: Subject[Any], stream: str, command: RevokeToken | RevokeClient
) -> None:
    """Make a token or a client useless. Raises `domain.event.Refused` where there is none."""

    async def decide(view: View) -> None:
        view.write(stream, command.decide((await view.load(subject, stream)).state))

    record(resources, decide)


def print_all(resources: Resources, subject: Subject[Any]) -> None:
    """Print every token or client: its id, how it stands, its role, where, its end, post and institution."""
    from api.persons import folded_family

    for folded in folded_family(resources.ledger, subject).values():
        key = folded.state
        given = key.given
        state = "revoked" if key.revoked_at else "good" if key.is_good(resources.clock()) else "expired"
        typer.echo(
            f"{key.id}  {state:8} {given.role:14} {given.process or given.territory:7} "
            f"until {given.expires_at:%Y-%m-%d}  {given.post}, {given.body}"
        )
