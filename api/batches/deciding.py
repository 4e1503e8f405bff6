"""Deciding the rows of a batch in their order, each on what those before it leave, without recording anything."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from api.batches.request import Row, Unreadable
from api.body import Sent
from api.database import Resources
from api.four_eyes import act_of
from api.preconditions import Changed
from api.problems import Problem
from api.recording import Attempt
from api.reporting import document_attached, write_report
from api.routes.milestone_reports import authorised
from domain.access import Caller
from domain.event import Author, Refused
from domain.milestone import MILESTONE, Milestone
from domain.milestone_commands import MilestoneCommand
from ledger.drafts import Draft, Drafts, Kept
from ledger.ledger import Folded

SLICE_SECONDS = 0.01
"""How long rows are decided before others have their turn."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What one row comes to: something to record, nothing to record, or why not."""

    row: Row | Unreadable
    before: Folded[Milestone] | None = None
    after: Folded[Milestone] | None = None
    kept: Kept | None = None
    refusal: Exception | None = None


@dataclass(frozen=True, slots=True)
class Deciding:
    """Who sends a batch and when it is decided."""

    resources: Resources
    caller: Caller
    now: datetime
    recorded_before: Author | None = None
    """Who was authorised, where an earlier commit is only told again."""

    async def decide(self, drafts: Drafts, rows: Iterable[Row | Unreadable]) -> list[Decided]:
        """Return what each row comes to, in order."""
        rows = list(rows)
        await drafts.read(MILESTONE, [row.stream for row in rows if isinstance(row, Row)])
        decided: list[Decided] = []
        turn_ends = time.monotonic() + SLICE_SECONDS
        for row in rows:
            decided.append(await self._one(drafts, row))
            if time.monotonic() > turn_ends:
                await asyncio.sleep(0)
                turn_ends = time.monotonic() + SLICE_SECONDS
        return decided

    async def _one(self, drafts: Drafts, row: Row | Unreadable) -> Decided:
        if isinstance(row, Unreadable):
            return Decided(row, refusal=row.problem)
        draft = drafts.next()
        try:
            before = await self._write(draft, row)
        except (Refused, Problem, Changed) as refusal:
            return Decided(row, refusal=refusal)
        if not draft.written:
            return Decided(row, before, before)
        kept = drafts.keep(draft, row.occurred_at, self.now)
        return Decided(row, before, await drafts.load(MILESTONE, row.stream), kept)

    async def _write(self, draft: Draft, row: Row) -> Folded[Milestone]:
        """Write what a row wants recorded; return its milestone as it was. Raises what a single report raises."""
        item = row.item
        if self.recorded_before is None:
            before = await authorised(
                self._attempt(row), draft, item.process, item.milestone, row.route.action
            )
        else:
            draft.author = self.recorded_before
            before = await draft.load(MILESTONE, row.stream)
        if not row.command.stands_alone and item.read not in {None, before.position}:
            raise Changed(row.stream, before.position, frozenset({item.read or 0}))
        document = await document_attached(self.resources.documents, row.command)
        await write_report(
            draft, item.process, item.milestone, row.command, row.occurred_at, self.now, document
        )
        if self.recorded_before is None and act_of(draft) is not None:
            raise _takes_two()
        return before

    def _attempt(self, row: Row) -> Attempt[MilestoneCommand]:
        return Attempt(
            self.resources,
            self.caller,
            row.command_id,
            Sent(row.command, row.occurred_at),
            row.digest,
            frozenset(),
            row.stream,
        )


def recordable(decided: Sequence[Decided]) -> bool:
    """Tell whether nothing keeps a batch from being recorded whole."""
    return all(one.refusal is None for one in decided)


def _takes_two() -> Refused:
    return Refused(
        "takes-two-alone",
        es="Este acto tiene efecto legal y lo hacen dos personas: envíalo por separado, no en un lote.",
        en="This act has legal effect and takes two people: send it by itself, not in a batch.",
    )
