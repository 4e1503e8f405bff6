"""What a proposal would do, in the words of the pages: each thing that its act says, beside how that is now."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api.view import formats
from api.view.case_steps import outcome_words
from api.view.places import LETTERS_OF_A_STATE, place_name
from api.view.visit import Reading, Visit
from api.words import sayings, speak_plainly
from domain.entity import CENTRAL_ZONE, FEDERATION, zone_of
from domain.person import holder_of
from domain.procedure import procedures
from domain.step import Step
from domain.variant import rows_of
from projections.milestones import MilestoneRow, get_milestone
from projections.processes import ProcessRow, get_process
from projections.proposals import ProposalRow

LEFT_OUT: tuple[object, ...] = (None, [], "")
"""What is sent of a field that was not filled in."""


@dataclass(frozen=True, slots=True)
class Told:
    """One thing an act says."""

    label: str
    value: str
    code: str = ""
    """What the value is called in the data: shown small."""
    now: str = ""
    """How it is before anybody agrees, where that is another; empty where it is not told."""


@dataclass(frozen=True, slots=True)
class Around:
    """What an act is about, as it is now: its values are read by it."""

    visit: Visit
    territory: str
    process: ProcessRow | None
    milestone: MilestoneRow | None
    step: Step | None
    names: Mapping[str, str]
    """Who the opaque ids of the act are, for whoever may know."""

    @property
    def zone(self) -> str:
        """The IANA zone of the place that is changed."""
        if self.milestone:
            return self.milestone.zone
        return zone_of(self.state)

    @property
    def state(self) -> str:
        """The state of the place that is changed, or the country."""
        return self.territory[:LETTERS_OF_A_STATE]

    def stamp(self, at: datetime) -> str:
        """Write an instant in the hour of the place, and say whose hour it is."""
        say, language = speak_plainly(self.visit.language), self.visit.language
        written = formats.stamp(at, language, self.zone)
        if self.zone == CENTRAL_ZONE:
            return say("bulk.central_hour", at=written)
        return say("proposal.hour_of", at=written, place=place_name(self.state, language))


def around(visit: Visit, reading: Reading, row: ProposalRow, names: Mapping[str, str]) -> Around:
    """Read what a proposal is about. Who may see the proposal may see that, so it is read whole."""
    milestone, process = milestone_of(row), None
    if row.process is not None:
        process = get_process(reading.connection, row.process, reading.as_of, reach=FEDERATION)
    found = None
    if process is not None and milestone is not None:
        found = get_milestone(reading.connection, process.id, milestone, reading.as_of, FEDERATION)
    is_known = process is not None and process.kind in procedures()
    step = rows_of(process.kind).get(found.row) if process and found and is_known else None
    return Around(visit, row.territory, process, found, step, names)


def grantee_of(row: ProposalRow) -> str | None:
    """Return the id of the person a proposal gives a right to; None where it gives none."""
    words = row.address.removeprefix("/api/v1/").split("/")
    return words[1] if words[0] == "people" else None


def milestone_of(row: ProposalRow) -> str | None:
    """Return the id of the activity a proposal changes; None where it changes none."""
    words = row.address.removeprefix("/api/v1/").split("/")
    return words[3] if words[2] == "milestones" else None


def persons_of(row: ProposalRow) -> list[str]:
    """Return the opaque ids that a proposal is about: who gets the right, and whose right that rests on."""
    rests_on = json.loads(row.command).get("rests_on")
    return [person for person in (grantee_of(row), rests_on and holder_of(rests_on)) if person]


def told_of(row: ProposalRow, seen: Around) -> list[Told]:
    """Return what a proposal says, field by field, without what was left out."""
    command = json.loads(row.command)
    now = _now(row, command, seen) if row.status == "pending" else {}
    return [
        _told(name, value, now.get(name), seen)
        for name, value in command.items()
        # A report is restated whole: what it leaves out, it takes away.
        if value not in LEFT_OUT or (row.effect == "validated_correction" and now.get(name) not in LEFT_OUT)
    ]


def moment_now(row: ProposalRow, seen: Around) -> datetime | None:
    """Return the moment a report that would be corrected says now; None where there is none to tell."""
    if row.effect != "validated_correction" or row.status != "pending" or seen.milestone is None:
        return None
    moments = {"start": seen.milestone.started_at, "completion": seen.milestone.completed_at}
    at = moments.get(json.loads(row.command)["report"])
    return at if at != row.act_at else None


def _told(name: str, value: Any, now: Any, seen: Around) -> Told:
    key = f"proposal.field_{name}"
    say = speak_plainly(seen.visit.language)
    label = say(key) if key in sayings() else name
    written, code = ("—", "") if value in LEFT_OUT else _written(name, value, seen)
    differs = now not in LEFT_OUT and now != value
    return Told(label, written, code, _written(name, now, seen)[0] if differs else "")


def _now(row: ProposalRow, command: Mapping[str, Any], seen: Around) -> dict[str, Any]:
    """Return how things are that a proposal would change, by the field that would."""
    process, milestone = seen.process, seen.milestone
    if row.effect == "election_day" and process:
        return {"election_day": process.election_day, "basis": process.election_day_basis}
    if row.effect == "plan_version" and process:
        return {"plan_version": process.plan_version}
    if row.effect == "legal_redating" and milestone:
        return {"starts": milestone.starts, "due": milestone.due, "basis": milestone.date_basis}
    if row.effect == "validated_correction" and milestone:
        said: dict[str, dict[str, Any]] = {
            "progress": {"done": milestone.done},
            "completion": {"outcome": milestone.outcome, "instrument": milestone.instrument},
        }
        return said.get(command["report"], {})
    return {}


# Values ----------------------------------------------------------------------------------------------------


def _written(name: str, value: Any, seen: Around) -> tuple[str, str]:
    """Return a value in words, and what it is called in the data where that is something else."""
    return VALUES.get(name, _plain)(value, seen)


def _plain(value: Any, _: Around) -> tuple[str, str]:
    return (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)), ""


def _day(value: Any, seen: Around) -> tuple[str, str]:
    return formats.long_day(value, seen.visit.language), ""


def _instant(value: Any, seen: Around) -> tuple[str, str]:
    return seen.stamp(datetime.fromisoformat(value)), ""


def _number(value: Any, _: Around) -> tuple[str, str]:
    return formats.number(value), ""


def _choice(prefix: str) -> Callable[[Any, Around], tuple[str, str]]:
    """Return how a choice is written: by the words whose keys begin so."""
    return lambda value, seen: (speak_plainly(seen.visit.language)(f"{prefix}{value}"), "")


def _done(value: Any, seen: Around) -> tuple[str, str]:
    unit = seen.milestone.unit if seen.milestone else None
    return f"{formats.number(value)} {seen.visit.in_language(unit)}" if unit else formats.number(value), ""


def _figures(value: Any, seen: Around) -> tuple[str, str]:
    units = {one.id: seen.visit.in_language(one.unit) for one in (seen.step.quantities if seen.step else ())}
    said = []
    for figure in value:
        group = f" ({figure['by'].replace('_', ' ')})" if figure.get("by") else ""
        said.append(
            f"{formats.number(figure['value'])} {units.get(figure['quantity'], figure['quantity'])}{group}"
        )
    return "; ".join(said), ""


def _outcome(value: Any, seen: Around) -> tuple[str, str]:
    words = outcome_words(seen.visit, seen.step, value)
    return words, value if words != value else ""


def _evidence(value: Any, _: Around) -> tuple[str, str]:
    said = []
    for document in value:
        number = (document.get("reference") or {}).get("number")
        parts = (document["name"], number, document.get("address"), document.get("sha256"))
        said.append(", ".join(part for part in parts if part))
    return "; ".join(said), ""


def _place(value: Any, seen: Around) -> tuple[str, str]:
    return place_name(value, seen.visit.language), value


def _process(value: Any, seen: Around) -> tuple[str, str]:
    return (seen.visit.in_language(seen.process.name), value) if seen.process else (value, "")


def _right(value: Any, seen: Around) -> tuple[str, str]:
    name = seen.names.get(holder_of(value))
    return (name, value) if name else (value, "")


VALUES: Mapping[str, Callable[[Any, Around], tuple[str, str]]] = {
    "instrument": _plain,
    "reason": _plain,
    "post": _plain,
    "body": _plain,
    "on_behalf_of": _plain,
    "election_day": _day,
    "starts": _day,
    "due": _day,
    "starts_at": _instant,
    "ends_at": _instant,
    "plan_version": _number,
    "done": _done,
    "figures": _figures,
    "outcome": _outcome,
    "evidence": _evidence,
    "territory": _place,
    "process": _process,
    "rests_on": _right,
    "basis": _choice("report.basis_"),
    "report": _choice("proposal.report_"),
    "role": _choice("sign_in.role_"),
    "kind": _choice("sign_in.kind_"),
}
"""How each field of an act that can be proposed is written."""
