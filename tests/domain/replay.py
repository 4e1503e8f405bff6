"""Print one digest of everything the domain makes of its own data and of a fixed history.

``python -m tests.domain.replay``: the same on every machine, or a replay is not a replay.
"""

from __future__ import annotations

import hashlib
import random

from domain.deadline import Anchors, Names, Resolved, resolve
from domain.entity import FEDERATION, entities
from domain.plan import opening
from domain.procedure import procedures
from domain.timeliness import standing
from tests.domain.decisions import FIRST_DAY, NOW, Told, folded
from tests.domain.milestones import COMMANDS, planned, recorded


def main() -> None:
    """Open every plan, play a history on each of the first rows, and print the digest of it all."""
    digest = hashlib.sha256()
    dice = random.Random(2027)
    for kind, procedure in procedures().items():
        territories = [FEDERATION] if procedure.jurisdiction == "federal" else list(entities())
        for territory in territories:
            opened = opening(procedure, territory, "2026-2027")
            digest.update(f"{kind}\n{opened.opened.model_dump_json()}\n".encode())
            for name, row in opened.milestones.items():
                digest.update(f"{name}\n{row.model_dump_json()}\n".encode())
    for _ in range(200):
        asked = [(dice.choice(list(COMMANDS.values())), FIRST_DAY) for _ in range(10)]
        history: list[Told] = list(recorded(planned(), asked))
        milestone = folded(history)
        digest.update(f"{milestone!r}\n{standing(milestone, NOW)}\n".encode())
    # Two calendars are missing here: which one is named must not depend on chance.
    far = Anchors(Resolved("2099-06-07", "law", Names(es="", en="")), regime=lambda _: "working")
    digest.update(repr(resolve("election day + 3 business days", far)).encode())
    print(digest.hexdigest())


if __name__ == "__main__":
    main()
