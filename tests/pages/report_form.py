"""The form of a report as tests fill it: who is signed in, what the page has in its boxes, what was recorded."""

from __future__ import annotations

import re

from ledger.log import StoredEvent
from tests.pages.site import JALISCO, Site
from tests.pages.staff import Desk

OPEN = "L045"


def form_of(milestone: str, que: str, process: str = JALISCO) -> str:
    return f"/procesos/{process}/actividades/{milestone}/reportar?que={que}"


def filled(desk: Desk, address: str, **typed: str) -> dict[str, str]:
    """Return a form's own values, with what is typed into it."""
    page = desk.get(address)
    assert page.status_code == 200, page.text
    form = page.text.partition('<form method="post" class="report"')[2].partition("</form>")[0]
    found = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and 'type="checkbox"' not in tag:
            found[name[1]] = value[1] if value else ""
    return found | typed


def head(site: Site) -> int:
    return site.resources.ledger.log.head().position


def last(site: Site) -> StoredEvent:
    return site.resources.ledger.log.read(head(site) - 1, 1)[0]


# What is asked for ------------------------------------------------------------------------------------------
