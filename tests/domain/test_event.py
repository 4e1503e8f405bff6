"""What is stored is stored for ever: the frozen list of every stored event, and the rules of their names."""

from __future__ import annotations

import hashlib
import importlib
import json
import pkgutil
from collections.abc import Mapping
from typing import Any

import pytest

import domain
import domain.event
from domain.event import TYPE_PATTERN, Event, Refused, event_types

for _module in pkgutil.iter_modules(domain.__path__):
    importlib.import_module(f"domain.{_module.name}")

STORED: Mapping[str, tuple[str, str]] = {
    "CaseOpened.v1": (
        "67738d1ab3e6d220",
        (
            "kind plan_version plan_digest name territory folio received zone year body subject? matter? "
            "about? facts? docket stages milestones"
        ),
    ),
    "ClientRegistered.v1": ("61b54f552e6e847c", "role territory process? post body expires_at public_keys"),
    "ClientRevoked.v1": ("44965b10c7e6a79b", "reason"),
    "ElectionDayMoved.v1": ("83ed337daad9ceca", "election_day election_day_basis instrument reason"),
    "EvidenceAttached.v1": ("afc9fb372cfae4c2", "supports evidence size_bytes? media_type?"),
    "EvidenceWithdrawn.v1": ("4f9a34c5da23bcfc", "withdraws reason"),
    "GrantGiven.v1": (
        "45ca22d2a9ba61cc",
        (
            "number kind role territory process? post body on_behalf_of? rests_on? starts_at ends_at "
            "instrument"
        ),
    ),
    "GrantRevoked.v1": ("2ee0b30838f56c0f", "number reason instrument?"),
    "LogKeyAnnounced.v1": ("ed86b7d6168900ae", "vkey"),
    "LogKeyRetired.v1": ("2de21c11cd3a82b3", "vkey reason"),
    "LogStarted.v1": ("7eb53c0d6835667b", "origin simulated tzdata"),
    "MilestoneAnnounced.v1": ("9ea385fe5f13ad43", "where instrument? corrects?"),
    "MilestoneArose.v1": ("f64cc3c98170f6a9", "because schedule"),
    "MilestoneCancelled.v1": ("cad79859f89fc9d6", "instrument reason"),
    "MilestoneClosedAsNotApplicable.v1": ("d0112eb189659dde", "reason because?"),
    "MilestoneCompleted.v1": (
        "3f9f1eff8941605d",
        "outcome? instrument? declared? evidence? note? notice_due?",
    ),
    "MilestoneCorrected.v1": (
        "8789af7ef76ba34e",
        "report corrects reason done? figures? outcome? instrument? evidence? notice_due?",
    ),
    "MilestoneDated.v1": ("4830c0a4ab1c80ae", "schedule instrument?"),
    "MilestonePartReported.v1": ("131b113f001b66e1", "place done target? note?"),
    "MilestonePlanned.v1": (
        "b72f59bf24e94828",
        (
            "row name stage group kind basis rule responsible body support? coordination? territory scope "
            "occurrence? zone after? required? unit? target? schedule article condition? same_as? source? "
            "note? evidence? validated_by? notice?"
        ),
    ),
    "MilestoneProgressed.v1": ("a17b73703129d308", "done target? figures? note?"),
    "MilestoneReassigned.v1": ("7ddde769fd036a4c", "power responsible body instrument"),
    "MilestoneRedated.v1": ("bf99f6347aaa7f4c", "schedule instrument reason"),
    "MilestoneReopened.v1": ("d0d20db4b3c23b29", "reason instrument? returns?"),
    "MilestoneReplaced.v1": ("ba0004f63281bb95", "replaced_by instrument reason"),
    "MilestoneReplanned.v1": ("3f18f043bea7e7f4", "planned"),
    "MilestoneResumed.v1": ("62597a157f3ad6b8", "instrument reason?"),
    "MilestoneScheduled.v1": ("f64cc3c98170f6a9", "because schedule"),
    "MilestoneStarted.v1": ("35824b79c646b106", "note?"),
    "MilestoneSuspended.v1": ("cad79859f89fc9d6", "instrument reason"),
    "MilestoneValidated.v1": ("a9f75c51cce89ad9", "validates note?"),
    "NameErased.v1": ("44965b10c7e6a79b", "reason"),
    "PersonEnrolled.v1": ("5bb61821d146d2bd", "body way"),
    "PersonRemoved.v1": ("44965b10c7e6a79b", "reason"),
    "PlanLayoutMapped.v1": ("c5c2a4aaf65efc74", "territory columns? rows?"),
    "ProcedureAdopted.v1": ("70a808c40dd1083e", "kind plan_version text"),
    "ProcessClosed.v1": ("657b3ceeba9494df", "instrument? reason? step? open_milestones?"),
    "ProcessConfirmed.v1": ("a95091e62714efdd", "instrument"),
    "ProcessMoved.v1": ("ad5c68695a14fdc2", "plan_version plan_digest instrument added? removed? changed?"),
    "ProcessOpened.v1": (
        "f44ff40ceaccd0e4",
        (
            "kind plan_version plan_digest name territory cycle election_day election_day_basis stages "
            "milestones confirmed doubt? call? without_plan?"
        ),
    ),
    "ProcessReopened.v1": ("1af6308fcaa68c71", "step"),
    "ProposalApproved.v1": ("56f4e116fe31d932", "digest"),
    "ProposalMade.v1": (
        "906628c57656ef11",
        "effect address command digest read? rests_on territory process? expires_at",
    ),
    "ProposalRejected.v1": ("44965b10c7e6a79b", "reason"),
    "TallySheetCaptured.v1": ("f0157f0e6d67c294", "counted observation? sheet? stamped?"),
    "TallySheetCollected.v1": ("6c0d5207e07408dc", "sheet origin? device? document? stamped?"),
    "TallySheetFileAccepted.v1": ("162f1157cfa02b61", "election file sha256 rows cut_at figures"),
    "TallySheetVerified.v1": ("fdca8d9bd184204b", ""),
    "TallySheetsExpected.v1": ("1315557d51675bfa", "election area? keys"),
    "TokenIssued.v1": ("164882865e1b0ee3", "role territory process? post body expires_at digest"),
    "TokenRevoked.v1": ("44965b10c7e6a79b", "reason"),
    "WorkingCalendarLoaded.v1": ("27f686fd06a320b3", "territory year days instrument"),
}
"""Every event a log may hold: its name and version, the digest of its shape, its fields (``?``: may be left out).

The digest covers types, allowed words and nested values, not docstrings."""

