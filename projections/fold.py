"""Each event is decoded once and folded once, by the domain's own ``evolve``; every projection reads the same steps.

The states of busy streams are kept; one that was forgotten is folded again from the log, so that what a step says
never depends on how the log was cut into batches.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar, cast

from domain.event import Envelope, Event, Subject
from domain.milestone import MILESTONE
from domain.process import PROCESS
from domain.proposal import PROPOSAL
from domain.tally_catalogue import TALLY_CATALOGUE
from domain.tally_sheet import TALLY_SHEET
from ledger.codec import decode
from ledger.log import Log, StoredEvent, Tail
from projections.share import WHOLE, Share

SUBJECTS: dict[str, Subject[Any]] = {
    subject.family: subject for subject in (MILESTONE, PROCESS, PROPOSAL, TALLY_CATALOGUE, TALLY_SHEET)
}
"""The families of streams that are folded. The log is shared: all others are passed over."""

KEPT_STREAMS = 14_000
"""How many folded streams are remembered; a national cycle has some 5,000."""

State = TypeVar("State")


class Step(NamedTuple, Generic[State]):
    """One event and what it made of its stream."""

    stored: StoredEvent
    event: Event
    origin: int
    """The position of the stream's first event that could be folded, by which the stream is known in all tables."""
    before: State
    after: State


class Failure(NamedTuple):
    """An event that could not be decoded or folded."""

    stored: StoredEvent
    reason: str


@dataclass(slots=True)
class Batch:
    """Consecutive events, folded. ``position`` is the last, whatever family it is of."""

    position: int
    steps: dict[str, list[Step[Any]]] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)

    def of(self, subject: Subject[State]) -> list[Step[State]]:
        """Return the steps of one family, in order."""
        return cast("list[Step[State]]", self.steps.get(subject.family, []))

    def all_steps(self) -> list[Step[Any]]:
        """Return the steps of all families, in order."""
        return _in_order(list(self.steps.values()))

    def of_processes(self) -> list[Step[Any]]:
        """Return the steps of processes and of their activities, in order."""
        families = [self.of(subject) for subject in (MILESTONE, PROCESS)]
        return _in_order([steps for steps in families if steps])

    def halves(self) -> tuple[Batch, Batch]:
        """Return the steps as two batches, without the failures."""
        steps = self.all_steps()
        middle = steps[len(steps) // 2].stored.position
        earlier, later = Batch(middle - 1), Batch(self.position)
        for family, members in self.steps.items():
            earlier.steps[family] = [step for step in members if step.stored.position < middle]
            later.steps[family] = [step for step in members if step.stored.position >= middle]
        return earlier, later


def _in_order(families: list[list[Step[Any]]]) -> list[Step[Any]]:
    if len(families) == 1:
        return families[0]
    return sorted((step for steps in families for step in steps), key=lambda step: step.stored.position)


class _Kept(NamedTuple):
    """A stream as it is remembered."""

    origin: int
    state: Any


class Folding:
    """The folded streams of a log or of a share of it, up to where it was read."""

    def __init__(self, log: Log, share: Share = WHOLE, *, capacity: int = KEPT_STREAMS) -> None:
        self._log = log
        self._share = share
        # Those who share a log share the memory, too.
        self._capacity = max(1, capacity // share.of)
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def fold(self, events: Sequence[StoredEvent]) -> Batch:
        """Return consecutive events as steps. Each batch has to begin where the one before ended."""
        batch = Batch(events[-1].position)
        has = self._share.has
        ours = [
            (event, subject)
            for event in events
            if (subject := _subject(event.stream)) is not None and has(event.stream)
        ]
        self._recall(events[0].position, ours)
        for stored, subject in ours:
            kept = self._kept.get(stored.stream) or _Kept(stored.position, subject.initial)
            try:
                event, after = _folded(subject, kept.state, stored)
            except Exception as failure:  # noqa: BLE001 - a log keeps what nobody foresaw, and the rest goes on
                batch.failures.append(Failure(stored, f"{type(failure).__name__}: {failure}"))
            else:
                steps = batch.steps.setdefault(subject.family, [])
                steps.append(Step(stored, event, kept.origin, kept.state, after))
                self._kept[stored.stream] = _Kept(kept.origin, after)
        self._forget(ours)
        return batch

    def forget_all(self) -> None:
        """Start again from the log: what is kept may be ahead of what was written."""
        self._kept.clear()

    def _recall(self, first: int, ours: list[tuple[StoredEvent, Subject[Any]]]) -> None:
        """Fold the streams of a batch that are not kept up to where it begins."""
        missing: dict[str, Subject[Any]] = {}
        for event, subject in ours:
            if event.version > 1 and event.stream not in self._kept:
                missing[event.stream] = subject
        if not missing:
            return
        found = self._log.read_streams([Tail(stream) for stream in missing])
        for (stream, subject), events in zip(missing.items(), found, strict=True):
            earlier = _refolded(subject, [event for event in events if event.position < first])
            if earlier is not None:
                self._kept[stream] = earlier

    def _forget(self, ours: list[tuple[StoredEvent, Subject[Any]]]) -> None:
        """Keep the streams that were touched last."""
        for event, _ in ours:
            if event.stream in self._kept:
                self._kept.move_to_end(event.stream)
        while len(self._kept) > self._capacity:
            self._kept.popitem(last=False)


def _subject(stream: str) -> Subject[Any] | None:
    return SUBJECTS.get(stream.partition("/")[0])


def _folded(subject: Subject[Any], state: Any, stored: StoredEvent) -> tuple[Event, Any]:
    """Return a stored event decoded, and the state after it."""
    event = decode(stored.type, stored.body)
    # A stored event has every field of an envelope that a fold may look at, and making one costs more than folding.
    return event, subject.evolve(state, event, cast("Envelope", stored))


def _refolded(subject: Subject[Any], events: Sequence[StoredEvent]) -> _Kept | None:
    """Return a stream after its earlier events; those that fail are passed over, as they were before."""
    kept: _Kept | None = None
    for stored in events:
        try:
            _, state = _folded(subject, kept.state if kept else subject.initial, stored)
        except Exception:  # noqa: BLE001, S112 - it is in quarantine already
            continue
        kept = _Kept(kept.origin if kept else stored.position, state)
    return kept
