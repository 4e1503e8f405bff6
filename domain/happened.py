"""What had happened by an instant, by the account of who reported it?

The log has two clocks. Its positions say what was *known*; ``occurred_at`` in the envelopes, when acts *happened*.
A report that a later one restates happened when the later one says, as soon as that is known: a completion reported
for the 20th and corrected to the 25th had not happened on the 22nd. What only writes down a plan is no act: it holds
whenever it is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from domain.event import Envelope, Event

Told = tuple[Event, Envelope]
"""An event of a stream with its envelope."""


def latest_act(before: datetime | None, event: Event, envelope: Envelope) -> datetime | None:
    """Return the last moment at which anything of a stream happened, after one more event; None without an act."""
    if not event.tells_of_an_act:
        return before
    return envelope.occurred_at if before is None else max(before, envelope.occurred_at)


def is_out_of_order(latest: datetime | None, event: Event, envelope: Envelope) -> bool:
    """Tell whether an event restates an earlier one, or is of an act before the ``latest`` that was told."""
    if restates(event) is not None:
        return True
    return event.tells_of_an_act and latest is not None and envelope.occurred_at < latest


def restates(event: Event) -> int | None:
    """Return the version of the report whose place an event takes, None where it is a report of its own."""
    version: int | None = getattr(event, "corrects", None)
    return version


def happened_at(stream: Iterable[Told]) -> Mapping[int, datetime]:
    """Return when each act of a stream happened, by version, as it is known at the end of it; plans have no moment."""
    told = [(event, envelope) for event, envelope in stream if event.tells_of_an_act]
    moments = {envelope.version: envelope.occurred_at for _, envelope in told}
    restated: set[int] = set()
    # From the last to the first, so that the correction of a correction is what the first report goes by.
    for event, envelope in reversed(told):
        wrong = restates(event)
        if wrong is not None and wrong in moments and wrong not in restated:
            moments[wrong] = moments[envelope.version]
            restated.add(wrong)
    return moments


def had_happened(stream: Sequence[Told], by: datetime) -> list[Told]:
    """Return the events of a stream that had happened by an instant, in the order of the log, and its plan."""
    moments = happened_at(stream)
    return [one for one in stream if one[1].version not in moments or moments[one[1].version] <= by]
