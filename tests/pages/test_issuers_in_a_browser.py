"""Signing in with one's own institution: a real provider, its login form, a real Chromium."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from api.database import Resources, now
from ledger.desk.people import person_by_id
from ledger.embedded import EmbeddedPostgres
from tests.database import fresh_database
from tests.pages.site import Site, running_site
from tests.pages.staff import appoint
from tests.pages.test_in_a_browser import visiting
from tests.pages.test_sign_in_in_a_browser import at_localhost
from tests.provider import CLIENT, PASSWORD, PERSON, SECRET, Provider, running_provider

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """The provider of IEPC."""
    with running_provider(tmp_path_factory.mktemp("provider")) as running:
        yield running


@pytest.fixture(scope="module")
def trusting(
    postgres_18: EmbeddedPostgres,
    told_calendar: str,
    provider: Provider,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """The site, which trusts the provider; the provider's clock is the real one, so its own is, too."""
    folder = tmp_path_factory.mktemp("issuers")

    def trust(resources: Resources) -> None:
        issuers = _issuers(folder, provider)
        resources.clock = now
        resources.settings = resources.settings.model_copy(update={"issuers": issuers})

    with fresh_database(postgres_18, told_calendar) as url, running_site(url, before=trust) as running:
        provider.register(f"{at_localhost(running)}/entrar/organo/iepc/regreso")
        yield running


def _issuers(folder: Path, provider: Provider) -> Path:
    (folder / "secret").write_text(f"{SECRET}\n")
    file = folder / "issuers.toml"
    file.write_text(
        f'[iepc]\nissuer = "{provider.issuer}"\nclient_id = "{CLIENT}"\n'
        f'client_secret_file = "{folder / "secret"}"\nbody = "IEPC"\n'
        'label = { es = "Entrar con mi cuenta del IEPC", en = "Sign in with my IEPC account" }\n'
    )
    return file


def fill_in(page: Page) -> None:
    """Prove who one is at the provider."""
    # The form is made anew when its page has found out who was there before.
    page.wait_for_load_state("networkidle")
    page.get_by_label("Login").fill(PERSON)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="OK").click()
    page.get_by_role("button", name="Continue").click()


def test_a_person_signs_in_with_their_institution_is_appointed_and_confirms(
    trusting: Site, browser: Browser
) -> None:
    with visiting(browser) as (page, _):
        page.goto(f"{at_localhost(trusting)}/cuenta")
        page.get_by_role("link", name="Entrar con mi cuenta del IEPC").click()
        fill_in(page)
        page.wait_for_url("**/cuenta")

        expect(page.get_by_text("Aún no tienes un nombramiento")).to_be_visible()
        (person,) = set(re.findall(r"p-[0-9a-f]{12}", page.inner_text("main")))
        with trusting.resources.desk.connection() as connection:
            known = person_by_id(connection, person)
        assert known is not None
        assert known.issuer is not None
        assert known.subject
        with ThreadPoolExecutor(1) as beside:  # playwright's event loop runs in this thread
            beside.submit(appoint, trusting, person).result()
        page.reload()
        expect(page.get_by_role("rowheader", name="Enlace de seguimiento, IEPC")).to_be_visible()


def test_a_provider_that_does_not_say_when_somebody_proved_it_confirms_nobody(
    trusting: Site, browser: Browser
) -> None:
    # This one says 0, whatever happened: what is not said is not believed.
    with visiting(browser) as (page, _):
        page.goto(f"{at_localhost(trusting)}/cuenta/confirmar")
        page.get_by_role("link", name="Entrar con mi cuenta del IEPC").click()
        fill_in(page)
        page.wait_for_url("**/cuenta/confirmar")
        page.get_by_role("link", name="Entrar con mi cuenta del IEPC").click()
        fill_in(page)
        page.wait_for_url("**/regreso?*")

        expect(page.get_by_text("No se pudo entrar con tu órgano").first).to_be_visible()


def test_who_comes_again_is_the_same_person(trusting: Site, browser: Browser) -> None:
    found = []
    for _ in range(2):
        with visiting(browser) as (page, _complaints):
            page.goto(f"{at_localhost(trusting)}/entrar?destino=/cuenta")
            page.get_by_role("link", name="Entrar con mi cuenta del IEPC").click()
            fill_in(page)
            page.wait_for_url("**/cuenta")
            found += re.findall(r"p-[0-9a-f]{12}", page.inner_text("main .facts"))

    assert len(found) == 2
    assert len(set(found)) == 1
