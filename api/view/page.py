"""From a question to a page: the template, the words, and an answer that caches well.

A page is a function of (address, language, position, minute): its ETag names them, so the same page is made once.
Deadlines end on whole minutes, so nothing on a page can change in between.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, partial
from importlib.resources import files
from typing import Any

from fastapi import Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from psycopg import OperationalError
from starlette.requests import HTTPConnection

from api.settings import Language
from api.view import charts, formats
from api.view.assets import asset_address
from api.view.look import SIGNS, Look, level_of, look_of
from api.view.places import place_name
from api.view.visit import Reading, Visit, has_both_clocks, visit_for
from api.words import sayings, speak
from api.words.rule_words import rule_words
from domain.calendar import Moment, day_of
from domain.entity import CENTRAL_ZONE, entities
from domain.log import Log
from ledger.log import LogError
from projections.milestones import MilestoneRow
from projections.second_clock import Scope

TAGS: Mapping[Language, str] = {"es": "es-MX", "en": "en"}
"""What ``<html lang>`` says."""
CACHE_CONTROL = "public, max-age=5, stale-while-revalidate=60"
KEPT_PAGES = 64
"""How many finished pages are kept, so that a crowd at the door is one page to make."""
FRESH_SECONDS = 0.25
"""A page is made at most four times a second, however busy the night."""

Content = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FinishedPage:
    """A page as it was made: its tag, its bytes, and when, by the process's own clock in seconds."""

    tag: str
    content: bytes
    made_at: float


class FinishedPages:
    """The pages made last, by what they answer."""

    def __init__(self) -> None:
        self._pages: OrderedDict[str, FinishedPage] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> FinishedPage | None:
        """Return the last answer to a question, if it is still kept."""
        with self._lock:
            if key in self._pages:
                self._pages.move_to_end(key)
            return self._pages.get(key)

    def keep(self, key: str, tag: str, content: bytes) -> FinishedPage:
        """Keep an answer, and let the one go that was not asked for longest."""
        page = FinishedPage(tag, content, time.monotonic())
        with self._lock:
            self._pages[key] = page
            if len(self._pages) > KEPT_PAGES:
                self._pages.popitem(last=False)
        return page


finished = FinishedPages()


def answer(
    visit: Visit,
    template: str,
    content: Callable[[Reading], Content],
    scope: Scope | None = None,
    *,
    beside: str = "",
) -> Response:
    """Return a page, the one already made, or 304 where the visitor has it.

    ``content`` reads what the template shows; it may raise a `Problem`. With a ``scope``, which is all it reads, the
    page is told by both clocks. ``beside`` is what changes the page beside the log and the minute.
    """
    question = f"{_question(visit)} {beside}"
    # One process may serve several databases, in its tests.
    key = f"{visit.resources.database_url} {question}"
    page = finished.get(key)
    if page is None or time.monotonic() - page.made_at > FRESH_SECONDS:
        with visit.reading(scope) as reading:
            tag = _tag(question, reading)
            is_same = page is not None and page.tag == tag
            made = (
                page.content if page and is_same else _render(visit, reading, template, content(reading), tag)
            )
        page = finished.keep(key, tag, made)
    headers = {
        "ETag": page.tag,
        "Cache-Control": CACHE_CONTROL,
        "Content-Language": TAGS[visit.language],
        "Vary": "Accept-Language",
    }
    if page.tag in visit.request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(page.content, media_type="text/html; charset=utf-8", headers=headers)


def _question(visit: Visit) -> str:
    """Return what is asked, apart from the moment: the log, the address, the language and the edition of the site."""
    asked = sorted(visit.request.query_params.multi_items())
    return (
        f"{visit.resources.identity().origin} {visit.request.url.path} {asked} {visit.language} {edition()}"
    )


def _tag(question: str, reading: Reading) -> str:
    """Return the ETag of an answer: weak, for its bytes may differ where its meaning does not."""
    words = f"{question} {reading.as_of.at.isoformat()}"
    return f'W/"{reading.position}-{hashlib.sha256(words.encode()).hexdigest()[:16]}"'


