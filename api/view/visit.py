"""What a visitor asks of a page: the language, the moment, and links that keep both.

``?al=`` is the moment: a position of the log, a day, or a day and hour in the zone of the capital (or with an offset).
Of processes, states and activities ``?ocurrido=``, a day or a day and hour, is the second clock: what had happened.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Depends, Query, Request
from psycopg import Connection
from starlette.requests import HTTPConnection

from api.database import Resources
from api.language import language_of
from api.problems import Problem
from api.settings import Language
from api.view.formats import in_language
from domain.calendar import closes_at
from domain.entity import CENTRAL_ZONE
from domain.names import Names
from projections.moment import AsOf, BadMoment, resolve_as_of
from projections.reading import projected_position
from projections.second_clock import Scope, at_both_clocks

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_BOTH_CLOCKS = re.compile(r"/entidades/[^/]+|/procesos/[^/]+(/actividades/[^/]+)?")
"""The pages that tell what had happened by an instant."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One snapshot of the projections, as of the moment that was asked for."""

    connection: Connection[Any]
    as_of: AsOf
    position: int
    """The last position the answer can know of."""
    known_at: datetime
    """When that was all that was known; `as_of.at` is another instant by the second clock."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One request for a page."""

    request: HTTPConnection
    resources: Resources
    language: Language
    al: str
    """The moment asked for as it was written; empty for now."""
    ocurrido: str = ""
    """By when it had happened, as it was written; empty for all that was known."""

    @contextmanager
    def reading(self, scope: Scope | None = None) -> Iterator[Reading]:
        """Lend a snapshot to answer from. Raises a `Problem` where the moment cannot be read.

        Who reads no more than ``scope`` is answered by both clocks; who names none, by the first alone.
        """
        now = self.resources.clock()
        with self.resources.readers.connection() as connection:
            try:
                as_of = resolve_as_of(connection, instant_of(self.al, now), now)
                if not self.al:
                    # Deadlines end on whole minutes: within one, a page says the same.
                    as_of = replace(as_of, at=now.replace(second=0, microsecond=0))
                known_at = as_of.at
                if self.ocurrido and scope is not None:
                    by = instant_of(self.ocurrido, now)
                    as_of = at_both_clocks(connection, as_of, by, now, scope)
            except BadMoment as bad:
                raise Problem(422, "bad-moment", es=bad.es, en=bad.en) from bad
            told = projected_position(connection) if as_of.position is None else as_of.position
            yield Reading(connection, as_of, told, known_at)

    def link(self, path: str, **query: object) -> str:
        """Return a link that keeps the language and the moment; empty values are left out."""
        kept = {name: value for name, value in query.items() if value not in (None, "")}
        if "lang" in self.request.query_params and "lang" not in query:
            kept["lang"] = self.language
        if self.al and "al" not in query:
            kept["al"] = self.al
        if self.ocurrido and "ocurrido" not in query and has_both_clocks(path):
            kept["ocurrido"] = self.ocurrido
        return f"{path}?{urlencode(kept)}" if kept else path

    def here(self, **changed: object) -> str:
        """Return a link to this same page with some parameters changed, or left out where they are empty."""
        return self.here_at(self.request.url.path, **changed)

    def here_at(self, path: str, **changed: object) -> str:
        """Return a link to another address that is asked the same."""
        query = {
            name: value
            for name, value in self.request.query_params.items()
            if name not in {"lang", "al", "ocurrido"}
        }
        return self.link(path, **(query | changed))

    def data(self, path: str, **query: object) -> str:
        """Return the address of the API's answer to the same question, at the same moment."""
        now = self.resources.clock()
        moments = {"as_of": instant_of(self.al, now)}
        if has_both_clocks(self.request.url.path):
            moments["happened_by"] = instant_of(self.ocurrido, now)
        asked = query | {name: moment for name, moment in moments.items() if moment}
        return f"{path}?{urlencode(asked)}" if asked else path

    def in_language(self, names: Names) -> str:
        """Return words in the visitor's language."""
        return in_language(names, self.language)


def has_both_clocks(path: str) -> bool:
    """Tell whether the page of an address tells what had happened by an instant, too."""
    return _BOTH_CLOCKS.fullmatch(path) is not None


def instant_of(text: str, now: datetime) -> str | None:
    """Return a moment as `resolve_as_of` reads it: a day means its end, an hour without zone is the capital's."""
    if not text or text.isdigit():
        return text or None
    try:
        if _DAY.fullmatch(text):
            return min(closes_at(text, CENTRAL_ZONE) - timedelta(microseconds=1), now).isoformat()
        # In an address a "+" is written as a space by people.
        instant = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    except ValueError:
        return text
    return (instant if instant.tzinfo else instant.replace(tzinfo=ZoneInfo(CENTRAL_ZONE))).isoformat()


def beginning_of(text: str) -> str:
    """Return a moment from which something is asked: of a day, its beginning."""
    return f"{text}T00:00" if _DAY.fullmatch(text) else text


def visit_for(connection: HTTPConnection) -> Visit:
    """Return what a request asks for."""
    resources: Resources = connection.app.state.resources
    language = language_of(connection, otherwise=resources.settings.language)
    al, ocurrido = (connection.query_params.get(name, "").strip()[:40] for name in ("al", "ocurrido"))
    return Visit(connection, resources, language, al, ocurrido)


# Not a function of its own thread: to change to one and back takes longer than this does.
async def _asked(
    request: Request,
    al: Annotated[str, Query(description="El momento: un asiento, un día, o un día y hora.")] = "",  # noqa: ARG001 - see below
    ocurrido: Annotated[str, Query(description="Lo que había ocurrido a un día, o a un día y hora.")] = "",  # noqa: ARG001 - see below
    lang: Annotated[str, Query(description="`es` o `en`.")] = "",  # noqa: ARG001 - see below
) -> Visit:
    # The parameters are named for the documentation; a problem page reads them where no route was reached.
    return visit_for(request)


Asked = Annotated[Visit, Depends(_asked)]
"""What the visitor asks for, as a route takes it."""
