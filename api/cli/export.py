"""``bitacora export``: a part of the log as a file, in the form that other people's tools read."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.database import Resources
    from api.extract import Extract
    from projections.extent import Part

EPILOG = """\b
Formats:
  ndjson        the events as they are: a CloudEvents document a line
  csv           a table; the event itself as JSON
  parquet       the same, in typed columns
  datapackage   all three with their description (Frictionless Data), in a ZIP
  ocel-json, ocel-xml, ocel-sqlite
                object-centric event data (OCEL 2.0), for process mining
  xes           one trace an activity or a case file (IEEE 1849)
  prov-json     provenance (W3C PROV)

\b
Examples:
  bitacora export datapackage --output bitacora.zip
  bitacora export xes --territory MX-JAL --as-of 4711 > jalisco.xes
"""


def export(
    format_: Annotated[str, typer.Argument(metavar="FORMAT", help="One of those below.")],
    *,
    process: Annotated[str, typer.Option(help="Only one election or case file: pef-2026-2027.")] = "",
    milestone: Annotated[str, typer.Option(help="Only one activity of that process: F047.")] = "",
    territory: Annotated[str, typer.Option(help="Only one state: MX-JAL.")] = "",
    as_of: Annotated[
        str, typer.Option(help="What was known then: a position, or an instant with its offset.")
    ] = "",
    output: Annotated[Path | None, typer.Option(help="The file to write; else standard output.")] = None,
) -> None:
    """Write the log, or a part of it, as a file.

    It holds what is for everybody, up to a signed checkpoint; the same part at the same one gives the same bytes.
    With --output, the signed checkpoint is written beside it as FILE.checkpoint. Progress goes to standard error.
    """
    from api.cli.resources import opened_resources
    from api.exports import formats
    from projections.extent import Part

    chosen = formats().get(format_)
    if chosen is None:
        raise typer.BadParameter(f"'{format_}' is none of: {', '.join(formats())}", param_hint="FORMAT")
    if milestone and not process:
        raise typer.BadParameter("an activity is of a process: say which, too", param_hint="--milestone")
    if process and territory:
        raise typer.BadParameter("ask for a process or a state, not for both", param_hint="--territory")
    part = Part(process=process or None, milestone=milestone or None, territory=territory or None)
    with opened_resources() as resources:
        found = _found(resources, part, as_of or None)
        with _shown(found, chosen.passes) as shown, _opened(output) as file:
            for piece in chosen.pieces(shown):
                file.write(piece)
    if output is not None:
        output.with_name(f"{output.name}.checkpoint").write_bytes(found.note)
    stood = found.checkpoint
    typer.echo(
        f"{len(found.positions):,} events up to position {found.position:,}, by the checkpoint of {stood.origin} at "
        f"{stood.size:,} entries, root {stood.root.hex()}.",
        err=True,
    )


def _found(resources: Resources, part: Part, as_of: str | None) -> Extract:
    from api.extract import extract
    from projections.moment import resolve_as_of

    with resources.readers.connection() as connection:
        moment = resolve_as_of(connection, as_of, resources.clock())
        return extract(resources, connection, part, moment)


@contextmanager
def _shown(found: Extract, passes: int) -> Iterator[Extract]:
    """Lend the extract, whose progress is shown to whoever looks on."""
    from dataclasses import replace

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("Events read", total=len(found.positions) * passes)
        yield replace(found, progress=lambda events: bar.advance(task, events))


@contextmanager
def _opened(output: Path | None) -> Iterator[BinaryIO]:
    """Lend what is written to: a file is there under its name only once it is whole."""
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    unfinished = output.with_name(f".{output.name}.unfinished")
    try:
        with unfinished.open("wb") as file:
            yield file
        unfinished.replace(output)
    finally:
        unfinished.unlink(missing_ok=True)
