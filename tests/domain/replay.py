"""Print one digest of everything the domain makes of its own data and of a fixed history.

``python -m tests.domain.replay``: the same on every machine, or a replay is not a replay.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator

from domain.call import Call
from domain.case import OpenCase
from domain.deadline import Anchors, Resolved, resolve
from domain.entity import FEDERATION, entities
from domain.legal_time import LegalTime
from domain.names import Names
from domain.plan import opening
from domain.procedure import Procedure, procedures
from domain.process import FactGiven, Process
from domain.timeliness import standing
from domain.variant import plan_for
from tests.domain.decisions import FIRST_DAY, NOW, Told, folded
from tests.domain.milestones import COMMANDS, planned, recorded
from tests.domain.test_every_case import value_of, walked

SEED = 2027


def main() -> None:
    """Open every plan and every case, walk each case, play histories on one act, and print the digest of it all."""
    digest = hashlib.sha256()
    for procedure in procedures().values():
        for line in plans(procedure) if procedure.is_plan else cases(procedure):
            digest.update(f"{procedure.kind}\n{line}\n".encode())
    for line in histories():
        digest.update(f"{line}\n".encode())
    # Two calendars are missing here: which one is named must not depend on chance.
    far = Anchors(2099, Resolved("2099-06-07", "law", Names(es="", en="")))
    digest.update(repr(resolve("election day + 3 business days", far)).encode())
    print(digest.hexdigest())


def plans(procedure: Procedure) -> Iterator[str]:
    """Yield what opening the plan of an election records, wherever it is opened."""
    called = (
        Call(instrument="DOF", election_day="2027-11-28", matter="Senaduría") if procedure.called else None
    )
    for territory in [FEDERATION] if procedure.jurisdiction == "federal" else entities():
        cycle = "2027" if called else "2026-2027"
        opened = opening(plan_for(procedure.kind, territory, cycle), territory, cycle, call=called)
        yield opened.opened.model_dump_json()
        for id_, row in opened.milestones.items():
            yield f"{id_} {row.model_dump_json()}"


def cases(procedure: Procedure) -> Iterator[str]:
    """Yield what opening a case records, and what has become of its steps once it was walked to its end."""
    dice = random.Random(SEED)
    facts = tuple(FactGiven(id=fact.id, value=value_of(fact, dice)) for fact in procedure.facts)
    territory = "MX-CMX" if procedure.jurisdiction == "state" else FEDERATION
    asked = OpenCase(
        kind=procedure.kind,
        territory=territory,
        folio=folio_of(procedure),
        received="2026-11-05T10:00",
        facts=facts,
    )
    opened = asked.decide(Process(), LegalTime())
    if opened is None:
        raise AssertionError(f"{procedure.kind}: a new case is open already")
    yield opened.opened.model_dump_json()
    for id_, row in opened.milestones.items():
        yield f"{id_} {row.model_dump_json()}"
    for id_, milestone in walked(procedure, dice).milestones.items():
        yield f"{id_} {milestone!r}"


def folio_of(procedure: Procedure) -> str:
    """Return a folio, or what stands for it in a reserved case."""
    return "0b9f3c52-6f0e-4f43-9a58-2f6f6b1f7d10" if procedure.docket == "reserved" else "0001"


def histories() -> Iterator[str]:
    """Yield what becomes of one act when anything is asked of it, in any order."""
    dice = random.Random(SEED)
    for _ in range(200):
        asked = [(dice.choice(list(COMMANDS.values())), FIRST_DAY) for _ in range(10)]
        history: list[Told] = list(recorded(planned(), asked))
        milestone = folded(history)
        yield f"{milestone!r}\n{standing(milestone, NOW)}"


if __name__ == "__main__":
    main()
