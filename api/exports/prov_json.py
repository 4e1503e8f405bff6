"""PROV-JSON (W3C PROV-DM): the events and their evidence as entities, commands as activities, authorities as agents.

An agent is a public post of a body with the grant it acted under, never a person. Each kind of statement is a section
of the document: entities go out as they are read, the other sections wait in temporary files until theirs begins.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from functools import lru_cache, partial
from tempfile import SpooledTemporaryFile
from typing import Any, NamedTuple

from api.exports import Format
from api.extract import Extract
from api.object_events import payload_of
from ledger.entry import entry, instant
from ledger.log import StoredEvent

Statement = tuple[str, dict[str, Any]]

IN_MEMORY_BYTES, PIECE_BYTES = 1 << 22, 1 << 20

_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode

PREFIXES = {
    "evento": "urn:bitacora:event:",
    "soporte": "urn:sha256:",
    "comando": "urn:uuid:",
    "autoridad": "urn:bitacora:authority:",
    "bitacora": "urn:bitacora:",
}


def _pieces(extract: Extract) -> Iterator[bytes]:
    with ExitStack() as kept:
        later = {name: kept.enter_context(SpooledTemporaryFile(IN_MEMORY_BYTES)) for name in SECTIONS}
        seen: dict[str, set[str]] = {name: set() for name in ("entity", *SECTIONS)}
        yield b'{"prefix":' + _encode(PREFIXES).encode()
        yield b',\n"entity":{\n' + _members({"bitacora:checkpoint": _stamped(extract)})
        for events in extract.pages():
            origin = extract.checkpoint.origin
            page = list(map(_read, events))
            if found := _new(seen["entity"], (told for one in page for told in _entities(one, origin))):
                yield b",\n" + _members(found)
            for name, statements in SECTIONS.items():
                if found := _new(seen[name], (told for one in page for told in statements(one))):
                    later[name].write((b",\n" if later[name].tell() else b"\n") + _members(found))
        yield b"\n}"
        for name, file in later.items():
            yield f',\n"{name}":{{'.encode()
            file.seek(0)
            yield from iter(partial(file.read, PIECE_BYTES), b"")
            yield b"\n}"
        yield b"\n}\n"


class _Read(NamedTuple):
    """An event, with what several sections say of it: each is written once."""

    stored: StoredEvent
    payload: Mapping[str, Any]
    event: str
    command: str
    authority: str
    recorded_at: str


def _read(stored: StoredEvent) -> _Read:
    return _Read(
        stored,
        payload_of(stored),
        f"evento:{stored.stream}/{stored.version}",
        f"comando:{stored.command_id}",
        _named(stored.author_body, stored.author_post, stored.author_grant),
        instant(stored.recorded_at),
    )


def _new(seen: set[str], statements: Iterable[Statement]) -> dict[str, dict[str, Any]]:
    """Return the statements that were not made before, and remember what may come again."""
    found = {id_: told for id_, told in statements if id_ not in seen}
    # A command's events stand together: only the last of a page goes on in the next.
    seen.update(list(found)[-1:])
    seen.update(id_ for id_ in found if id_.startswith(("soporte:", "autoridad:")))
    return found


def _entities(read: _Read, origin: str) -> Iterator[Statement]:
    yield (
        read.event,
        {
            "prov:type": read.stored.type,
            "bitacora:position": read.stored.position,
            "bitacora:stream": read.stored.stream,
            "bitacora:sha256": hashlib.sha256(entry(read.stored, origin)).hexdigest(),
            "bitacora:occurred_at": instant(read.stored.occurred_at),
        },
    )
    for digest, name in _evidence(read.payload):
        yield f"soporte:{digest}", {"prov:type": "evidence", "prov:label": name}


def _activities(read: _Read) -> Iterator[Statement]:
    yield read.command, {"prov:type": "command", "prov:endTime": read.recorded_at}


def _agents(read: _Read) -> Iterator[Statement]:
    yield (
        read.authority,
        {
            "prov:type": "authority",
            "bitacora:body": read.stored.author_body,
            "bitacora:post": read.stored.author_post,
            "bitacora:grant": read.stored.author_grant,
        },
    )
    if read.stored.author_on_behalf_of:
        yield (
            _named(read.stored.author_on_behalf_of),
            {"prov:type": "body", "bitacora:body": read.stored.author_on_behalf_of},
        )


def _generated(read: _Read) -> Iterator[Statement]:
    told = {
        "prov:entity": read.event,
        "prov:activity": read.command,
        "prov:time": read.recorded_at,
    }
    yield f"_:g{read.stored.position}", told


def _associated(read: _Read) -> Iterator[Statement]:
    yield f"_:a{read.stored.position}", {"prov:activity": read.command, "prov:agent": read.authority}


def _on_behalf(read: _Read) -> Iterator[Statement]:
    if read.stored.author_on_behalf_of:
        told = {
            "prov:delegate": read.authority,
            "prov:responsible": _named(read.stored.author_on_behalf_of),
            "prov:activity": read.command,
        }
        yield f"_:d{read.stored.position}", told


def _used(read: _Read) -> Iterator[Statement]:
    for number, (digest, _name) in enumerate(_evidence(read.payload)):
        told = {"prov:activity": read.command, "prov:entity": f"soporte:{digest}"}
        yield f"_:u{read.stored.position}-{number}", told


def _derived(read: _Read) -> Iterator[Statement]:
    for name in ("corrects", "validates", "supports", "withdraws", "returns"):
        version = read.payload.get(name)
        if isinstance(version, int):
            told = {
                "prov:generatedEntity": read.event,
                "prov:usedEntity": f"evento:{read.stored.stream}/{version}",
                "prov:type": name,
            }
            yield f"_:r{read.stored.position}-{name}", told


SECTIONS: dict[str, Callable[[_Read], Iterator[Statement]]] = {
    "activity": _activities,
    "agent": _agents,
    "wasGeneratedBy": _generated,
    "wasAssociatedWith": _associated,
    "actedOnBehalfOf": _on_behalf,
    "used": _used,
    "wasDerivedFrom": _derived,
}


@lru_cache(maxsize=1024)
def _named(*words: str) -> str:
    """Return the id of an agent: its words themselves would not be a name in PROV."""
    digest = hashlib.sha256("\n".join(words).encode("utf-8", "backslashreplace"))
    return f"autoridad:{digest.hexdigest()[:32]}"


def _evidence(payload: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the documents a report brings: each one's SHA-256 and its name."""
    told = payload.get("evidence")
    for one in told if isinstance(told, list) else [told]:
        if isinstance(one, dict) and isinstance(one.get("sha256"), str):
            yield one["sha256"], str(one.get("name", ""))


def _stamped(extract: Extract) -> dict[str, Any]:
    return {"prov:type": "checkpoint", **{f"bitacora:{name}": value for name, value in extract.stamp.items()}}


def _members(statements: Mapping[str, dict[str, Any]]) -> bytes:
    """Return statements as the members of an object, without its braces."""
    return _encode(statements)[1:-1].encode("utf-8", "backslashreplace")


FORMAT = Format("prov-json", "application/json", "prov.json", 1, _pieces)
"""Who did what with what, as provenance."""
