"""The words of the pages: both languages, none missing, none idle; and how figures and days are written."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from string import Formatter

import pytest
from pydantic import ValidationError

from api.view import formats
from api.words import Saying, sayings, speak

API = Path(__file__).parents[2] / "api"


SPOKEN_BY_DATA = re.compile(
    r"event\.|reference\.(in_|tag_|get_|post_|patch_|delete_)|look\.|milestone\.(article|official)_|procedure\.(in|docket|regime|fact|every|by|equality|quality|difference)_|procedure\.(estimated|administrative|reported)$|process\.(open|closed|zoom_\w+|filter_\w+)$|national\.map_|page\.\w+$"
    r"|sign_in\.(role|kind)_\w+$|proposal\.(status|effect|field|report)_\w+$|evidence\.report_\w+$"
    r"|administration\.(name|body|territory|process|post|on_behalf_of|rests_on|instrument|delegate_to)(_hint)?$|administration\.(delegate_less|about_\w+)$"
    r"|report\.(title|field|evidence|basis|power|corrects|instead)_\w+$|work\.(group|why|do)_\w+$"
    r"|letter\.((due|late|redated|returned|to_validate|when_late|when_due)$|(pace|what)_)"
    r"|tally_sheets\.(figure|standing|election|origin|device)_\w+$|(bulk|calendar)\.(count|outcome|column|change)_\w+$"
    r"|changes\.(field_\w+|added|removed|changed)$"
    r"|replay\.(first|previous|next|last)$"
    r"|ceremony\.(name|what|limit|digest|fact|column|finding)_\w+$"
    r"|standard\.(same|tightened|loosened|undated|missing|added|dated|open)$"
)
"""Words whose key is put together: an event, an operation, a standing, a mark, a zoom, a section of the site."""


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def forms(saying: Saying, language: str) -> list[str]:
    words = saying.es if language == "es" else saying.en
    return [words] if isinstance(words, str) else [words.one, words.other]


def test_both_languages_ask_for_the_same_figures() -> None:
    different = [
        key
        for key, saying in sayings().items()
        if fields(forms(saying, "es")[-1]) != fields(forms(saying, "en")[-1])
    ]

    assert different == []


def test_a_saying_in_one_language_is_refused() -> None:
    with pytest.raises(ValidationError):
        Saying.model_validate({"es": "sola"})


def test_every_word_a_template_uses_was_written() -> None:
    templates = "".join(file.read_text() for file in (API / "templates").glob("*.html"))
    used = set(re.findall(r'say\("([a-z]+\.\w+)"(?! ~)', templates))

    assert used
    assert used - set(sayings()) == set()


def test_no_word_is_idle() -> None:
    everywhere = "".join(
        file.read_text()
        for folder in ("templates", "pages", "view", "letters", ".")
        for file in (API / folder).glob("*.*")
    )
    idle = [
        key
        for key in sayings()
        if f'"{key}"' not in everywhere
        and f'"{key.partition(".")[2]}"' not in everywhere
        and not SPOKEN_BY_DATA.match(key)
    ]

    assert idle == []


def test_what_is_put_into_a_sentence_is_escaped() -> None:
    assert "&lt;b&gt;" in speak("es")("search.nothing", q="<b>")


@pytest.mark.parametrize(("count", "said"), [(1, "1 día fuera del plazo"), (2, "2 días fuera del plazo")])
def test_one_is_singular(count: int, said: str) -> None:
    assert speak("es")("look.days_late", n=count) == said


def test_figures_and_days_are_written_as_people_write_them() -> None:
    instant = datetime(2026, 11, 21, 15, 14, tzinfo=UTC)
    today = date(2026, 11, 21)

    assert formats.number(48213) == "48,213"
    assert formats.percent(299, 300, "es") == "99\N{NO-BREAK SPACE}%"
    assert formats.percent(300, 300, "en") == "100%"
    assert formats.stamp(instant, "es") == "21/11/2026 09:14"
    assert formats.stamp(instant, "en") == "21 Nov 2026 09:14"
    assert formats.stamp(instant, "es", "America/Tijuana") == "21/11/2026 07:14"
    assert formats.short_moment("2026-11-30", "es", today) == "30\N{NO-BREAK SPACE}nov"
    assert (
        formats.short_moment("2027-06-06T07:30", "en", today).replace("\N{NO-BREAK SPACE}", " ")
        == "6 Jun 2027 07:30"
    )
    assert formats.short_span("2026-07-25", "2026-08-01", "es", today) == (
        "25\N{NO-BREAK SPACE}jul",
        "1\N{NO-BREAK SPACE}ago",
    )
    assert formats.short_span("2027-06-06", "2027-06-07", "es", today)[0] == "6\N{NO-BREAK SPACE}jun"
    assert formats.short_span("2026-06-01", "2027-08-31", "es", today)[0].endswith(
        "jun\N{NO-BREAK SPACE}2026"
    )
    assert formats.occurrence_month("2026-10", "es") == "oct\N{NO-BREAK SPACE}2026"
    assert formats.long_day("2027-06-06", "es") == "6 de junio de 2027"
