"""``bitacora token``: tokens for those who report, validate or open processes. Reading needs none."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import typer

from api.cli.resources import opened_resources
from domain.access import Role
from domain.system_key import LONGEST_TERM
from domain.token import TOKEN, RevokeToken, TokenIssued, token_stream

if TYPE_CHECKING:
    from api.database import Resources
    from ledger.ledger import View

token_app = typer.Typer(
    name="token",
    help=(
        "Tokens: who may report, for which territory, until when. Reading needs none.\n\n"
        "The log keeps the SHA-256 of each secret, never the secret."
    ),
    no_args_is_help=True,
    rich_markup_mode=None,
)

MAX_DAYS = LONGEST_TERM.days


@token_app.command(
    epilog="\b\nExample:\n  TOKEN=$(bitacora token create --role coordinator --territory MX-JAL)"
)
def create(
    *,
    role: Annotated[
        Role,
        typer.Option(
            help="A coordinator reports, a validator confirms reports, an administrator does both and opens "
            "processes, an auditor only reads."
        ),
    ],
    territory: Annotated[str, typer.Option(help="MX, or a state's code such as MX-JAL.")],
    process: Annotated[
        str, typer.Option(help="The only process it is for: pel-2026-2027-jal. Default: all of the place.")
    ] = "",
    post: Annotated[
        str, typer.Option(help="The public office it acts for (cargo); stays readable in the log for ever.")
    ] = "Enlace de seguimiento",
    body: Annotated[
        str, typer.Option(help="The institution of that office. Default: INE, or the state's OPL.")
    ] = "",
    days: Annotated[int, typer.Option(min=1, max=MAX_DAYS, help="How long it is good.")] = 90,
) -> None:
    """Make a token and print it. It is shown once, alone on standard output.

    Its id, role and end go to standard error. Where the log has not begun yet, it begins with this token.
    """
    from api.auth import new_token
    from api.opening import start_log
    from domain.entity import FEDERATION, entities

    if territory != FEDERATION and territory not in entities():
        raise typer.BadParameter(f"{territory!r} is neither MX nor a state's code such as MX-JAL.")
    institution = body or (entities()[territory].opl.acronym if territory in entities() else "INE")
    made = new_token()
    with opened_resources() as resources:
        issued = TokenIssued.model_validate(
            {
                "role": role,
                "territory": territory,
                "process": process or None,
                "post": post,
                "body": institution,
                "digest": made.digest,
                "expires_at": resources.clock() + timedelta(days=days),
            }
        )

        async def decide(view: View) -> None:
            await view.load(TOKEN, token_stream(made.id))
            view.write(token_stream(made.id), [issued])

        async def record() -> None:
            if not resources.identity().started:
                await start_log(resources.ledger, resources.settings.origin, resources.clock())
                typer.echo(f"The log '{resources.settings.origin}' begins with this.", err=True)
            await _record(resources, decide)

        asyncio.run(record())
    typer.echo(
        f"Token {made.id}: {role} in {process or territory} for {institution}, until {issued.expires_at:%Y-%m-%d}. "
        "It is not shown again.",
        err=True,
    )
    typer.echo(made.text)


@token_app.command("list")
def list_tokens() -> None:
    """List every token that was made, without its secret.

    One line each: its id, whether it is good, expired or revoked, its role, territory, end, post and institution.
    """
    from api.persons import folded_family

    with opened_resources() as resources:
        for folded in folded_family(resources.ledger, TOKEN).values():
            token = folded.state
            assert token.given is not None  # noqa: S101 - a stream begins with its issue
            state = (
                "revoked" if token.revoked_at else "good" if token.is_good(resources.clock()) else "expired"
            )
            issued = token.given
            where = issued.process or issued.territory
            typer.echo(
                f"{token.id}  {state:8} {issued.role:14} {where:7} until {issued.expires_at:%Y-%m-%d}  "
                f"{issued.post}, {issued.body}"
            )


@token_app.command()
def revoke(
    token: Annotated[str, typer.Argument(help="The token's id: the middle part of bit_<id>_<secret>.")],
    reason: Annotated[str, typer.Option(help="Why; stays readable in the log.")],
) -> None:
    """Make a token useless. It takes a few seconds to be known everywhere."""
    with opened_resources() as resources:
        command = RevokeToken(reason=reason)

        async def decide(view: View) -> None:
            state = (await view.load(TOKEN, token_stream(token))).state
            view.write(token_stream(token), command.decide(state))

        asyncio.run(_record(resources, decide))
    typer.echo(f"Token {token} is revoked.")


async def _record(resources: Resources, decide: Callable[[View], Awaitable[None]]) -> None:
    from api.opening import CONSOLE

    await resources.ledger.execute(decide, command_id=uuid4(), author=CONSOLE, occurred_at=resources.clock())
