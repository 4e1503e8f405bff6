"""What a stranger reads is what the program does: figures, commands, limits, settings and examples."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import WebhookVerificationError

from api.middleware import MAX_ADDRESS_BYTES
from api.opening import processes_of_the_cycle
from api.pages.notices import MOST_CODES
from api.playing import planned, story
from api.prep_imports.published import MAX_BYTES, MAX_CELL_CHARACTERS, MAX_COLUMNS, MAX_ROWS
from api.routes import routers
from api.settings import Settings
from api.webhooks.retries import wait_after
from api.webhooks.sending import WHOLE_SECONDS, signed
from api.webhooks.subscribing import MOST_OF_AN_OWNER
from domain.milestone_commands import CompleteMilestone
from domain.procedure import procedures
from ledger.batch_queue import BATCH_SIZE, CAPACITY
from ledger.codec import MAX_DEPTH
from ledger.desk.webhooks import Webhook
from ledger.log import MAX_ENTRY_BYTES
from tests.test_house import DOCUMENTS, ROOT, help_of, shown

README, LEEME = ROOT / "README.md", ROOT / "README.es.md"
HOW_TO = (ROOT / "docs/how-to.md").read_text()

NOT_SETTINGS = {"BITACORA_PG_BIN", "BITACORA_TORTURE", "BITACORA_TOKEN"}
"""Variables that others than the settings read: where PostgreSQL's programs are, and how long the tests are."""


def blocks(text: str, language: str) -> list[str]:
    """Return the code blocks of a document in one language."""
    return re.findall(rf"^```{language}\n(.+?)^```", text, re.MULTILINE | re.DOTALL)


def commands(text: str) -> list[str]:
    """Return the lines a reader would type, without comments and without the language asked for."""
    lines = "".join(blocks(text, "sh")).splitlines()
    typed = [re.sub(r'\s+#.*$|^#.*$| -H "Accept-Language: \w+"', "", line).rstrip() for line in lines]
    return [line for line in typed if line]


@cache
def whole_story() -> list[tuple[str, str, str]]:
    """Return process, milestone and command of every act of the demonstration, long after its last day."""
    acts = story(list(processes_of_the_cycle()), datetime(2030, 1, 1, tzinfo=UTC))
    return [(act.process, act.milestone, type(act.command).__name__) for act in acts]


# README ---------------------------------------------------------------------------------------------------


def test_both_readmes_give_the_same_commands() -> None:
    assert commands(README.read_text()) == commands(LEEME.read_text())
    assert "make demo" in commands(README.read_text())


def test_both_readmes_have_the_same_sections_links_and_figures() -> None:
    english, spanish = README.read_text(), LEEME.read_text()

    assert len(re.findall("^## ", english, re.MULTILINE)) == len(re.findall("^## ", spanish, re.MULTILINE))
    for pattern in (
        r"\]\((?!README|docs/national)([^)]+)\)",
        r"`(tests/[^`]+)`",
        r"\b\d+,\d{3}\b|\b\d{2,3}\b",
    ):
        assert sorted(re.findall(pattern, english)) == sorted(re.findall(pattern, spanish)), pattern


@pytest.mark.parametrize("document", [README, LEEME], ids=shown)
def test_what_readme_says_of_the_catalogue_is_what_opening_it_makes(document: Path) -> None:
    text = document.read_text()
    opened = planned(processes_of_the_cycle())
    undated = [one for one in opened if one.plan.schedule.due is None]
    local = [one for one in undated if one.process.startswith("pel-")]

    assert f"{len(procedures()['federal_election'].steps)} " in text
    assert f"{len(procedures()['local_election'].steps)} " in text
    assert f"{len(opened):,}" in text
    assert f"{len(undated):,}" in text
    # "Nearly all of them local", and "none was read in an authority's own instrument".
    assert len(local) / len(undated) > 0.9
    assert [one.milestone for one in opened if one.plan.schedule.official] == []


def test_the_first_report_can_be_made_on_whatever_day_the_demonstration_is_started() -> None:
    text = README.read_text()
    address = re.search(r"/processes/([\w-]+)/milestones/(\w+)", text)
    body = re.search(r"-d '(\{.+\})'", text)
    assert address
    assert body
    process, milestone = address.groups()
    sent = json.loads(body[1])

    told = [command for *whose, command in whole_story() if whose == [process, milestone]]
    assert told[-1] == "StartMilestone", "the simulated institute ends this activity itself, on some day"
    assert datetime.fromisoformat(sent.pop("occurred_at")).tzinfo
    assert CompleteMilestone.model_validate(sent).instrument


def test_an_activity_the_simulation_completes_is_told_from_one_it_leaves() -> None:
    """Negative control: the activity README once named is completed by the story in December."""
    told = [command for *whose, command in whole_story() if whose == ["pel-2026-2027-jal", "L045"]]

    assert told[-1] == "CompleteMilestone"


# The rest -------------------------------------------------------------------------------------------------


