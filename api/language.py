"""Which language a request asks for: Spanish unless English is preferred."""

from __future__ import annotations

from functools import lru_cache

from starlette.requests import HTTPConnection

from api.settings import Language


def language_of(request: HTTPConnection, *, otherwise: Language = "es") -> Language:
    """Return the language a request asks for: by ``?lang=``, else by its ``Accept-Language``."""
    asked = request.query_params.get("lang")
    if asked in {"es", "en"}:
        return "es" if asked == "es" else "en"
    return preferred_language(request.headers.get("accept-language", ""), otherwise)


@lru_cache(maxsize=256)
def preferred_language(header: str, otherwise: Language) -> Language:
    """Return the language an ``Accept-Language`` header prefers (RFC 9110, section 12.5.4)."""
    best: Language = otherwise
    best_quality = 0.0
    for part in header.split(","):
        tag, _, parameters = part.strip().lower().partition(";")
        primary = tag.strip().partition("-")[0]
        quality = _quality(parameters)
        if quality <= best_quality:
            continue
        if primary == "es":
            best, best_quality = "es", quality
        elif primary == "en":
            best, best_quality = "en", quality
    return best


def _quality(parameters: str) -> float:
    """Return the weight in ``;q=0.8``: 1 where none is given, 0 where it makes no sense."""
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        quality = float(value)
    except ValueError:
        return 0.0
    return quality if 0 <= quality <= 1 else 0.0
