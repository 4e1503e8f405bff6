"""``bitacora webhooks``: who is told by webhook, what does not arrive, and sending it again."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from api.cli.resources import opened_resources

webhooks_app = typer.Typer(
    name="webhooks",
    help=(
        "Webhooks: which systems are told, and what does not arrive.\n\n"
        "They are asked for by API, with a token: POST /api/v1/webhooks; or on the page /cuenta/avisos/sistemas."
    ),
    no_args_is_help=True,
    rich_markup_mode=None,
)

LISTED = 500


@webhooks_app.command("list")
def list_webhooks(
    *,
    dead: Annotated[
        bool, typer.Option("--dead", help="List the deliveries that were given up, with their positions.")
    ] = False,
) -> None:
    """List every subscription: its id, whether it works, its place, and where it sends.

    Secrets are never shown.
    """
    from ledger.desk.deliveries import list_deliveries
    from ledger.desk.webhooks import all_webhooks

    with opened_resources() as resources, resources.desk.connection() as connection:
        for webhook in all_webhooks(connection):
            state = "disabled" if webhook.disabled_at else "failing" if webhook.failing_since else "working"
            place = f"{webhook.territory} {webhook.process or ''}".strip()
            why = f"  ({webhook.why_disabled})" if webhook.why_disabled else ""
            typer.echo(f"{webhook.id}  {state:8} {place}  {webhook.address}{why}")
            if not dead:
                continue
            for each in list_deliveries(connection, webhook.id, state="given_up", limit=LISTED):
                typer.echo(f"    {each.position}  {each.attempts} attempts  {each.last_failure}")


@webhooks_app.command()
def retry(
    webhook: Annotated[str, typer.Argument(help="The subscription's id: w-…")],
    position: Annotated[
        int | None, typer.Argument(help="The delivery's position; left out, all that were given up.")
    ] = None,
) -> None:
    """Send again what did not arrive. A subscription that was given up begins again."""
    from api.webhooks.subscribing import send_all_again
    from ledger.desk.deliveries import retry_delivery
    from ledger.desk.webhooks import enable_webhook, webhook_by_id

    with opened_resources() as resources, resources.desk.connection() as connection, connection.transaction():
        if webhook_by_id(connection, webhook) is None:
            raise typer.BadParameter(f"There is no subscription '{webhook}': see 'bitacora webhooks list'.")
        if position is None:
            sent = send_all_again(connection, webhook, resources.clock())
        elif retry_delivery(connection, webhook, position, resources.clock()):
            enable_webhook(connection, webhook)
            sent = 1
        else:
            raise typer.BadParameter(f"Of position {position} no delivery waits or was given up.")
    typer.echo(f"{sent} to be sent again.")


@webhooks_app.command("try")
def try_it(webhook: Annotated[str, typer.Argument(help="The subscription's id: w-…")]) -> None:
    """Send a receiver one signed message that is about nothing, now, and say what became of it."""
    from api.webhooks.subscribing import try_out
    from ledger.desk.webhooks import webhook_by_id

    with opened_resources() as resources:
        with resources.desk.connection() as connection:
            known = webhook_by_id(connection, webhook)
        if known is None:
            raise typer.BadParameter(f"There is no subscription '{webhook}': see 'bitacora webhooks list'.")
        came = asyncio.run(try_out(resources, known))
    if came.failure is not None:
        typer.echo(f"It did not arrive: {came.failure}", err=True)
        raise typer.Exit(1)
    typer.echo(f"It arrived: the receiver answered {came.status}.")
