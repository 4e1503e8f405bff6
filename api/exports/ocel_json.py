"""OCEL 2.0 as JSON: for process mining over processes, activities, case files and authorities at once."""

from __future__ import annotations

import json
import json.encoder
from collections.abc import Iterable, Iterator, Mapping

from api.exports import Format
from api.extract import Extract
from api.object_events import Happening, Scalar, Thing, happenings, survey

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_text = json.encoder.encode_basestring


def _pieces(extract: Extract) -> Iterator[bytes]:
    found = survey(extract)
    yield f'{{"objectTypes":{_types(found.thing_types)},\n"eventTypes":{_types(found.happening_types)}'.encode()
    yield b',\n"objects":[\n' + ",\n".join(map(_thing, found.things.values())).encode()
    yield b'\n],\n"events":['
    between = b"\n"
    for page in happenings(extract):
        if page:
            yield between + ",\n".join(map(_happening, page)).encode()
            between = b",\n"
    yield b"\n]}\n"


def _types(types: Mapping[str, Mapping[str, str]]) -> str:
    return _encode([
        {"name": name, "attributes": [{"name": one, "type": kind} for one, kind in kinds.items()]}
        for name, kinds in types.items()
    ])  # fmt: skip


# Written by hand: to make objects of it all first takes twice as long.


def _thing(thing: Thing) -> str:
    attributes = ",".join([
        f'{{"name":{_text(name)},"time":"{thing.at}","value":{_value(value)}}}'
        for name, value in thing.attributes.items()
    ])  # fmt: skip
    return (
        f'{{"id":{_text(thing.id)},"type":{_text(thing.type)},"attributes":[{attributes}],'
        f'"relationships":[{_links(thing.links)}]}}'
    )


def _happening(happening: Happening) -> str:
    attributes = ",".join([
        f'{{"name":{_text(name)},"value":{_value(value)}}}' for name, value in happening.attributes.items()
    ])  # fmt: skip
    return (
        f'{{"id":{_text(happening.id)},"type":{_text(happening.type)},"time":"{happening.at}",'
        f'"attributes":[{attributes}],"relationships":[{_links(happening.links)}]}}'
    )


def _links(links: Iterable[tuple[str, str]]) -> str:
    return ",".join(
        [f'{{"objectId":{_text(id_)},"qualifier":{_text(qualifier)}}}' for qualifier, id_ in links]
    )


def _value(value: Scalar) -> str:
    if isinstance(value, str):
        return _text(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


FORMAT = Format("ocel-json", "application/json", "ocel.json", 2, _pieces)
"""Object-centric event data, the form most tools read first."""
