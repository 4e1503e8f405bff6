"""The words of problems in both languages: a title for each status, and what is wrong with a field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.settings import Language
from domain.names import Names

TITLES: Mapping[int, Names] = {
    400: Names(es="Solicitud mal formada", en="Malformed request"),
    401: Names(es="Falta identificarse", en="Authentication required"),
    403: Names(es="Sin permiso", en="Not allowed"),
    404: Names(es="No encontrado", en="Not found"),
    405: Names(es="Método no permitido", en="Method not allowed"),
    406: Names(es="Formato no disponible", en="Format not available"),
    408: Names(es="La solicitud tardó demasiado", en="Request timed out"),
    409: Names(es="Conflicto", en="Conflict"),
    412: Names(es="Cambió desde que se leyó", en="Changed since it was read"),
    413: Names(es="Solicitud demasiado grande", en="Request too large"),
    414: Names(es="Dirección demasiado larga", en="Address too long"),
    415: Names(es="Tipo de contenido no admitido", en="Unsupported content type"),
    422: Names(es="Solicitud no válida", en="Request not valid"),
    428: Names(es="Falta una condición", en="Precondition required"),
    429: Names(es="Demasiadas solicitudes", en="Too many requests"),
    431: Names(es="Encabezados demasiado grandes", en="Headers too large"),
    500: Names(es="Error interno", en="Internal error"),
    503: Names(es="No disponible por el momento", en="Not available for the moment"),
}
"""What each status means, in a few words."""

_SPANISH: Mapping[str, str] = {
    "missing": "Falta este campo.",
    "extra_forbidden": "Este campo no existe: quítalo.",
    "string_type": "Debe ser un texto.",
    "string_too_short": "Debe tener al menos {min_length} caracteres.",
    "string_too_long": "Debe tener a lo más {max_length} caracteres.",
    "string_pattern_mismatch": "No tiene la forma esperada: {pattern}",
    "string_unicode": "Debe ser texto en UTF-8.",
    "int_type": "Debe ser un número entero.",
    "int_parsing": "Debe ser un número entero.",
    "int_parsing_size": "El número es demasiado grande.",
    "int_from_float": "Debe ser un número entero, sin decimales.",
    "bool_type": "Debe ser verdadero o falso (true o false).",
    "bool_parsing": "Debe ser verdadero o falso (true o false).",
    "greater_than": "Debe ser mayor que {gt}.",
    "greater_than_equal": "Debe ser al menos {ge}.",
    "less_than": "Debe ser menor que {lt}.",
    "less_than_equal": "Debe ser a lo más {le}.",
    "literal_error": "Debe ser uno de estos valores: {expected}.",
    "tuple_type": "Debe ser una lista.",
    "list_type": "Debe ser una lista.",
    "too_long": "Debe tener a lo más {max_length} elementos.",
    "too_short": "Debe tener al menos {min_length} elementos.",
    "dict_type": "Debe ser un objeto.",
    "model_type": "Debe ser un objeto.",
    "model_attributes_type": "Debe ser un objeto.",
    "uuid_parsing": "Debe ser un UUID.",
    "uuid_type": "Debe ser un UUID.",
}
"""pydantic's kinds of error; its own messages serve for English."""

_OWN: Mapping[str, str] = {
    "is not allowed here": "Contiene un carácter que no se admite.",
    "the year must be between": "El año debe estar entre 2000 y 2100.",
    "write a moment as": "Escríbela como 2027-06-06 o 2027-06-06T07:30.",
    "does not match format": "Escríbela como 2027-06-06 o 2027-06-06T07:30.",
    "unconverted data remains": "Escríbela como 2027-06-06 o 2027-06-06T07:30.",
    "day is out of range": "Ese día no existe.",
    "month must be in": "Ese mes no existe.",
    "a cycle is two years": "Un ciclo son dos años seguidos, como 2026-2027.",
    "belongs to the correction": "Trae un dato que es de la corrección de otro tipo de reporte: quítalo.",
    "an instant is written": "Debe ser una fecha y hora como 2027-06-06T18:00:00-06:00.",
}
"""What our own checks say in English, by a part of it."""


def title_of(status: int, language: Language) -> str:
    """Return what a status means."""
    title = TITLES.get(status, TITLES[400 if status < 500 else 500])
    return title.es if language == "es" else title.en


def message_of(error: Mapping[str, Any], language: Language) -> str:
    """Return what is wrong with a field, from one of pydantic's errors."""
    kind, english = str(error["type"]), str(error["msg"]).removeprefix("Value error, ")
    if language == "en":
        if "does not match format" in english or "unconverted data remains" in english:
            return "Write a moment as 2027-06-06 or 2027-06-06T07:30."
        return f"{english[:1].upper()}{english[1:]}".rstrip(".") + "."
    if kind.startswith("datetime"):
        return _OWN["an instant is written"]
    if kind in _SPANISH:
        return _SPANISH[kind].format_map(error.get("ctx") or {})
    return next((spanish for part, spanish in _OWN.items() if part in english), "El valor no es válido.")
