"""The pages of proposals in a real Chromium: by everybody, on a phone and a desk, in both themes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from ledger.desk.sessions import begin_session
from tests.pages.site import FEDERAL, JALISCO, Site
from tests.pages.staff import appoint, enrolled, proposed
from tests.pages.test_administration_in_a_browser import signed_in
from tests.pages.test_in_a_browser import sideways, visiting
from tests.pages.test_proposed_acts import CLOSING, GRANT

pytestmark = pytest.mark.browser


def prepared(site: Site) -> tuple[str, list[str]]:
    """Return what the browser of an administrator keeps, and the pages of what waits for them."""
    person, other = enrolled(site, "Ana Ruiz", "INE"), enrolled(site, "Carla Soto", "IEE Sonora")
    appoint(site, person, "administrator", "MX", body="INE")
    grant = proposed(site, "granting", f"people/{other}/grants", GRANT, "MX-SON-D03", FEDERAL)
    closing = proposed(site, "closing", f"processes/{JALISCO}/closing", CLOSING, "MX-JAL", JALISCO)
    with site.resources.desk.connection() as connection:
        secret = begin_session(connection, person, site.resources.clock())
    return secret, ["/propuestas?estado=por-decidir", grant, f"{grant}/decidir", closing, "/trabajo"]


def test_the_pages_of_proposals_can_be_used_by_everybody(site: Site, browser: Browser) -> None:
    with ThreadPoolExecutor(1) as beside:  # playwright's event loop runs in this thread
        secret, paths = beside.submit(prepared, site).result()
    for width, scheme in ((320, "light"), (1200, "dark")):
        with visiting(browser, width=width) as (page, complaints):
            signed_in(page, site, secret)
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type] # the themes are its own words
            for path in paths:
                page.goto(site.address + path)
                report = Axe().run(page, options={"resultTypes": ["violations"]})
                assert report.violations_count == 0, report.generate_report()
                assert sideways(page) == 0
        assert complaints == []
