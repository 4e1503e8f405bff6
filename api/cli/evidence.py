"""``bitacora evidence``: attach a document to a report, have one, and check all that are kept."""

from __future__ import annotations

import hashlib
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from httpx2 import Client, Response

evidence_app = typer.Typer(
    name="evidence",
    help=(
        "Documents that support what was reported.\n\n"
        "'attach' and 'get' ask a running server, BITACORA_SERVER (default http://127.0.0.1:8000), in the name of "
        "the token in BITACORA_TOKEN. 'verify' reads the folder of documents of this machine, BITACORA_DOCUMENTS."
    ),
    no_args_is_help=True,
    rich_markup_mode=None,
)

ANSWER_SECONDS = 60.0


class ServerRefused(Exception):
    """The server did not do what it was asked; the message is its own."""


@evidence_app.command()
def attach(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The document.")],
    *,
    process: Annotated[str, typer.Option(help="The process: pel-2026-2027-jal.")],
    milestone: Annotated[str, typer.Option(help="The activity: L010.")],
    name: Annotated[str, typer.Option(help="What it is; stays readable in the log for ever.")],
    number: Annotated[str, typer.Option(help="Its number: IEPC-ACG-012/2026.")] = "",
    supports: Annotated[
        int | None, typer.Option(min=1, help="The version of the report; left out, the last that stands.")
    ] = None,
) -> None:
    """Upload a document and attach it to a report that was made. Prints its SHA-256.

    Running it again changes nothing: a document is kept once, and attached once to a report.
    """
    from api.documents.receiving import REPR_DIGEST, digest_written
    from ledger.documents import digest_of

    with _server() as server:
        sha256 = digest_of(file)
        with file.open("rb") as content:
            _done(
                server.post(
                    "/api/v1/documents",
                    params={"name": file.name},
                    content=content,
                    headers={REPR_DIGEST: digest_written(sha256)},
                )
            )
        path = f"/api/v1/processes/{process}/milestones/{milestone}"
        evidence: dict[str, Any] = {"name": name, "sha256": sha256}
        if number:
            evidence["reference"] = {"number": number}
        body = {"occurred_at": datetime.now(UTC).isoformat(), "evidence": evidence}
        tag = _done(server.get(path)).headers["ETag"]
        receipt = _done(
            server.post(
                f"{path}/evidence",
                json=body if supports is None else {**body, "supports": supports},
                headers={"If-Match": tag, "Idempotency-Key": str(uuid4())},
            )
        ).json()
        proof = f"{str(server.base_url).rstrip('/')}{receipt['proof']}"
    said = "Attached" if receipt["changed"] else "It was attached already"
    typer.echo(f"{said} to {milestone} of {process}: position {receipt['position']}.", err=True)
    typer.echo(f"Its proof: {proof}", err=True)
    typer.echo(sha256)


@evidence_app.command()
def get(
    sha256: Annotated[str, typer.Argument(help="The document's SHA-256, as the log has it.")],
    file: Annotated[Path, typer.Argument(help="The new file; an existing one is never overwritten.")],
) -> None:
    """Download a document. It is written only once its bytes are those of the SHA-256."""
    if file.exists():
        raise typer.BadParameter(f"{file} exists; choose another name.")
    beside = file.with_name(f"{file.name}.part")
    seen = hashlib.sha256()
    try:
        with _server() as server, server.stream("GET", f"/api/v1/documents/{sha256}") as answer:
            if answer.status_code != 200:
                answer.read()
            _done(answer)
            with beside.open("xb") as written:
                for piece in answer.iter_raw():
                    seen.update(piece)
                    written.write(piece)
        if seen.hexdigest() != sha256:
            raise ServerRefused(f"what arrived is another document: its SHA-256 is {seen.hexdigest()}.")
        beside.rename(file)
    finally:
        beside.unlink(missing_ok=True)
    typer.echo(f"{file}: {file.stat().st_size:,} bytes, as the log has them.", err=True)


@evidence_app.command()
def verify() -> None:
    """Hash every document that is kept, and look for those that the log names. Exits with 1 where any is not right."""
    from rich.console import Console
    from rich.progress import track

    from api.database import open_resources
    from api.logs import configure
    from api.settings import Settings
    from ledger.documents import digest_of
    from projections.evidence import named_documents

    console, settings = Console(stderr=True), Settings()
    configure(settings.log_format, debug=settings.debug)
    with closing(open_resources(settings)) as resources:
        kept = list(resources.documents.all())
        changed = [
            one.path
            for one in track(kept, "Hashing", console=console, disable=not console.is_terminal)
            if digest_of(one.path) != one.sha256
        ]
        with resources.readers.connection() as connection:
            named = set(named_documents(connection))
    here = {one.sha256 for one in kept}
    for path in changed:
        typer.echo(f"changed  {path}")
    for sha256 in sorted(named - here):
        typer.echo(f"missing  {sha256}")
    typer.echo(
        f"{len(kept)} kept, {len(changed)} changed, {len(named - here)} missing of {len(named)} named.",
        err=True,
    )
    if changed or named - here:
        raise typer.Exit(1)


@contextmanager
def _server() -> Iterator[Client]:
    """Lend a way to ask the server, in the name of the token."""
    from httpx2 import Client, HTTPError

    from api.settings import Settings

    settings = Settings()
    if settings.token is None:
        raise typer.BadParameter("Set BITACORA_TOKEN to a token from 'bitacora token create'.")
    headers = {"Authorization": f"Bearer {settings.token.get_secret_value()}", "Accept-Language": "en"}
    with Client(base_url=settings.server, headers=headers, timeout=ANSWER_SECONDS) as client:
        try:
            yield client
        except HTTPError as error:
            raise ServerRefused(f"{settings.server} does not answer: {error}") from error


def _done(answer: Response) -> Response:
    """Return an answer that says that it was done. Raises `ServerRefused` with the server's own words."""
    if answer.is_success:
        return answer
    try:
        said = answer.json()["detail"]
    except (ValueError, KeyError):
        said = answer.reason_phrase
    raise ServerRefused(f"{answer.status_code}: {said}")
