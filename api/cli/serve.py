"""``bitacora serve``: the API and the pages, in one process."""

from __future__ import annotations

import gc
import ipaddress
import signal
import socket
import sys
import threading
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer
import uvicorn

if TYPE_CHECKING:
    from api.database import Resources


def serve(
    *,
    host: Annotated[
        str | None, typer.Option(help="Where to listen. Default: BITACORA_HOST or 127.0.0.1.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="Default: BITACORA_PORT or 8000; 0 takes a free one.")
    ] = None,
    behind_proxy: Annotated[
        bool,
        typer.Option(
            "--behind-proxy",
            help="A proxy stands in front: needed to listen beyond this machine (slow clients are its work), "
            "and what it says about the client is believed (FORWARDED_ALLOW_IPS says which one).",
        ),
    ] = False,
    projector: Annotated[
        bool, typer.Option(help="Also do the work of 'bitacora project', unless BITACORA_PROJECTOR is false.")
    ] = True,
    unsafe_durability: Annotated[
        bool,
        typer.Option(
            "--unsafe-durability",
            help="Accept a database that may lose what it acknowledged. Also BITACORA_UNSAFE_DURABILITY=1.",
        ),
    ] = False,
) -> None:
    """Answer requests. The pages are at /, the API below /api/v1, its description at /api/v1.

    Prints its address; ready when /readyz says so. Ends on Ctrl-C or SIGTERM; what it acknowledged is on disk.
    Any number of them may share a server.
    """
    from api.database import open_resources
    from api.logs import configure
    from api.settings import Settings

    settings = Settings()
    configure(settings.log_format, debug=settings.debug)
    address = host or settings.host
    if not behind_proxy and not _is_this_machine(address):
        raise typer.BadParameter(
            f"{address} can be reached from other machines: put a proxy in front and say --behind-proxy "
            "(docker/nginx.conf is one), or listen on 127.0.0.1."
        )
    if unsafe_durability:
        settings = settings.model_copy(update={"unsafe_durability": True})
    resources = open_resources(settings)
    follow = projector and settings.projector
    chosen = settings.port if port is None else port
    # The embedded PostgreSQL is for one machine alone, where nobody would sign apart.
    signer = settings.signer or settings.database_url is None
    run(resources, address, chosen, behind_proxy=behind_proxy, projector=follow, signer=signer)


def run(
    resources: Resources,
    host: str,
    port: int,
    *,
    behind_proxy: bool = False,
    projector: bool = True,
    signer: bool = False,
) -> None:
    """Answer requests until told to stop, keep projections, cases and those who are told up to date, give all back.

    With ``projector`` it also builds the tree over the log, with ``signer`` it signs it.
    """
    from api.app import create_app
    from api.erasing import erase_again
    from api.followers import followers_of
    from api.settling import Settler
    from api.signing import build_tree, sign_here

    try:
        erase_again(resources)
    except BaseException:
        resources.close()
        raise
    stop = threading.Event()
    beside = followers_of(resources)
    if projector:
        beside |= {"projector": resources.projector().run, "settler": Settler(resources).run}
        beside["tree"] = partial(build_tree, resources)
    if signer:
        beside["signer"] = partial(sign_here, resources)
    threads = [
        threading.Thread(target=work, args=[stop], name=name, daemon=True) for name, work in beside.items()
    ]
    try:
        for thread in threads:
            thread.start()
        run_server(
            uvicorn.Config(
                create_app(resources),
                host=host,
                port=port,
                proxy_headers=behind_proxy,
                access_log=False,
                log_config=None,
                server_header=False,
                ws="none",
                timeout_keep_alive=30,
                timeout_graceful_shutdown=20,
            )
        )
    finally:
        stop.set()
        for thread in threads:
            if thread.is_alive():
                thread.join(timeout=20)
        resources.close()


def run_server(config: uvicorn.Config) -> None:
    """Serve until told to stop; say the address once requests are taken."""
    # uvicorn raises the signal that stopped it again; by default that would end the program before it has tidied up.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    _AnnouncedServer(config).run()


class _AnnouncedServer(uvicorn.Server):
    """A server that tells its address when it is open, not before."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the sockets, and say where they are."""
        await super().startup(sockets)
        if self.started:
            # What there is now stays until the end. To look through all of it for what is not needed any more would
            # stop every request for a tenth of a second, now and then.
            gc.collect()
            gc.freeze()
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            typer.echo(f"http://{shown}:{port}")


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
