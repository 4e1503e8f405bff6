"""Rules and conditions in words, before there is any date."""

from __future__ import annotations

import pytest

from domain.deadline import BadRule
from domain.names import Names
from domain.procedure import procedures
from domain.spoken_rule import condition_in_words, rule_in_words, within_in_words
from tests.domain.small_case import case_procedure, case_step, outcome

CASE = case_procedure(
    case_step("S01", "opened + 48 hours", outcomes=[outcome("extended")]),
    facts=[
        {
            "id": "route",
            "kind": "choice",
            "name": {"es": "Vía (de ella depende el plazo)", "en": "Route (the term depends on it)"},
            "choices": [{"id": "online", "name": {"es": "en línea", "en": "online"}}],
        },
        {"id": "told_on", "kind": "day", "name": {"es": "Día del aviso", "en": "Day of the notice"}},
    ],
)


@pytest.mark.parametrize(
    ("rule", "es", "en"),
    [
        ("opened + 48 hours", "48 horas después de la recepción", "48 hours after its reception"),
        ("opened + 0 days", "el día de la recepción", "on the day of its reception"),
        ("S01.done", "cuando se cumpla S01", "when S01 is done"),
        (
            "S01.done + 1 procedural days",
            "1 día computable después de que se cumpla S01",
            "1 procedural day after S01 is done",
        ),
        ("S01.due - 3 days", "3 días antes del vencimiento de S01", "3 days before the due date of S01"),
        ("S01.start", "el inicio de S01", "the start of S01"),
        (
            "fact told_on + 2 weeks",
            "2 semanas después de «Día del aviso»",
            "2 weeks after 'Day of the notice'",
        ),
        (
            "election day + 1 days at 08:00",
            "1 día después del día de la jornada electoral, a las 08:00",
            "1 day after election day, at 08:00",
        ),
        (
            "31 december, its year + 60 days",
            "60 días después del 31 de diciembre del año de que se trata",
            "60 days after 31 December of the year it is about",
        ),
        (
            "last day of january, two years before",
            "el último día de enero, dos años antes de la elección",
            "the last day of January two years before the election",
        ),
        (
            "second saturday of april, election year",
            "el segundo sábado de abril del año de la elección",
            "the second Saturday of April of the election year",
        ),
        (
            "wednesday after election day",
            "el miércoles siguiente al día de la jornada electoral",
            "the Wednesday after election day",
        ),
        (
            "period end + 3 days",
            "3 días después del fin de cada periodo",
            "3 days after the end of each period",
        ),
        ("2026-09-10", "el 10 de septiembre de 2026", "10 September 2026"),
    ],
)
def test_a_rule_is_said_as_people_say_it(rule: str, es: str, en: str) -> None:
    assert rule_in_words(rule, CASE) == Names(es=es, en=en)


@pytest.mark.parametrize(
    ("condition", "es", "en"),
    [
        ("S01 = extended", "si S01 resultó «extended»", "if S01 came to 'extended'"),
        ("S01 done", "si ya se cumplió S01", "if S01 is done"),
        (
            "S01 not done and fact route = online",
            "si no se ha cumplido S01 y «Vía» es «en línea»",
            "if S01 is not done and 'Route' is 'online'",
        ),
    ],
)
def test_a_condition_is_said_as_people_say_it(condition: str, es: str, en: str) -> None:
    assert condition_in_words(condition, CASE) == Names(es=es, en=en)


def test_a_term_agrees_with_its_number() -> None:
    assert within_in_words("1 hours") == Names(es="dentro de 1 hora", en="within 1 hour")
    assert within_in_words("3 business days").es == "dentro de 3 días hábiles"


def test_what_is_not_a_rule_is_not_said() -> None:
    with pytest.raises(BadRule):
        rule_in_words("some day", CASE)


def test_every_rule_and_condition_of_every_procedure_can_be_said() -> None:
    said = 0
    for procedure in procedures().values():
        for step in procedure.steps:
            for rule in (step.starts, step.due, step.each_due, *(due.rule for due in step.due_when)):
                said += rule is not None and bool(rule_in_words(rule, procedure).es)
            for due in step.due_when:
                words = condition_in_words(due.when, procedure)
                assert words.es.startswith("si "), due.when
                assert " de el " not in words.es
    assert said > 500
