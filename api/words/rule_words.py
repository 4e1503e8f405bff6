"""The words of every rule by which something is refused, in ``rules/*.toml``: what a problem's ``type`` leads to.

What cannot be done from a status has one text for each action; the rules' names are made from the domain's table of
transitions, as the domain makes them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from itertools import product
from typing import Any

from pydantic import BaseModel, ConfigDict

from domain.milestone import TRANSITIONS
from domain.milestone_rules import STATUS_WORDS
from domain.names import Names


class RuleWords(BaseModel):
    """What people are told of a rule."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    happened: Names
    """What happened, as a statement."""
    why: Names
    """Why there is such a rule."""
    do: Names
    """What to do now."""
    source: Names | None = None
    """The article or the standard it comes from; None where it is this log's own."""


@cache
def rule_words() -> Mapping[str, RuleWords]:
    """Return the words of every rule by its stable name; raise ``ValueError`` where some are missing."""
    written: dict[str, Any] = {}
    for file in files("api.words").joinpath("rules").iterdir():
        if file.name.endswith(".toml"):
            written |= tomllib.loads(file.read_text("utf-8"))
    transitions = {rule: _of_status(written[action], status) for rule, action, status in _transitions()}
    actions = {action for _, action, _ in _transitions()}
    rest = {rule: words for rule, words in written.items() if rule not in actions}
    return {rule: RuleWords.model_validate(words) for rule, words in (rest | transitions).items()}


def _transitions() -> Iterator[tuple[str, str, Names]]:
    """Yield the rule of every step the table does not allow, the entry its words are in, and the status's word."""
    for (action, (allowed, _)), (status, word) in product(TRANSITIONS.items(), STATUS_WORDS.items()):
        if status not in allowed:
            entry = f"cannot-{action.replace(' ', '-')}"
            yield f"{entry}-from-{status.replace('_', '-')}", entry, word


def _of_status(words: dict[str, Any], status: Names) -> dict[str, Any]:
    """Return the words of an action with the status put in."""
    happened = {
        language: text.format(status=getattr(status, language))
        for language, text in words["happened"].items()
    }
    return words | {"happened": happened}
