r"""What an entry says of itself: one CloudEvents 1.0 document in canonical JSON, in the one form a log of ours has.

An entry is read without believing it. The envelope has to be of the one form ``docs/VERIFY.md`` describes, member by
member; ``data`` has to be one JSON value that comes out as the same bytes when it is written canonically (RFC 8785:
names sorted and none twice, no spaces, shortest escapes), without fractions: two readers cannot read it differently.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, NoReturn

_PLAIN = r'[^"\\\x00-\x1f]*+'
_ESCAPED = r'\\(?:["\\bfnrt]|u00(?:0[0-7be]|0f|1[0-9a-f]))'
_TEXT = rf'"{_PLAIN}(?:{_ESCAPED}{_PLAIN})*+"'
_SAID = rf'"(?!"){_PLAIN}(?:{_ESCAPED}{_PLAIN})*+"'  # an optional member is left out where it is empty
_INSTANT = r'"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z)"'
_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

_BEFORE = re.compile(
    rf'\{{(?:"actor":{_SAID},)?(?:"body":{_SAID},)?"commandid":"{_UUID}","data(?:":|_base64":"([A-Za-z0-9+/=]*)")'
)
_AFTER = re.compile(
    rf',"datacontenttype":"application/(json|octet-stream)"(?:,"grant":{_SAID})?,"id":({_TEXT}),'
    rf'"occurredat":{_INSTANT}(?:,"onbehalfof":{_SAID})?(?:,"post":{_SAID})?,"source":({_TEXT}),'
    rf'"specversion":"1.0","streamversion":([1-9][0-9]{{0,9}}),"subject":({_SAID}),"time":{_INSTANT},'
    rf'"type":({_SAID})\}}'
)


class NotAsItMustBe(Exception):
    """An entry is not of the one form, or contradicts itself: what of it, in English and in Spanish."""

    def __init__(self, en: str, es: str) -> None:
        super().__init__(en, es)
        self.en = en
        self.es = es


class Claims(NamedTuple):
    """What an entry says of its place."""

    stream: str
    version: int
    recorded_at: str
    type: str
    data: Any
    """The event's own content; None where it is bytes that are no JSON."""


def _refuse(text: str) -> NoReturn:
    raise ValueError(text)


_decode = json.JSONDecoder(parse_float=_refuse, parse_constant=_refuse).raw_decode
# What was read as JSON holds nothing that holds itself.
_canonical = json.JSONEncoder(
    check_circular=False, sort_keys=True, separators=(",", ":"), ensure_ascii=False
).encode


def read_entries(entries: Sequence[bytes], origin: str) -> tuple[list[Claims], NotAsItMustBe | None]:
    """Read neighbouring entries of the log of this name, up to the first that is not as it must be, and say why."""
    found: list[Claims] = []
    texts: list[str] = []
    wrong = None
    source = _canonical(origin)
    for entry in entries:
        try:
            claims, text = _read(entry, source)
        except NotAsItMustBe as refused:
            wrong = refused
            break
        found.append(claims)
        texts.append(text)
    # All at once, which is quicker. Each text is one JSON value, so the list can be cut in one way only.
    if not _is_canonical([each.data for each in found], f"[{','.join(texts)}]"):
        place = next(n for n, text in enumerate(texts) if not _is_canonical(found[n].data, text))
        return found[:place], NotAsItMustBe(
            "its data is not canonical JSON", "sus datos no son JSON canónico"
        )
    return found, wrong


def read_entry(entry: bytes, origin: str) -> Claims:
    """Read one entry. Raises `NotAsItMustBe`."""
    found, wrong = read_entries([entry], origin)
    if wrong:
        raise wrong
    return found[0]


def _read(entry: bytes, source: str) -> tuple[Claims, str]:
    """Read an entry, and return beside it the text of its data: whether that is canonical is not looked at yet."""
    try:
        text = entry.decode()
    except UnicodeDecodeError as error:
        raise NotAsItMustBe("it is not UTF-8", "no está en UTF-8") from error
    before = _BEFORE.match(text)
    if before is None:
        raise _not_of_the_form()
    start = end = before.end()
    packed, data = before[1], None
    if packed is None:
        try:
            data, end = _decode(text, start)
        except (ValueError, RecursionError) as error:
            raise NotAsItMustBe(
                "its data is no JSON, or has a fraction", "sus datos no son JSON, o tienen una fracción"
            ) from error
    elif not _is_base64(packed):
        raise NotAsItMustBe("its data is no base64", "sus datos no son base64")
    after = _AFTER.fullmatch(text, end)
    if after is None or (after[1] == "json") != (packed is None):
        raise _not_of_the_form()
    _, named, occurred_at, log, version, subject, recorded_at, kind = after.groups()
    if log != source:
        raise NotAsItMustBe(f"it is of another log: {log}", f"es de otra bitácora: {log}")
    if named != f'{subject[:-1]}/{version}"':
        raise NotAsItMustBe(
            f"its id {named} is not its stream {subject} and version {version}",
            f"su id {named} no es su secuencia {subject} y su versión {version}",
        )
    try:
        datetime.fromisoformat(occurred_at)
        datetime.fromisoformat(recorded_at)
    except ValueError as error:
        raise NotAsItMustBe("one of its instants is none", "uno de sus instantes no existe") from error
    claims = Claims._make((subject[1:-1], int(version), recorded_at, kind[1:-1], data))
    return claims, text[start:end] or "null"


def _is_canonical(data: Any, text: str) -> bool:
    try:
        return _canonical(data) == text
    except RecursionError:
        return False


def _is_base64(text: str) -> bool:
    try:
        return base64.b64encode(base64.b64decode(text, validate=True)).decode() == text
    except ValueError:
        return False


def _not_of_the_form() -> NotAsItMustBe:
    return NotAsItMustBe("it is not of the form entries have", "no tiene la forma de los asientos")
