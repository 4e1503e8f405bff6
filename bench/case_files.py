"""How fast are lists of case files, the figures of the fourteen functions and a state's status, with many cases?

    python -m bench.case_files [--cases 100000] [--repetitions 20]

The 33 real plans are opened and, beside them, generated cases of every procedure with its real steps (some eleven
each): a thousand told by the projections, and as many copies of their rows as it takes, with ids of their own. Copies
have no history in the log, and the plan of the step they are a copy of; the questions measured read no history.
"""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from random import Random
from statistics import median
from typing import Any
from uuid import UUID

import psycopg
from psycopg import Connection

from bench.machine import durable_server, machine, new_database, print_table
from domain.case import CaseOpening, OpenCase, may_be_opened_in
from domain.entity import FEDERATION, entities
from domain.event import Author, Event
from domain.legal_time import LegalTime
from domain.milestone import milestone_stream
from domain.milestone_events import MilestoneCompleted
from domain.plan import OpenProcess
from domain.procedure import Procedure, procedures
from domain.process import FactGiven, Process, ProcessClosed, process_stream
from domain.timeliness import DUE_TO_DATE
from ledger.codec import encode
from ledger.embedded import EmbeddedPostgres
from ledger.log import Commit, NewEvent
from ledger.migrate import migrate
from ledger.postgres import PostgresLog
from projections.cases import CaseFilter, count_cases, list_cases
from projections.entities import entity_status
from projections.generation import analyze, use
from projections.milestone_filter import MilestoneFilter
from projections.milestones import count_milestones, list_milestones
from projections.moment import AsOf
from projections.reading import reader_pool
from projections.runner import Runner
from projections.schema import current_schema
from projections.systems import list_systems

AUTHOR = Author("u-17", "Oficialía de Partes", "INE", "grant/u-17/1")
TOLD = 1_000
"""How many cases are told; the others are copies of their rows."""
RECEIVED_FROM, RECEIVED_DAYS = datetime(2026, 1, 7, 9, tzinfo=UTC), 500
AT = datetime(2027, 6, 20, 18, tzinfo=UTC)
"""The instant asked about: most of what was received is due."""
LIST_MS, STATUS_MS = 50, 20
"""What a list and a status may take."""

Question = Callable[[Connection[Any], AsOf], object]

LISTS: Mapping[str, Question] = {
    "the first page": lambda c, at: list_cases(c, CaseFilter(), at),
    "a page in the middle": lambda c, at: list_cases(c, CaseFilter(), at, after=str(_middle(c))),
    "by the beginning of a folio": lambda c, at: list_cases(c, CaseFilter(folio="f-77"), at),
    "of a procedure": lambda c, at: list_cases(c, CaseFilter(kind="ordinary_sanctioning"), at),
    "of a function": lambda c, at: list_cases(c, CaseFilter(system=8), at),
    "of a state": lambda c, at: list_cases(c, CaseFilter(territory="MX-JAL"), at),
    "late ones of a state": lambda c, at: list_cases(c, CaseFilter(territory="MX-JAL", late_only=True), at),
    "of a body, closed": lambda c, at: list_cases(c, CaseFilter(body="INE", status="closed"), at),
    "due in a week": lambda c, at: list_cases(
        c, CaseFilter(due_after=AT, due_before=AT + timedelta(days=7)), at
    ),
    "none, looked for everywhere": lambda c, at: list_cases(
        c, CaseFilter(body="nobody", docket="public", status="open", late_only=True), at
    ),
    "how many are late": lambda c, at: count_cases(c, CaseFilter(late_only=True), at),
}
STEPS: Mapping[str, MilestoneFilter] = {
    "steps of a function, due to date": MilestoneFilter(among="cases", system=7, standing=DUE_TO_DATE),
    "of a state, done late": MilestoneFilter(among="cases", territory="MX-JAL", standing="done_late"),
    "of a function in a state, without a report": MilestoneFilter(
        among="cases", system=8, territory="MX-JAL", standing="without_report"
    ),
    "suspended ones, none": MilestoneFilter(among="cases", standing="suspended"),
    "of a group of quality": MilestoneFilter(among="cases", quality="dispute_resolution", counted_only=True),
    "closed without their notice": MilestoneFilter(among="cases", notice="missing"),
    "completed without their documents": MilestoneFilter(among="cases", owes="evidence"),
    "activities of elections of a function": MilestoneFilter(system=1, standing=DUE_TO_DATE),
}
"""Lists behind the figures of the fourteen functions; each is asked for its first page and for how long it is."""


def _listed(where: MilestoneFilter) -> Question:
    return lambda c, at: list_milestones(c, where, at, limit=50)


def _counted(where: MilestoneFilter) -> Question:
    return lambda c, at: count_milestones(c, where, at)


