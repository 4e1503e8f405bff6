"""The ceremony of the tables: all that the pages are read from, told again from the published log and compared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from api.ceremonies.outcome import Fact, Finding, Listing, Outcome, finding, sha256
from api.published_digests import read_digests
from api.replaying import AnotherHistory, Difference, compared
from domain.log import LogStarted
from ledger.checkpoint import parse_checkpoint
from ledger.codec import canonical, decode
from ledger.entry_reading import BadEntry
from ledger.note import BadNote, parse_note
from ledger.publishing import CHECKPOINT
from ledger.rebuilding import NotRebuilt, published_events
from projections.digests import TableDigest

FILE = "projections.json"
"""What the site said its tables come to, as it was given."""


def projections(folder: Path, said_file: bytes, say: Callable[[str], None]) -> Outcome:
    """Return whether the tables of a site are what its published log comes to.

    Raises `api.replaying.AnotherVersion`, `api.published_digests.NotDigests` where the site's word cannot be read, and
    ``OSError`` where there is no published log.
    """
    said = read_digests(said_file)
    checkpoint, simulated, told, wrong = None, None, None, list[Finding]()
    try:
        checkpoint = parse_checkpoint(parse_note((folder / CHECKPOINT).read_bytes()).text)
        simulated = _simulated(folder)
        told, differences = compared(folder, said, say)
        wrong = [_differs(each, said.position) for each in differences]
    except BadEntry as error:
        wrong = [finding("not_replayed", error.position, error=str(error))]
    except (AnotherHistory, BadNote, NotRebuilt) as error:
        wrong = [finding("not_replayed", 1, said.position, error=str(error))]
    rows: list[list[int | str]] = [
        [name, table.rows, table.sha256] for name, table in sorted(told.tables.items() if told else ())
    ]
    return Outcome(
        ceremony="projections", origin=checkpoint.origin if checkpoint else "", simulated=simulated,
        checkpoint=checkpoint, digest=sha256(canonical(rows)) if told else "",
        facts=[
            Fact(name="told_to", value=said.position),
            Fact(name="tables", value=len(said.tables)),
            Fact(name="edition", value=said.schema_name),
        ],
        findings=wrong, remarks=[finding("checkpoint_as_found")],
        listing=Listing(columns=["table", "rows", "digest"], rows=rows), attachments={FILE: said_file},
    )  # fmt: skip


def _simulated(folder: Path) -> bool | None:
    """Return what a published log's first entry says of it; None where it has none."""
    for event in published_events(folder, 1):
        started = decode(event.type, event.body)
        if isinstance(started, LogStarted):
            return started.simulated
    return None


def _differs(difference: Difference, position: int) -> Finding:
    return finding(
        "table_differs", 1, position, table=difference.name, said=_brief(difference.said),
        told=_brief(difference.told),
    )  # fmt: skip


def _brief(table: TableDigest | None) -> str:
    return f"{table.rows:,} × {table.sha256[:12]}" if table else "—"
