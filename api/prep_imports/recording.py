"""Recording what a judged file says: the process where it is not open, the catalogue, then the stages in their order.

An import that was interrupted goes on where it stopped, and one that is made again records nothing: what is recorded
already is read first, and a commit's id is made of what is in it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, UUID, uuid5

from api.opening import CONSOLE, open_process, refuse_before_the_start
from api.prep_imports.judging import JudgedFile
from domain.calendar import opens_at
from domain.event import Event, Refused
from domain.imported_election import OpenImportedElection
from domain.log import LOG, LOG_STREAM
from domain.plan import OpenProcess
from domain.procedure import procedures
from domain.process import PROCESS, process_stream
from domain.tally_catalogue import TALLY_CATALOGUE, tally_catalogue_stream
from domain.tally_sheet import (
    TALLY_SHEET,
    TallySheet,
    TallySheetCaptured,
    TallySheetCollected,
    TallySheetVerified,
    tally_sheet_stream,
)
from ledger.codec import encode
from ledger.ledger import ATTEMPTS, Contended, Ledger, Recorded, View, recorded_event
from ledger.log import Commit, Conflict, NewEvent

COMMIT_EVENTS = 1_000
"""How many stages go in one commit: others' reports go in between, and what is lost with the process is at most one."""
FAMILY_PAGE = 5_000

ORDER: tuple[type[Event], ...] = (TallySheetCollected, TallySheetCaptured, TallySheetVerified)
"""Which comes first of what has the same moment."""

Progress = Callable[[int, int], None]
"""Hears how many stages are recorded and how many there are to record."""


class _Stage(NamedTuple):
    """A stage to be recorded."""

    occurred_at: datetime
    order: int
    stream: str
    version: int
    event: Event


