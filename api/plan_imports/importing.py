"""Importing a calendar: read within limits, compared with the plan, recorded in one commit with the cells' names."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from api.batches.answer import BatchAnswer, RowAnswer
from api.batches.recording import Batch, NotRecorded
from api.batches.request import BatchItem, Row
from api.database import Resources
from api.opening import CYCLE
from api.persons import as_of_now
from api.plan_imports.answer import CalendarOutcome, CalendarRow, PlanImportAnswer
from api.plan_imports.sheets import sheet_of_territory
from api.plans import milestones_of
from api.routes.milestone_reports import ReportRoute
from api.settings import Language
from api.spreadsheet.reading import read_file
from api.spreadsheet.table import cell_name
from domain.access import Caller, authorise
from domain.calendar_date import TakeDateFromCalendar
from domain.entity import FEDERATION
from domain.event import Refused
from domain.milestone import Milestone
from domain.names import Names
from domain.plan_layout import PLAN_LAYOUT, plan_layout_stream
from domain.plan_sheet import PlanLine, PlanReading, read_plan
from domain.process import process_id
from ledger.ledger import View

ROUTE = ReportRoute("calendar-date", TakeDateFromCalendar)
"""A date of a calendar is reported as any other thing, by whoever may report."""


WRONG = {"refused", "conflict"}


class CalendarNotRecorded(Exception):
    """Some rows of a calendar contradict something or are unknown, and leaving them out was not asked for."""

    def __init__(self, answer: PlanImportAnswer) -> None:
        super().__init__(CalendarNotRecorded.__doc__)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A calendar that somebody sends, with what the file does not say itself."""

    raw: bytes
    territory: str
    instrument: str
    """The agreement that approved it."""
    approved_at: datetime
    """When it was approved: the act that is recorded."""
    sheet: str | None = None
    """The sheet, where its name does not say whose it is."""


