"""The ceremony of the empty log (*base de datos sin datos*): nothing was reported, in no table of any schema.

It is passed by a database in which nothing was recorded at all, and by one that holds the opening alone: that the log
began, and the plans of the elections with their dates.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from api.ceremonies.outcome import Fact, Finding, Listing, Outcome, finding, sha256
from ledger.checkpoint import Checkpoint
from ledger.codec import canonical
from ledger.contents import OPENING, Contents, CountedTable, Said

TOLD_BY_ITSELF = {
    ("desk", "followers"),
    ("ledger", "tracking"),
    ("ledger", "checkpoints"),
    ("projection_control", "generations"),
}
"""Tables that fill as the program looks at what there is, without anybody having said anything."""


def empty(found: Contents, documents: int, origin: str) -> Outcome:
    """Return whether a database, and the folder of documents beside it, hold nothing that was reported.

    ``origin`` is what the log is to be called, where it has not begun.
    """
    name = found.origin or origin
    rows: list[list[int | str]] = [[f"{table.schema}.{table.name}", table.rows] for table in found.tables]
    opening = found.size > 0
    return Outcome(
        ceremony="empty", origin=name, simulated=found.simulated,
        checkpoint=Checkpoint(name, found.size, found.root) if found.root is not None else None,
        digest=sha256(canonical([*rows, ["documents", documents]])),
        facts=[
            Fact(name="events", value=found.size),
            Fact(name="tables", value=len(found.tables)),
            Fact(name="rows", value=sum(table.rows for table in found.tables)),
            Fact(name="documents", value=documents),
            *(Fact(name=f"said_{said.type.partition('.')[0]}", value=said.events) for said in _opening(found)),
        ],
        findings=list(_findings(found, documents)),
        remarks=[finding("only_the_opening" if opening else "nothing_at_all"), finding("empty_is_now")],
        listing=Listing(columns=["table", "rows"], rows=rows),
    )  # fmt: skip


def _opening(found: Contents) -> Sequence[Said]:
    return [said for said in found.said if said.type in OPENING]


def _findings(found: Contents, documents: int) -> Iterator[Finding]:
    if found.missing is not None:
        yield finding("events_are_missing", found.missing, found.size)
    for said in found.said:
        if said.type not in OPENING:
            yield finding("something_was_said", said.first_position, type=said.type, n=said.events)
    if documents:
        yield finding("documents_are_kept", n=documents)
    if found.signed_size > found.size:
        yield finding("was_signed_beyond", found.size + 1, found.signed_size, n=found.signed_size)
    if found.followed > found.size:
        yield finding("was_followed_beyond", found.size + 1, found.followed, n=found.followed)
    for table in found.tables:
        expected = _expected(found, table)
        if expected is not None and table.rows != expected:
            yield finding(
                "rows_are_there", table=f"{table.schema}.{table.name}", n=table.rows, expected=expected
            )


def _expected(found: Contents, table: CountedTable) -> int | None:
    """Return how many rows a table has to have; None where that follows from what was opened."""
    known = {
        ("ledger", "events"): found.size,
        ("ledger", "commands"): found.commands,
        ("ledger", "head"): 1,
        ("ledger", "migrations"): found.migrations,
    }
    place = (table.schema, table.name)
    if place in known:
        return known[place]
    is_told = table.schema.startswith("projection_")
    if place in TOLD_BY_ITSELF or (is_told and table.name == "tracking"):
        return None
    follows_from_events = is_told or place == ("ledger", "tiles")
    return None if found.size and follows_from_events else 0
