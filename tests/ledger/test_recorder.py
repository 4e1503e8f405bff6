"""The library's own test cases for recorders, and a stock application, on our log."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier
from typing import TYPE_CHECKING, Any
from unittest import TestCase
from uuid import UUID, uuid4

import psycopg
import pytest
from eventsourcing.application import Application
from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import (
    ApplicationRecorder,
    InfrastructureFactory,
    InfrastructureFactoryError,
    IntegrityError,
    ProgrammingError,
    StoredEvent,
    Tracking,
    TrackingRecorder,
)
from eventsourcing.popo import POPOTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from eventsourcing.tests.persistence import (
    ApplicationRecorderTestCase,
    NonInterleavingNotificationIDsBaseCase,
    TrackingRecorderTestCase,
)
from eventsourcing.utils import get_topic
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ledger.log import Unavailable
from ledger.recorder import LedgerFactory, LedgerRecorder
from ledger.tracking import PostgresTracking

if TYPE_CHECKING:
    from eventsourcing.domain import DomainEventProtocol


@pytest.fixture(params=["memory:", "postgres_15", "postgres_18"])
def environment(request: pytest.FixtureRequest) -> dict[str, str]:
    """What eventsourcing is told: an empty database of each kind."""
    url = {"postgres_15": "database_url_15", "postgres_18": "database_url"}.get(request.param)
    return {
        "PERSISTENCE_MODULE": "ledger.recorder",
        "DATABASE_URL": request.getfixturevalue(url) if url else "memory:",
        "ORIGINATOR_ID_TYPE": "text",
    }


@pytest.fixture
def factory(environment: dict[str, str]) -> Iterator[LedgerFactory]:
    """The factory the library finds for itself in our module."""
    made = InfrastructureFactory.construct(environment)
    assert isinstance(made, LedgerFactory)
    with made:
        yield made
        made.close()


class OnOurLog:
    """What the library's test cases need to know of us."""

    factory: InfrastructureFactory[Any]

    def new_originator_id(self) -> str:
        return f"stream/{uuid4()}"

    def create_recorder(self) -> ApplicationRecorder:
        return self.factory.application_recorder()


class Recorder(OnOurLog, ApplicationRecorderTestCase[ApplicationRecorder]):
    """The library's contract for an application's recorder."""

    __test__ = False

    def test_insert_subscribe(self) -> None:
        super().optional_test_insert_subscribe()


class Order(OnOurLog, NonInterleavingNotificationIDsBaseCase):
    """The library's contract for positions of concurrent commits."""

    __test__ = False


class TrackingPosition(TrackingRecorderTestCase):
    """The library's contract for the position of a projection."""

    __test__ = False
    factory: InfrastructureFactory[Any]

    def create_recorder(self) -> TrackingRecorder:
        made: TrackingRecorder = self.factory.tracking_recorder()
        return made


def passes(case: type[TestCase], method: str, factory: LedgerFactory) -> None:
    """Run one test of the library's."""
    one = case(method)
    one.factory = factory  # type: ignore[attr-defined]  # noted for the tests that follow
    result = one.run()
    assert result is not None
    assert result.testsRun == 1
    assert result.wasSuccessful(), (result.errors + result.failures)[0][1]


@pytest.mark.parametrize(
    "method",
    [
        "test_insert_select",
        "test_performance",
        "test_concurrent_no_conflicts",
        "test_concurrent_throughput",
        "test_insert_subscribe",
    ],
)
def test_the_librarys_contract_for_recorders_holds(factory: LedgerFactory, method: str) -> None:
    passes(Recorder, method, factory)


def test_no_test_of_the_librarys_contract_was_left_out() -> None:
    methods = {
        name for name in dir(ApplicationRecorderTestCase) if name.startswith(("test_", "optional_test_"))
    }
    assert methods == {
        "test_insert_select",
        "test_performance",
        "test_concurrent_no_conflicts",
        "test_concurrent_throughput",
        "optional_test_insert_subscribe",
    }


def test_the_librarys_contract_for_the_order_of_commits_holds(factory: LedgerFactory) -> None:
    passes(Order, "test", factory)


@pytest.mark.parametrize("method", ["test_insert_tracking", "test_wait"])
def test_the_librarys_contract_for_positions_of_projections_holds(
    factory: LedgerFactory, method: str
) -> None:
    factory.application_recorder()
    passes(TrackingPosition, method, factory)


