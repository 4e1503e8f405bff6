"""The log as object-centric event data (OCEL 2.0): which objects there are, and which of them each event was about.

Objects are processes, case files, activities (milestones), tally sheets, and authorities: a public post of a body,
never a person. The checkpoint an export was made at is an object, too, of which nothing happens. Moments are those of
the acts (``occurred_at``); when each was recorded is an attribute. The order is the log's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pydantic_core import from_json

from api.extract import Extract
from ledger.entry import instant
from ledger.log import StoredEvent

Scalar = str | int | bool
Link = tuple[str, str]
"""A qualifier, and the id of the object it leads to."""

CHECKPOINT = "checkpoint"
BEGINNING = instant(datetime(1970, 1, 1, tzinfo=UTC))
"""The moment of what always held, as OCEL 2.0 has it."""

TOLD: Mapping[str, tuple[str, ...]] = {
    "process": ("kind", "territory", "cycle", "election_day"),
    "case": ("kind", "territory", "folio", "received", "body"),
    "milestone": ("row", "stage", "kind", "territory", "responsible", "body", "occurrence"),
}
"""What an object's first event says of it, besides its name."""

ENVELOPE: Mapping[str, str] = {
    "command_id": "string",
    "grant": "string",
    "log_position": "integer",
    "on_behalf_of": "string",
    "recorded_at": "string",
}
"""What is told of every event besides its own fields."""

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML 1.0 does not have (section 2.2)."""


@dataclass(slots=True)
class Thing:
    """An object."""

    id: str
    type: str
    at: str = BEGINNING
    """Since when its attributes are known."""
    attributes: dict[str, Scalar] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Happening:
    """An event."""

    id: str
    type: str
    at: str
    attributes: Mapping[str, Scalar]
    links: tuple[Link, ...]


@dataclass(slots=True)
class Found:
    """What a first reading of the events found: every object, and each type's attributes with their kinds."""

    things: dict[str, Thing] = field(default_factory=dict)
    happenings: dict[str, dict[str, str]] = field(default_factory=dict)
    """By type of event."""

    @property
    def thing_types(self) -> dict[str, dict[str, str]]:
        """The attributes of each type of object."""
        found: dict[str, dict[str, str]] = {}
        for thing in self.things.values():
            kinds = found.setdefault(thing.type, {})
            kinds |= {name: kind_of(value) for name, value in thing.attributes.items()}
        return {name: dict(sorted(kinds.items())) for name, kinds in sorted(found.items())}

    @property
    def happening_types(self) -> dict[str, dict[str, str]]:
        """The attributes of each type of event."""
        return {name: dict(sorted(kinds.items())) for name, kinds in sorted(self.happenings.items())}


def survey(extract: Extract) -> Found:
    """Read the events once, and return what there is."""
    found = Found()
    stamped = {name: value for name, value in extract.stamp.items() if not isinstance(value, bool)}
    found.things[CHECKPOINT] = Thing(
        CHECKPOINT, CHECKPOINT, attributes={**stamped, "simulated": extract.simulated}
    )
    for page in extract.pages():
        for stored in page:
            payload, links = payload_of(stored), links_of(stored, extract.cases)
            kinds = found.happenings.setdefault(type_of(stored), dict(ENVELOPE))
            for name in payload.keys() - kinds.keys():
                if isinstance(payload[name], str | int):
                    kinds[name] = kind_of(payload[name])
            for _, id_ in links:
                if id_ not in found.things:
                    found.things[id_] = _thing(id_, stored)
            if stored.version == 1 and links:
                _begin(found.things[links[0][1]], stored, payload, extract.cases)
    for thing in found.things.values():
        thing.links = [link for link in thing.links if link[1] in found.things]
    return found


def happenings(extract: Extract) -> Iterator[list[Happening]]:
    """Read the events once more, and yield them page by page."""
    for page in extract.pages():
        yield [_happening(stored, payload_of(stored), extract.cases) for stored in page]