WHAT_TO_DO = """
{name} is stored in logs that nobody may rewrite, and its shape changed.
  Keep old logs readable: raise the version in its class line (type="{stem}.v{next}"), add to its `upcasts` how a body
  of version {version} becomes one of version {next}, and put the new line in the list above (the old name leaves it).
  Only if every body ever stored still reads the same (a new optional field, one more allowed word) does the version
  stay, and the new line alone is enough:
    "{name}": ("{digest}", "{fields}"),
"""


def bare(schema: Any) -> Any:
    """Return a JSON Schema without the words that are for people only."""
    if isinstance(schema, dict):
        words = {"description", "title", "examples"}
        # A field may well be called "title": among properties, every key is a name.
        return {
            key: {name: bare(each) for name, each in value.items()}
            if key in {"properties", "$defs"}
            else bare(value)
            for key, value in schema.items()
            if key not in words
        }
    return [bare(item) for item in schema] if isinstance(schema, list) else schema


def shape(event: type[Event]) -> tuple[str, str]:
    """Return the digest of an event's shape and its fields in words."""
    text = json.dumps(bare(event.model_json_schema()), sort_keys=True)
    fields = (name if field.is_required() else f"{name}?" for name, field in event.model_fields.items())
    return hashlib.sha256(text.encode()).hexdigest()[:16], " ".join(fields)


