"""OCEL 2.0 as JSON: for process mining over processes, activities, case files and authorities at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from api.exports import Format
from api.extract import Extract
from api.object_events import Happening, Thing, happenings, survey


def _pieces(extract: Extract) -> Iterator[bytes]:
    found = survey(extract)
    yield b'{"objectTypes":' + _written(_types(found.thing_types))
    yield b',"eventTypes":' + _written(_types(found.happening_types))
    yield b',"objects":[\n' + b",\n".join(_written(_thing(one)) for one in found.things.values())
    yield b'\n],"events":['
    between = b"\n"
    for page in happenings(extract):
        if page:
            yield between + b",\n".join(_written(_happening(one)) for one in page)
            between = b",\n"
    yield b"\n]}\n"


def _written(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _types(types: Mapping[str, Mapping[str, str]]) -> list[dict[str, Any]]:
    return [
        {"name": name, "attributes": [{"name": one, "type": kind} for one, kind in kinds.items()]}
        for name, kinds in types.items()
    ]


def _thing(thing: Thing) -> dict[str, Any]:
    attributes = [
        {"name": name, "time": thing.at, "value": value} for name, value in thing.attributes.items()
    ]
    return {
        "id": thing.id, "type": thing.type, "attributes": attributes, "relationships": _links(thing.links),
    }  # fmt: skip


def _happening(happening: Happening) -> dict[str, Any]:
    attributes = [{"name": name, "value": value} for name, value in happening.attributes.items()]
    return {
        "id": happening.id, "type": happening.type, "time": happening.at, "attributes": attributes,
        "relationships": _links(happening.links),
    }  # fmt: skip


def _links(links: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"objectId": id_, "qualifier": qualifier} for qualifier, id_ in links]


FORMAT = Format("ocel-json", "application/json", "ocel.json", 2, _pieces)
"""Object-centric event data, the form most tools read first."""
