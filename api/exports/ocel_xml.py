"""OCEL 2.0 as XML: the same as its JSON, for the tools that read this."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from api.exports import Format
from api.extract import Extract
from api.object_events import Happening, Thing, happenings, survey
from api.xml_text import DECLARATION, tag, text


def _pieces(extract: Extract) -> Iterator[bytes]:
    found = survey(extract)
    yield (
        DECLARATION
        + "<log>\n"
        + _types("object", found.thing_types)
        + _types("event", found.happening_types)
        + "<objects>\n"
    ).encode()
    yield "".join(_thing(one) for one in found.things.values()).encode()
    yield b"</objects>\n<events>\n"
    for page in happenings(extract):
        yield "".join(_happening(one) for one in page).encode()
    yield b"</events>\n</log>\n"


def _types(what: str, types: Mapping[str, Mapping[str, str]]) -> str:
    each = "".join(
        tag(
            f"{what}-type",
            tag("attributes", "".join(tag("attribute", name=one, type=kind) for one, kind in kinds.items())),
            name=name,
        )
        + "\n"
        for name, kinds in types.items()
    )
    return tag(f"{what}-types", f"\n{each}") + "\n"


def _thing(thing: Thing) -> str:
    attributes = "".join(
        tag("attribute", text(value), name=name, time=thing.at) for name, value in thing.attributes.items()
    )
    return (
        tag("object", tag("attributes", attributes) + _links(thing.links), id=thing.id, type=thing.type)
        + "\n"
    )


def _happening(happening: Happening) -> str:
    attributes = "".join(
        tag("attribute", text(value), name=name) for name, value in happening.attributes.items()
    )
    content = tag("attributes", attributes) + _links(happening.links)
    return tag("event", content, id=happening.id, type=happening.type, time=happening.at) + "\n"


def _links(links: Iterable[tuple[str, str]]) -> str:
    each = (tag("relationship", object_id=id_, qualifier=qualifier) for qualifier, id_ in links)
    return tag("objects", "".join(each))


FORMAT = Format("ocel-xml", "application/xml", "ocel.xml", 2, _pieces)
"""Object-centric event data."""