def test_a_test_of_the_library_that_should_fail_does_fail(factory: LedgerFactory) -> None:
    """Negative control: a recorder that loses events is noticed."""

    class Forgetful(LedgerRecorder):
        def select_notifications(self, *args: Any, **kwargs: Any) -> Any:
            return super().select_notifications(*args, **kwargs)[1:]

    class Broken(Recorder):
        def create_recorder(self) -> ApplicationRecorder:
            made = self.factory.application_recorder()
            assert isinstance(made, LedgerRecorder)
            return Forgetful(made._log, made._committer)

    with pytest.raises(AssertionError):
        passes(Broken, "test_insert_select", factory)


class Milestone(Aggregate):
    """A stock aggregate."""

    @event("Registered")
    def __init__(self, name: str) -> None:
        self.name = name
        self.is_completed = False

    @event("Completed")
    def complete(self) -> None:
        self.is_completed = True


class Calendar(Application[UUID]):
    """A stock application."""

    def register(self, name: str) -> Any:
        milestone = Milestone(name)
        self.save(milestone)
        return milestone.id

    def complete(self, milestone_id: Any) -> None:
        milestone: Milestone = self.repository.get(milestone_id)
        milestone.complete()
        self.save(milestone)


class CountedEvents(POPOTrackingRecorder):
    """A stock view: how many events there were."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def add(self, tracking: Tracking) -> None:
        with self._database_lock:
            self._assert_tracking_uniqueness(tracking)
            self._insert_tracking(tracking)
            self.count += 1


class EventCounter(Projection[CountedEvents]):
    """A stock projection."""

    @singledispatchmethod
    def process_event(self, domain_event: DomainEventProtocol[Any], tracking: Tracking) -> None:
        self.view.add(tracking)


def test_a_stock_application_saves_and_loads(environment: dict[str, str]) -> None:
    with Calendar(environment) as app:
        milestone_id = app.register("Jornada electoral")
        app.complete(milestone_id)
        milestone: Milestone = app.repository.get(milestone_id)
        assert (milestone.name, milestone.is_completed, milestone.version) == ("Jornada electoral", True, 2)
        assert [item.id for item in app.notification_log.select(1, 10)] == [1, 2]


def test_a_stock_application_finds_its_aggregates_again_after_a_restart(environment: dict[str, str]) -> None:
    if environment["DATABASE_URL"] == "memory:":
        return
    with Calendar(environment) as app:
        milestone_id = app.register("Jornada electoral")
    with Calendar(environment) as app:
        app.complete(milestone_id)
        milestone: Milestone = app.repository.get(milestone_id)
        assert milestone.is_completed


def test_two_who_change_one_aggregate_do_not_overwrite_each_other(environment: dict[str, str]) -> None:
    with Calendar(environment) as app:
        milestone_id = app.register("Jornada electoral")
        one: Milestone = app.repository.get(milestone_id)
        other: Milestone = app.repository.get(milestone_id)
        one.complete()
        other.complete()
        app.save(one)
        with pytest.raises(IntegrityError):
            app.save(other)


def test_a_stock_application_is_followed_by_a_stock_projection(environment: dict[str, str]) -> None:
    with ProjectionRunner(
        application_class=Calendar, projection_class=EventCounter, view_class=CountedEvents, env=environment
    ) as runner:
        for number in range(10):
            runner.app.register(f"Actividad {number}")
        runner.wait(10, timeout=10)
        assert runner.projection.view.count == 10


def test_snapshots_are_refused_in_words(environment: dict[str, str]) -> None:
    with pytest.raises(InfrastructureFactoryError, match="keeps events only, no snapshots"):
        Calendar(environment | {"IS_SNAPSHOTTING_ENABLED": "yes"})


def test_process_applications_are_refused_in_words(factory: LedgerFactory) -> None:
    with pytest.raises(InfrastructureFactoryError, match="projection instead"):
        factory.process_recorder()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"DATABASE_URL": ""}, "DATABASE_URL is not set"),
        ({"ORIGINATOR_ID_TYPE": "uuid"}, "ORIGINATOR_ID_TYPE=text"),
    ],
)
def test_a_wrong_environment_is_explained(wrong: dict[str, str], words: str) -> None:
    environment = {
        "PERSISTENCE_MODULE": "ledger.recorder",
        "DATABASE_URL": "memory:",
        "ORIGINATOR_ID_TYPE": "text",
    }
    with pytest.raises(InfrastructureFactoryError, match=words):
        InfrastructureFactory.construct(environment | wrong)


def test_events_of_the_library_may_be_encrypted(environment: dict[str, str]) -> None:
    from eventsourcing.cipher import AESCipher

    secret = {"CIPHER_TOPIC": get_topic(AESCipher), "CIPHER_KEY": AESCipher.create_key(16)}
    with Calendar(environment | secret) as app:
        milestone_id = app.register("Jornada electoral")
        milestone: Milestone = app.repository.get(milestone_id)
        assert milestone.name == "Jornada electoral"


def test_a_stream_is_read_between_versions_and_backwards(factory: LedgerFactory) -> None:
    recorder = factory.application_recorder()
    recorder.insert_events([StoredEvent("s", version, "t", b"%d" % version) for version in range(5)])

    def versions(**bounds: Any) -> list[int]:
        return [found.originator_version for found in recorder.select_events("s", **bounds)]

    assert versions() == [0, 1, 2, 3, 4]
    assert versions(gt=0) == [1, 2, 3, 4]
    assert versions(gt=1, lte=3) == [2, 3]
    assert versions(desc=True, limit=2) == [4, 3]
    assert versions(lte=2, desc=True, limit=1) == [2]


def test_positions_of_a_projection_survive_a_restart(environment: dict[str, str]) -> None:
    if environment["DATABASE_URL"] == "memory:":
        return
    for expected in (None, 21):
        made = InfrastructureFactory.construct(environment)
        made.application_recorder()
        tracking = made.tracking_recorder()
        assert isinstance(tracking, PostgresTracking)
        assert tracking.max_tracking_id("upstream") == expected
        if expected is None:
            tracking.insert_tracking(Tracking("upstream", 21))
        made.close()


def test_projections_that_start_at_once_find_one_table_of_positions(ledger_url: str) -> None:
    environment = {"PERSISTENCE_MODULE": "ledger.recorder", "DATABASE_URL": ledger_url}
    together = Barrier(8)

    def start(number: int) -> int | None:
        with closing(LedgerFactory(environment)) as factory:
            together.wait(10)
            recorder = factory.tracking_recorder()
            recorder.insert_tracking(Tracking(f"upstream {number}", number))
            return recorder.max_tracking_id(f"upstream {number}")

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(start, range(1, 9))) == list(range(1, 9))


def test_a_position_beside_events_is_refused_and_the_events_with_it(factory: LedgerFactory) -> None:
    recorder = factory.application_recorder()

    with pytest.raises(ProgrammingError, match="no tracking beside events"):
        recorder.insert_events([StoredEvent("s", 1, "t", b"")], tracking=Tracking("upstream", 1))

    assert recorder.max_notification_id() is None


def test_who_follows_a_log_that_fails_is_told(
    factory: LedgerFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> int:
        raise Unavailable("the log's database cannot be read")

    recorder = factory.application_recorder()
    monkeypatch.setattr(type(factory._log), "wait_beyond", fail)

    with recorder.subscribe() as subscription, pytest.raises(Unavailable, match="cannot be read"):
        next(subscription)


def test_a_login_that_may_not_migrate_works_on_a_log_that_is_there(ledger_url: str) -> None:
    name = f"least_{conninfo_to_dict(ledger_url)['dbname']}"
    with psycopg.connect(ledger_url, autocommit=True) as administrator:
        administrator.execute(f"CREATE ROLE {name} LOGIN")
        administrator.execute(f"GRANT bitacora_committer, bitacora_reader TO {name}")
    environment = {
        "PERSISTENCE_MODULE": "ledger.recorder",
        "DATABASE_URL": make_conninfo(ledger_url, user=name),
    }

    with closing(LedgerFactory(environment)) as factory:
        assert factory.application_recorder().insert_events([StoredEvent("s", 1, "t", b"")]) == [1]

    with psycopg.connect(ledger_url, autocommit=True) as administrator:
        administrator.execute(f"DROP OWNED BY {name}")
        administrator.execute(f"DROP ROLE {name}")
