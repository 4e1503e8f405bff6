"""What every harness asks for: a voice, and dice."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from psycopg import Connection

from ledger.embedded import EmbeddedPostgres
from tests.database import fresh_database
from tests.ledger.logs import superuser
from tests.torture.size import FULL, SEED, SIZE
from tests.torture.tampered import fill

Say = Callable[[str], None]
"""How a harness reports a line of progress."""


@pytest.fixture
def say(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Say:
    """Print a line: at once when the run is long, else kept by pytest and shown where the test fails."""
    name = request.node.name.removeprefix("test_").replace("_", " ")

    def say(line: str) -> None:
        if FULL:
            with capsys.disabled():
                print(f"  {line}", flush=True)
        else:
            print(line)

    if FULL:
        with capsys.disabled():
            print()
    say(f"{name} ({SIZE}, seed {SEED})")
    return say


@pytest.fixture
def dice(request: pytest.FixtureRequest) -> random.Random:
    """Dice of the test's own, so that running one test alone throws what it throws in the whole run."""
    return random.Random(f"{SEED}/{request.node.name}")


@pytest.fixture(scope="module")
def database(postgres_18: EmbeddedPostgres, migrated_template: str) -> Iterator[Connection[Any]]:
    """A superuser on a full log."""
    with fresh_database(postgres_18, migrated_template) as url:
        fill(url)
        with superuser(url) as connection:
            yield connection