STEP_LISTS: Mapping[str, Question] = {
    f"{name}: {what}": ask(where)
    for name, where in STEPS.items()
    for what, ask in (("a page", _listed), ("how many", _counted))
}
STATUSES: Mapping[str, Question] = {
    "a state's fourteen functions": lambda c, at: list_systems(c, at, "MX-JAL"),
    "the federation's": lambda c, at: list_systems(c, at, FEDERATION),
    "the country's": list_systems,
    "a state's status": lambda c, at: entity_status(c, "MX-JAL", at),
}


def _middle(connection: Connection[Any]) -> int:
    row = connection.execute("SELECT max(position) / 2 FROM cases").fetchone()
    return int(row[0]) if row else 0


def openings(count: int) -> Iterator[CaseOpening]:
    """Yield so many cases of every procedure in turn, received over the months and in all territories."""
    dice = Random(100_000)
    kinds = cycle([one for one in procedures().values() if not one.is_plan])
    for number, procedure in enumerate(islice(kinds, count)):
        received = RECEIVED_FROM + timedelta(minutes=dice.randrange(RECEIVED_DAYS * 24 * 60))
        opening = OpenCase(
            kind=procedure.kind, territory=dice.choice(may_be_opened_in(procedure)), folio=_folio(procedure, number),
            received=f"{received:%Y-%m-%dT%H:%M}", facts=_facts(procedure),
        ).decide(Process(), LegalTime())  # fmt: skip
        if opening is None:
            raise ValueError(f"{procedure.kind} opened nothing")
        yield opening


def _folio(procedure: Procedure, number: int) -> str:
    is_reserved = procedure.docket == "reserved"
    return str(UUID(int=number, version=4)) if is_reserved else f"F-{number}"


def _facts(procedure: Procedure) -> tuple[FactGiven, ...]:
    values = {
        "day": "2026-10-01", "instant": "2026-10-01T09:00", "year": "2026", "number": "1000", "text": "algo",
    }  # fmt: skip
    return tuple(
        FactGiven(id=fact.id, value=fact.choices[0].id if fact.choices else values[fact.kind])
        for fact in procedure.facts
        if fact.required
    )


def commits(count: int) -> Iterator[Commit]:
    """Yield the openings of the real plans and of the cases, and some of their first steps completed."""
    dice = Random(2027)
    number = 0

    def commit(events: Sequence[tuple[str, int, Event]], at: datetime) -> Commit:
        nonlocal number
        number += 1
        new = [NewEvent(stream, version, event.type, encode(event)) for stream, version, event in events]
        return Commit(UUID(int=number), AUTHOR, at, new)

    for kind, territory in [
        ("federal_election", FEDERATION),
        *(("local_election", code) for code in entities()),
    ]:
        plan = OpenProcess(kind=kind, territory=territory, cycle="2026-2027").decide(Process())
        if plan is not None:
            streams = [(process_stream(plan.process), plan.opened), *_streams(plan.process, plan.milestones)]
            yield commit([(stream, 1, event) for stream, event in streams], RECEIVED_FROM)
    for opening in openings(count):
        streams = [
            (process_stream(opening.process), opening.opened),
            *_streams(opening.process, opening.milestones),
        ]
        at = datetime.fromisoformat(opening.opened.received).replace(tzinfo=UTC)
        yield commit([(stream, 1, event) for stream, event in streams], at)
        for stream, _ in streams[1 : 1 + dice.randrange(8)]:
            at += timedelta(hours=dice.randint(1, 200))
            yield commit([(stream, 2, MilestoneCompleted())], at)
        if dice.random() < 0.4:
            yield commit([(streams[0][0], 2, ProcessClosed(instrument="A-1"))], at)


def _streams(process: str, milestones: Mapping[str, Event]) -> Iterator[tuple[str, Event]]:
    return ((milestone_stream(process, id_), planned) for id_, planned in milestones.items())


