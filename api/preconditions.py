"""What a write must bring besides its body: a key that makes it repeatable, and the version it was decided on.

``Idempotency-Key``: a UUID of the client's; the same key never records twice. It is the command's id in the log.
``If-Match`` (RFC 9110, section 13.1.1): the ETag that was read. Ours begin with the position that last changed the
resource, and only that part is judged: a day that passed, or a busy night elsewhere, fails nobody's report.
"""

from __future__ import annotations

import re
from uuid import UUID

from starlette.requests import Request

from api.problems import Problem

_TAG = re.compile(r'"(?P<position>[0-9]{1,18})(?:-[0-9a-f]+)?(?:\.[a-z]+)?"')

KEY_HEADER = "Idempotency-Key"
MATCH_HEADER = "If-Match"


def command_id(request: Request) -> UUID:
    """Return the request's key. Raises a 428 or 422 `Problem`."""
    given = request.headers.get(KEY_HEADER)
    if given is None:
        raise Problem(
            428,
            "idempotency-key-missing",
            es="Falta «Idempotency-Key»: un UUID nuevo por solicitud, el mismo al repetirla.",
            en="'Idempotency-Key' is missing: a new UUID for each request, the same when it is repeated.",
        )
    try:
        key = UUID(given.strip().strip('"'))
    except ValueError:
        raise Problem(
            422,
            "idempotency-key-malformed",
            es="«Idempotency-Key» debe ser un UUID, como 0e9c8d1a-5b1f-4a53-9a6c-2f6f2d6f7c11.",
            en="'Idempotency-Key' must be a UUID, such as 0e9c8d1a-5b1f-4a53-9a6c-2f6f2d6f7c11.",
            errors=[{"field": f"header.{KEY_HEADER}", "es": "Debe ser un UUID.", "en": "Must be a UUID."}],
        ) from None
    return key


def positions_read(request: Request) -> frozenset[int]:
    """Return the positions in ``If-Match``: none where no tag in it is one of ours. Raises a 428 `Problem`."""
    given = ", ".join(request.headers.getlist(MATCH_HEADER)).strip()
    if given in {"", "*"}:
        raise Problem(
            428,
            "if-match-missing",
            es="Falta «If-Match»: el ETag con que se leyó, para no escribir sobre lo que otra persona cambió.",
            en="'If-Match' is missing: the ETag it was read with, so as not to write over what somebody else changed.",
        )
    return frozenset(int(tag["position"]) for tag in _TAG.finditer(given))


def not_as_read(stream: str, position: int, read: frozenset[int]) -> Exception:
    """Return what a write to a resource is refused with that was not decided on its ``position``."""
    return Changed(stream, position, read) if read else _not_a_tag_of_ours()


class Changed(Exception):
    """The resource is not as it was read: it changed at ``position``, and last read were ``read``."""

    def __init__(self, stream: str, position: int, read: frozenset[int]) -> None:
        super().__init__(f"{stream} changed at position {position}")
        self.stream = stream
        self.position = position
        self.read = max((one for one in read if one < position), default=0)


def _not_a_tag_of_ours() -> Problem:
    """Return the problem of a tag that nothing reportable ever had: to call that a change would mislead."""
    return Problem(
        428,
        "if-match-missing",
        es="«If-Match» no trae el ETag de este recurso: envíalo tal como se recibió al leerlo, con sus comillas.",
        en="'If-Match' does not bring this resource's ETag: send it as it came when it was read, with its quotes.",
    )
