"""One milestone's life, told through the ledger: opened with its whole process, started, advanced, completed."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from domain.milestone import MILESTONE, milestone_stream
from domain.milestone_commands import CompleteMilestone, MilestoneCommand, ReportProgress, StartMilestone
from domain.milestone_rules import Circumstances
from domain.plan import Opening
from domain.process import Process
from ledger.ledger import Decision, Ledger, View
from ledger.log import OutcomeUnknown, Unavailable
from tests.torture.journal import Journal
from tests.torture.plan import AUTHOR, OPEN, can_progress, write_opening

SENDINGS = 5
"""How often a command is sent before the scenario gives up: one fault deserves one repetition."""

OPENING = OPEN.decide(Process())


class Scenario:
    """The scenario, told in one process after another.

    ``same_id`` is what makes a repetition harmless: without it, what was recorded and not answered is recorded again.
    """

    def __init__(self, journal: Journal, dice: random.Random, *, same_id: bool = True) -> None:
        self._journal = journal
        self._dice = dice
        self._same_id = same_id

    async def tell(self, ledger: Ledger, process: str) -> None:
        """Tell it in a process of this name. Raises what is neither an answer nor a clean error."""
        assert OPENING is not None
        opening = replace(OPENING, process=process)
        name = next(
            name for name, row in opening.milestones.items() if can_progress(row) and not row.required
        )
        stream = milestone_stream(process, name)
        await self._until_answered(ledger, lambda _: _opens(opening), len(opening.milestones) + 1)
        for step in (_start, _advance, _complete):
            await self._until_answered(ledger, partial(_changes, stream, step), 1)
        milestone = await ledger.load(MILESTONE, stream)
        assert (milestone.version, milestone.state.status, milestone.state.done) == (4, "completed", 7)

    async def _until_answered(self, ledger: Ledger, decision: Callable[[str], Decision], events: int) -> None:
        """Send one command until it is answered."""
        command_id = self._new_id(events)
        for _ in range(SENDINGS):
            try:
                recorded = await ledger.execute(
                    decision(str(command_id)),
                    command_id=command_id,
                    author=AUTHOR,
                    occurred_at=datetime.now(UTC),
                )
            except (Unavailable, OutcomeUnknown) as failure:
                self._journal.failed(type(failure).__name__)
                if not self._same_id:
                    command_id = self._new_id(events)
                continue
            first = recorded.events[0].envelope.position
            assert len(recorded.events) == events
            self._journal.answered(command_id, first, recorded.position, replayed=recorded.replayed)
            return
        raise AssertionError(f"command {command_id} was never answered")

    def _new_id(self, events: int) -> UUID:
        command_id = UUID(bytes=self._dice.randbytes(16), version=4)
        self._journal.asked(command_id, events)
        return command_id


def _opens(opening: Opening) -> Decision:
    """Return the decision to open a process that does not exist."""

    async def decide(view: View) -> None:
        write_opening(view, opening)

    return decide


def _start(note: str) -> MilestoneCommand:
    return StartMilestone(note=note)


def _advance(note: str) -> MilestoneCommand:
    return ReportProgress(done=7, note=note)


def _complete(note: str) -> MilestoneCommand:
    return CompleteMilestone(instrument="INE/CG1/2027", note=note)


def _changes(stream: str, step: Callable[[str], MilestoneCommand], note: str) -> Decision:
    """Return the decision to take a step with a milestone."""

    async def decide(view: View) -> None:
        milestone = await view.load(MILESTONE, stream)
        at = Circumstances(occurred_at=datetime.now(UTC), now=datetime.now(UTC))
        view.write(stream, step(note).decide(milestone.state, at))

    return decide
