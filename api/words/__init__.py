"""The words of the pages: every sentence in Spanish and English side by side, in ``*.toml`` by subject.

A saying with a figure ``n`` may have a form for one and a form for others. Texts are ours and trusted;
what is put into them is escaped, so a sentence can hold links.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files

from markupsafe import Markup
from pydantic import BaseModel, ConfigDict

from api.settings import Language
from api.view.formats import number


class Forms(BaseModel):
    """The words for one of something, and for any other number of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    one: str
    other: str


class Saying(BaseModel):
    """One text of the pages in both languages."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    es: str | Forms
    en: str | Forms

    def text(self, language: Language, count: object) -> str:
        """Return the text in a language, in the form that agrees with a count."""
        words = self.en if language == "en" else self.es
        if isinstance(words, str):
            return words
        return words.one if count == 1 else words.other


@cache
def sayings() -> Mapping[str, Saying]:
    """Return every saying by its key, ``file.name``; raise `ValueError` where a language is missing."""
    found: dict[str, Saying] = {}
    for file in sorted(files("api.words").iterdir(), key=lambda entry: entry.name):
        subject, _, suffix = file.name.rpartition(".")
        if suffix == "toml":
            for name, saying in tomllib.loads(file.read_text("utf-8")).items():
                found[f"{subject}.{name}"] = Saying.model_validate(saying)
    return found


def speak(language: Language) -> Callable[..., Markup]:
    """Return the function a template says things with: ``say("national.title", n=3)``.

    It raises `KeyError` for a key nobody wrote, and for a figure the text asks for and was not given.
    """

    def say(key: str, **figures: object) -> Markup:
        if not figures:
            return _said(key, language)
        text = sayings()[key].text(language, figures.get("n"))
        written = {
            name: number(value) if isinstance(value, int) else value for name, value in figures.items()
        }
        return Markup(text).format(**written)  # noqa: S704 - the text is ours; `format` escapes what is put in

    return say


@cache
def _said(key: str, language: Language) -> Markup:
    """Return a text that has no figures: most of what a page says, over and over again."""
    return Markup(sayings()[key].text(language, None)).format()  # noqa: S704 - the text is ours


def speak_plainly(language: Language) -> Callable[..., str]:
    """Return what `speak` returns, for calendars, feeds and letters: text that is never HTML, so nothing is escaped."""

    def say(key: str, **figures: object) -> str:
        written = {
            name: number(value) if isinstance(value, int) else value for name, value in figures.items()
        }
        return sayings()[key].text(language, figures.get("n")).format(**written)

    return say