COPIES = """
    INSERT INTO ledger.events
    SELECT position + k * %(step)s, recorded_at, occurred_at, command_id, version, stream || '-' || k, type,
           author_actor, author_post, author_body, author_grant, author_on_behalf_of, body
    FROM ledger.events AS e, generate_series(1, %(copies)s) AS k
    WHERE e.type = 'CaseOpened.v1';
    INSERT INTO processes SELECT position + k * %(step)s, id || '-' || k, kind, territory, is_case, first_year
    FROM processes, generate_series(1, %(copies)s) AS k WHERE is_case;
    INSERT INTO process_versions
    SELECT v.process + k * %(step)s, v.valid_from + k * %(step)s, v.valid_to, stream_version, status, confirmed,
           closed_at, open_milestones, election_day, election_day_basis, plan_version, plan_digest
    FROM process_versions AS v JOIN cases ON cases.position = v.process, generate_series(1, %(copies)s) AS k
    WHERE v.valid_to = 9223372036854775807;
    INSERT INTO milestones
    SELECT position + k * %(step)s, process || '-' || k, id, plan_row, territory, occurrence, is_mirror, search, is_case
    FROM milestones, generate_series(1, %(copies)s) AS k WHERE is_case;
    INSERT INTO milestone_versions
    SELECT milestone + k * %(step)s, valid_from + k * %(step)s, valid_to, due_at, started_at, completed_at,
           completed_recorded_at, done, target, stream_version, redatings, corrections, counts, estimated, by_law,
           validated, arisen, status, stage, kind, responsible, body, outcome, instrument, announced_at,
           announced_where, announced_instrument, needs_notice, notice_from, owes_validation, owes_evidence, figures
    FROM milestone_versions_now, generate_series(1, %(copies)s) AS k
    WHERE milestone IN (SELECT milestone FROM case_steps);
    INSERT INTO milestone_schedules
    SELECT s.milestone + k * %(step)s, s.valid_from + k * %(step)s, s.starts, s.due, s.first_due, s.schedule
    FROM milestone_schedules AS s, generate_series(1, %(copies)s) AS k
    WHERE s.milestone IN (SELECT milestone FROM case_steps);
    INSERT INTO milestone_plans SELECT position + k * %(step)s, position, search
    FROM milestones, generate_series(1, %(copies)s) AS k WHERE is_case AND position <= %(step)s;
    INSERT INTO case_versions
    SELECT process + k * %(step)s, valid_from + k * %(step)s, valid_to, late_from, due_at, dues, system, status, kind,
           territory, body, docket, stage, due, due_step, outcome_step, outcome
    FROM case_versions_now, generate_series(1, %(copies)s) AS k;
    INSERT INTO case_steps
    SELECT milestone + k * %(step)s, process + k * %(step)s, id, stage, part, by_law, is_open, ends, territory, systems,
           due, due_at, completed_at, outcome, notice_from, owes_validation, owes_evidence, kind, quality, withheld
    FROM case_steps, generate_series(1, %(copies)s) AS k;
    INSERT INTO cases
    SELECT position + k * %(step)s, id || '-' || k, kind, system, territory, docket, folio || '-' || k
    FROM cases, generate_series(1, %(copies)s) AS k;
    UPDATE case_figures SET number = number * (1 + %(copies)s);
"""


def generate(url: str, cases: int) -> tuple[int, int]:
    """Record, tell and copy; return how many cases and milestones there are."""
    migrate(url)
    log = PostgresLog(url)
    waiting = list(commits(min(cases, TOLD)))
    for start in range(0, len(waiting), 500):
        log.append(waiting[start : start + 500])
    Runner(url, log).catch_up()
    step, copies = log.head().position, cases // TOLD - 1
    log.close()
    with psycopg.connect(url, autocommit=True) as connection:
        use(connection, current_schema())
        for statement in COPIES.split(";")[:-1]:
            cursor = psycopg.ClientCursor(connection)
            cursor.execute(statement.encode(), {"step": step, "copies": copies})
        analyze(connection)
        connection.execute("VACUUM")
        row = connection.execute(
            "SELECT (SELECT count(*) FROM cases), (SELECT count(*) FROM milestones)"
        ).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def measure(url: str, questions: Mapping[str, Question], repetitions: int, limit_ms: int) -> list[list[str]]:
    """Return a line for each question: how long it takes, in ms."""
    readers = reader_pool(url, max_size=1)
    lines = []
    for name, question in questions.items():
        taken = []
        for _ in range(repetitions + 1):
            with readers.connection() as connection:
                started = time.perf_counter()
                question(connection, AsOf(None, AT))
                taken.append((time.perf_counter() - started) * 1000)
        warm = taken[1:]
        lines.append([name, f"{median(warm):.1f}", f"{max(warm):.1f}", f"{taken[0]:.1f}", f"< {limit_ms}"])
    readers.close()
    return lines


def run(server: EmbeddedPostgres, cases: int, repetitions: int) -> None:
    """Generate, measure and print."""
    url = new_database(server, "bench_cases")
    started = time.perf_counter()
    made, milestones = generate(url, cases)
    print(f"generated in {time.perf_counter() - started:.0f} s", file=sys.stderr)
    print_table(
        f"{made:,} generated case files, {milestones:,} milestones with those of the 33 plans, ms\n{machine(server)}",
        ["", "median", "slowest", "first", "at most"],
        measure(url, LISTS, repetitions, LIST_MS)
        + measure(url, STEP_LISTS, repetitions, LIST_MS)
        + measure(url, STATUSES, repetitions, STATUS_MS),
    )


def main() -> None:
    """Read the arguments and measure."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--repetitions", type=int, default=20)
    arguments = parser.parse_args()
    with durable_server() as server:
        run(server, arguments.cases, arguments.repetitions)


if __name__ == "__main__":
    main()
