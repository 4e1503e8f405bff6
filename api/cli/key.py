"""``bitacora key``: the keys the log is signed with, on the machine of whoever signs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated
from uuid import NAMESPACE_URL, uuid5

import typer

if TYPE_CHECKING:
    from api.database import Resources
    from domain.event import Event
    from domain.log import Log
    from ledger.key_folder import KeyFolder
    from ledger.ledger import View

key_app = typer.Typer(
    name="key",
    help="The keys the log is signed with. They are in BITACORA_KEYS (default BITACORA_HOME/keys), never in a backup.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@key_app.command()
def create() -> None:
    """Make the log's first key, and print what is published of it.

    Let those who verify the log have that line by another way than this service: a gazette, minutes, their own notes.
    """
    with _keys() as (_, keys):
        typer.echo(keys.create().public.vkey)


@key_app.command()
def show() -> None:
    """Print what is published of the keys that sign, one a line.

    The keys themselves are never printed. Who verifies the log compares these lines with those pinned before.
    """
    with _keys() as (_, keys):
        for key in keys.signing_keys():
            typer.echo(key.public.vkey)


@key_app.command()
def rotate() -> None:
    """Make another key, announce it in the log, and let it sign beside the others; print what is published of it.

    A signer that is at work takes it up by itself. After seven days the old key can be retired.
    """
    from domain.log import AnnounceKey

    with _keys() as (resources, keys):
        vkey = keys.next_key().public.vkey
        command = AnnounceKey(vkey=vkey)
        _record(resources, f"{vkey}#announce", command.decide)
        keys.adopt_next()
        typer.echo(vkey)


@key_app.command()
def retire(
    vkey: Annotated[str, typer.Argument(help="The key, as 'bitacora key show' prints it.")],
    reason: Annotated[str, typer.Option(help="Why; stays readable in the log.")],
) -> None:
    """Let a key sign no more. Another has to have signed beside it for seven days."""
    from domain.log import RetireKey

    with _keys() as (resources, keys):
        if vkey not in [key.public.vkey for key in keys.signing_keys()]:
            raise typer.BadParameter("No such key signs here: 'bitacora key show' prints those that do.")
        command = RetireKey(vkey=vkey, reason=reason)
        _record(resources, f"{vkey}#retire", lambda log: command.decide(log, resources.clock()))
        keys.retire(vkey)
        typer.echo("It signs no more. What it signed stays good.")


@contextmanager
def _keys() -> Iterator[tuple[Resources, KeyFolder]]:
    from api.database import open_resources
    from api.logs import configure
    from api.settings import Settings
    from ledger.key_folder import KeyFolder

    settings = Settings()
    configure(settings.log_format, debug=settings.debug)
    resources = open_resources(settings)
    try:
        if not resources.identity().started:
            raise typer.BadParameter("The log has not been started: 'bitacora open' begins it.")
        yield resources, KeyFolder(settings.keys_folder, resources.identity().origin)
    finally:
        resources.close()


def _record(resources: Resources, name: str, decide: Callable[[Log], Sequence[Event]]) -> None:
    """Record what is decided of the log itself, once by this name."""
    from api.opening import CONSOLE
    from domain.log import LOG, LOG_STREAM

    async def write(view: View) -> None:
        view.write(LOG_STREAM, decide((await view.load(LOG, LOG_STREAM)).state))

    asyncio.run(
        resources.ledger.execute(
            write, command_id=uuid5(NAMESPACE_URL, name), author=CONSOLE, occurred_at=resources.clock()
        )
    )
