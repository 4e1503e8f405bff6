"""OCEL 2.0 as XML: the same as its JSON, for the tools that read this."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from api.exports import Format
from api.extract import Extract
from api.object_events import Happening, Thing, happenings, survey
from api.xml_text import DECLARATION, quoted, tag


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
        tag("attribute", quoted(value), name=name, time=thing.at) for name, value in thing.attributes.items()
    )
    return (
        tag("object", tag("attributes", attributes) + _links(thing.links), id=thing.id, type=thing.type)
        + "\n"
    )


def _happening(happening: Happening) -> str:
    attributes = "".join([
        f'<attribute name="{quoted(name)}">{quoted(value)}</attribute>'
        for name, value in happening.attributes.items()
    ])  # fmt: skip
    return (
        f'<event id="{quoted(happening.id)}" type="{quoted(happening.type)}" time="{happening.at}">'
        f"<attributes>{attributes}</attributes>{_links(happening.links)}</event>\n"
    )


def _links(links: Iterable[tuple[str, str]]) -> str:
    each = [
        f'<relationship object-id="{quoted(id_)}" qualifier="{quoted(qualifier)}"/>'
        for qualifier, id_ in links
    ]
    return f"<objects>{''.join(each)}</objects>"


FORMAT = Format("ocel-xml", "application/xml", "ocel.xml", 2, _pieces)
"""Object-centric event data."""