@dataclass(frozen=True, slots=True)
class PlanImport:
    """Who imports, and how they are answered."""

    resources: Resources
    caller: Caller
    language: Language

    async def run(self, file: PlanFile, *, dry_run: bool, leave_out: bool) -> PlanImportAnswer:
        """Record a calendar's dates, or say what would be recorded.

        With ``leave_out`` the rows without contradictions are recorded though others have some, or are unknown.
        Raises `CalendarNotRecorded`, a 413 or 422 `Problem`, `domain.event.Refused` and what the ledger raises.
        """
        read = await asyncio.to_thread(read_file, file.raw)
        sheet = sheet_of_territory(read.sheets, file.territory, file.sheet)
        process = process_of(file.territory)
        view = View(self.resources.ledger, fresh=True)
        caller = await as_of_now(view, self.caller, self.resources.clock())
        authorise(caller, "report", file.territory, process)
        milestones = await milestones_of(view, process)
        if not milestones:
            raise _not_open(process)
        layout = (await view.load(PLAN_LAYOUT, plan_layout_stream(file.territory))).state
        reading = await asyncio.to_thread(read_plan, sheet.rows, layout, milestones, file.territory, CYCLE)
        rows = [self._row(line, file, read.sha256, sheet.name, process) for line in _taken(reading)]
        batch = await self._batch(rows, read.sha256, file.territory, dry_run=True)
        if leave_out:
            refused = {row.row for row in batch.rows if row.outcome in WRONG}
            rows = [row for row in rows if row.number not in refused]
        clean = (
            len(rows) == sum(line.due is not None for line in reading.lines) and not reading.contradictions
        )
        if rows and not dry_run and (leave_out or clean):
            batch = await self._batch(rows, read.sha256, file.territory, dry_run=False)
        answer = self._answer(read.sha256, process, sheet.name, reading, milestones, batch, dry_run=dry_run)
        if not dry_run and not answer.recorded and not (leave_out or clean):
            raise CalendarNotRecorded(answer)
        return answer

    def _answer(
        self, sha256: str, process: str, sheet: str, reading: PlanReading, milestones: Mapping[str, Milestone],
        batch: BatchAnswer, *, dry_run: bool,
    ) -> PlanImportAnswer:  # fmt: skip
        told = {row.row: row for row in batch.rows}
        rows = [self._told(line, sheet, milestones, told.get(line.row + 1)) for line in reading.lines]
        return PlanImportAnswer(
            sha256=sha256, process=process, sheet=sheet, headings=list(reading.headings), dry_run=dry_run,
            recorded=batch.counts.get("recorded", 0), counts=_counts(rows),
            contradictions=[self._say(words) for words in reading.contradictions], rows=rows,
        )  # fmt: skip

    def _row(self, line: PlanLine, file: PlanFile, sha256: str, sheet: str, process: str) -> Row:
        """Return a line as a report on its activity, which names the cells it comes from."""
        cells = " ".join(cell_name(line.row, column) for column in line.columns)
        source = f"Archivo SHA-256 {sha256}, hoja «{sheet or 'única'}», celdas {cells}"
        command = TakeDateFromCalendar(
            starts=line.starts, due=line.due or "", instrument=file.instrument, source=source
        )
        item = BatchItem.model_construct(
            process=process, milestone=line.milestone or "", report="date", occurred_at=file.approved_at, read=None,
            key=None, fields={},
        )  # fmt: skip
        said = f"{self.caller.actor}/{file.approved_at.timestamp()}/{command.model_dump_json()}"
        digest = uuid5(NAMESPACE_URL, said).bytes
        return Row(line.row + 1, item, ROUTE, command, UUID(bytes=digest), digest)

    async def _batch(self, rows: Sequence[Row], sha256: str, territory: str, *, dry_run: bool) -> BatchAnswer:
        said = "".join(row.command_id.hex for row in rows)
        key = uuid5(NAMESPACE_URL, f"bitacora-calendar/{self.caller.actor}/{territory}/{sha256}/{said}")
        batch = Batch(self.resources, self.caller, key, "all_or_nothing", dry_run, rows, self.language)
        try:
            return await batch.run()
        except NotRecorded as kept_back:
            return kept_back.answer

    def _told(
        self, line: PlanLine, sheet: str, milestones: Mapping[str, Milestone], row: RowAnswer | None
    ) -> CalendarRow:
        milestone = milestones.get(line.milestone or "")
        before = milestone.schedule.due if milestone and milestone.schedule else None
        reasons = [self._say(words) for words in line.contradictions]
        if row is not None and row.message:
            reasons.append(row.message)
        column = line.columns[-1] if line.columns else 0
        return CalendarRow(
            cell=(f"{sheet}!" if sheet else "") + cell_name(line.row, column), name=line.name, milestone=line.milestone,
            outcome=_outcome(line, row), before=before, starts=line.starts, due=line.due, reasons=reasons,
            position=row.position if row else None,
        )  # fmt: skip

    def _say(self, words: Names) -> str:
        return words.es if self.language == "es" else words.en


def process_of(territory: str) -> str:
    """Return the election's process in a territory."""
    kind = "federal_election" if territory == FEDERATION else "local_election"
    return process_id(kind, territory, CYCLE)


def _taken(reading: PlanReading) -> list[PlanLine]:
    """Return the lines whose dates can be recorded."""
    return [line for line in reading.lines if line.milestone and line.due and not line.contradictions]


def _outcome(line: PlanLine, row: RowAnswer | None) -> CalendarOutcome:
    if line.contradictions:
        return "contradiction"
    if line.due is None:
        return "no_date"
    if line.milestone is None:
        return "unknown"
    if row is None:
        return "refused"
    return "refused" if row.outcome == "conflict" else row.outcome


def _counts(rows: Sequence[CalendarRow]) -> dict[CalendarOutcome, int]:
    counts: dict[CalendarOutcome, int] = {}
    for row in rows:
        counts[row.outcome] = counts.get(row.outcome, 0) + 1
    return counts


def _not_open(process: str) -> Refused:
    return Refused(
        "unknown-process",
        es=f"El proceso {process} aún no está abierto: ábrelo primero.",
        en=f"The process {process} is not open yet: open it first.",
    )
