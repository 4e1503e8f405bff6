"""``bitacora token``: tokens for those who report, validate or open processes. Reading needs none."""

from __future__ import annotations

from typing import Annotated

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
    record_key,
    revoke_key,
    right,
    told,
)
from domain.token import TOKEN, RevokeToken, TokenIssued, token_stream

token_app = typer.Typer(
    name="token",
    help=(
        "Tokens: who may report, for which territory, until when. Reading needs none.\n\n"
        "The log keeps the SHA-256 of each secret, never the secret."
    ),
    no_args_is_help=True,
    rich_markup_mode=None,
)


@token_app.command(
    epilog="\b\nExample:\n  TOKEN=$(bitacora token create --role coordinator --territory MX-JAL)"
)
def create(
    *,
    role: RoleOption,
    territory: TerritoryOption,
    process: ProcessOption = "",
    post: PostOption = "Enlace de seguimiento",
    body: BodyOption = "",
    days: DaysOption = 90,
) -> None:
    """Make a token and print it. It is shown once, alone on standard output.

    Its id, role and end go to standard error. Where the log has not begun yet, it begins with this token.
    """
    from api.auth import new_token

    made = new_token()
    with opened_resources() as resources:
        said = right(
            resources, role=role, territory=territory, process=process, post=post, body=body, days=days
        )
        issued = TokenIssued.model_validate({**said, "digest": made.digest})
        record_key(resources, TOKEN, token_stream(made.id), [issued])
    typer.echo(f"Token {made.id}: {told(said)}. It is not shown again.", err=True)
    typer.echo(made.text)


@token_app.command("list")
def list_tokens() -> None:
    """List every token that was made, without its secret.

    One line each: its id, whether it is good, expired or revoked, its role, territory, end, post and institution.
    """
    with opened_resources() as resources:
        print_all(resources, TOKEN)


@token_app.command()
def revoke(
    token: Annotated[str, typer.Argument(help="The token's id: the middle part of bit_<id>_<secret>.")],
    reason: ReasonOption,
) -> None:
    """Make a token useless. It takes a few seconds to be known everywhere."""
    with opened_resources() as resources:
        revoke_key(resources, TOKEN, token_stream(token), RevokeToken(reason=reason))
    typer.echo(f"Token {token} is revoked.")
