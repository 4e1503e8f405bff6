"""``bitacora client``: systems that prove who they are with a key of their own (RFC 7523). No secret travels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.resources import opened_resources
from api.cli.system_rights import (
    BodyOption,
    DaysOption,
    PostOption,
    ProcessOption,
    ReasonOption,
    RoleOption,
    TerritoryOption,
    print_all,
    record,
    revoke_key,
    right,
    told,
)
from domain.client import CLIENT, RegisterClient, RevokeClient, client_stream

if TYPE_CHECKING:
    from ledger.ledger import View

client_app = typer.Typer(
    name="client",
    help=(
        "Clients: systems that sign with a key of their own.\n\n"
        "It gets them tokens for ten minutes. The log keeps their public keys; the private one never leaves the system."
    ),
    no_args_is_help=True,
    rich_markup_mode=None,
)


@client_app.command(
    epilog="\b\nExample:\n  bitacora client create keys.json --role coordinator --territory MX-JAL"
)
def create(
    keys: Annotated[
        typer.FileText, typer.Argument(help="Its public keys: a file with a JWK or a JWK set, or - .")
    ],
    *,
    role: RoleOption,
    territory: TerritoryOption,
    process: ProcessOption = "",
    post: PostOption = "Sistema de seguimiento",
    body: BodyOption = "",
    days: DaysOption = 90,
) -> None:
    """Register a system with its public keys, and print its id alone on standard output.

    Its role and end go to standard error. Where the log has not begun yet, it begins with this client.
    """
    from pydantic import ValidationError

    from api.oauth import new_client_id
    from api.opening import CONSOLE_CALLER
    from api.problems import invalid
    from api.public_keys import public_keys_in

    id_, public_keys = new_client_id(), public_keys_in(keys.read())
    with opened_resources() as resources:
        said = right(
            resources, role=role, territory=territory, process=process, post=post, body=body, days=days
        )
        try:
            command = RegisterClient.model_validate({**said, "public_keys": public_keys})
        except ValidationError as error:
            raise invalid(error.errors(include_url=False, include_input=False)) from None

        async def decide(view: View) -> None:
            await view.load(CLIENT, client_stream(id_))
            view.write(client_stream(id_), command.decide(CONSOLE_CALLER, resources.clock()))

        record(resources, decide)
    typer.echo(f"Client {id_}: {told(said)}.", err=True)
    typer.echo(id_)


@client_app.command("list")
def list_clients() -> None:
    """List every client that was registered.

    One line each: its id, whether it is good, expired or revoked, its role, territory, end, post and institution.
    """
    with opened_resources() as resources:
        print_all(resources, CLIENT)


@client_app.command()
def revoke(
    client: Annotated[str, typer.Argument(help="The client's id: c-0f3a5b7c9d1e.")], reason: ReasonOption
) -> None:
    """Let a client in no more, whatever token it holds. It takes a few seconds to be known everywhere."""
    with opened_resources() as resources:
        revoke_key(resources, CLIENT, client_stream(client), RevokeClient(reason=reason))
    typer.echo(f"Client {client} is revoked.")
