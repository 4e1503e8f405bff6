"""The words a path or a query may hold, each with its shape: what does not fit is answered before anything is asked."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from domain.text import without_control_characters

ProcessId = Annotated[
    str,
    Path(
        pattern=r"^[a-z][a-z0-9_-]{2,80}$",
        description="The process: `pef-2026-2027`, `pel-2026-2027-jal`.",
        examples=["pef-2026-2027"],
    ),
]
"""A process, by the id people read."""

MilestoneId = Annotated[
    str,
    Path(
        pattern=r"^[A-Z][A-Z0-9]{1,9}(\.[0-9][0-9Q-]{0,9})?(-[A-Z]{3})?$",
        description=(
            "The activity in its process: `F047`, in one state `F005-JAL`, one occurrence `F008.2026-10`, "
            "one round `S10.2`."
        ),
        examples=["F047"],
    ),
]
"""A milestone's id within its process."""

SheetId = Annotated[
    str,
    Path(
        max_length=200,
        description="The tally sheet: its integrity code, or its election, area, key and which of those it is.",
        examples=["governor.001.210001B01002.1"],
    ),
    AfterValidator(without_control_characters),
]
"""A tally sheet within its process."""

EntityCode = Annotated[
    str,
    Path(
        pattern=r"^MX-[A-Z]{3}$",
        description="The state's ISO 3166-2 code: `MX-JAL`.",
        examples=["MX-JAL"],
    ),
]
"""A state."""

Position = Annotated[
    int,
    Path(ge=1, le=10**18, description="The position in the log (*asiento n.º*): 1, 2, 3 …", examples=[1]),
]
"""A place in the log."""

Word = Annotated[str, Field(max_length=200), AfterValidator(without_control_characters)]
"""A short text in a query, without control characters."""


class Question(BaseModel):
    """A query: what it does not know it refuses, so that a misspelt word is not silently ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    lang: Annotated[str | None, Field(pattern="^(es|en)$")] = None
    """The language of messages; by default what `Accept-Language` prefers."""


class MomentQuestion(Question):
    """A query about a moment."""

    as_of: Annotated[
        str | None,
        Field(max_length=40, examples=["2026-11-20T12:00:00-06:00"]),
        AfterValidator(without_control_characters),
    ] = None
    """What was known then: a position of the log, or an instant with its offset. By default, now."""


HappenedBy = Annotated[
    str | None,
    Field(max_length=40, examples=["2026-11-20T12:00:00-06:00"]),
    AfterValidator(without_control_characters),
]
"""An instant by which something had happened."""


class BothClocksQuestion(MomentQuestion):
    """A query about a moment of both clocks."""

    happened_by: HappenedBy = None
    """Of what was known, only what had happened by this instant, by the reporters' accounts. By default, all of it."""


class ListQuestion(MomentQuestion):
    """A query for a page of a list."""

    limit: Annotated[int, Field(ge=1, le=500)] = 100
    """How many rows at most."""
    cursor: Annotated[str | None, Field(max_length=200), AfterValidator(without_control_characters)] = None
    """Where the page begins: the `next` of the page before."""


class BothClocksListQuestion(ListQuestion):
    """A query for a page of a list at a moment of both clocks."""

    happened_by: HappenedBy = None
    """Of what was known, only what had happened by this instant, by the reporters' accounts. By default, all of it."""


PlainQuery = Annotated[Question, Query()]
"""``?lang=`` and nothing else."""

MomentQuery = Annotated[MomentQuestion, Query()]
"""``?as_of=`` and ``?lang=``."""

BothClocksQuery = Annotated[BothClocksQuestion, Query()]
"""``?as_of=``, ``?happened_by=`` and ``?lang=``."""
