"""What happened as a feed (Atom, RFC 4287), newest first, in pages that lead to the ones before (RFC 5005, section 3).

An entry is one of the log's: its id is made of the log's name and its position, so it is the same in every feed. Its
words are those of the pages, its author is a post and its body, never a person.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from api.view.formats import in_language, stamp
from api.view.page import TAGS
from api.view.visit import Visit
from api.words import sayings, speak_plainly
from domain.entity import entities
from projections.timeline import TimelineEntry

MEDIA_TYPE = "application/atom+xml; charset=utf-8"
NAMESPACE = "http://www.w3.org/2005/Atom"
_XML_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML document may hold (XML 1.0, section 2.2)."""

register_namespace("", NAMESPACE)


@dataclass(frozen=True, slots=True)
class AtomPage:
    """One page of a feed."""

    title: str
    address: str
    """Its own, in full."""
    page: str
    """The page that shows the same to people, in full."""
    entries: list[TimelineEntry]
    before: str | None
    """The address of the page with what happened before, where there is more."""
    began_at: datetime
    """When it was last changed where there is no entry: when the log began."""
    of_case: bool = False
    """Whether it is a case's, which ends in other words than an election."""


def atom_file(visit: Visit, page: AtomPage, address: str) -> bytes:
    """Return a page of a feed."""
    identity, say = visit.resources.identity(), speak_plainly(visit.language)
    feed = Element(f"{{{NAMESPACE}}}feed", {_XML_LANGUAGE: TAGS[visit.language]})
    _add(feed, "id", page.address.partition("?")[0])
    _add(feed, "title", f"{say('page.simulated')}: {page.title}" if identity.simulated else page.title)
    _add(feed, "subtitle", f"{say('page.independent')} {say('page.catalogue')}")
    _add(feed, "updated", _instant(max((one.recorded_at for one in page.entries), default=page.began_at)))
    _add(feed, "generator", say("page.brand"))
    _link(feed, "self", page.address)
    _link(feed, "alternate", page.page)
    if page.before:
        _link(feed, "next", page.before)
    _add_entries(feed, visit, page, address)
    return bytes(tostring(feed, encoding="utf-8", xml_declaration=True))


def _add_entries(feed: Element, visit: Visit, page: AtomPage, address: str) -> None:
    origin, say = visit.resources.identity().origin, speak_plainly(visit.language)
    for one in page.entries:
        entry = _add(feed, "entry")
        _add(entry, "id", f"https://{origin}#asiento-{one.position}")
        name, what = in_language(one.name, visit.language), say(_word(one.type, of_case=page.of_case))
        _add(entry, "title", say("feed.entry_title", what=what, name=name))
        _add(entry, "updated", _instant(one.recorded_at))
        _add(_add(entry, "author"), "name", f"{one.post}, {one.body}")
        _add(entry, "category").set("term", one.type)
        below = f"/actividades/{one.milestone}" if one.milestone else ""
        _link(entry, "alternate", f"{address}/procesos/{one.process}{below}")
        _add(entry, "summary", _summary(visit, one))


def _summary(visit: Visit, one: TimelineEntry) -> str:
    say, language = speak_plainly(visit.language), visit.language
    place = entities()[one.territory].name if one.territory in entities() else "México"
    said = [
        say("feed.entry_where", process=one.process, territory=place) + ".",
        say(
            "feed.occurred",
            at=stamp(one.occurred_at, language),
            recorded=stamp(one.recorded_at, language),
            n=one.position,
        ),
    ]
    if other := one.payload.get("replaced_by"):
        said.insert(0, f"{say('milestone.replaced_by')} {other}.")
    if one.corrected_by:
        said.append(say("feed.corrected", n=one.corrected_by))
    return " ".join(said)


def _word(type_: str, *, of_case: bool) -> str:
    """Return the key of what the pages say of an event of this type."""
    if of_case and type_ in {"ProcessClosed", "ProcessReopened"}:
        return type_.replace("Process", "event.Case")
    return f"event.{type_}" if f"event.{type_}" in sayings() else "event.other"


def _add(parent: Element, name: str, text: str = "") -> Element:
    child = SubElement(parent, f"{{{NAMESPACE}}}{name}")
    if text:
        child.text = _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
    return child


def _link(parent: Element, relation: str, address: str) -> None:
    link = _add(parent, "link")
    link.set("rel", relation)
    link.set("href", address)


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
