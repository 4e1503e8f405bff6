"""A follower's place outlives it, and only one of a name moves it."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from ledger.connect import connect
from ledger.embedded import EmbeddedPostgres
from ledger.place import Place, place_of
from ledger.roles import RoleNames
from ledger.tracking import MovedOn
from tests.database import fresh_database
from tests.waiting import eventually

ROLES = RoleNames()


@pytest.fixture
def url(postgres_18: EmbeddedPostgres, migrated_template: str) -> Iterator[str]:
    """A migrated database."""
    with fresh_database(postgres_18, migrated_template) as url:
        yield url


def test_a_place_outlives_whoever_moved_it(url: str) -> None:
    first = Place(url, "settler", ROLES)
    assert first.lead()
    assert first.position == 0
    first.move(0, 17)
    first.close()

    second = Place(url, "settler", ROLES)
    eventually(second.lead)
    assert second.position == 17
    second.close()


def test_of_two_with_one_name_one_leads_until_it_is_gone(url: str) -> None:
    first, second, other = (Place(url, name, ROLES) for name in ("settler", "settler", "another"))

    assert first.lead()
    assert not second.lead()
    assert other.lead(), "another name is another follower"
    first.close()
    eventually(second.lead)
    second.close()
    other.close()


def test_a_place_that_somebody_else_moved_is_not_moved_from_where_it_was(url: str) -> None:
    place = Place(url, "settler", ROLES)
    assert place.lead()
    place.move(0, 5)

    with pytest.raises(MovedOn):
        place.move(3, 9)

    assert place.position == 5
    place.move(5, 0)
    assert place.position == 0, "a log that was restored is followed from its beginning"
    place.close()


def test_whoever_reads_may_see_how_far_a_follower_is_and_nothing_more(url: str) -> None:
    with connect(url, ROLES.reader, "test") as reader:
        assert place_of(reader, "settler") is None
        place = Place(url, "settler", ROLES)
        place.lead()
        place.move(0, 3)
        place.close()

        assert place_of(reader, "settler") == 3
        assert place_of(reader, "nobody") is None
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute("UPDATE ledger.tracking SET notification_id = 9")
