"""``bitacora audit log``: the log verified, by a program that shares no code with this one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from api.cli.ceremony import KeyFile, RecordFolder, conclude, signing_key


def log_command(
    place: Annotated[str, typer.Argument(metavar="URL|FOLDER", help="Where 'checkpoint' and 'tile/' are.")],
    vkey: Annotated[
        list[str] | None,
        typer.Option(help="A key that signs the log, or @FILE of such lines; remembered from then on."),
    ] = None,
    held: Annotated[
        list[Path] | None,
        typer.Option(help="An earlier checkpoint or a receipt that you hold: the log must continue it."),
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(help="Which witnesses must have signed, and how many (C2SP tlog-policy).")
    ] = None,
    witness: Annotated[
        list[str] | None,
        typer.Option(help="Without --policy: a witness that must have signed, or @FILE of such lines."),
    ] = None,
    quorum: Annotated[
        int | None, typer.Option(metavar="N", help="How many of --witness; all, if not said.")
    ] = None,
    state: Annotated[
        Path | None, typer.Option(help="The folder where what was verified is remembered.")
    ] = None,
    fresh: Annotated[
        int | None, typer.Option(metavar="MINUTES", help="Refuse a checkpoint last said to stand longer ago.")
    ] = None,
    lang: Annotated[str | None, typer.Option(metavar="es|en", help="In which language.")] = None,
    record: RecordFolder = None,
    key: KeyFile = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Say it as one JSON object.")] = False,
) -> None:
    """Verify a whole signed log.

    Signatures, every entry, every tile, and that it continues what was verified before. It is done by the independent
    verifier in a process of its own ('python -m bitacora_verifier --help' lists what it ends with: 0 verified, 3
    something is missing, 5 the past was changed, 10 too few witnesses …). The first position that is wrong is named.
    """
    from api.ceremonies.log import verification

    signer = signing_key(record, key)
    given: dict[str, Sequence[object]] = {
        "--vkey": vkey or [],
        "--held": held or [],
        "--policy": [policy] if policy else [],
        "--witness": witness or [],
        "--quorum": [quorum] if quorum is not None else [],
        "--state": [state] if state else [],
        "--fresh": [fresh] if fresh is not None else [],
        "--lang": [lang] if lang else [],
    }
    options = [f"{name}={value}" for name, values in given.items() for value in values]
    if record is None:
        raise typer.Exit(_verifier_s_code(place, [*options, *(["--json"] if as_json else [])]))
    if as_json:
        raise typer.BadParameter("A record has it as JSON: give one of --json and --record.")
    found = verification(place, options)
    if found.outcome:
        conclude(found.outcome, record, signer)
    raise typer.Exit(found.code)


def _verifier_s_code(place: str, options: Sequence[str]) -> int:
    """Run the verifier, which says what it finds itself."""
    command = [sys.executable, "-m", "bitacora_verifier", "log", *options, "--", place]
    return subprocess.run(command, check=False).returncode
