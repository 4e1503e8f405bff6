"""What the program says about its own work: one line an occurrence, JSON for machines, short for people.

Only the keys of `ALLOWED` are ever written, so that no payload, name or address slips in by way of a new log call.
Control characters are escaped: nobody's input starts a line of its own or colours a terminal.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any, TextIO, cast

import structlog

from api.settings import LogFormat

ALLOWED = frozenset({
    "event", "level", "timestamp", "request_id", "method", "path", "status", "milliseconds", "bytes",
    "actor", "command_id", "position", "outcome", "rule", "error", "where", "warning", "address", "database",
    "projection", "events", "cases", "origin", "simulated", "logger",
})  # fmt: skip
"""Every key a log line may have. An actor is the opaque id of a token, never a person."""

log = structlog.stdlib.get_logger("bitacora")


def configure(log_format: LogFormat = "auto", *, debug: bool = False) -> None:
    """Send log lines to standard error in the given form. ``debug`` adds the frames of failures' tracebacks."""
    people_look_on = log_format == "console" or (log_format == "auto" and sys.stderr.isatty())
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), sort_keys=False)
        if people_look_on
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _only_allowed,
            _on_one_line,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG if debug else logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", _StandardError())),
        cache_logger_on_first_use=True,
    )
    # What libraries have to say is worth a line only when something is wrong.
    logging.basicConfig(level=logging.WARNING, handlers=[_Libraries()], force=True)


class _Libraries(logging.Handler):
    """Bring what libraries say into the same form: the first line of it, and whose it is."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line."""
        first_line = record.getMessage().partition("\n")[0]
        log.log(record.levelno, first_line, logger=record.name)


class _StandardError:
    """Standard error as it is when a line is written, wherever it has been led meanwhile."""

    def write(self, text: str) -> None:
        """Write text."""
        sys.stderr.write(text)

    def flush(self) -> None:
        """Hand it on at once."""
        sys.stderr.flush()


def failure(error: BaseException) -> Mapping[str, str]:
    """Return what may be said of an unexpected error: its kind and where it arose.

    Not its message: that may quote what somebody sent.
    """
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    places = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    return {"error": type(error).__qualname__, "where": " < ".join(reversed(places))}


def escaped(text: str) -> str:
    """Return text with every control character spelled out."""
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text
    )


def _only_allowed(_logger: Any, _name: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: value for key, value in line.items() if key in ALLOWED}


def _on_one_line(_logger: Any, _name: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: escaped(value) if isinstance(value, str) else value for key, value in line.items()}
