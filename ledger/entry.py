r"""The entry: one recorded event as it is hashed, signed and published.

An entry is one CloudEvents 1.0 JSON document (structured mode), made by one template from what is stored, with the
stored body inside it byte for byte. It holds all that a verifier needs; only the position is not in it, because the
position *is* the entry's place in the tree. Any change of this template is another log.

**How an auditor makes the same bytes** from the stored columns: one JSON object on one line, without spaces, in UTF-8,
its members in this order:

======================= ==========================================================================================
``actor``               ``author_actor`` (this one, ``body``, ``grant``, ``onbehalfof`` and ``post`` are left out
                        where they are empty)
``body``                ``author_body``
``commandid``           ``command_id``, lower case with hyphens
``data``                the bytes of ``body`` as they are, where they are a JSON text (RFC 8259) in UTF-8;
                        otherwise, in its place, ``data_base64``: the bytes of ``body`` in base64 (RFC 4648, section 4)
``datacontenttype``     ``application/json``, or ``application/octet-stream`` beside ``data_base64``
``grant``               ``author_grant``
``id``                  ``stream``, ``/``, ``version``
``occurredat``          ``occurred_at`` in UTC with six decimals: ``2027-06-06T18:00:00.000000Z``
``onbehalfof``          ``author_on_behalf_of``
``post``                ``author_post``
``source``              the origin of the log, which its first event states
``specversion``         ``1.0``
``streamversion``       ``version``, a number
``subject``             ``stream``
``time``                ``recorded_at``, written as ``occurredat`` is
``type``                ``type``
======================= ==========================================================================================

Text is escaped as RFC 8785 (section 3.2.2.2) has it: ``\b \t \n \f \r \" \\``, other controls as ``\u00xx`` in
lower case, everything else as itself. The members are in sorted order, so the entry of a body that is canonical
is itself canonical.
"""

from __future__ import annotations

import json
import json.scanner
from base64 import b64encode
from datetime import UTC, datetime
from functools import lru_cache
from typing import NoReturn

from ledger.log import MAX_ENTRY_BYTES, Commit, LogError, StoredEvent

LONGEST_ORIGIN = 255
"""Characters an origin may have."""

SURELY_FITS_BYTES = 30_000
"""A body this long fits whatever is said around it: no need to make the entry to know."""

_text = json.encoder.encode_basestring
"""A text as JSON has it, without the layers above: they take longer than the writing."""


class EntryTooLarge(LogError):
    """An event does not fit into one published entry. Nothing was recorded."""

    def __init__(self, stream: str, size: int) -> None:
        super().__init__(
            f"{stream}: the entry would be {size:,} bytes, over the {MAX_ENTRY_BYTES:,} that fit; "
            "keep large things elsewhere and record their SHA-256"
        )


def entry(event: StoredEvent, origin: str) -> bytes:
    """Return the entry of a recorded event in the log of this origin. Raises `EntryTooLarge`."""
    readable = is_json(event.body)
    data = b'"data":' + event.body if readable else b'"data_base64":"' + b64encode(event.body) + b'"'
    before, after, later = _author(*event[8:13])
    made = b"".join((
        f'{{{before}"commandid":"{event.command_id}",'.encode(),
        data,
        f',"datacontenttype":"application/{"json" if readable else "octet-stream"}",{after}'
        f'"id":{_text(f"{event.stream}/{event.version}")},"occurredat":"{instant(event.occurred_at)}",{later}'
        f'"source":{_text(origin)},"specversion":"1.0","streamversion":{event.version},'
        f'"subject":{_text(event.stream)},"time":"{instant(event.recorded_at)}",'
        f'"type":{_text(event.type)}}}'.encode(),
    ))  # fmt: skip
    if len(made) > MAX_ENTRY_BYTES:
        raise EntryTooLarge(event.stream, len(made))
    return made


def check_entries(commit: Commit) -> None:
    """Raise `EntryTooLarge` if an event to be recorded would not fit into its entry, whatever the log's origin."""
    for event in commit.events:
        if len(event.body) > SURELY_FITS_BYTES:
            moment, author = commit.occurred_at, event.author or commit.author
            stored = StoredEvent(
                1, event.stream, event.version, event.type, event.body, moment, moment, commit.command_id,
                author.actor, author.post, author.body, author.grant, author.on_behalf_of,
            )  # fmt: skip
            entry(stored, "o" * LONGEST_ORIGIN)


def instant(moment: datetime) -> str:
    """Return an instant as entries write it (RFC 3339, in UTC, six decimals, always 27 characters)."""
    utc = moment.astimezone(UTC)
    return "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ" % (  # noqa: UP031 - every entry has two, and `isoformat` takes twice as long
        utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second, utc.microsecond
    )  # fmt: skip


@lru_cache(maxsize=1024)
def _author(actor: str, post: str, body: str, grant: str, on_behalf_of: str | None) -> tuple[str, str, str]:
    """Return what an entry says of its author, at its three places: the same people come back in thousands."""
    return (
        _member("actor", actor) + _member("body", body),
        _member("grant", grant),
        _member("onbehalfof", on_behalf_of or "") + _member("post", post),
    )


def _member(name: str, value: str) -> str:
    """Return a text member with the comma after it, or nothing where there is nothing to say."""
    return f'"{name}":{_text(value)},' if value else ""


def is_json(body: bytes) -> bool:
    """Tell whether the bytes are a JSON text in UTF-8 (RFC 8259), whatever its numbers."""
    try:
        text = body.decode()
        # Nothing before it and nothing after it: that is how our own are stored.
        if text[:1] in _UNSPACED and _scan(text, 0)[1] == len(text):
            return True
        _read(text)
    except (ValueError, RecursionError, StopIteration):
        return False
    return True


def _refuse(word: str) -> NoReturn:
    """Refuse NaN and Infinity, which Python reads and JSON does not have."""
    raise ValueError(word)


# Made once: to make it anew for each entry takes as long as to read a short one.
_decoder = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_refuse)
_read = _decoder.decode
_scan = json.scanner.make_scanner(_decoder)  # type: ignore[arg-type]  # typeshed takes what it asks for for what it makes
_UNSPACED = ("{", "[")
