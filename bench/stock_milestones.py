"""The same milestones as somebody would follow them with eventsourcing as it comes.

Its own PostgreSQL recorder, JSON transcoder and `ProjectionRunner`; one projection, which writes the very rows that
`projections.milestone_versions` writes, one event a transaction together with the tracking record. In its favour:
it keeps every folded state in memory and reads none back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import NAMESPACE_URL, UUID, uuid5

from eventsourcing.application import Application
from eventsourcing.domain import DomainEvent
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from bench.sample_log import AUTHOR, Sample, occurred_at
from domain.event import event_types
from domain.milestone import MILESTONE, Milestone
from domain.milestone_events import MilestonePlanned
from ledger.log import StoredEvent
from projections import milestone_versions
from projections.bulk import FOR_EVER
from projections.fold import Step

COMMAND = UUID(int=0)


INSERTED_TOGETHER = 50
"""With some hundreds of these in one call, the library's recorder and the server wait for each other for ever."""


@dataclass(frozen=True)
class Happened(DomainEvent):
    """What happened to a milestone, with the payload and envelope that ours has."""

    stream: str
    type: str
    payload: dict[str, Any]
    occurred_at: str
    actor: str
    post: str
    body: str
    grant: str


class Milestones(Application[UUID]):
    """An application whose events are followed."""

    name = "milestones"


def environment(url: str) -> dict[str, str]:
    """Return the settings of a stock application on a database."""
    settings = conninfo_to_dict(url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(settings["dbname"]),
        "POSTGRES_HOST": str(settings["host"]),
        "POSTGRES_PORT": str(settings.get("port") or "5432"),
        "POSTGRES_USER": str(settings["user"]),
        "POSTGRES_PASSWORD": "",
    }


def record(application: Milestones, samples: Iterable[Sample]) -> int:
    """Record a sample log as the library's own events, and return how many there are."""
    number = 0
    waiting: list[Any] = []
    for number, sample in enumerate(samples, start=1):
        event = Happened(
            originator_id=uuid5(NAMESPACE_URL, sample.stream), originator_version=sample.version,
            timestamp=occurred_at(number),
            stream=sample.stream, type=sample.event.type, payload=sample.event.model_dump(mode="json"),
            occurred_at=occurred_at(number).isoformat(),
            actor=AUTHOR.actor, post=AUTHOR.post, body=AUTHOR.body, grant=AUTHOR.grant,
        )  # fmt: skip
        waiting.append(application.mapper.to_stored_event(event))
        if len(waiting) == INSERTED_TOGETHER:
            application.recorder.insert_events(waiting)
            waiting = []
    if waiting:
        application.recorder.insert_events(waiting)
    return number


class MilestoneView(PostgresTrackingRecorder):
    """The rows, written one event at a time with the library's tracking record."""

    def __init__(self, datastore: PostgresDatastore, **options: Any) -> None:
        super().__init__(datastore, **options)
        self.sql_create_statements.append(sql.Composed([sql.SQL(milestone_versions.TABLES)]))

    def write(self, step: Step[Milestone], tracking: Tracking) -> None:
        """Write what one event changes, and that it was told."""
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            if isinstance(step.event, MilestonePlanned):
                self._insert(cursor, "milestones", milestone_versions.milestone_row(step))
                for row in milestone_versions.mirror_rows(step):
                    self._insert(cursor, "milestone_mirrors", row)
            else:
                cursor.execute(
                    "UPDATE milestone_versions SET valid_to = %s"
                    " WHERE milestone = %s AND valid_to = 9223372036854775807",
                    (step.stored.position, step.origin),
                    prepare=True,
                )
            self._insert(
                cursor,
                "milestone_versions",
                milestone_versions.version_row(step, FOR_EVER),
            )
            if milestone_versions.is_rescheduled(step):
                self._insert(cursor, "milestone_schedules", milestone_versions.schedule_row(step))

    @staticmethod
    def _insert(cursor: Any, table: str, row: tuple[Any, ...]) -> None:
        places = ", ".join(["%s"] * len(row))
        cursor.execute(f"INSERT INTO {table} VALUES ({places})", row, prepare=True)  # noqa: S608 - our own names


class MilestoneProjection(Projection[MilestoneView]):
    """Folds with the domain's own ``evolve`` and writes."""

    name = "milestoneprojection"
    states: ClassVar[dict[str, tuple[int, Milestone]]] = {}

    def process_event(self, domain_event: Happened, tracking: Tracking) -> None:
        """Tell one event."""
        stream = domain_event.stream
        if not stream.startswith("milestone/"):
            self.view.insert_tracking(tracking)
            return
        event = event_types()[domain_event.type.partition(".")[0]].model_validate(
            domain_event.payload, strict=False
        )
        stored = StoredEvent(
            tracking.notification_id, stream, domain_event.originator_version, domain_event.type, b"",
            datetime.fromisoformat(domain_event.occurred_at), domain_event.timestamp, COMMAND,
            domain_event.actor, domain_event.post, domain_event.body, domain_event.grant, None,
        )  # fmt: skip
        origin, before = self.states.get(stream, (stored.position, MILESTONE.initial))
        after = MILESTONE.evolve(before, event, stored)  # type: ignore[arg-type]  # it has an envelope's fields
        self.states[stream] = (origin, after)
        self.view.write(Step(stored, event, origin, before, after), tracking)


def follow(url: str, last: int) -> None:
    """Tell a recorded log from its beginning to an end."""
    MilestoneProjection.states.clear()
    with ProjectionRunner(
        application_class=Milestones, projection_class=MilestoneProjection, view_class=MilestoneView,
        env=environment(url),
    ) as runner:  # fmt: skip
        runner.wait(last, timeout=600)
