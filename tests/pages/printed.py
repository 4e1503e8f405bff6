"""The figures a page prints, read from its HTML part by part, as a reader finds them."""

from __future__ import annotations

import re
from typing import Any

from tests.pages.site import text_of

FIGURE = re.compile(r"\d[\d,]*")


def figures(html: str) -> list[int]:
    """Return the whole numbers in a piece of a page, in the order they are read."""
    return [int(figure.replace(",", "")) for figure in FIGURE.findall(text_of(html))]


def national_page(page: str) -> dict[str, Any]:
    """Return what the national page prints, by part."""
    stages = _part(page, r'<div class="stages">(.*?)</div>')
    numbers = _part(page, r'<dl class="numbers">(.*?)</dl>')
    tiles = re.findall(r'<a class="tile" href="/entidades/([A-Z-]+)[^>]*>(.*?)</a>', page, re.DOTALL)
    return {
        "kicker": figures(_part(page, r'<p class="kicker">(.*?)</p>')),
        "headline": figures(_part(page, r"<h1>(.*?)</h1>")),
        "sentence": figures(_part(page, r'<p class="lede">(.*?)</p>')),
        "stages": [
            figures(re.findall(r"<span>(.*?)</span>", stage)[-1])
            for stage in re.findall(r"<li.*?</li>", stages, re.DOTALL)
        ],
        "numbers": [figures(said) for said in re.findall(r"<dd[^>]*>(.*?)</dd>", numbers, re.DOTALL)],
        "tiles": {code: figures(said) for code, said in tiles},
        "by responsible": _rows(page, "Lo vencido por responsable"),
        "latest": _entries(page),
        "late": _listed(page, "Atrasadas con plazo de ley"),
        "upcoming": _listed(page, "Próximas"),
    }


def table_of_states(page: str) -> list[list[int]]:
    """Return the figures in the table of the 32 states, line by line."""
    return _rows(page, "Entidades: actividades locales y federales vencidas a la fecha")


def state_page(page: str) -> dict[str, Any]:
    """Return what the page of a state prints, by part."""
    return {
        "sentence": figures(_part(page, r'<p class="lede">(.*?)</p>')),
        "unloaded": figures(_part(page, r'<p class="notice unloaded">(.*?)</p>')),
        "by stage": _rows(page, "Lo local, por etapa"),
        "by responsible": _rows(page, "Lo local, por responsable"),
        "federal": _rows(page, "Elección federal en la entidad"),
        "late": _listed(page, "Atrasadas"),
        "soon": _listed(page, "Vencen en 7 días"),
        "blocked": _listed(page, "Esperan a otra"),
        "undated": _listed(page, "Sin fecha cargada"),
        "undated in all": figures(_part(page, r'<h2 id="undated-title">(.*?)</h2>')),
        "undated by stage": [
            figures(said) for said in re.findall(r'<p class="soft undated-note">(.*?)</p>', page)
        ],
        "federal late and soon": _listed(page, "Elección federal en la entidad"),
        "national late and soon": _listed(page, "Contexto nacional"),
        "latest": _entries(page),
    }


def _part(page: str, pattern: str) -> str:
    """Return the piece of a page a pattern encloses; nothing where the page has none."""
    found = re.search(pattern, page, re.DOTALL)
    return found[1] if found else ""


def _rows(page: str, caption: str) -> list[list[int]]:
    """Return the figures of the table with this caption; a cell such as "3 de 40" gives two."""
    table = _part(page, rf'<caption class="unseen">{re.escape(caption)}</caption>(.*?)</table>')
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", table.rpartition("<tbody>")[2], re.DOTALL)
    return [figures(" ".join(re.findall(r'<td class="n[^"]*">(.*?)</td>', row))) for row in rows]


def _below(page: str, heading: str) -> str:
    """Return what stands between a heading, whatever figure or link it ends with, and the next one."""
    return _part(page, rf"<h2[^>]*>{re.escape(heading)}(?= \(|\s*<)(.*?)(?:<h2|</section>)")


def _listed(page: str, heading: str) -> dict[str, list[int]]:
    """Return the activities listed below a heading, each with how many it is said to hold back."""
    lines = re.findall(r"<li>(.*?)</li>", _below(page, heading), re.DOTALL)
    return {
        f"{process}/{id_}": figures(_part(line, r"condiciona (.*?) actividad"))
        for line in lines
        for process, id_ in re.findall(r'<a href="/procesos/([^/]+)/actividades/([^"?]+)', line)
    }


def _entries(page: str) -> list[int]:
    """Return the positions of the latest entries, in the order they are shown."""
    return [
        figure for said in re.findall(r"· asiento n.º [\d,]+", _below(page, "Lo último asentado"))
        for figure in figures(said)
    ]  # fmt: skip
