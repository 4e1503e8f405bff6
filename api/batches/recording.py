"""Recording a batch: all of it in one commit, or each row in its own; telling again what was recorded before."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from api.batches.answer import BatchAnswer, RowAnswer, counted
from api.batches.deciding import Decided, Deciding, recordable
from api.batches.request import Mode, Row, Unreadable, digest_of
from api.batches.telling import changes_since, recorded, told
from api.database import Resources
from api.settings import Language
from domain.access import Caller
from domain.milestone import MILESTONE, Milestone
from ledger.drafts import Drafts
from ledger.ledger import ATTEMPTS, Contended, Folded, recorded_event
from ledger.log import Committed, Conflict, Reused, ReusedCommandId, StoredEvent, Tail

SENT_TOGETHER = 256
"""How many rows that are recorded one by one wait for the disk together: other people's reports go in between."""


class NotRecorded(Exception):
    """A batch was to be recorded whole and some rows keep it back: nothing was recorded."""

    def __init__(self, answer: BatchAnswer) -> None:
        super().__init__(NotRecorded.__doc__)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Batch:
    """The rows somebody sends, under one key."""

    resources: Resources
    caller: Caller
    key: UUID
    mode: Mode
    dry_run: bool
    rows: Sequence[Row | Unreadable]
    language: Language

    async def run(self) -> BatchAnswer:
        """Record what can be recorded, or say what would be.

        Raises `NotRecorded`, and what the ledger raises: `ReusedCommandId`, `Contended`, `QueueFull` …
        """
        if self.dry_run:
            return await self._dry()
        return await (self._whole() if self.mode == "all_or_nothing" else self._each())

    # Saying what would be

    async def _dry(self) -> BatchAnswer:
        decided = await self._deciding().decide(Drafts(self.resources.ledger), self.rows)
        return await self._not_recorded(decided)

    async def _not_recorded(self, decided: Sequence[Decided]) -> BatchAnswer:
        since = await changes_since(self.resources.ledger, decided)
        rows = [
            told(one, "would_be_recorded" if one.kept else "unchanged", self.language, since)
            for one in decided
        ]
        return self._answer(rows, (await self.resources.ledger.head()).position)

    # All or nothing

    async def _whole(self) -> BatchAnswer:
        """Record every row in one commit; decide all again where something it rests on has changed."""
        ledger, digest = self.resources.ledger, digest_of(self.rows, self.mode)
        if answer := await self._whole_earlier(digest):
            return answer
        for _ in range(ATTEMPTS):
            drafts = Drafts(ledger)
            decided = await self._deciding().decide(drafts, self.rows)
            kept = [one.kept for one in decided if one.kept]
            if not kept or not recordable(decided):
                # The same batch may have been recorded while this one was decided.
                if answer := await self._whole_earlier(digest):
                    return answer
                if not recordable(decided):
                    raise NotRecorded(await self._not_recorded(decided))
                return await self._not_recorded(decided)
            commit = await asyncio.to_thread(drafts.together, kept, self.key, digest)
            outcome = await ledger.committer.append(commit)
            if isinstance(outcome, Committed) and not outcome.replayed:
                return self._recorded_whole(decided, outcome)
            if not isinstance(outcome, Conflict) and (answer := await self._whole_earlier(digest)):
                return answer
        raise Contended(Contended.__doc__)

    async def _whole_earlier(self, digest: bytes) -> BatchAnswer | None:
        """Tell what an earlier commit did: the rows are decided on what it was decided on, and so come out the same."""
        ledger = self.resources.ledger
        outcome = await asyncio.to_thread(ledger.log.outcome_of, self.key, digest)
        if isinstance(outcome, Reused):
            raise ReusedCommandId(self.key)
        if outcome is None:
            return None
        first = (await ledger.read(outcome.first_position - 1, 1))[0]
        deciding = Deciding(self.resources, self.caller, outcome.recorded_at, first.author)
        drafts = Drafts(ledger, until=outcome.first_position - 1)
        return self._recorded_whole(await deciding.decide(drafts, self.rows), outcome)

    def _recorded_whole(self, decided: Sequence[Decided], outcome: Committed) -> BatchAnswer:
        rows, position = [], outcome.first_position - 1
        for one in decided:
            if one.kept is None:
                rows.append(told(one, "unchanged", self.language, {}))
                continue
            position += len(one.kept.events)
            version = one.after.version if one.after else 0
            rows.append(recorded(one, self.key, position, version, outcome.recorded_at))
        return self._answer(rows, outcome.last_position)

    # Each for itself

    async def _each(self) -> BatchAnswer:
        """Record each row in a commit of its own; those that something came between are decided again."""
        answers = await self._recorded_earlier(self.rows)
        for _ in range(ATTEMPTS):
            waiting = [row for row in self.rows if row.number not in answers]
            if not waiting:
                break
            drafts = Drafts(self.resources.ledger)
            decided = await self._deciding().decide(drafts, waiting)
            if not await self._append_each(drafts, decided, answers):
                idle = [one for one in decided if one.kept is None]
                since = await changes_since(self.resources.ledger, idle)
                answers |= {one.row.number: told(one, "unchanged", self.language, since) for one in idle}
                # The same batch may have been recorded while this one was decided.
                answers |= await self._recorded_earlier([one.row for one in idle])
        for row in self.rows:
            if row.number not in answers:
                contended = Decided(row, refusal=Contended(Contended.__doc__))
                answers[row.number] = told(contended, "refused", self.language, {})
        rows = [answers[row.number] for row in self.rows]
        positions = [row.position for row in rows if row.position]
        position = max(positions) if positions else (await self.resources.ledger.head()).position
        return self._answer(rows, position)

    async def _append_each(
        self, drafts: Drafts, decided: Sequence[Decided], answers: dict[int, RowAnswer]
    ) -> bool:
        """Append the commit of each row that has something to record; tell whether something came between."""
        to_record = [(one, one.row, one.kept) for one in decided if one.kept and isinstance(one.row, Row)]
        contended = False
        for first in range(0, len(to_record), SENT_TOGETHER):
            slice_ = to_record[first : first + SENT_TOGETHER]
            outcomes = await asyncio.gather(
                *(
                    self.resources.ledger.committer.append(drafts.alone(kept, row.command_id, row.digest))
                    for _, row, kept in slice_
                )
            )
            for (one, row, kept), outcome in zip(slice_, outcomes, strict=True):
                if isinstance(outcome, Committed):
                    version = one.after.version if one.after else 0
                    answers[row.number] = recorded(
                        one, row.command_id, outcome.first_position + len(kept.events) - 1, version,
                        outcome.recorded_at,
                    )  # fmt: skip
                elif isinstance(outcome, Reused):
                    answers[row.number] = told(
                        Decided(row, refusal=ReusedCommandId(row.command_id)), "refused", self.language, {}
                    )
                else:
                    contended = True
        return contended

    async def _recorded_earlier(self, among: Sequence[Row | Unreadable]) -> dict[int, RowAnswer]:
        """Return the receipts of the rows that an earlier sending of this batch recorded."""
        log = self.resources.ledger.log
        rows = [row for row in among if isinstance(row, Row)]
        outcomes = await asyncio.to_thread(log.outcomes_of, [(row.command_id, row.digest) for row in rows])
        known = [(row, outcome) for row, outcome in zip(rows, outcomes, strict=True) if outcome is not None]
        histories: dict[str, list[StoredEvent]] = {}
        for first in range(0, len(known), 1_000):
            streams = list(dict.fromkeys(row.stream for row, _ in known[first : first + 1_000]))
            found = await asyncio.to_thread(log.read_streams, [Tail(stream) for stream in streams])
            histories |= dict(zip(streams, found, strict=True))
        return {row.number: self._receipt(row, outcome, histories[row.stream]) for row, outcome in known}

    def _receipt(self, row: Row, outcome: Committed | Reused, history: Sequence[StoredEvent]) -> RowAnswer:
        if isinstance(outcome, Reused):
            return told(Decided(row, refusal=ReusedCommandId(row.command_id)), "refused", self.language, {})
        before = _as_of(history, outcome.first_position - 1)
        after = _as_of(history, outcome.last_position)
        return recorded(
            Decided(row, before, after),
            row.command_id,
            outcome.last_position,
            after.version,
            outcome.recorded_at,
        )

    def _deciding(self) -> Deciding:
        return Deciding(self.resources, self.caller, self._now())

    def _now(self) -> datetime:
        return self.resources.clock()

    def _answer(self, rows: Sequence[RowAnswer], position: int) -> BatchAnswer:
        self.resources.log_end.saw(position)
        return BatchAnswer.model_construct(
            batch=self.key, mode=self.mode, dry_run=self.dry_run, counts=counted(rows), position=position,
            rows=tuple(rows),
        )  # fmt: skip


def _as_of(history: Sequence[StoredEvent], position: int) -> Folded[Milestone]:
    state, version, last = MILESTONE.initial, 0, 0
    for stored in history:
        if stored.position > position:
            break
        event, envelope = recorded_event(stored)
        state = MILESTONE.evolve(state, event, envelope)
        version, last = envelope.version, envelope.position
    return Folded(state, version, last)
