"""Every rule by which anything is refused has a page of its own, in both languages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.problems import FORBIDDEN, NOT_FOUND
from api.words.rule_words import rule_words
from domain.event import Refused
from domain.milestone import TRANSITIONS, Milestone
from domain.milestone_rules import STATUS_WORDS, allowed
from tests.domain.milestones import PLANNED
from tests.pages.site import Site, text_of

ROOT = Path(__file__).parents[2]
REFUSALS = {
    "Refused", "Problem", "Failure", "invalid", "not_found", "_of_parameter", "_unusable_position", "file_refused",
}  # fmt: skip
"""What is called with a rule's name to refuse something."""
RULE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+|unavailable")


def rules_in(tree: ast.AST) -> Iterator[str]:
    """Yield the names of rules that a program refuses by."""
    for node in ast.walk(tree):
        given: list[ast.expr | None] = []
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in REFUSALS:
            given = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg == "rule")]
        elif isinstance(node, ast.FunctionDef) and node.name in REFUSALS:
            given = list(node.args.kw_defaults)
        for value in given:
            if isinstance(value, ast.Constant) and RULE.fullmatch(str(value.value)):
                yield str(value.value)


def rules_of_the_program() -> set[str]:
    files = [file for room in ("api", "domain") for file in (ROOT / room).rglob("*.py")]
    return {rule for file in files for rule in rules_in(ast.parse(file.read_text()))}


def rules_of_the_transitions() -> set[str]:
    """Return the rule of every step that the domain really refuses."""
    found = set()
    for action in TRANSITIONS:
        for status in STATUS_WORDS:
            try:
                allowed(Milestone(plan=PLANNED, status=status), action)  # type: ignore[arg-type] # the words' keys are the statuses
            except Refused as refusal:
                found.add(refusal.rule)
    return found


def test_no_rule_is_without_words_and_no_words_without_a_rule() -> None:
    told, raised = set(rule_words()), rules_of_the_program() | rules_of_the_transitions()

    assert len(raised) > 80
    assert raised - told == set()
    assert told - raised == set()


def test_a_rule_that_nobody_wrote_about_would_be_found() -> None:
    assert set(rules_in(ast.parse('raise Refused("quite-new", es="", en="")'))) == {"quite-new"}


def test_the_rules_that_have_a_status_of_their_own_exist() -> None:
    assert set(rule_words()) | {"unknown-page"} >= NOT_FOUND | FORBIDDEN


@pytest.mark.parametrize("language", ["es", "en"])
def test_every_rule_has_a_page_that_says_why_and_what_to_do(site: Site, language: str) -> None:
    without = []
    for rule, words in rule_words().items():
        page = site.get(f"/problemas/{rule}?lang={language}")
        said = text_of(page.text)
        expected = [getattr(names, language) for names in (words.happened, words.why, words.do)]
        if page.status_code != 200 or any(one not in said for one in expected):
            without.append(rule)

    assert without == []


def test_a_rule_says_where_it_comes_from_or_that_it_is_the_log_s_own(site: Site) -> None:
    assert "Es una regla de esta bitácora, no de la ley." in text_of(
        site.get("/problemas/figure-missing").text
    )
    assert "Fuente : RFC 6585, 3." in text_of(site.get("/problemas/if-match-missing").text).replace(
        ": ", " : "
    )


def test_a_problem_leads_to_the_page_of_its_rule(site: Site) -> None:
    type_ = site.client.get(f"{site.address}/api/v1/entities/MX-XXX").json()["type"]

    assert site.get(type_).status_code == 200
    assert f'href="{type_}"' in site.get("/entidades/MX-XXX").text
    assert site.get("/problemas/no-such-rule").status_code == 404
