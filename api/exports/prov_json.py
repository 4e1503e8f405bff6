"""PROV-JSON (W3C PROV-DM): the events and their evidence as entities, commands as activities, authorities as agents.

An agent is a public post of a body with the grant it acted under, never a person. Each kind of statement is a section
of the document: entities go out as they are read, the other sections wait in temporary files until theirs begins.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import Any

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
        for page in extract.pages():
            origin = extract.checkpoint.origin
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


def _new(seen: set[str], statements: Iterable[Statement]) -> dict[str, dict[str, Any]]:
    """Return the statements that were not made before, and remember what may come again."""
    found = {id_: told for id_, told in statements if id_ not in seen}
    # A command's events stand together: only the last of a page goes on in the next.
    seen.update(list(found)[-1:])
    seen.update(id_ for id_ in found if id_.startswith(("soporte:", "autoridad:")))
    return found


def _entities(stored: StoredEvent, origin: str) -> Iterator[Statement]:
    yield (
        _event(stored),
        {
            "prov:type": stored.type,
            "bitacora:position": stored.position,
            "bitacora:stream": stored.stream,
            "bitacora:sha256": hashlib.sha256(entry(stored, origin)).hexdigest(),
            "bitacora:occurred_at": instant(stored.occurred_at),
        },
    )
    for digest, name in _evidence(stored):
        yield f"soporte:{digest}", {"prov:type": "evidence", "prov:label": name}


def _activities(stored: StoredEvent) -> Iterator[Statement]:
    yield _command(stored), {"prov:type": "command", "prov:endTime": instant(stored.recorded_at)}


def _agents(stored: StoredEvent) -> Iterator[Statement]:
    yield (
        _authority(stored),
        {
            "prov:type": "authority",
            "bitacora:body": stored.author_body,
            "bitacora:post": stored.author_post,
            "bitacora:grant": stored.author_grant,
        },
    )
    if stored.author_on_behalf_of:
        yield _body(stored), {"prov:type": "body", "bitacora:body": stored.author_on_behalf_of}


def _generated(stored: StoredEvent) -> Iterator[Statement]:
    told = {
        "prov:entity": _event(stored),
        "prov:activity": _command(stored),
        "prov:time": instant(stored.recorded_at),
    }
    yield f"_:g{stored.position}", told


def _associated(stored: StoredEvent) -> Iterator[Statement]:
    yield f"_:a{stored.position}", {"prov:activity": _command(stored), "prov:agent": _authority(stored)}


def _on_behalf(stored: StoredEvent) -> Iterator[Statement]:
    if stored.author_on_behalf_of:
        told = {
            "prov:delegate": _authority(stored),
            "prov:responsible": _body(stored),
            "prov:activity": _command(stored),
        }
        yield f"_:d{stored.position}", told


def _used(stored: StoredEvent) -> Iterator[Statement]:
    for number, (digest, _name) in enumerate(_evidence(stored)):
        told = {"prov:activity": _command(stored), "prov:entity": f"soporte:{digest}"}
        yield f"_:u{stored.position}-{number}", told


def _derived(stored: StoredEvent) -> Iterator[Statement]:
    payload = payload_of(stored)
    for name in ("corrects", "validates", "supports", "withdraws", "returns"):
        version = payload.get(name)
        if isinstance(version, int):
            told = {
                "prov:generatedEntity": _event(stored),
                "prov:usedEntity": f"evento:{stored.stream}/{version}",
                "prov:type": name,
            }
            yield f"_:r{stored.position}-{name}", told


SECTIONS: dict[str, Callable[[StoredEvent], Iterator[Statement]]] = {
    "activity": _activities,
    "agent": _agents,
    "wasGeneratedBy": _generated,
    "wasAssociatedWith": _associated,
    "actedOnBehalfOf": _on_behalf,
    "used": _used,
    "wasDerivedFrom": _derived,
}


def _event(stored: StoredEvent) -> str:
    return f"evento:{stored.stream}/{stored.version}"


def _command(stored: StoredEvent) -> str:
    return f"comando:{stored.command_id}"


def _authority(stored: StoredEvent) -> str:
    return _named(stored.author_body, stored.author_post, stored.author_grant)


def _body(stored: StoredEvent) -> str:
    return _named(stored.author_on_behalf_of or "")


def _named(*words: str) -> str:
    """Return the id of an agent: its words themselves would not be a name in PROV."""
    digest = hashlib.sha256("\n".join(words).encode("utf-8", "backslashreplace"))
    return f"autoridad:{digest.hexdigest()[:32]}"


def _evidence(stored: StoredEvent) -> Iterator[tuple[str, str]]:
    """Yield the documents a report brings: each one's SHA-256 and its name."""
    told = payload_of(stored).get("evidence")
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
