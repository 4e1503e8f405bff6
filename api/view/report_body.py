"""What was typed into the form of a report, as the JSON the API reads: one judge for pages and programs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from api.reportable import Reportable
from api.routes.milestone_reports import ReportRoute
from api.view.report_forms import (
    DOCUMENTS,
    KEPT_OF_A_DOCUMENT,
    KINDS,
    TOLD_OF_A_DOCUMENT,
    Typed,
    figure_boxes,
    is_left_out,
)
from domain.milestone_events import Reference


def body_of(route: ReportRoute, asked: Reportable, typed: Typed) -> dict[str, Any]:
    """Return the JSON body of the request that what was typed asks for."""
    body: dict[str, Any] = {"occurred_at": _instant(typed.get("occurred_at", ""), asked.plan.zone)}
    for name in route.command.model_fields:
        value = None if is_left_out(name, asked, typed) else _value(name, asked, typed)
        if value is not None:
            body[name] = value
    if body.get("figures"):
        first = asked.step.quantities[0].id if asked.step else ""
        sums = [each["value"] for each in body["figures"] if each["quantity"] == first]
        whole = sum(one for one in sums if isinstance(one, int))
        body["done"] = whole if sums else asked.state.done or 0
    return body


def _value(name: str, asked: Reportable, typed: Typed) -> Any:
    """Return a field's value, None where nothing was typed."""
    kind = KINDS[name]
    if kind == "declared":
        return [id_ for id_ in asked.waiting if typed.get(f"declare.{id_}")]
    if kind == "evidence":
        return list(_documents(typed))
    if kind == "figures":
        return [
            {"quantity": quantity.id, **({"by": by} if by else {}), "value": _number(typed[box])}
            for box, quantity, by in figure_boxes(asked)
            if typed.get(box, "").strip()
        ]
    text = typed.get(name, "").replace("\r\n", "\n").strip()
    if not text:
        return None
    if kind == "moment":
        hour = typed.get(f"{name}_hour", "").strip()
        return f"{text}T{hour}" if hour else text
    return _number(text) if kind == "number" else text


def _documents(typed: Typed) -> Iterator[dict[str, Any]]:
    """Yield each document of which anything was typed."""
    for number in range(DOCUMENTS):
        said: dict[str, Any] = {
            part: text
            for part in (*TOLD_OF_A_DOCUMENT, *KEPT_OF_A_DOCUMENT)
            if (text := typed.get(f"evidence.{number}.{part}", "").strip())
        }
        cited = {part: said.pop(part) for part in Reference.model_fields if part in said}
        if "number" in cited:
            said["reference"] = cited
        if said:
            yield said


def _number(text: str) -> int | str:
    """Return a whole number as people write it (``48,213``); what is none is left for the API to refuse."""
    digits = "".join(text.split()).replace(",", "")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else text


def _instant(text: str, zone: str) -> str:
    """Return a local day and hour as an instant with its offset; what is none is left for the API to refuse."""
    try:
        local = datetime.fromisoformat(text.strip())
    except ValueError:
        return text
    return text if local.tzinfo else local.replace(tzinfo=ZoneInfo(zone)).isoformat()