def problem_page(connection: HTTPConnection, document: dict[str, Any]) -> Response:
    """Return a problem as people read it; ``document`` is the problem document (RFC 9457)."""
    visit = visit_for(connection)
    frame = page_frame(visit, visit.resources.clock()) | {
        "position": None,
        "identity": _identity_if_known(visit),
    }
    page = (
        templates()
        .get_template("problem.html")
        .render(
            frame,
            problem=document,
            words=rule_words().get(document["rule"]),
            data=None,
            changed=None,
            table=None,
        )
    )
    return Response(page, media_type="text/html; charset=utf-8")


def _identity_if_known(visit: Visit) -> Log:
    """Return whether the log is simulated; a problem is told even while the log cannot be read."""
    try:
        return visit.resources.identity()
    except (LogError, OperationalError):
        return Log()


@cache
def templates() -> Environment:
    """Return the templates: everything escaped, and nothing undefined is let through."""
    environment = Environment(
        loader=PackageLoader("api", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # They are what they were when the program started, as `edition` has it: no page looks at their files again.
        auto_reload=False,
    )
    environment.globals.update(
        number=formats.number,
        hours=formats.HOURS,
        asset=asset_address,
        level_of=level_of,
        segments=charts.segments,
        day_of=day_of,
        entities=entities(),
        central_zone=CENTRAL_ZONE,
        signs=SIGNS,
        known_events={key.removeprefix("event.") for key in sayings() if key.startswith("event.")},
    )
    return environment


def _render(visit: Visit, reading: Reading, template: str, content: Content, tag: str) -> bytes:
    frame = page_frame(visit, reading.as_of.at)
    frame |= {"position": reading.position, "identity": visit.resources.identity(), "etag": tag}
    frame["known_at"] = reading.known_at
    # What a page may say it has: the same question as JSON and as a table, and the last position that changed it.
    frame |= {"data": None, "changed": None, "table": None}
    return templates().get_template(template).render(frame | dict(content)).encode()


def page_frame(visit: Visit, at: datetime) -> dict[str, Any]:
    """Return what every template may use: words, links and the ways to write things, in the visitor's language."""
    language = visit.language
    today = formats.local_day(at)
    say = speak(language)

    def look(row: MilestoneRow) -> Look:
        return look_of(row, at)

    def from_to(start: Moment, end: Moment) -> Markup:
        first, last = formats.short_span(start, end, language, today)
        return say("look.from_to", start=first, end=last)

    def ago(day: date) -> Markup:
        return _distance(say, (day - today).days)

    return {
        "staff": None,
        "feeds": None,
        "changes": None,
        "replay": None,
        "say": say,
        "language": language,
        "html_language": TAGS[language],
        "visit": visit,
        "link": visit.link,
        "here": visit.here,
        "at": at,
        "known_at": at,
        "both_clocks": has_both_clocks(visit.request.url.path),
        "today": today,
        "etag": "",
        "names": partial(formats.in_language, language=language),
        "percent": partial(formats.percent, language=language),
        "long": partial(formats.long_day, language=language),
        "short": partial(formats.short_moment, language=language, today=today),
        "from_to": from_to,
        "occurrence": partial(formats.occurrence_name, language=language),
        "short_day": partial(formats.short_day, language=language, today=today),
        "stamp": partial(formats.stamp, language=language),
        "place_name": partial(place_name, language=language),
        "local_day": formats.local_day,
        "ago": ago,
        "look": look,
    }


def _distance(say: Callable[..., Markup], days: int) -> Markup:
    """Say how far a day is: hace 3 días, hoy, en 24 días."""
    near = {-1: "yesterday", 0: "today", 1: "tomorrow"}
    if days in near:
        return say(f"look.{near[days]}")
    return say("look.in_days" if days > 0 else "look.days_ago", n=abs(days))


@cache
def edition() -> str:
    """Return a digest of everything a page is made with but its data: another edition is another page."""
    digest = hashlib.sha256()
    for folder in ("static", "templates", "words"):
        for file in sorted(files("api").joinpath(folder).iterdir(), key=lambda entry: entry.name):
            if file.is_file():
                digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
