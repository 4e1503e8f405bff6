"""What the people of `bench.wave` send: what a browser sends of a form, and what a program sends to the API."""

from __future__ import annotations

import html
import json
import re
from urllib.parse import urlencode

from bench.browser import Answer, request
from bench.wave_crowd import Reporter, Task

NOTE = "Se entregó en la junta distrital, con acuse del consejo. " * 4
_BOX = re.compile(r"<input\b[^>]*>")
_PART = re.compile(r'\b(name|value)="([^"]*)"')
_CARRIED = frozenset({"form_key", "key", "read", "occurred_at"})
_RULE = re.compile(r'"rule":"([^"]+)"|/problemas/([a-z-]+)')


def form_page(reporter: Reporter) -> bytes:
    """Return the request for the form of somebody's report."""
    return request("GET", _address(reporter.by_form), _as_a_browser(reporter))


def boxes_of(answer: Answer) -> dict[str, str] | None:
    """Return what a form's page has in its boxes, None where it is no form."""
    text = answer.body.decode()
    # The first form of a page may be another, as the one to sign out.
    _, found, form = text.partition('<form method="post" class="report"')
    parts = [dict(_PART.findall(box)) for box in _BOX.findall(form)]
    boxes = {part["name"]: html.unescape(part.get("value", "")) for part in parts if "name" in part}
    return {name: boxes[name] for name in _CARRIED} if found and boxes.keys() >= _CARRIED else None


def form_sent(reporter: Reporter, boxes: dict[str, str]) -> bytes:
    """Return the request a browser makes when somebody sends their form."""
    headers = _as_a_browser(reporter) | {
        "Content-Type": "application/x-www-form-urlencoded",
        "Origin": "http://localhost",
    }
    typed = {name: str(value) for name, value in _typed(reporter.by_form).items()}
    return request("POST", _address(reporter.by_form), headers, urlencode(boxes | typed))


def receipt_page(reporter: Reporter, address: str) -> bytes:
    """Return the request for the receipt that somebody is led to."""
    return request("GET", address, _as_a_browser(reporter))


def command_sent(reporter: Reporter, key: str) -> bytes:
    """Return the request somebody's program makes."""
    task = reporter.by_program
    headers = {
        "Authorization": f"Bearer {reporter.token}",
        "Idempotency-Key": key,
        "If-Match": f'"{task.read}"',
        "Content-Type": "application/json",
    }
    path = f"/api/v1/processes/{task.process}/milestones/{task.milestone}/{task.report}"
    body = {"occurred_at": "2026-11-20T12:30:00-06:00", **_typed(task)}
    return request("POST", path, headers, json.dumps(body))


def kind_of(answer: Answer) -> str:
    """Return in a word what an answer is that should have been another."""
    found = _RULE.search(answer.body.decode("utf-8", "replace"))
    return f"{answer.status} {found[1] or found[2]}" if found else str(answer.status)


def _address(task: Task) -> str:
    return f"/procesos/{task.process}/actividades/{task.milestone}/reportar?que={task.report}"


def _typed(task: Task) -> dict[str, str | int]:
    return {"note": NOTE} | ({"done": 1} if task.report == "progress" else {})


def _as_a_browser(reporter: Reporter) -> dict[str, str]:
    return {
        "Cookie": f"bitacora-local={reporter.secret}",
        "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "Accept-Language": "es-MX,es;q=0.8,en;q=0.5",
        "User-Agent": "Mozilla/5.0 (Android 14; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0",
        "Sec-Fetch-Site": "same-origin",
    }
