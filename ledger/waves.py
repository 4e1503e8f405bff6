"""Which commits of a batch may go to the database together, so that the outcome is as one after the other.

``ledger.append`` judges a whole batch by what was recorded before it. A commit that was decided on a stream which
an earlier one of the batch writes has to wait until that one is answered: it goes with the next wave.
"""

from __future__ import annotations

from uuid import UUID

from ledger.log import Commit

Numbered = tuple[int, Commit]
"""A commit and its place in the batch."""


def number_of(numbered: Numbered) -> int:
    """Return the place of a commit in its batch."""
    return numbered[0]


def split(waiting: list[Numbered], known: dict[str, int | None]) -> tuple[list[Numbered], list[Numbered]]:
    """Split the commits into those that may go together now and those that have to wait for their answers.

    A commit waits if an earlier one, still unanswered, writes a stream it was decided on, or has its id.
    One whose stream is already known to be elsewhere cannot be recorded and so stands in nobody's way:
    without that, a crowd on one stream would go one by one.
    """
    wave: list[Numbered] = []
    later: list[Numbered] = []
    taken: set[str | UUID] = set()
    for number, commit in waiting:
        expected = commit.expected
        if commit.command_id in taken or not taken.isdisjoint(expected):
            later.append((number, commit))
            taken.update(expected)
            continue
        wave.append((number, commit))
        taken.add(commit.command_id)
        if not known or all(
            known.get(stream, version) in (version, None) for stream, version in expected.items()
        ):
            taken.update(commit.reached)
    return wave, later