@dataclass(frozen=True, slots=True)
class PrepImport:
    """A judged file on its way into a process; ``origin`` is the log's name, ``now`` the moment of the import."""

    ledger: Ledger
    origin: str
    process: str
    file: JudgedFile
    now: datetime

    async def run(self, progress: Progress = lambda _done, _all: None) -> int:
        """Record what is not recorded yet, and return how many events that was.

        Raises `domain.event.Refused`, and what the ledger raises.
        """
        # Whatever contradicts what is recorded is found before anything more is.
        before = (await self.ledger.load(PROCESS, process_stream(self.process))).state
        if before.opened is not None:
            self._opening.decide(before)
        stages = await self._missing()
        events = _new(await self._open()) + _new(await self._expect())
        for _ in range(ATTEMPTS):
            recorded = await self._record(stages, progress)
            events += recorded
            if recorded == len(stages):
                return events
            stages = await self._missing()
        raise Contended(Contended.__doc__)

    async def _open(self) -> Recorded:
        """Open the process where it is not, and say which file is taken."""
        accepting = self.file.accepting

        async def decide(view: View) -> None:
            refuse_before_the_start((await view.load(LOG, LOG_STREAM)).state)
            await self._open_process(view)
            stream = tally_catalogue_stream(self.process, self.file.election)
            view.write(stream, accepting.decide((await view.load(TALLY_CATALOGUE, stream)).state))

        return await self._execute(decide, f"accept/{accepting.accepted.sha256}", self.now)

    async def _open_process(self, view: View) -> None:
        before = (await view.load(PROCESS, process_stream(self.process))).state
        day = self.file.election_day
        planned = OpenProcess(
            kind="local_election", territory=self.file.territory, cycle=f"{day.year - 1}-{day.year}"
        )
        years = procedures()[planned.kind].election_years
        if before.opened is None and planned.process == self.process and years and years.include(day.year):
            await open_process(view, planned)
            return
        view.write(process_stream(self.process), self._opening.decide(before))

    @property
    def _opening(self) -> OpenImportedElection:
        return OpenImportedElection(
            territory=self.file.territory,
            election_day=self.file.election_day.isoformat(),
            basis=self.file.election_day_basis,
        )

    async def _expect(self) -> Recorded:
        """Record the catalogue, as of the first instant of election day."""
        stream = tally_catalogue_stream(self.process, self.file.election)

        async def decide(view: View) -> None:
            state = (await view.load(TALLY_CATALOGUE, stream)).state
            view.write(stream, self.file.accepting.decide_expected(state))

        at = opens_at(self.file.election_day.isoformat(), self.file.zone)
        return await self._execute(decide, f"expect/{self.file.election}", at)

    async def _execute(self, decide: Callable[[View], Any], what: str, at: datetime) -> Recorded:
        return await self.ledger.execute(
            decide, command_id=self._command_id(what), author=CONSOLE, occurred_at=at
        )

    async def _record(self, stages: Sequence[_Stage], progress: Progress) -> int:
        """Record stages in their order; return how many, fewer where somebody else came between."""
        done = 0
        for first in range(0, len(stages), COMMIT_EVENTS):
            part = stages[first : first + COMMIT_EVENTS]
            outcome = await self.ledger.committer.append(self._commit(part))
            if isinstance(outcome, Conflict):
                break
            done += len(part)
            progress(done, len(stages))
        return done

    async def _recorded_sheets(self) -> Mapping[str, TallySheet]:
        """Return the sheets of the process as they are recorded, by stream."""
        found: dict[str, TallySheet] = {}
        prefix, after = tally_sheet_stream(self.process, ""), 0
        while page := await asyncio.to_thread(self.ledger.log.read_family, prefix, after, FAMILY_PAGE):
            for stored in page:
                event, envelope = recorded_event(stored)
                state = found.get(stored.stream, TALLY_SHEET.initial)
                found[stored.stream] = TALLY_SHEET.evolve(state, event, envelope)
            after = page[-1].position
        return found

    async def _missing(self) -> list[_Stage]:
        """Return the stages that are not recorded yet, in the order of the acts. Raises `domain.event.Refused`."""
        recorded, found = await self._recorded_sheets(), list[_Stage]()
        streams = {tally_sheet_stream(self.process, id_): taking for id_, taking in self.file.sheets.items()}
        self._refuse_to_lose_a_sheet(recorded, streams)
        for stream, taking in streams.items():
            state = recorded.get(stream, TALLY_SHEET.initial)
            for version, stage in enumerate(taking.decide(state), state.version + 1):
                order = ORDER.index(type(stage.event))
                found.append(_Stage(stage.occurred_at, order, stream, version, stage.event))
        return sorted(found)

    def _refuse_to_lose_a_sheet(self, recorded: Mapping[str, TallySheet], said: Collection[str]) -> None:
        """Refuse a file that lacks what an earlier one said: it is of an earlier cut, or takes something back."""
        lost = [
            stream
            for stream, state in recorded.items()
            if stream not in said and state.sheet and state.sheet.election == self.file.election
        ]
        if lost:
            raise Refused(
                "tally-sheet-not-in-file",
                es=f"Faltan en el archivo {len(lost):,} actas ya asentadas (como {lost[0]}): ¿es de un corte anterior?",
                en=f"The file lacks {len(lost):,} sheets recorded already (as {lost[0]}): is it of an earlier cut?",
            )

    def _commit(self, stages: Sequence[_Stage]) -> Commit:
        new = [
            NewEvent(one.stream, one.version, one.event.type, encode(one.event), one.occurred_at)
            for one in stages
        ]
        said = " ".join(f"{one.stream}@{one.occurred_at.isoformat()}#{one.version}" for one in stages)
        return Commit(self._command_id(said), CONSOLE, stages[0].occurred_at, new)

    def _command_id(self, what: str) -> UUID:
        return uuid5(NAMESPACE_URL, f"{self.origin}#prep/{self.process}/{what}")


def _new(recorded: Recorded) -> int:
    return 0 if recorded.replayed else len(recorded.events)
