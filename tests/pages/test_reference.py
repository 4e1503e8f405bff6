"""The reference of the API: a page like the others, in both languages, that names every operation and no other."""

from __future__ import annotations

import re

import pytest

from api.words import sayings
from tests.pages.site import Site, text_of


def test_every_operation_has_words_and_no_words_are_of_an_operation_that_is_not(site: Site) -> None:
    described = site.client.get(f"{site.address}/api/v1/openapi.json").json()
    operations = {one["operationId"] for methods in described["paths"].values() for one in methods.values()}
    subjects = {f"tag_{tag['name']}" for tag in described["tags"]}
    told = {
        key.partition(".")[2]
        for key in sayings()
        if re.match(r"reference\.(get|post|patch|delete|tag)_", key)
    }

    assert told == operations | subjects


@pytest.mark.parametrize(
    ("language", "said"),
    [("es", "Reportar una conclusión"), ("en", "Report a completion")],
)
def test_the_reference_speaks_the_reader_s_language(site: Site, language: str, said: str) -> None:
    page = site.get(f"/api/v1?lang={language}")

    assert said in text_of(page.text)
    assert page.headers["Content-Language"].startswith(language)
    assert "/api/v1/processes/{process}/milestones/{milestone}/completion" in page.text


def test_what_is_said_in_english_on_a_spanish_page_says_so(site: Site) -> None:
    page = site.get("/api/v1?lang=es").text
    foreign = re.search(r"<(\w+)([^>]*)>[^<]*(?:<p>)?[^<]*Report that an activity was done\.", page)

    assert foreign is not None
    assert 'lang="en"' in foreign[0]
