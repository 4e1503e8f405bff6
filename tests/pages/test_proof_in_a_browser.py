"""The sheet with a proof in a real Chromium: for everybody, on a telephone, in the dark, and on one sheet of paper."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.pages.site import Site
from tests.pages.test_in_a_browser import sideways, visiting
from tests.pages.test_proof import last, signed, unsigned

pytestmark = pytest.mark.browser

__all__ = ["signed", "unsigned"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_sheet_can_be_used_by_everybody(signed: Site, browser: Browser, scheme: str) -> None:
    with visiting(browser, script=True) as (page, complaints):
        page.goto(f"{signed.address}/asientos/{last(signed)}/prueba")
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type] # the themes are its own words
        for width in (320, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            assert Axe().run(page, options={"resultTypes": ["violations"]}).violations_count == 0
            assert sideways(page) == 0
        colours = page.evaluate(
            "[...document.querySelectorAll('.qr > *')].map(one => getComputedStyle(one).fill)"
        )
    assert colours == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"] * 2, "dark on white in every theme"
    assert complaints == []


def test_an_ordinary_event_is_one_sheet_of_a4_with_squares_a_telephone_reads(
    signed: Site, browser: Browser
) -> None:
    with visiting(browser) as (page, _):
        page.goto(f"{signed.address}/asientos/{last(signed)}/prueba")
        # As many hashes as a log of four million entries has.
        hashes = ("A" * 43 + "=\n") * 17
        page.evaluate("more => document.querySelector('pre').prepend(more)", hashes)
        paper = page.pdf(prefer_css_page_size=True)
        page.emulate_media(media="print")
        page.set_viewport_size({"width": 703, "height": 1032})
        width, squares = page.evaluate(
            "(one => [one.getBoundingClientRect().width, one.viewBox.baseVal.width])(document.querySelector('.qr'))"
        )
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", paper)) == 1
    assert re.search(rb"/MediaBox\s*\[0 0 59[456](\.\d+)? 84[12](\.\d+)?\]", paper), "A4"
    assert width / squares * 25.4 / 96 >= 0.4, "millimetres a square"
