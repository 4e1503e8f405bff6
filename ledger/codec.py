"""Events to bytes, once, and back: the only place where the stored form of an event is made.

The bytes are canonical JSON: the profile of RFC 8785 (JCS) in which keys are ASCII and there are no floats.
Keys are sorted, nothing is spaced, text is UTF-8 in NFC without NUL or lone surrogates, integers stay under 2^53,
and nesting under `MAX_DEPTH`. What was encoded is decoded back before it may be appended, because a log keeps
what cannot be read for ever.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from typing import Any

from pydantic import TypeAdapter, ValidationError

from domain.event import Event, event_types
from ledger.log import MAX_ENTRY_BYTES, LogError

MAX_DEPTH = 32
MAX_INTEGER = 2**53 - 1
"""The largest integer every JSON reader keeps exact (RFC 8259, section 6)."""

_write = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")).encode


class Unstorable(LogError):
    """This event cannot be written so that it reads the same for ever. Nothing was recorded."""


class UnknownEvent(LogError):
    """The log holds an event of a kind or version this program does not know: a newer program wrote it."""

    def __init__(self, type_: str) -> None:
        super().__init__(
            f"unknown event {type_!r}: a newer version of the program wrote it; run that version"
        )
        self.type = type_


class UnreadableEvent(LogError):
    """The log holds a body that is not what its type says."""

    def __init__(self, type_: str, reason: str) -> None:
        super().__init__(f"the body of a {type_!r} cannot be read: {reason}")
        self.type = type_


def encode(event: Event) -> bytes:
    """Return the bytes an event is stored as. Raises `Unstorable`."""
    if not event.type:
        raise Unstorable(f"{type(event).__qualname__} has no stored name: give the class type='Something.v1'")
    body = canonical(event.model_dump(mode="json"))
    if len(body) > MAX_ENTRY_BYTES:
        raise Unstorable(
            f"{event.type}: {len(body):,} bytes are over the {MAX_ENTRY_BYTES:,} an entry may have"
        )
    if decode(event.type, body) != event:
        raise Unstorable(f"{event.type}: what is read back differs from what was written")
    return body


def decode(type_: str, body: bytes) -> Event:
    """Return the event in a stored body, raised to the present version of its kind.

    Raises `UnknownEvent` or `UnreadableEvent`, which a reader may set aside without stopping.
    """
    try:
        event_class, read = _readers[type_]
    except KeyError:
        event_class, read = _reader(type_)
    try:
        if event_class.type == type_:
            return read(body)
        return _upcast(event_class, type_, int(type_.partition(".v")[2]), body)
    except (ValidationError, ValueError, KeyError, TypeError) as failure:
        raise UnreadableEvent(type_, str(failure)) from failure


_Reader = tuple[type[Event], Callable[[bytes], Event]]

_readers: dict[str, _Reader] = {}
"""What reads each stored type: looked up a million times in a replay, and a third of the time of asking the class."""


def _reader(type_: str) -> _Reader:
    """Return what reads a stored type, and remember it. Raises `UnknownEvent`."""
    event_class = event_types().get(type_.partition(".v")[0])
    if event_class is None:
        raise UnknownEvent(type_)
    adapter: TypeAdapter[Event] = TypeAdapter(event_class)
    _readers[type_] = event_class, adapter.validator.validate_json
    return _readers[type_]


def canonical(value: Any) -> bytes:
    """Return a JSON value as canonical bytes. Raises `Unstorable` for what has no canonical form here."""
    _check(value, 0)
    try:
        return _write(value).encode()
    except UnicodeEncodeError as failure:
        raise Unstorable("text holds a lone surrogate, which is not a character") from failure


def _upcast(event_class: type[Event], type_: str, version: int, body: bytes) -> Event:
    """Raise an older body step by step to the present version."""
    present = int(event_class.type.partition(".v")[2])
    if version > present:
        raise UnknownEvent(type_)
    content = json.loads(body)
    if not isinstance(content, dict):
        raise UnreadableEvent(type_, "it is not an object")
    for step in range(version, present):
        content = event_class.upcasts[step](content)
    return event_class.model_validate_json(_write(content))


def _check(value: Any, depth: int) -> None:
    """Raise `Unstorable` where a JSON value holds what two readers could understand differently."""
    if isinstance(value, str):
        if "\0" in value:
            raise Unstorable("text holds a NUL character")
        if not value.isascii() and not unicodedata.is_normalized("NFC", value):
            raise Unstorable("text is not in NFC: normalise it first")
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, int):
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise Unstorable(f"{value} is beyond 2^53, where JSON readers lose digits: store it as text")
    elif depth >= MAX_DEPTH:
        raise Unstorable(f"nested deeper than {MAX_DEPTH} levels")
    elif isinstance(value, dict):
        for key, member in value.items():
            if not (isinstance(key, str) and key.isascii() and "\0" not in key):
                raise Unstorable(f"the key {key!r} is not ASCII text")
            _check(member, depth + 1)
    elif isinstance(value, list):
        for member in value:
            _check(member, depth + 1)
    else:
        raise Unstorable(f"a {type(value).__name__} has no exact form in JSON: store it as text")
