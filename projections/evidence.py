"""Which documents support what was reported, and who may have them?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from psycopg import Connection, Cursor, sql

from domain.milestone import MILESTONE, Milestone, Support
from domain.milestone_events import Reference
from projections.bulk import copy_rows
from projections.docket import is_reached, is_shown
from projections.fold import Batch, Step
from projections.folded import folded_milestone
from projections.moment import AsOf
from projections.page import Row
from projections.projection import Projection


class EvidenceRow(Row):
    """A document that was brought to support a report, withdrawn or not."""

    version: int
    """The version of its activity that brought it: what a withdrawal names."""
    supports: int
    """The version of the report it supports, as it was last corrected."""
    name: str
    """What it is, in the words of who brought it."""
    sha256: str | None
    """Of its bytes; null where only its number or address is known."""
    size_bytes: int | None
    """How many bytes it has, where it was attached by itself."""
    media_type: str | None
    """What its bytes are, where it was attached by itself."""
    address: str | None
    """Where it is published."""
    reference: Reference | None
    """Its number, who issued it and when."""
    attached_at: datetime
    """When it was recorded."""
    apart: bool
    """Whether it was attached apart from its report, and can be withdrawn apart."""
    withdrawn_at: datetime | None
    """When it was withdrawn or its report was corrected; null while it stands."""
    reason: str
    """Why it was withdrawn; empty while it stands."""


TABLES = """
-- The documents that the log names by digest; what else is said of them is read from the log itself.
CREATE TABLE evidence (
    milestone bigint  NOT NULL,
    number    integer NOT NULL,
    process   text    NOT NULL,
    territory text    NOT NULL,
    sha256    text    NOT NULL,
    withdrawn boolean NOT NULL DEFAULT false,
    PRIMARY KEY (milestone, number)
);
CREATE INDEX ON evidence (sha256);
"""


def list_evidence(
    connection: Connection[Any], process: str, milestone: str, as_of: AsOf
) -> list[EvidenceRow]:
    """Return what was brought to support an activity's reports, in order. Who may see the activity may see this."""
    return [evidence_row(one) for one in folded_milestone(connection, process, milestone, as_of).evidence]


def evidence_row(one: Support) -> EvidenceRow:
    """Return a piece of evidence as it is told."""
    said = one.evidence
    return EvidenceRow(
        version=one.version, supports=one.supports, name=said.name, sha256=said.sha256,
        size_bytes=one.size_bytes, media_type=one.media_type, address=said.address, reference=said.reference,
        attached_at=one.recorded_at, apart=one.apart,
        withdrawn_at=one.withdrawn.recorded_at if one.withdrawn else None, reason=one.reason,
    )  # fmt: skip


def may_be_given(connection: Connection[Any], sha256: str, reach: str | None) -> bool:
    """Tell whether a document supports something that whoever looks may see whole.

    What was withdrawn is given to nobody but the authority of its territory: it may be what nobody should have seen.
    """
    evidence = sql.Identifier("evidence")
    query = sql.SQL(
        "SELECT EXISTS (SELECT FROM evidence WHERE sha256 = %s AND {shown} AND (NOT withdrawn OR {reached}))"
    ).format(
        shown=is_shown(sql.Identifier("evidence", "process"), reach), reached=is_reached(evidence, reach)
    )
    row = connection.execute(query, [sha256]).fetchone()
    return bool(row and row[0])


def named_documents(connection: Connection[Any]) -> Iterator[str]:
    """Yield the digest of every document that the log names."""
    for (sha256,) in connection.execute("SELECT DISTINCT sha256 FROM evidence ORDER BY sha256"):
        yield sha256


# Telling ------------------------------------------------------------------------------------------------


def tell(cursor: Cursor[Any], batch: Batch) -> None:
    """Write the documents that were brought, and which were withdrawn."""
    steps = [step for step in batch.of(MILESTONE) if step.after.evidence != step.before.evidence]
    if not steps:
        return
    copy_rows(cursor, "evidence", (row for step in steps for row in _brought(step)))
    withdrawn = [one for step in steps for one in _withdrawn(step)]
    cursor.executemany("UPDATE evidence SET withdrawn = true WHERE milestone = %s AND number = %s", withdrawn)


def _brought(step: Step[Milestone]) -> Iterator[tuple[Any, ...]]:
    plan, process = step.after.plan, step.stored.stream.split("/")[1]
    if plan is None:
        raise ValueError(f"{step.stored.stream} was never planned")
    for number, one in enumerate(step.after.evidence):
        if number >= len(step.before.evidence) and one.evidence.sha256:
            yield step.origin, number, process, plan.territory, one.evidence.sha256, False


def _withdrawn(step: Step[Milestone]) -> Iterator[tuple[int, int]]:
    before = step.before.evidence
    for number, one in enumerate(step.after.evidence[: len(before)]):
        if one.withdrawn is not None and before[number].withdrawn is None:
            yield step.origin, number


PROJECTION = Projection("evidence", TABLES, tell)
