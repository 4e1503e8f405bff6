"""The procedure that the manual of the language is, and a folder of procedures with one file more."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from domain.procedure import procedures

ROOT = Path(__file__).parents[2]
WORKED_EXAMPLE = "worked_example"
"""The kind of the manual's procedure."""


def manual_as_a_file() -> str:
    """Return the blocks of the manual, which one after another are a file."""
    text = (ROOT / "docs/procedimientos.md").read_text("utf-8")
    return "\n".join(re.findall(r"```toml\n(.*?)```", text, re.DOTALL))


@contextmanager
def procedures_with(name: str, text: str, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the program find one file more among its procedures, and nothing else be otherwise."""
    folder = scratch / "procedures"
    shutil.copytree(ROOT / "domain/procedures", folder)
    (folder / name).write_text(text, "utf-8")
    with monkeypatch.context() as patch:
        patch.setattr("domain.procedure.files", lambda _: scratch)
        procedures.cache_clear()
        try:
            yield
        finally:
            procedures.cache_clear()
