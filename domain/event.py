"""What an event, a command and a refusal are: the vocabulary every subject is written in.

A subject (a process, a milestone, a body …) is one file in four parts, always in this order:
its events, its state with one ``evolve``, its commands with ``decide``.
Events are pure payloads: who said it, when and where it stands in the log
belong to the envelope (`Envelope`), which the ledger fills in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from domain.text import without_control_characters

TYPE_PATTERN = re.compile(r"^[A-Z][A-Za-z]+\.v[1-9][0-9]*$")

Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=300, pattern=r"^[^\n]*$"),
    AfterValidator(without_control_characters),
]
"""One line of text a person wrote: 1 to 300 characters, trimmed, no control characters."""

Prose = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=4000),
    AfterValidator(without_control_characters),
]
"""A few paragraphs: 1 to 4,000 characters, trimmed; line breaks are the only control characters."""


class Payload(BaseModel):
    """A value that may be stored for ever: immutable, exact, with no field it does not know."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True, defer_build=True
    )


class Event(Payload):
    """Something that happened, in the past tense.

    ``type`` is the name it is stored under, chosen once: renaming the class does not change it.
    To change the payload, raise the version and add to ``upcasts`` how the older body becomes the newer.
    """

    type: ClassVar[str] = ""
    tells_of_an_act: ClassVar[bool] = True
    """False where it only writes down a plan, which holds whenever it is known (`domain.happened`)."""
    upcasts: ClassVar[Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]]] = {}
    """From version n to n + 1, on the decoded JSON body."""

    def __init_subclass__(cls, *, type: str = "", **kwargs: Any) -> None:  # noqa: A002 - the stored word
        super().__init_subclass__(**kwargs)
        if not type:
            return
        if not TYPE_PATTERN.match(type):
            raise TypeError(
                f"{cls.__name__}: {type!r} is not a stored type name such as 'MilestoneStarted.v1'"
            )
        cls.type = type
        name = type.partition(".")[0]
        known = _EVENTS.setdefault(name, cls)
        if known.__qualname__ != cls.__qualname__ or known.__module__ != cls.__module__:
            raise TypeError(f"two events are stored as {name!r}: {known.__qualname__} and {cls.__qualname__}")
        _EVENTS[name] = cls


_EVENTS: dict[str, type[Event]] = {}


def event_types() -> Mapping[str, type[Event]]:
    """Every known event class by the name it is stored under, without the version."""
    return _EVENTS


@dataclass(frozen=True, slots=True)
class Author:
    """Who says so, in the words that stay public for ever: never a person's name.

    ``actor`` is an opaque id; ``post`` and ``body`` are the public office (*cargo*) and its institution;
    ``grant`` names the authority acted under; ``on_behalf_of`` the body an INE liaison records for.
    """

    actor: str
    post: str
    body: str
    grant: str
    on_behalf_of: str | None = None


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the ledger knows about an event besides its payload.

    ``occurred_at`` is what the reporter asserts (the moment of the act);
    ``recorded_at`` is the database's clock inside the append, which never runs backwards.
    Order is ``position``, never a time.
    """

    position: int
    stream: str
    version: int
    occurred_at: datetime
    recorded_at: datetime
    author: Author
    command_id: str


State = TypeVar("State")


@dataclass(frozen=True, slots=True)
class Subject(Generic[State]):
    """How one family of streams is folded: where a state starts and what each event makes of it."""

    family: str
    initial: State
    evolve: Callable[[State, Event, Envelope], State]


class Refused(Exception):
    """The rules say no.

    ``rule`` is a stable word for programs (``milestone-not-started``); ``es`` and ``en`` say what is wrong and
    what to do; ``basis`` is the article that says so, where there is one; ``fields`` point into the request.
    """

    def __init__(self, rule: str, *, es: str, en: str, basis: str = "", fields: tuple[str, ...] = ()) -> None:
        super().__init__(f"{rule}: {en}")
        self.rule = rule
        self.es = es
        self.en = en
        self.basis = basis
        self.fields = fields
