"""The coordinators' guide says what the pages say: its bold names, its addresses, its figures and its pictures."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

from api.pages import routers, staff_routers
from api.settings import Settings
from api.sign_in.enrolment import GOOD_FOR as CODE_GOOD_FOR
from api.sign_in.session import PROOF_LASTS
from api.words import Forms, sayings
from domain.proposal import GOOD_FOR as PROPOSAL_GOOD_FOR
from ledger.desk.sessions import LONGEST, LONGEST_IDLE
from tests.pages.pictures import FOLDER, Album, with_words, words_in, words_of
from tests.sample_documents import png
from tests.test_house import ROOT

GUIDE = " ".join((ROOT / "docs/guia-de-coordinacion.md").read_text().split())
MOST_BYTES = 120_000
"""Of a picture: the whole guide opens over a bad line, too."""


def spoken() -> set[str]:
    """Return every Spanish word of the pages, as it is read."""
    found: set[str] = set()
    for saying in sayings().values():
        found |= {saying.es.one, saying.es.other} if isinstance(saying.es, Forms) else {saying.es}
    return found


def test_every_name_in_bold_is_a_word_of_the_pages() -> None:
    bold = set(re.findall(r"\*\*(.+?)\*\*", GUIDE))

    assert {"Mi trabajo", "Registrar", "sin enviar"} <= bold
    assert bold - spoken() == set()


def test_every_address_in_the_guide_is_a_page() -> None:
    named = set(re.findall(r"`(/[^`]+)`", GUIDE))
    pages = {getattr(route, "path", "") for router in (*routers, *staff_routers) for route in router.routes}

    assert "/trabajo" in named
    assert named - pages == set()


def test_what_the_guide_says_lasts_so_long_does() -> None:
    lasts = {
        "sirve una vez y dura tres días": (CODE_GOOD_FOR, timedelta(days=3)),
        "La sesión dura hasta veinte horas": (LONGEST, timedelta(hours=20)),
        "se cierra tras dos sin uso": (LONGEST_IDLE, timedelta(hours=2)),
        "si han pasado cinco minutos": (PROOF_LASTS, timedelta(minutes=5)),
        "veinticuatro horas": (PROPOSAL_GOOD_FOR, timedelta(hours=24)),
    }

    assert [words for words in lasts if words not in GUIDE] == []
    assert [words for words, (code, told) in lasts.items() if code != told] == []
    assert f"hasta {Settings.model_fields['max_document_bytes'].default // 2**20} MiB" in GUIDE


def test_each_picture_is_in_the_guide_and_small_and_carries_what_it_shows() -> None:
    shown = re.findall(r"!\[([^\]]{30,})\]\(guia/([\w-]+\.png)\)", GUIDE)
    kept = {file.name: file.read_bytes() for file in FOLDER.iterdir()}

    assert sorted(name for _, name in shown) == sorted(kept)
    assert [name for name, picture in kept.items() if len(picture) > MOST_BYTES] == []
    assert [name for name, picture in kept.items() if not words_in(picture)] == []


def test_the_guide_is_short_and_in_order() -> None:
    sections = [int(number) for number in re.findall(r"## (\d+)\. ", GUIDE)]

    assert all(after == before + 1 for before, after in pairwise([0, *sections]))
    assert len(GUIDE.split()) < 1700, "some four printed pages, with its pictures"


def test_a_picture_that_shows_other_words_is_taken_again_and_one_that_shows_the_same_is_left(
    tmp_path: Path,
) -> None:
    album = Album(tmp_path)
    album.hold("acuse", "Acuse de recibo", png)
    first = (tmp_path / "acuse.png").read_bytes()
    album.hold("acuse", words_of("Acuse de recibo 6,851 a3f1-9"), lambda: b"never taken")
    assert album.retaken == ["acuse.png"]
    assert (tmp_path / "acuse.png").read_bytes() == first

    album.hold("acuse", "Constancia de recibo", png)
    assert album.retaken == ["acuse.png", "acuse.png"]
    assert words_in((tmp_path / "acuse.png").read_bytes()) == "Constancia de recibo"


def test_words_are_carried_by_a_picture_that_stays_a_picture() -> None:
    carried = with_words(png(), "Artículo, órgano")

    assert words_in(png()) is None
    assert words_in(carried) == "Artículo, órgano"
    assert len(carried) == len(png()) + 12 + len("Description") + 7 + len("Artículo, órgano".encode())
