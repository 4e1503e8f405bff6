"""The record of a ceremony on paper: one page of HTML that needs nothing else, Spanish first and English beside."""

from __future__ import annotations

from datetime import datetime

from markupsafe import Markup

from api.ceremonies.outcome import sha256
from api.ceremonies.record import MEXICO_CITY, PAGE_FILE, Record
from api.view import formats
from api.view.page import templates
from api.view.qr_code import qr_code
from api.words import speak

MOST_FINDINGS = 100
"""Findings that are printed; all of them are in ``record.json``."""
LINES_TO_SIGN = 6


def record_page(record: Record) -> bytes:
    """Return the page of a record."""
    held_at = datetime.fromisoformat(record.held_at)
    digest = sha256(record.file)
    page = (
        templates()
        .get_template("ceremony.html")
        .render(
            record=record,
            both=both,
            spanish=speak("es"),
            held_on=formats.long_day(held_at.astimezone(MEXICO_CITY).date().isoformat(), "es"),
            held_on_english=formats.long_day(held_at.astimezone(MEXICO_CITY).date().isoformat(), "en"),
            hour=f"{held_at.astimezone(MEXICO_CITY):%H:%M:%S}",
            digest=digest,
            code=qr_code(f"{record.format} {record.ceremony} {digest}"),
            page_file=PAGE_FILE,
            most_findings=MOST_FINDINGS,
            lines_to_sign=LINES_TO_SIGN,
        )
    )
    return page.encode()


def both(key: str, **figures: object) -> Markup:
    """Return a saying in Spanish, and in English beside it where that is not the same."""
    if speak("es")(key, **figures) == speak("en")(key, **figures):
        return speak("es")(key, **figures)
    return Markup('{}<span class="english" lang="en">{}</span>').format(
        speak("es")(key, **figures), speak("en")(key, **figures)
    )
