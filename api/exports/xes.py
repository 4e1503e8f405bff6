"""XES (IEEE 1849): one trace an activity of an election or a case file, with what happened to it in the log's order.

What happened to no activity and to no case file (a process opening, a grant) is in no trace.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from api.exports import Format
from api.extract import PAGE_EVENTS, Extract
from api.object_events import links_of, payload_of, plain, type_of
from api.xml_text import DECLARATION, quoted, tag
from ledger.entry import instant
from ledger.log import StoredEvent

EXTENSIONS = "".join(
    tag("extension", name=name, prefix=prefix, uri=f"http://www.xes-standard.org/{prefix}.xesext") + "\n"
    for name, prefix in (
        ("Concept", "concept"), ("Time", "time"), ("Organizational", "org"), ("Lifecycle", "lifecycle"),
        ("Identity", "identity"),
    )
)  # fmt: skip

READ_TOGETHER = 20 * PAGE_EVENTS

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
    for trace, events in _read(extract, traces):
        kind, _, name = trace.partition("/")
        yield ("<trace>" + _said("concept:name", name) + _said("bitacora:kind", kind) + "\n").encode()
        yield "".join(map(_event, events)).encode()
        yield b"</trace>\n"
    yield b"</log>\n"


def _read(extract: Extract, traces: dict[str, array[int]]) -> Iterator[tuple[str, list[StoredEvent]]]:
    """Yield each trace with its events, many traces being read together: what stands in one is all over the log."""
    together: list[str] = []
    size = 0
    for number, (trace, positions) in enumerate(traces.items(), start=1):
        together.append(trace)
        size += len(positions)
        if size >= READ_TOGETHER or number == len(traces):
            wanted = sorted(position for one in together for position in traces[one])
            found = {stored.position: stored for page in extract.pages(wanted) for stored in page}
            for one in together:
                yield one, [found[position] for position in traces[one]]
            together, size = [], 0


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
        f'<date key="time:timestamp" value="{instant(stored.occurred_at)}"/>',
        _said("lifecycle:transition", "complete"),
        _said("org:group", plain(stored.author_body)),
        _said("org:role", plain(stored.author_post)),
        _said("identity:id", plain(f"{stored.stream}/{stored.version}")),
        _said("bitacora:position", stored.position),
        f'<date key="bitacora:recorded_at" value="{instant(stored.recorded_at)}"/>',
        _said("bitacora:stream", plain(stored.stream)),
    ]
    said += [
        _said(f"bitacora:{name}", plain(value) if isinstance(value, str) else value)
        for name, value in payload_of(stored).items()
        if isinstance(value, str | int)
    ]
    return f"<event>{''.join(said)}</event>\n"


def _said(key: str, value: str | int | bool) -> str:  # noqa: FBT001 - a value that is said, not a switch
    kind = "boolean" if isinstance(value, bool) else "int" if isinstance(value, int) else "string"
    return f'<{kind} key="{quoted(key)}" value="{quoted(value)}"/>'


FORMAT = Format("xes", "application/xml", "xes", 2, _pieces)
"""Traces for process mining."""
