"""``bitacora project``: keep the projections up to the log."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


def project(
    *,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Build everything anew beside what is in use, swap, and end.")
    ] = False,
    once: Annotated[
        bool, typer.Option("--once", help="Bring everything up to the log's head, and end.")
    ] = False,
) -> None:
    """Follow the log until stopped. Keeps what can be asked up to it, and dates cases anew when a calendar moves them.

    It builds the tree over the log, too. 'bitacora serve' does all of it as well; this is for a server that runs them
    apart (BITACORA_PROJECTOR=false).
    Any number may run: one leads, the others stand by. Readers never see a half-built table.
    """
    from api.database import open_resources
    from api.logs import configure, log
    from api.settings import Settings
    from api.settling import Settler
    from api.signing import build_tree

    settings = Settings()
    configure(settings.log_format, debug=settings.debug)
    resources = open_resources(settings)
    try:
        runner = resources.projector()
        if rebuild or once:
            reached = _with_progress(runner.rebuild if rebuild else runner.catch_up)
            typer.echo(f"Projections tell everything up to position {reached:,}.")
            return
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        log.info("projector_started")
        settler = threading.Thread(target=Settler(resources).run, args=[stop], name="settler", daemon=True)
        settler.start()
        tree = threading.Thread(target=build_tree, args=[resources, stop], name="tree", daemon=True)
        tree.start()
        runner.run(stop)
        settler.join(timeout=20)
        tree.join(timeout=20)
        log.info("projector_stopped")
    finally:
        resources.close()


def _with_progress(work: Callable[[Callable[[int, int], None]], int]) -> int:
    """Do long work with a bar on the terminal; return the position it reached."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("Events told", total=None)

        def show(told: int, all_events: int) -> None:
            bar.update(task, completed=told, total=all_events)

        return work(show)
