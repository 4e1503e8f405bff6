"""A tally sheet: its stages and their moments, what tells it apart, and what a second file may say of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.event import Author, Envelope, Refused
from domain.tally_catalogue import (
    MOST_KEYS,
    TALLY_CATALOGUE,
    AcceptTallySheetFile,
    TallyCatalogue,
    TallySheetFileAccepted,
    as_published,
    expected_of,
)
from domain.tally_figures import TallyFigures, is_inconsistent, percent_of
from domain.tally_sheet import (
    TALLY_SHEET,
    Sheet,
    SheetArea,
    Stage,
    TakeTallySheet,
    TallySheet,
    TallySheetCaptured,
    TallySheetCollected,
    TallySheetVerified,
    sheet_id,
)

CUT = datetime(2024, 6, 4, 2, tzinfo=UTC)
NIGHT = datetime(2024, 6, 3, 3, tzinfo=UTC)
AREA = SheetArea(id="004", name="ZACAPOAXTLA")
SHEET = Sheet(election="governor", area=AREA, key="210000A01002", code="ab" * 32)


def taking(**words: Any) -> TakeTallySheet:
    return TakeTallySheet(**{
        "sheet": SHEET, "collected_at": NIGHT, "captured_at": NIGHT + timedelta(minutes=2),
        "verified_at": NIGHT + timedelta(minutes=9), "captured": True, "counted": True, "cut_at": CUT, **words,
    })  # fmt: skip


def after(stages: Any) -> TallySheet:
    state = TALLY_SHEET.initial
    author = Author("x", "x", "x", "x")
    for version, (occurred_at, event) in enumerate(stages, 1):
        envelope = Envelope(version, "tally-sheet/p/x", version, occurred_at, CUT, author, "")
        state = TALLY_SHEET.evolve(state, event, envelope)
    return state


def test_three_stamps_are_three_events_at_their_moments() -> None:
    stages = taking().decide(TallySheet())

    assert [type(stage.event) for stage in stages] == [
        TallySheetCollected, TallySheetCaptured, TallySheetVerified,
    ]  # fmt: skip
    assert [stage.occurred_at - NIGHT for stage in stages] == [timedelta(minutes=n) for n in (0, 2, 9)]


def test_what_is_so_already_is_not_recorded_again() -> None:
    state = after(taking().decide(TallySheet()))

    assert (state.sheet, state.counted, state.version) == (SHEET, True, 3)
    assert taking().decide(state) == []


def test_only_the_stages_that_are_missing_are_recorded() -> None:
    state = after(
        taking(captured_at=None, verified_at=None, captured=False, counted=False).decide(TallySheet())
    )

    assert [type(stage.event) for stage in taking().decide(state)] == [TallySheetCaptured, TallySheetVerified]


def test_a_captured_sheet_without_stamps_is_of_the_cut_and_says_so() -> None:
    words = {"collected_at": None, "captured_at": None, "verified_at": None, "counted": False}
    only = taking(**words, observation="SIN ACTA POR PAQUETE NO ENTREGADO").decide(TallySheet())

    captured = TallySheetCaptured(
        counted=False, observation="SIN ACTA POR PAQUETE NO ENTREGADO", sheet=SHEET, stamped=False
    )
    assert only == [Stage(CUT, captured)]


def test_a_sheet_without_stamps_keeps_the_cut_it_was_first_seen_in() -> None:
    words = {"collected_at": None, "captured_at": None, "verified_at": None}
    state = after(taking(**words).decide(TallySheet()))

    assert taking(**words, cut_at=CUT + timedelta(hours=1)).decide(state) == []


def test_one_out_of_the_catalogue_is_collected_and_no_more() -> None:
    outside = SHEET.model_copy(update={"out_of_catalogue": True})
    words = {"captured_at": None, "verified_at": None, "captured": False, "counted": False}

    (stage,) = taking(**words, sheet=outside, collected_at=None).decide(TallySheet())
    assert stage == Stage(CUT, TallySheetCollected(sheet=outside, stamped=False))


@pytest.mark.parametrize(
    "words",
    [
        {"counted": False},
        {"observation": "EXCEDE LISTA NOMINAL"},
        {"collected_at": NIGHT - timedelta(minutes=1)},
    ],
)
def test_what_contradicts_the_record_is_refused(words: dict[str, Any]) -> None:
    state = after(taking().decide(TallySheet()))

    with pytest.raises(Refused, match="tally-sheet-otherwise"):
        taking(**words).decide(state)


def test_a_sheet_is_told_apart_by_its_code_or_by_its_place_in_the_file() -> None:
    without_code = SHEET.model_copy(update={"code": None})
    abroad = without_code.model_copy(update={"area": None})

    assert sheet_id(SHEET, 3) == "ab" * 32
    assert sheet_id(without_code, 3) == "governor.004.210000A01002.3"
    assert sheet_id(abroad, 1) == "governor.NA.210000A01002.1"


# The figures ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [(8259, 8334, "99.1000"), (6848, 8334, "82.1694"), (1520, 8334, "18.2385"), (2, 3, "66.6666"), (3, 3, "100.0000"),
     (1, 2_000_000, "0.0000"), (0, 0, None)],
)  # fmt: skip
def test_a_percentage_is_cut_off_and_not_rounded(part: int, whole: int, said: str | None) -> None:
    assert percent_of(part, whole) == said


@pytest.mark.parametrize(
    ("observation", "inconsistent"),
    [
        (None, False), ("SIN ACTA POR CASILLA NO INSTALADA", False), ("FUERA DE CATÁLOGO", False),
        ("ALGUN CAMPO ILEGIBLE O SIN DATO", True), ("EXCEDE LISTA NOMINAL", True),
    ],
)  # fmt: skip
def test_an_absent_sheet_is_no_inconsistency(observation: str | None, inconsistent: bool) -> None:
    assert is_inconsistent(observation) is inconsistent


def test_registered_is_captured_and_out_of_catalogue_together() -> None:
    figures = TallyFigures(8334, 12, 8259, 6848, 1520)

    assert (figures.registered, figures.not_counted) == (8271, 1411)
    assert as_published(figures)["PORCENTAJE_ACTAS_INCONSISTENCIAS"] == "18.2385"


# The catalogue --------------------------------------------------------------------------------------------


def accepting(keys: list[str], sha256: str = "0" * 64) -> AcceptTallySheetFile:
    accepted = TallySheetFileAccepted(
        election="governor", file="x.csv", sha256=sha256, rows=len(keys), cut_at=CUT, figures={}
    )
    return AcceptTallySheetFile(accepted=accepted, expected=expected_of("governor", {AREA: keys}))


def known(command: AcceptTallySheetFile) -> TallyCatalogue:
    state = TALLY_CATALOGUE.initial
    for event in [*command.decide(state), *command.decide_expected(state)]:
        envelope = Envelope(1, "tally-sheets/p/governor", 1, CUT, CUT, Author("x", "x", "x", "x"), "")
        state = TALLY_CATALOGUE.evolve(state, event, envelope)
    return state


def test_a_file_is_taken_once_and_its_catalogue_with_it() -> None:
    state = known(accepting(["a", "b"]))

    assert accepting(["a", "b"]).decide(state) == []
    assert accepting(["a", "b"]).decide_expected(state) == []
    assert len(accepting(["a", "b"], "1" * 64).decide(state)) == 1


def test_another_catalogue_is_refused() -> None:
    with pytest.raises(Refused, match="tally-catalogue-otherwise"):
        accepting(["a", "c"]).decide(known(accepting(["a", "b"])))


def test_a_large_area_is_said_in_several_events() -> None:
    said = expected_of("municipal", {AREA: [f"21{n:04}B01004" for n in range(MOST_KEYS + 1)]})

    assert [len(one.keys) for one in said] == [MOST_KEYS, 1]
