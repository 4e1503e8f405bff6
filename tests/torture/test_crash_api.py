"""The API killed with SIGKILL at random moments under load: nothing acknowledged is lost, nothing is doubled."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg
import pytest

from domain.milestone import milestone_stream
from tests.programs import Program, free_port, program, run_once
from tests.torture.crash import Bench, kill_api_under_load, note_what_is_there, set_up
from tests.torture.plan import PROCESS_ID
from tests.torture.projected import projected, replayed, wait_until_told
from tests.torture.reporters import Office
from tests.torture.size import sized

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ledger.embedded import EmbeddedPostgres
    from tests.torture.conftest import Say

pytestmark = pytest.mark.torture


def test_what_was_acknowledged_survives_the_death_of_the_api(
    durable_cluster: EmbeddedPostgres, tmp_path: Path, dice: random.Random, say: Say
) -> None:
    """The projector inside it dies with it, and its tables are what a replay from zero makes."""
    bench = set_up(durable_cluster, tmp_path)
    with serving(bench) as (api, url):
        verdict = kill_api_under_load(bench, api, office_at(bench, url, dice), sized(4, 20), dice, say)
        say(str(verdict))
        wait_until_told(bench.database_url, api)
    followed = projected(bench.database_url)
    say(f"projected {followed}")

    assert not verdict.wrong
    assert followed == replayed(bench.database_url, tmp_path / "rebuild.log")


def test_a_client_that_repeats_with_a_new_key_is_caught(
    durable_cluster: EmbeddedPostgres, tmp_path: Path, dice: random.Random, say: Say
) -> None:
    """The negative control: what was recorded and not answered is recorded again."""
    bench = set_up(durable_cluster, tmp_path)
    with serving(bench) as (api, url):
        office = office_at(bench, url, dice, same_key=False)
        # Whether an answer is lost is luck: two kills at a time, until one was.
        verdicts = (
            kill_api_under_load(bench, api, replace(office, seed=f"{office.seed}/{number}"), 2, dice, say)
            for number in range(12)
        )
        caught = next((verdict for verdict in verdicts if verdict.wrong), None)
    say(str(caught))

    assert caught is not None
    assert caught.wrong["never acknowledged"] > 0


@contextmanager
def serving(bench: Bench) -> Iterator[tuple[Program, str]]:
    """Run the API, and return it with its address."""
    port = free_port()
    command = ["bitacora", "serve", "--port", str(port)]
    with program(command, environment(bench), bench.journals / "api.log") as api:
        yield api, f"http://127.0.0.1:{port}"


def environment(bench: Bench) -> Mapping[str, str]:
    return {"DATABASE_URL": bench.database_url, "BITACORA_LOG_FORMAT": "json"}


def office_at(bench: Bench, url: str, dice: random.Random, *, same_key: bool = True) -> Office:
    """Give the reporters a token, and the position of every activity they may report on."""
    said = run_once(
        ["bitacora", "token", "create", "--role", "coordinator", "--territory", "MX-JAL"],
        environment(bench), bench.journals / "token.log", 30,
    )  # fmt: skip
    token = next(line for line in said.splitlines() if line.startswith("bit_"))
    note_what_is_there(bench.database_url, bench.journals / "token.journal")
    with psycopg.connect(bench.database_url) as connection:
        positions = {
            str(stream): int(position)
            for stream, position in connection.execute("SELECT stream, position FROM ledger.events")
        }
    own = {name: positions[milestone_stream(PROCESS_ID, name)] for name in bench.milestones}
    return Office(url, token, bench.journals, own, str(dice.random()), same_key)
