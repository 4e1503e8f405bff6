"""XES (IEEE 1849): one trace an activity of an election or a case file, with what happened to it in the log's order.

What happened to no activity and to no case file (a process opening, a grant) is in no trace.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from api.exports import Format
from api.extract import Extract
from api.object_events import links_of, payload_of, plain, type_of
from api.xml_text import DECLARATION, tag
from ledger.entry import instant
from ledger.log import StoredEvent

EXTENSIONS = "".join(
    tag("extension", name=name, prefix=prefix, uri=f"http://www.xes-standard.org/{prefix}.xesext") + "\n"
    for name, prefix in (
        ("Concept", "concept"), ("Time", "time"), ("Organizational", "org"), ("Lifecycle", "lifecycle"),
        ("Identity", "identity"),
    )
)  # fmt: skip

GLOBALS = (
    '<global scope="trace">' + tag("string", key="concept:name", value="") + "</global>\n"
    '<global scope="event">'
    + tag("string", key="concept:name", value="")
    + tag("date", key="time:timestamp", value="1970-01-01T00:00:00.000000Z")
    + tag("string", key="lifecycle:transition", value="complete")
    + "</global>\n"
    + tag("classifier", name="Activity", keys="concept:name")
    + "\n"
)


def _pieces(extract: Extract) -> Iterator[bytes]:
    traces = _traces(extract)
    yield (
        DECLARATION
        + '<log xes.version="1849-2016" xes.features="" xmlns="http://www.xes-standard.org/">\n'
        + EXTENSIONS
        + GLOBALS
        + "".join(_said(f"bitacora:{name}", value) + "\n" for name, value in extract.stamp.items())
    ).encode()
    for trace, positions in traces.items():
        kind, _, name = trace.partition("/")
        yield ("<trace>" + _said("concept:name", name) + _said("bitacora:kind", kind) + "\n").encode()
        for start in range(0, len(positions), 1_000):
            page = extract.log.read_at(positions[start : start + 1_000])
            extract.progress(len(page))
            yield "".join(map(_event, page)).encode()
        yield b"</trace>\n"
    yield b"</log>\n"


def _traces(extract: Extract) -> dict[str, array[int]]:
    """Return where the events of each trace stand, the traces in the order in which they began."""
    found: dict[str, array[int]] = {}
    for page in extract.pages():
        for stored in page:
            links = dict(links_of(stored, extract.cases))
            trace = links.get("case") or links.get("milestone")
            if trace is not None:
                found.setdefault(trace, array("q")).append(stored.position)
    return found


def _event(stored: StoredEvent) -> str:
    said = [
        _said("concept:name", type_of(stored)),
        tag("date", key="time:timestamp", value=instant(stored.occurred_at)),
        _said("lifecycle:transition", "complete"),
        _said("org:group", plain(stored.author_body)),
        _said("org:role", plain(stored.author_post)),
        _said("identity:id", plain(f"{stored.stream}/{stored.version}")),
        _said("bitacora:position", stored.position),
        tag("date", key="bitacora:recorded_at", value=instant(stored.recorded_at)),
        _said("bitacora:stream", plain(stored.stream)),
    ]
    said += [
        _said(f"bitacora:{name}", plain(value) if isinstance(value, str) else value)
        for name, value in payload_of(stored).items()
        if isinstance(value, str | int)
    ]
    return tag("event", "".join(said)) + "\n"


def _said(key: str, value: str | int | bool) -> str:  # noqa: FBT001 - a value that is said, not a switch
    kind = "boolean" if isinstance(value, bool) else "int" if isinstance(value, int) else "string"
    return tag(kind, key=key, value=value)


FORMAT = Format("xes", "application/xml", "xes", 2, _pieces)
"""Traces for process mining."""
