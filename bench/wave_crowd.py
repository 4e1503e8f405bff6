"""The crowd of `bench.wave`: the 33 plans opened, and as many people as there are reports, each signed in.

Everybody has two steps that are theirs alone, one to report on by the form and one by a program, and holds a right
where these are: over the country for the federal rows, over their state for the others, and beside it over one of its
federal districts. Everybody has a session of their own, and a program with a token of its own.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from random import Random
from uuid import uuid4

import psycopg
from pydantic import SecretStr

from api.auth import new_token
from api.database import Resources, open_resources
from api.opening import CONSOLE, processes_of_the_cycle, record_opening, start_log
from api.persons import new_person_id
from api.settings import Settings
from domain.access import Role
from domain.entity import FEDERATION
from domain.event import Event
from domain.grant import GrantGiven
from domain.milestone_events import MilestonePlanned
from domain.person import PersonEnrolled, person_stream
from domain.token import TokenIssued, token_stream
from ledger.desk.people import KnownPerson, remember_person
from ledger.desk.sessions import begin_session
from ledger.ledger import View
from ledger.migrate import migrate

ORIGIN = "bench.invalid/wave"
OPENED_AT = datetime(2026, 9, 1, 12, tzinfo=UTC)
ROLE: Role = "coordinator"
POST = "Enlace de seguimiento"


@dataclass(frozen=True, slots=True)
class Task:
    """A report somebody has to make."""

    process: str
    milestone: str
    territory: str
    report: str
    """Which one: ``start``, ``progress`` or ``completion``."""
    read: int
    """The position of the step's last event."""


@dataclass(frozen=True, slots=True)
class Reporter:
    """Somebody with one report to make by a form, and one by a program of theirs."""

    secret: str
    """What their browser keeps of their session."""
    token: str
    by_form: Task
    by_program: Task


def gather(url: str, count: int) -> list[Reporter]:
    """Make log and desk in an empty database, have the log told, and return the crowd.

    Raises ``SystemExit`` where the plans have fewer steps than so many people need.
    """
    migrate(url)
    resources = open_resources(Settings(database_url=SecretStr(url), origin=ORIGIN, log_format="json"))
    try:
        pairs = _pairs(asyncio.run(_open_plans(resources)))
        if len(pairs) < count:
            raise SystemExit(f"the plans have steps for {len(pairs):,} people, not for {count:,}")
        crowd = asyncio.run(_enrol(resources, pairs[:count]))
        resources.projector().catch_up()
    finally:
        resources.close()
    return crowd


def let_three_minutes_pass(url: str) -> None:
    """Let the desk have heard of everybody three minutes ago: it has to note, then, that it hears of them again."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE desk.sessions SET seen_at = seen_at - interval '3 minutes'")


async def _open_plans(resources: Resources) -> list[Task]:
    """Open the 33 processes and return a report for each step that is reported on where it stands."""
    await start_log(resources.ledger, ORIGIN, OPENED_AT, simulated=True)
    tasks: list[Task] = []
    for command in processes_of_the_cycle():
        recorded = await record_opening(resources.ledger, ORIGIN, command, OPENED_AT)
        for planned, envelope in recorded.events:
            if isinstance(planned, MilestonePlanned) and not planned.same_as:
                # What has to come first is a condition of completing alone.
                reports = ("start", "progress") if planned.required else ("start", "progress", "completion")
                _, process, milestone = envelope.stream.split("/")
                report = reports[len(tasks) % len(reports)]
                tasks.append(Task(process, milestone, planned.territory, report, envelope.position))
    return tasks


def _pairs(tasks: list[Task]) -> list[tuple[Task, Task]]:
    """Return two tasks of one place for each person, the places mixed."""
    dice, found = Random(27), []
    dice.shuffle(tasks)
    for _, of_a_place in groupby(sorted(tasks, key=_place_of), key=_place_of):
        turns = iter(of_a_place)
        found += list(zip(turns, turns, strict=False))
    dice.shuffle(found)
    return found


def _place_of(task: Task) -> str:
    return task.territory


async def _enrol(resources: Resources, pairs: list[tuple[Task, Task]]) -> list[Reporter]:
    """Enrol and appoint somebody for each pair of tasks, sign them in, and issue the token of their program."""
    now = resources.clock()
    crowd: list[Reporter] = []
    events: dict[str, list[Event]] = {}
    with resources.desk.connection() as connection, connection.transaction():
        for number, (by_form, by_program) in enumerate(pairs):
            person, made, place = new_person_id(), new_token(), by_form.territory
            body = "INE" if place == FEDERATION else "OPL"
            events[person_stream(person)] = [
                PersonEnrolled(body=body, way="passkey"),
                *_grants(place, body, 1 + number % 7, now),
            ]
            events[token_stream(made.id)] = [
                TokenIssued(role=ROLE, territory=place, post=POST, body=body, digest=made.digest,
                            expires_at=now + timedelta(days=1)),
            ]  # fmt: skip
            remember_person(connection, KnownPerson(person, f"Persona {number}", None, None, now))
            crowd.append(Reporter(begin_session(connection, person, now), made.text, by_form, by_program))

    async def decide(view: View) -> None:
        for stream, happened in events.items():
            view.write(stream, happened)

    await resources.ledger.execute(decide, command_id=uuid4(), author=CONSOLE, occurred_at=now)
    return crowd


def _grants(place: str, body: str, district: int, now: datetime) -> list[Event]:
    """Return a right over a place and, where it is a state, one over a federal district of it."""
    places = [place] if place == FEDERATION else [place, f"{place}-D{district:02}"]
    return [
        GrantGiven(
            number=number, kind="appointment", role=ROLE, territory=one, post=POST, body=body,
            starts_at=now, ends_at=now + timedelta(days=365), instrument="Oficio 12/2026",
        )
        for number, one in enumerate(places, 1)
    ]  # fmt: skip
