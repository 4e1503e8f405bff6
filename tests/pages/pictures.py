"""The pictures of the guide: what the tests saw, kept with the words that stood on it.

No two machines draw a letter alike, so a picture is not compared by its bytes. It carries its words (PNG, third
edition, 11.3.3.4: ``iTXt``), and is taken again when the page no longer says them: the tests fail once, for a person
to look at the new picture and commit it.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import FloatRect, Locator

from tests.test_house import ROOT

FOLDER = ROOT / "docs" / "guia"
SIGNATURE = b"\x89PNG\r\n\x1a\n"
LABEL = b"Description\0\0\0es\0\0"
"""The keyword, no compression, the language, no translation of the keyword."""


@dataclass(slots=True)
class Album:
    """The kept pictures of a folder, and which of them had to be taken again."""

    folder: Path = FOLDER
    retaken: list[str] = field(default_factory=list)

    def keep(self, name: str, shown: Locator, *, width: int, most_height: int = 10_000) -> None:
        """Hold the picture of that name against a part of a page, as wide a window and as much of it as is said."""
        shown.page.set_viewport_size({"width": width, "height": 800})
        shown.page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
        self.hold(name, words_of(shown.inner_text()), lambda: _taken(shown, most_height))

    def hold(self, name: str, words: str, take: Callable[[], bytes]) -> None:
        """Hold a picture against the words it should show, and take it again where it shows others."""
        file = self.folder / f"{name}.png"
        if file.exists() and words_in(file.read_bytes()) == words:
            return
        file.write_bytes(with_words(take(), words))
        self.retaken.append(file.name)


def _taken(shown: Locator, most_height: int) -> bytes:
    """Return the picture of a part of a page, from its top."""
    box = shown.bounding_box()
    assert box is not None
    clip: FloatRect = {**box, "height": min(box["height"], most_height)}
    return shown.page.screenshot(clip=clip, full_page=True, animations="disabled")


def words_of(text: str) -> str:
    """Return the words of a page that are the same in every run: no folio, hour, key or address has them."""
    return " ".join(word for word in text.split() if not re.search(r"\d", word))


def with_words(picture: bytes, words: str) -> bytes:
    """Return a PNG with its words behind the frame."""
    frame_end = len(SIGNATURE) + 25
    body = b"iTXt" + LABEL + words.encode()
    chunk = struct.pack(">L", len(body) - 4) + body + struct.pack(">L", zlib.crc32(body))
    return picture[:frame_end] + chunk + picture[frame_end:]


def words_in(picture: bytes) -> str | None:
    """Return the words a PNG carries, None where it carries none."""
    at = len(SIGNATURE)
    while at < len(picture):
        (size,) = struct.unpack_from(">L", picture, at)
        kind, data = picture[at + 4 : at + 8], picture[at + 8 : at + 8 + size]
        if kind == b"iTXt" and data.startswith(LABEL):
            return data.removeprefix(LABEL).decode()
        at += size + 12
    return None
