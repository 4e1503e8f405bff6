"""Request bodies: JSON read strictly, so that what is recorded is what was sent and nothing else.

UTF-8 only, no repeated keys, no NaN or Infinity, no lone surrogates or NUL, nested at most `MAX_DEPTH`, integers of
at most `MAX_DIGITS` digits; then the model's own types, without coercion or unknown fields.
RFC 8259 leaves the meaning of most of these open, and two programs would understand them differently.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Generic, NoReturn, TypeVar, cast

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    Field,
    ValidationError,
    create_model,
)
from starlette.requests import ClientDisconnect, Request

from api.problems import Problem, invalid
from domain.calendar import FIRST_YEAR, LAST_YEAR
from domain.event import Payload

MAX_DEPTH = 32
MAX_DIGITS = 19

_JSON = re.compile(r'application/json(\s*;\s*charset="?utf-8"?)?\s*', re.IGNORECASE)

_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})"
)

Body = TypeVar("Body", bound=BaseModel)
Command = TypeVar("Command", bound=Payload)


def _spelt(value: Any) -> Any:
    # pydantic would take "1700000000" for an instant too.
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise ValueError("an instant is written as 2027-06-06T18:00:00-06:00")
    return value


def _within_years(instant: datetime) -> datetime:
    if not FIRST_YEAR <= instant.year <= LAST_YEAR:
        raise ValueError(f"the year must be between {FIRST_YEAR} and {LAST_YEAR}")
    return instant


Instant = Annotated[
    AwareDatetime,
    # What has this shape is text, so reading it is no coercion.
    Field(strict=False, examples=["2026-11-20T12:30:00-06:00"]),
    BeforeValidator(_spelt),
    AfterValidator(_within_years),
]
"""A date and time with its offset from UTC (RFC 3339), in the years 2000 to 2100."""


class DatedRequest(Payload):
    """What every command sent by HTTP says besides the command itself."""

    occurred_at: Instant
    """When the act happened, by the reporter's account. When it is recorded is the log's to say."""


@dataclass(frozen=True, slots=True)
class Sent(Generic[Command]):
    """A command as it was sent, and the moment of the act it reports."""

    command: Command
    occurred_at: datetime


def request_model(command: type[Command]) -> type[Command]:
    """Return the body of the request that asks for a command: its own fields, and the moment of the act."""
    return cast("type[Command]", _request_model(command))


@cache
def _request_model(command: type[BaseModel]) -> type[BaseModel]:
    # Made once: to make one takes longer than to record what is sent with it (`bench/wave.py`).
    bases = cast("Any", (command, DatedRequest))
    return cast(
        "type[BaseModel]", create_model(f"{command.__name__}Request", __base__=bases, __doc__=command.__doc__)
    )


async def read_command(request: Request, model: type[Command]) -> Sent[Command]:
    """Return what was sent, by the model of `request_model`. Raises a 400, 413, 415 or 422 `Problem`."""
    command = read_body(model, request.headers.get("content-type"), await _bytes_of(request))
    return Sent(command, cast("Any", command).occurred_at)


class FromBody(Generic[Body]):
    """A dependency that reads a whole request body as strictly as those of commands, and documents it."""

    def __init__(self, model: type[Body]) -> None:
        self.model = model

    async def __call__(self, request: Request) -> Body:
        """Return the body. Raises a 400, 413, 415 or 422 `Problem`."""
        return read_body(self.model, request.headers.get("content-type"), await _bytes_of(request))


def read_body(model: type[Body], content_type: str | None, raw: bytes) -> Body:
    """Return a body as a model. Raises a 400, 415 or 422 `Problem`."""
    if content_type is None or not _JSON.fullmatch(content_type):
        raise Problem(
            415,
            "content-type-unsupported",
            es="El cuerpo debe ser JSON en UTF-8, con «Content-Type: application/json».",
            en="The body must be JSON in UTF-8, with 'Content-Type: application/json'.",
            headers={"Accept-Post": "application/json"},
        )
    _check(raw)
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        raise invalid(error.errors(include_url=False, include_input=False)) from None


async def _bytes_of(request: Request) -> bytes:
    try:
        return await request.body()
    except ClientDisconnect:
        raise _malformed("el cuerpo llegó incompleto", "the body arrived incomplete") from None


def _check(raw: bytes) -> None:
    """Raise a 400 `Problem` where a body is not JSON as we read it."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise _malformed("no está en UTF-8", "it is not in UTF-8") from None
    try:
        value = json.loads(
            text,
            object_pairs_hook=_without_repeated_keys,
            parse_constant=_no_constant,
            parse_int=_bounded_integer,
            parse_float=_finite_number,
        )
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:
        place = f" ({error.lineno}:{error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise _malformed(f"no es JSON bien formado{place}", f"it is not well-formed JSON{place}") from None
    _check_value(value, 1)


def _check_value(value: Any, depth: int) -> None:
    if isinstance(value, str):
        if "\0" in value or not (value.isascii() or _is_text(value)):
            raise _malformed(
                "un texto contiene NUL o un sustituto suelto", "a text holds NUL or a lone surrogate"
            )
    elif isinstance(value, dict):
        if depth > MAX_DEPTH:
            raise _too_deep()
        for key, member in value.items():
            _check_value(key, depth)
            _check_value(member, depth + 1)
    elif isinstance(value, list):
        if depth > MAX_DEPTH:
            raise _too_deep()
        for member in value:
            _check_value(member, depth + 1)


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _without_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _malformed("una clave está repetida", "a key is repeated")
    return found


def _no_constant(name: str) -> NoReturn:
    raise _malformed(f"{name} no es JSON", f"{name} is not JSON")


def _bounded_integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise _malformed("un número tiene demasiadas cifras", "a number has too many digits")
    return int(digits)


def _finite_number(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _malformed("un número es demasiado grande", "a number is too large")
    return number


def _too_deep() -> Problem:
    return _malformed(f"tiene más de {MAX_DEPTH} niveles", f"it is nested deeper than {MAX_DEPTH} levels")


def _malformed(es: str, en: str) -> Problem:
    return Problem(
        400, "malformed-json", es=f"No se pudo leer el cuerpo: {es}.", en=f"The body could not be read: {en}."
    )
