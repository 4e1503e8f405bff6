"""A log is real or simulated, never both."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError

from domain.event import Refused
from domain.log import (
    LOG,
    AnnounceKey,
    Log,
    LogKeyAnnounced,
    LogKeyRetired,
    LogStarted,
    RetireKey,
    StartLog,
)
from domain.process import ProcessClosed
from tests.domain.decisions import envelope

ORIGIN = "bitacora.example.mx/2026-2027"
START = StartLog(origin=ORIGIN, simulated=False, tzdata="2026.6")


def started(simulated: bool = False) -> Log:
    return LOG.evolve(
        LOG.initial, LogStarted(origin=ORIGIN, simulated=simulated, tzdata="2026.6"), envelope(1)
    )


def test_a_log_starts_with_its_name_and_whether_it_is_real() -> None:
    assert list(START.decide(LOG.initial)) == [LogStarted(origin=ORIGIN, simulated=False, tzdata="2026.6")]
    assert started() == Log(origin=ORIGIN, simulated=False, started=True)
    assert started(simulated=True).simulated


def test_starting_the_same_log_again_yields_nothing_even_with_a_newer_zone_database() -> None:
    assert list(START.decide(started())) == []
    assert list(START.model_copy(update={"tzdata": "2027.1"}).decide(started())) == []


@pytest.mark.parametrize(
    ("log", "command", "kind_es", "kind_en"),
    [
        (started(), START.model_copy(update={"simulated": True}), "real", "real"),
        (started(simulated=True), START, "simulada", "simulated"),
        (started(), START.model_copy(update={"origin": "another.example.mx/log"}), "real", "real"),
    ],
)
def test_a_log_never_becomes_another(log: Log, command: StartLog, kind_es: str, kind_en: str) -> None:
    with pytest.raises(Refused) as caught:
        command.decide(log)
    assert caught.value.rule == "another-log"
    assert f"bitácora {kind_es} «{ORIGIN}»" in caught.value.es
    assert f"{kind_en} log '{ORIGIN}'" in caught.value.en


def test_other_events_leave_it_as_it_is() -> None:
    assert LOG.evolve(started(), ProcessClosed(instrument="x"), envelope(2)) == started()


@pytest.mark.parametrize(
    "origin",
    ["", "bitacora", "https://bitacora.example.mx/x", "Bitacora.example.mx/x", "a b/c", "a/", "/a", "a/b\n"],
)
def test_an_origin_is_an_address_without_a_scheme(origin: str) -> None:
    with pytest.raises(ValidationError):
        StartLog(origin=origin, simulated=True, tzdata="2026.6")


FIRST = f"{ORIGIN}+0a1b2c3d+AQAAAA=="
SECOND = f"{ORIGIN}+4e5f6071+AQAAAB=="


def with_a_second_key() -> Log:
    return LOG.evolve(started(), LogKeyAnnounced(vkey=SECOND), envelope(2))


def test_a_key_is_announced_once() -> None:
    assert list(AnnounceKey(vkey=SECOND).decide(started())) == [LogKeyAnnounced(vkey=SECOND)]
    assert list(AnnounceKey(vkey=SECOND).decide(with_a_second_key())) == []


def test_a_key_of_another_log_and_one_that_was_retired_do_not_sign_this_one() -> None:
    retired = LOG.evolve(with_a_second_key(), LogKeyRetired(vkey=SECOND, reason="lost"), envelope(3))

    for vkey, log in (("another.example/log+0a1b2c3d+AQAAAA==", started()), (SECOND, retired)):
        with pytest.raises(Refused, match="unfit-key"):
            AnnounceKey(vkey=vkey).decide(log)


def test_a_key_is_retired_once_another_has_signed_beside_it_for_seven_days() -> None:
    log, retire = with_a_second_key(), RetireKey(vkey=FIRST, reason="its term is over")
    announced_at = log.announced[SECOND]

    for too_early in (log, started()):
        with pytest.raises(Refused, match="no-key-to-follow"):
            retire.decide(too_early, announced_at + timedelta(days=7) - timedelta(seconds=1))
    retired = LogKeyRetired(vkey=FIRST, reason="its term is over")
    assert list(retire.decide(log, announced_at + timedelta(days=7))) == [retired]
    after = LOG.evolve(log, retired, envelope(3))
    assert list(retire.decide(after, announced_at)) == []
    with pytest.raises(Refused, match="no-key-to-follow"):
        RetireKey(vkey=SECOND, reason="both").decide(after, announced_at + timedelta(days=70))


@pytest.mark.parametrize(
    "vkey", ["", ORIGIN, f"{ORIGIN}+0A1B2C3D+AQ==", f"{ORIGIN} +0a1b2c3d+AQ==", f"{ORIGIN}+0a1b2c3d+"]
)
def test_what_is_no_key_is_not_announced(vkey: str) -> None:
    with pytest.raises(ValidationError):
        AnnounceKey(vkey=vkey)