def advice(event: type[Event]) -> str:
    stem, _, version = event.type.partition(".v")
    digest, fields = shape(event)
    return WHAT_TO_DO.format(
        name=event.type, stem=stem, version=version, next=int(version) + 1, digest=digest, fields=fields
    )


@pytest.mark.parametrize("event", event_types().values(), ids=lambda event: event.type)
def test_a_stored_event_keeps_its_shape(event: type[Event]) -> None:
    assert STORED.get(event.type) == shape(event), advice(event)


def test_no_stored_event_was_forgotten() -> None:
    """A log may hold any of these: a class that leaves takes the power to read its events along."""
    # Tests of other rooms bring events of their own.
    ours = [event for event in event_types().values() if event.__module__.startswith("domain.")]

    assert set(STORED) == {event.type for event in ours}


def test_a_changed_shape_is_noticed_and_a_changed_docstring_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the list above."""
    monkeypatch.setattr(domain.event, "_EVENTS", {})

    class Before(Event, type="Painted.v1"):
        """Somebody painted it."""

        title: str

    before = shape(Before)
    monkeypatch.setattr(domain.event, "_EVENTS", {})

    class Reworded(Event, type="Painted.v1"):
        """It was painted."""

        title: str
        """What it says on it."""

    monkeypatch.setattr(domain.event, "_EVENTS", {})

    class Changed(Event, type="Painted.v1"):
        """Somebody painted it."""

        title: int

    assert shape(Reworded) == before
    assert shape(Changed) != before
    assert 'type="Painted.v2"' in advice(Changed)
    assert "upcasts" in advice(Changed)


@pytest.mark.parametrize("event", event_types().values(), ids=lambda event: event.type)
def test_an_event_is_kept_under_its_stem_and_reads_every_older_version(event: type[Event]) -> None:
    stem, _, version = event.type.partition(".v")
    assert TYPE_PATTERN.match(event.type)
    assert event_types()[stem] is event
    assert set(event.upcasts) == set(range(1, int(version)))


@pytest.mark.parametrize("event", event_types().values(), ids=lambda event: event.type)
def test_an_event_says_what_happened_and_takes_no_field_it_does_not_know(event: type[Event]) -> None:
    assert (event.__doc__ or "").strip()
    assert event.model_config.get("extra") == "forbid"
    assert event.model_config.get("frozen")
    assert event.model_config.get("strict")
    assert not {"id", "position", "version", "occurred_at", "recorded_at", "author"} & set(event.model_fields)


# Names -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "painted.v1",
        "Painted",
        "Painted.v0",
        "Painted.v01",
        "Painted.1",
        "domain.Painted.v1",
        "Painted.v1 ",
        "Pío.v1",
    ],
)
def test_a_name_out_of_shape_is_refused_where_it_is_written(name: str) -> None:
    with pytest.raises(TypeError, match="not a stored type name"):
        type("Painted", (Event,), {"__module__": __name__}, type=name)


def test_two_events_are_not_stored_under_one_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domain.event, "_EVENTS", {})
    type("Painted", (Event,), {"__module__": __name__}, type="Painted.v1")
    with pytest.raises(TypeError, match="two events are stored as 'Painted'"):
        type("Coloured", (Event,), {"__module__": __name__}, type="Painted.v2")
    with pytest.raises(TypeError, match="two events are stored as 'Painted'"):
        type("Painted", (Event,), {"__module__": "elsewhere"}, type="Painted.v1")


def test_a_base_class_without_a_name_is_not_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domain.event, "_EVENTS", {})
    type("Base", (Event,), {"__module__": __name__})
    assert event_types() == {}


# Refusals ----------------------------------------------------------------------------------------------


def test_a_refusal_carries_its_rule_its_words_its_article_and_where_it_is() -> None:
    refused = Refused("too-late", es="Ya pasó.", en="It is over.", basis="LGIPE 237", fields=("due",))
    assert (refused.rule, refused.es, refused.en) == ("too-late", "Ya pasó.", "It is over.")
    assert (refused.basis, refused.fields) == ("LGIPE 237", ("due",))
    assert str(refused) == "too-late: It is over."
