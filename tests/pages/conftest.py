"""One prepared database and one browser for the run; a site for each module."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from ledger.embedded import EmbeddedPostgres
from tests.database import fresh_database, template_database
from tests.pages.docket import add_cases
from tests.pages.site import Site, prepare, running_site
from tests.pages.staff import Desk, appoint, enrolled, signed_in

FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-gpu",
]


@pytest.fixture(scope="session")
def told_calendar(postgres_18: EmbeddedPostgres) -> Iterator[str]:
    """The name of a database with the whole calendar and its simulated history, told; for copying."""
    with template_database(postgres_18, prepare) as name:
        yield name


@pytest.fixture(scope="module")
def site(postgres_18: EmbeddedPostgres, told_calendar: str) -> Iterator[Site]:
    """The site over a database of the module's own."""
    with fresh_database(postgres_18, told_calendar) as url, running_site(url) as running:
        yield running


@pytest.fixture
def desk(site: Site) -> Iterator[Desk]:
    """Somebody new, who coordinates in Jalisco, signed in."""
    person = enrolled(site)
    appoint(site, person)
    with signed_in(site, person) as desk:
        yield desk


@pytest.fixture
def chief(site: Site) -> Iterator[Desk]:
    """Somebody who administers the country, signed in."""
    person = enrolled(site, "Ana Ruiz", "INE")
    appoint(site, person, "administrator", "MX", body="INE")
    with signed_in(site, person) as desk:
        yield desk


@pytest.fixture(scope="session")
def docket(postgres_18: EmbeddedPostgres, told_calendar: str) -> Iterator[Site]:
    """The site over the whole calendar with cases; for reading alone, so all modules share it."""
    with fresh_database(postgres_18, told_calendar) as url:
        add_cases(url)
        with running_site(url) as running:
            yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium. Fails loudly where it is missing.

    For one module: while it is open, playwright's own event loop runs in this thread and no other may.
    """
    names = [os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome"]
    program = next((found for name in names if name and (found := shutil.which(name))), None)
    if program is None:
        raise RuntimeError(
            "The tests of the pages need a Chromium in PATH. Install it: apt-get install chromium"
        )
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield running
        running.close()
