"""Given what happened, when somebody asks, then this is decided: the sentences of the milestone tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from domain.event import Author, Envelope, Event, Refused
from domain.milestone import MILESTONE, Milestone
from domain.milestone_commands import MilestoneCommand
from domain.milestone_rules import Circumstances
from domain.step import Step

NOW = datetime(2027, 7, 1, 18, tzinfo=UTC)
"""The clock of every decision here: noon in Mexico City, after election day."""

FIRST_DAY = datetime(2027, 1, 1, 18, tzinfo=UTC)
"""When the first event happened, unless a test says otherwise; each later one an hour after."""

Told = Event | tuple[Event, datetime]
"""An event, with the moment it happened where that matters."""


def envelope(version: int, occurred_at: datetime | None = None) -> Envelope:
    """Return what the ledger would know of the event at this version of a stream."""
    recorded_at = FIRST_DAY + timedelta(hours=version)
    author = Author(actor="a1", post="Vocal Ejecutiva", body="INE", grant="g1")
    happened_at = occurred_at or recorded_at
    return Envelope(version, "milestone/x/F001", version, happened_at, recorded_at, author, f"c{version}")


def folded(events: Iterable[Told], milestone: Milestone = MILESTONE.initial) -> Milestone:
    """Return a milestone after more events."""
    for told in events:
        event, occurred_at = told if isinstance(told, tuple) else (told, None)
        milestone = MILESTONE.evolve(milestone, event, envelope(milestone.version + 1, occurred_at))
    return milestone


@dataclass(frozen=True)
class Decision:
    """A command asked of a milestone under some circumstances, and what may be said of the answer."""

    milestone: Milestone
    command: MilestoneCommand
    circumstances: Circumstances

    def events(self) -> Sequence[Event]:
        return self.command.decide(self.milestone, self.circumstances)

    def after(self) -> Milestone:
        """Return the milestone once the answer is recorded."""
        return folded([(event, self.circumstances.occurred_at) for event in self.events()], self.milestone)

    def then(self, expected: Sequence[Event]) -> None:
        assert list(expected) == list(self.events())

    def then_nothing(self) -> None:
        self.then([])

    def then_refused(self, rule: str, *, basis: str = "") -> Refused:
        """Expect this refusal, with what is wrong and what to do in both languages, and return it."""
        with pytest.raises(Refused) as caught:
            self.events()
        refused = caught.value
        plan = self.milestone.plan
        if rule.startswith("cannot-") and plan is not None:
            # What a status bars is said of the step, with its law.
            basis = plan.basis[0]
            assert refused.es.startswith(f"{plan.row}: no se puede "), refused.es
            assert refused.en.startswith(f"{plan.row}: a milestone "), refused.en
        assert (rule, basis) == (refused.rule, refused.basis)
        assert refused.es.endswith("."), refused.es
        assert refused.en.endswith("."), refused.en
        assert refused.es != refused.en
        for said in (refused.es, refused.en):
            wrong, _, do = said.replace(";", ":").partition(":")
            assert wrong.strip(), said
            assert do.strip(), said
        return refused


@dataclass(frozen=True)
class Given:
    """A milestone with a past."""

    milestone: Milestone = field(default=MILESTONE.initial)

    def when(
        self,
        command: MilestoneCommand,
        *,
        occurred_at: datetime = NOW - timedelta(hours=1),
        required: Mapping[str, Milestone] | None = None,
        step: Step | None = None,
        facts: Mapping[str, str] | None = None,
        replacing: Milestone | None = None,
    ) -> Decision:
        at = Circumstances(occurred_at, NOW, required or {}, step, facts or {}, replacing=replacing)
        return Decision(self.milestone, command, at)


def given(events: Iterable[Told]) -> Given:
    """Return a milestone to which these events happened, an hour apart."""
    return Given(folded(events))