def test_every_file_that_is_written_about_exists() -> None:
    folders = "domain|ledger|projections|api|tests|docs|docker|bench|requirements"
    missing = []
    for document in DOCUMENTS:
        named = re.findall(rf"`((?:{folders})/[\w./-]*)`", document.read_text())
        missing += [f"{shown(document)}: {name}" for name in named if not (ROOT / name).exists()]

    assert missing == []


def test_every_setting_that_is_written_about_exists() -> None:
    known = {f"BITACORA_{name.upper()}" for name in Settings.model_fields} | NOT_SETTINGS
    texts = [file.read_text() for file in [*DOCUMENTS, ROOT / "docker/compose.yaml"]]
    texts += [help_of(), help_of("serve"), help_of("db")]
    written = {name for text in texts for name in re.findall(r"\bBITACORA_[A-Z_]*[A-Z]\b", text)}

    assert {"BITACORA_HOME", "BITACORA_ORIGIN", "BITACORA_PG_BIN"} <= written
    assert written - known == set()


def test_the_list_of_commands_says_each_in_whole_sentences() -> None:
    for words in ([], ["db"], ["token"]):
        assert [line for line in help_of(*words).splitlines()[1:] if line.endswith("...")] == [], words


def test_every_limit_in_the_architecture_is_the_code_s() -> None:
    text = (ROOT / "docs/architecture.md").read_text()
    rows = dict(
        re.findall(r"^\| ([^|]+) \| ([^|]+) \| [^|]+ \|$", text.partition("## Limits")[2], re.MULTILINE)
    )
    fields = Settings.model_fields

    assert rows["a JSON body"] == f"{fields['max_body_bytes'].default // 1024} KiB, {MAX_DEPTH} levels deep"
    assert rows["an address, its query included"] == f"{MAX_ADDRESS_BYTES:,} bytes"
    assert rows["a file of tally sheets"] == (
        f"{MAX_BYTES // 1024**2} MiB, {MAX_ROWS:,} rows, {MAX_COLUMNS} columns, "
        f"{MAX_CELL_CHARACTERS:,} characters a cell"
    )
    assert rows["a stored event"] == f"{MAX_ENTRY_BYTES:,} bytes"
    assert rows["requests under way"] == f"{fields['max_requests'].default:,} in each process"
    assert rows["waiting commands"] == f"{CAPACITY:,} in each process"
    sign_ins = f"{fields['sign_ins_per_minute'].default} a minute from one address, in each process"
    assert rows["attempts to sign in, to enrol, to get a system's token"] == sign_ins
    assert rows["codes by letter"] == f"{MOST_CODES} an hour for each person"
    assert rows["a batch"] == f"{BATCH_SIZE} commands"
    assert rows["webhooks of one token"] == f"{MOST_OF_AN_OWNER}"
    attempts = next(number for number in count(1) if wait_after(number) is None)
    assert (attempts, f"{WHOLE_SECONDS:.0f} s") == (10, "10 s")
    assert rows["an attempt to deliver"] == "10 s from look-up to answer, ten attempts"


def test_the_proxy_names_no_address_that_the_api_lacks() -> None:
    proxy = (ROOT / "docker/nginx.conf").read_text()
    answered = {getattr(route, "path", "") for router in routers() for route in router.routes}

    assert set(re.findall(r"location = (\S+)", proxy)) - answered == set()


def test_the_application_in_how_to_runs() -> None:
    _, application = blocks(HOW_TO, "python")
    here = application.replace("postgresql:///inquiries", "memory:")
    answer = subprocess.run(
        [sys.executable, "-c", here], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )

    assert here != application
    assert (answer.stdout, answer.stderr) == ("Oficialía Electoral\n", "")


def test_the_check_of_a_webhook_in_how_to_takes_what_is_sent_and_nothing_else() -> None:
    check, _ = blocks(HOW_TO, "python")
    names: dict[str, Any] = {}
    exec(check, names)  # noqa: S102 - our own document
    webhook = Webhook(
        "w-0f3a5b1f4a53", "0f3a", "https://x.mx", "MX", None, [], "whsec_" + "QUJD" * 8, datetime.now(UTC), 0
    )
    body = '{"type":"MilestoneCompleted.v1","post":"Vocalía"}'.encode()
    headers = signed(webhook, 4711, body, datetime.now(UTC))

    assert names["received"](webhook.secret, body, headers)["type"] == "MilestoneCompleted.v1"
    with pytest.raises(WebhookVerificationError):
        names["received"](webhook.secret, body.replace(b"Completed", b"Cancelled"), headers)


def test_every_measurement_that_is_written_about_exists() -> None:
    names = {path.stem for path in (ROOT / "bench").glob("*.py")}
    texts = [document.read_text() for document in DOCUMENTS]
    written = {name for text in texts for name in re.findall(r"-m bench\.(\w+)", text)}
    written |= {
        name
        for text in texts
        for names_given in re.findall(r'make bench ARGS="?([a-z_ ]+)', text)
        for name in names_given.split()
    }

    assert {"appends", "replay"} <= written
    assert written - names == set()
