"""When something of a procedure holds: a few words about what has happened in the case so far.

S03 = admitted                      S03 was completed with this outcome
S03 done                            S03 was completed, with whatever outcome
S03 not done                        it was not, so far
fact kind = national_party          the case was opened with this fact
S06 = extended and S07 not done     both
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, NamedTuple

from pydantic import AfterValidator

_PART = re.compile(
    r"""(?:
      (?P<row>[A-Z][A-Z0-9]*\d)\ (?:=\ (?P<outcome>[a-z_]+)|(?P<done>(?:not\ )?done))
    | fact\ (?P<fact>[a-z_]+)\ =\ (?P<value>[a-z0-9_]+)
    )\Z""",
    re.VERBOSE | re.ASCII,
)


class Happened(NamedTuple):
    """One part of a condition, about a step: its outcome, or only whether it is done."""

    row: str
    outcome: str | None
    done: bool


class Fact(NamedTuple):
    """One part of a condition, about what the case was opened with."""

    id: str
    value: str


class BadCondition(ValueError):
    """A condition that is not in the language this module's docstring describes."""


def parts_of(condition: str) -> tuple[Happened | Fact, ...]:
    """Return the parts that must all hold, or raise `BadCondition` quoting what was not understood."""
    return tuple(_part(text) for text in condition.split(" and "))


def rows_of(condition: str) -> set[str]:
    """Return the steps a condition looks at."""
    return {part.row for part in parts_of(condition) if isinstance(part, Happened)}


def holds(
    condition: str, outcome_of: Callable[[str], str | None], fact_of: Callable[[str], str | None]
) -> bool:
    """Tell whether a condition holds.

    ``outcome_of`` gives a completed step's outcome, ``""`` where it came to none in particular, and None while it is
    not done; ``fact_of`` gives a fact's value, or None where the case has none.
    """
    return all(_holds(part, outcome_of, fact_of) for part in parts_of(condition))


def _part(text: str) -> Happened | Fact:
    match = _PART.match(text)
    if match is None:
        raise BadCondition(f"not a condition: {text!r}")
    if match["fact"]:
        return Fact(match["fact"], match["value"])
    return Happened(match["row"], match["outcome"], match["done"] != "not done")


def _holds(
    part: Happened | Fact, outcome_of: Callable[[str], str | None], fact_of: Callable[[str], str | None]
) -> bool:
    if isinstance(part, Fact):
        return fact_of(part.id) == part.value
    outcome = outcome_of(part.row)
    if part.outcome is not None:
        return outcome == part.outcome
    return (outcome is not None) == part.done


def _read(text: str) -> str:
    parts_of(text)
    return text


Condition = Annotated[str, AfterValidator(_read)]
"""A condition in the language of this module."""
