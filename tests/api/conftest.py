"""A prepared database, copied for whoever needs one, and a running application over it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ledger.embedded import EmbeddedPostgres
from tests.api.harness import Api, prepare, running_api
from tests.database import fresh_database, template_database
from tests.receiver import Receiver, receiving


@pytest.fixture(scope="session")
def opened_template(postgres_18: EmbeddedPostgres) -> Iterator[str]:
    """The name of a database in which two processes are open and told; for copying."""
    with template_database(postgres_18, prepare) as name:
        yield name


@pytest.fixture(scope="module")
def api(postgres_18: EmbeddedPostgres, opened_template: str) -> Iterator[Api]:
    """The application over a database of the module's own."""
    with fresh_database(postgres_18, opened_template) as url, running_api(url) as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A system that receives webhooks."""
    with receiving() as running:
        yield running
