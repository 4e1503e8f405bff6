"""A batch as it is sent, and its rows as commands: what is wrong with one row is said of that row alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID, uuid5

from pydantic import Field, ValidationError, WithJsonSchema

from api.body import Instant, request_model
from api.problems import FieldError, Problem, invalid
from api.routes.milestone_reports import REPORTS, ReportRoute
from domain.event import Payload
from domain.milestone import milestone_stream
from domain.milestone_commands import MilestoneCommand

MAX_ITEMS = 10_000
"""How many rows a batch may have."""

Mode = Literal["all_or_nothing", "itemised"]
"""Whether a row that cannot be recorded keeps back all the others, or itself alone."""


class BatchItem(Payload):
    """One report of a batch."""

    process: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{2,80}$")]
    """The process or case."""
    milestone: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{1,9}(\.[0-9][0-9Q-]{0,9})?(-[A-Z]{3})?$")]
    """The activity: `F047`, `F005-JAL`."""
    report: Annotated[str, Field(json_schema_extra={"enum": [route.resource for route in REPORTS]})]
    """What is reported: the last word of the address that reports it alone."""
    occurred_at: Instant
    """When the act happened."""
    read: Annotated[int | None, Field(ge=1, le=10**18)] = None
    """The position the activity was read at; where it has changed since, this row is a conflict."""
    key: Annotated[str | None, Field(min_length=1, max_length=100)] = None
    """A name for this row, unique in the batch; without one its place is its name."""
    fields: dict[str, Any] = Field(default_factory=dict)
    """The rest of the report's own body (`done`, `outcome`, `instrument`, `note` …)."""


class BatchRequest(Payload):
    """Up to 10,000 reports, each judged as if it were sent alone, after those before it."""

    mode: Mode = "all_or_nothing"
    """Whether all are recorded or none, or each for itself."""
    dry_run: bool = False
    """Say what would be recorded, and record nothing."""
    items: Annotated[
        tuple[Any, ...],
        Field(min_length=1, max_length=MAX_ITEMS),
        WithJsonSchema(
            {"type": "array", "minItems": 1, "maxItems": MAX_ITEMS,
             "items": {"$ref": "#/components/schemas/BatchItem"}}
        ),
    ]  # fmt: skip
    """The reports, in the order in which they are decided."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row that could be read: a command on a milestone, and how it is told apart from others."""

    number: int
    item: BatchItem
    route: ReportRoute
    command: MilestoneCommand
    command_id: UUID
    """What it is recorded under where each row is recorded for itself."""
    digest: bytes
    """SHA-256 over sender and row: a repeated row has the same."""

    @property
    def stream(self) -> str:
        """The stream of its milestone."""
        return milestone_stream(self.item.process, self.item.milestone)

    @property
    def occurred_at(self) -> datetime:
        """When the act happened."""
        return self.item.occurred_at


@dataclass(frozen=True, slots=True)
class Unreadable:
    """One row that is not a report: what was sent, and what is wrong with it."""

    number: int
    sent: Mapping[str, Any]
    problem: Problem


ROUTES: Mapping[str, ReportRoute] = {route.resource: route for route in REPORTS}
"""What may be reported, by its word."""


def rows_of(items: Iterable[Any], *, actor: str, key: UUID) -> list[Row | Unreadable]:
    """Return the rows of a batch, in order. A key that is used twice makes the second row unreadable."""
    rows: list[Row | Unreadable] = []
    used: set[UUID] = set()
    for number, sent in enumerate(items, start=1):
        try:
            row = _row(number, sent, actor, key)
            if row.command_id in used:
                raise _problem_of(
                    "key", "La clave está repetida en el lote.", "The key is repeated in the batch."
                )
            used.add(row.command_id)
            rows.append(row)
        except Problem as problem:
            rows.append(Unreadable(number, sent if isinstance(sent, dict) else {}, problem))
    return rows


def digest_of(rows: Iterable[Row | Unreadable], mode: Mode) -> bytes:
    """Return what makes two batches the same: SHA-256 over their rows and how they are recorded."""
    whole = hashlib.sha256(mode.encode())
    for row in rows:
        whole.update(row.digest if isinstance(row, Row) else b"\0")
    return whole.digest()


def _row(number: int, sent: Any, actor: str, key: UUID) -> Row:
    """Return one row as a command. Raises a 422 `Problem`."""
    raw = json.dumps(sent, sort_keys=True, ensure_ascii=False).encode()
    try:
        item = BatchItem.model_validate_json(raw)
        route = ROUTES.get(item.report)
        if route is None:
            words = ", ".join(ROUTES)
            raise _problem_of(
                "report", f"No es un tipo de reporte: usa {words}.", f"It is no kind of report: use {words}."
            )
        said = {**item.fields, "occurred_at": sent["occurred_at"]}
        command = request_model(route.command).model_validate_json(json.dumps(said))
    except ValidationError as error:
        raise invalid(error.errors(include_url=False, include_input=False)) from None
    command_id = uuid5(key, item.key or str(number))
    digest = hashlib.sha256(actor.encode() + b"\0" + raw).digest()
    return Row(number, item, route, command, command_id, digest)


def _problem_of(field: str, es: str, en: str) -> Problem:
    error: FieldError = {"field": field, "es": es, "en": en}
    return Problem(422, "invalid-fields", es=es, en=en, errors=[error])