def payload_of(stored: StoredEvent) -> dict[str, Any]:
    """Return the fields of an event; none where its body is no JSON object."""
    try:
        # Half the time of the standard library's, which reads the few that this one refuses (a lone surrogate).
        payload = from_json(stored.body, cache_strings="keys")
    except ValueError:
        payload = _read(stored.body)
    return payload if isinstance(payload, dict) else {}


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def kind_of(value: Scalar) -> str:
    """Return what OCEL 2.0 calls the kind of a value."""
    if isinstance(value, bool):
        return "boolean"
    return "integer" if isinstance(value, int) else "string"


def plain(text: str) -> str:
    """Return text without the characters that XML and SQLite cannot keep."""
    # Nearly all of it is printable, which is told in no time.
    return text if text.isprintable() else _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text)


def links_of(stored: StoredEvent, cases: frozenset[str]) -> tuple[Link, ...]:
    """Return what an event was about, most particular first, and who reported it."""
    family, _, path = stored.stream.partition("/")
    process, _, rest = path.partition("/")
    whole = ("case", f"case/{process}") if process in cases else ("process", f"process/{process}")
    links: tuple[Link, ...] = ()
    if family == "process":
        links = (whole,)
    elif family == "milestone":
        links = (("milestone", plain(stored.stream)), (whole[0], plain(whole[1])))
    elif family == "tally-sheet":
        links = (("tally sheet", plain(stored.stream)), whole)
    elif family == "tally-sheets" and rest:
        links = (whole,)
    if stored.author_body:
        links += (("reported by", plain(f"authority/{stored.author_body}/{stored.author_post}")),)
    return links


def _happening(stored: StoredEvent, payload: Mapping[str, Any], cases: frozenset[str]) -> Happening:
    said: dict[str, Scalar] = {
        name: plain(value) if isinstance(value, str) else value
        for name, value in payload.items()
        if isinstance(value, str | int)
    }
    said["command_id"] = str(stored.command_id)
    said["grant"] = plain(stored.author_grant)
    said["log_position"] = stored.position
    said["recorded_at"] = instant(stored.recorded_at)
    if stored.author_on_behalf_of:
        said["on_behalf_of"] = plain(stored.author_on_behalf_of)
    return Happening(
        plain(f"{stored.stream}/{stored.version}"), type_of(stored), instant(stored.occurred_at), said,
        links_of(stored, cases),
    )  # fmt: skip


def type_of(stored: StoredEvent) -> str:
    """Return what happened: ``MilestoneCompleted``."""
    return plain(stored.type.partition(".")[0])


def _thing(id_: str, stored: StoredEvent) -> Thing:
    """Return an object as it is first heard of."""
    type_ = id_.partition("/")[0]
    if type_ == "authority":
        post, body = plain(stored.author_post), plain(stored.author_body)
        return Thing(id_, type_, attributes={"body": body, "post": post})
    return Thing(id_, type_)


def _begin(thing: Thing, stored: StoredEvent, payload: Mapping[str, Any], cases: frozenset[str]) -> None:
    """Note what an object's first event says of it."""
    if thing.type not in TOLD:
        if thing.type == "tally-sheet":
            thing.links = [("of", links_of(stored, cases)[1][1])]
        return
    thing.at = instant(stored.occurred_at)
    said = {name: payload.get(name) for name in TOLD[thing.type]}
    thing.attributes |= {
        name: plain(value) for name, value in said.items() if isinstance(value, str) and value
    }
    names = payload.get("name")
    if isinstance(names, dict) and isinstance(names.get("es"), str):
        thing.attributes["name"] = plain(names["es"])
    if stored.type.startswith("MilestonePlanned."):
        process = stored.stream.split("/")[1]
        thing.links = [
            ("of", links_of(stored, cases)[1][1]),
            *(("same act as", f"milestone/{one}") for one in payload.get("same_as", ())),
            *(("requires", f"milestone/{process}/{one['milestone']}") for one in payload.get("required", ())),
            *(("follows", f"milestone/{process}/{one['row']}") for one in payload.get("after", ())),
        ]
