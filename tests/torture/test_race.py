"""Nobody who follows the log by position misses anything, however many processes write to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.migrate import migrate
from tests.torture.race import PROCESSES, SECONDS, race, take_away_the_lock

if TYPE_CHECKING:
    from ledger.embedded import EmbeddedPostgres
    from tests.torture.conftest import Say

pytestmark = pytest.mark.torture


def test_a_reader_misses_nothing_and_sees_it_in_order(durable_cluster: EmbeddedPostgres, say: Say) -> None:
    url = durable_cluster.dsn()
    migrate(url)
    finish = race(url, SECONDS)
    say(str(finish))
    assert finish.is_clean, str(finish)
    assert finish.recorded > 100 * PROCESSES


def test_without_the_lock_the_same_race_is_lost(durable_cluster: EmbeddedPostgres, say: Say) -> None:
    """Negative control: the harness can tell."""
    url = durable_cluster.dsn()
    migrate(url)
    take_away_the_lock(url)
    finish = race(url, SECONDS)
    say(str(finish))
    assert finish.missed > 0, f"the harness noticed nothing: {finish}"
