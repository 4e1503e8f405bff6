"""What calendars and news have in common: where they are found, and how they are sent to programs that ask often."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import Response

from api.reading import reader_has
from api.view.page import TAGS, edition, finished
from api.view.visit import Visit

PUBLIC_CACHE = "public, max-age=300, stale-while-revalidate=3600"
"""Programs that follow a feed ask every few minutes at best."""
ONLY_ITS_OWNER = "private, no-cache"


@dataclass(frozen=True, slots=True)
class Feeds:
    """Where what a page shows can be subscribed to."""

    calendar: str
    """The address of its deadlines as iCalendar."""
    news: str
    """The address of its news as Atom."""


def site_address(visit: Visit) -> str:
    """Return what addresses begin with for readers that are not at this site: no slash at the end."""
    return (visit.resources.settings.public_url or str(visit.request.base_url)).rstrip("/")


def known_tag(visit: Visit, *facts: object) -> str:
    """Return the ETag of what is made of these facts alone, for this log, address, language and edition."""
    origin = visit.resources.identity().origin
    said = "\0".join(map(str, (origin, visit.request.url, visit.language, edition(), *facts)))
    return f'"{hashlib.sha256(said.encode()).hexdigest()[:32]}"'


def feed_answer(
    visit: Visit, tag: str, make: Callable[[], bytes], media_type: str, *, caching: str = PUBLIC_CACHE
) -> Response:
    """Return a feed, the one already made, or 304 where the reader has it."""
    headers = {
        "ETag": tag,
        "Cache-Control": caching,
        "Content-Language": TAGS[visit.language],
        "Vary": "Accept-Language",
    }
    if reader_has(visit.request, tag):
        return Response(status_code=304, headers=headers)
    # One process may serve several databases, in its tests.
    key = f"{visit.resources.database_url} {tag}"
    made = finished.get(key) or finished.keep(key, tag, make())
    return Response(made.content, media_type=media_type, headers=headers)
