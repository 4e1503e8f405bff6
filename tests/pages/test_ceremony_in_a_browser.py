"""The record of a ceremony in a real Chromium: read on a screen, in the dark, on a phone, and printed."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from api.ceremonies.outcome import Ceremony, Fact, Finding, Listing, Outcome, finding
from api.ceremonies.record import record_of
from api.ceremonies.record_page import record_page
from ledger.checkpoint import Checkpoint
from ledger.note import SigningKey
from tests.pages.test_in_a_browser import SCREENS, sideways

pytestmark = pytest.mark.browser

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
HELD_AT = datetime(2027, 6, 6, 3, 30, tzinfo=UTC)
KEY = SigningKey("auditoria.uni.example.mx", bytes(32))


def outcome(ceremony: Ceremony, findings: list[Finding]) -> Outcome:
    """Return one with a word of every kind in it."""
    return Outcome(
        ceremony=ceremony, origin="bitacora.example.mx/2026-2027", simulated=True,
        checkpoint=Checkpoint("bitacora.example.mx/2026-2027", 70_000, bytes(32)), digest="0123456789abcdef" * 4,
        facts=[Fact(name="events", value=70_000), Fact(name="signed_by", value=KEY.public.vkey)],
        findings=findings, remarks=[finding("compiled_copies")],
        listing=Listing(
            columns=["part", "version", "licence", "files", "digest"],
            rows=[[f"part-{n}", "1.0", "Apache-2.0", 12, "0123456789abcdef" * 4] for n in range(60)],
        ),
        attachments={"sbom.cdx.json": b"{}"},
    )  # fmt: skip


@pytest.fixture(scope="module", params=["passed", "failed and not signed"])
def address(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where a record is, as a file: nothing serves it."""
    passed = request.param == "passed"
    wrong = (
        [] if passed else [finding("was_signed_beyond", 5, 9, n=9), finding("file_unlisted", file="x" * 200)]
    )
    held = record_of(outcome("software", wrong), HELD_AT, KEY if passed else None)
    file: Path = tmp_path_factory.mktemp("record") / "record.html"
    file.write_bytes(record_page(held))
    return file.as_uri()


def test_a_record_can_be_read_by_everybody_and_asks_for_nothing(browser: Browser, address: str) -> None:
    asked: list[str] = []
    context = browser.new_context(java_script_enabled=True, reduced_motion="reduce")
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    wide, found = {}, {}
    for screen, width in SCREENS.items():
        for scheme in SCHEMES:
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme=scheme)
            result = Axe().run(page, options={"resultTypes": ["violations"]})
            if result.violations_count:
                found[screen, scheme] = result.generate_report()
            wide[screen] = sideways(page)
    context.close()

    assert found == {}
    assert wide == {"phone": 0, "desk": 0}
    assert asked == [address]


def test_a_record_on_paper_is_dark_on_white_with_room_to_sign(browser: Browser, address: str) -> None:
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    page.goto(address)
    page.emulate_media(media="print")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    boxes = [each.bounding_box() for each in page.locator(".hands td").all()]
    printed = page.pdf(prefer_css_page_size=True)
    context.close()

    assert ground == "rgb(255, 255, 255)"
    assert len(boxes) == 18
    # A signature takes a centimetre: 38 px.
    assert all(box and box["height"] >= 38 for box in boxes)
    # A4 is 595.3 by 841.9 points, which Chromium rounds to its own pixels.
    assert re.search(rb"/MediaBox \[0 0 59[45][.\d]* 84[12][.\d]*\]", printed)
