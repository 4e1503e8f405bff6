"""Words for people, in both languages."""

from __future__ import annotations

from domain.event import Payload


class Names(Payload):
    """The same words in Spanish and in English."""

    es: str
    en: str
