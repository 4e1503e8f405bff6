"""The container files say what the program understands; that it runs so is another test's business."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.words.rule_words import rule_words
from ledger.witness_policy import parse_policy
from tests.test_house import ROOT, help_of

DOCKER = ROOT / "docker"
COMMAND_LINE = ROOT / "api/__main__.py"


def services() -> dict[str, Any]:
    """Return the services of the topology, merge keys resolved."""
    topology: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text())
    found: dict[str, Any] = topology["services"]
    return found


def programs() -> dict[str, list[str]]:
    """Return the command of every container that runs our image, and of the image itself."""
    ours = {
        name: service["command"] for name, service in services().items() if "bitacora" in service["image"]
    }
    default = re.search(r"^CMD (\[.+\])$", (DOCKER / "Dockerfile").read_text(), re.MULTILINE)
    assert default
    return {**ours, "the image": json.loads(default[1])}


def test_there_is_a_database_a_migration_an_api_a_projector_a_signer_a_proxy_and_who_asks_witnesses() -> None:
    assert {"postgres", "migrate", "api", "projector", "signer", "proxy", "witnesses"} == set(services())


@pytest.mark.parametrize("name", sorted(programs()))
def test_a_container_runs_a_command_that_exists(name: str) -> None:
    program, command, *options = programs()[name]
    known = re.findall(r"^\W*([a-z]+)\b", help_of(), re.MULTILINE)

    assert program == "bitacora"
    assert command in known
    assert [word for word in options if word.startswith("--") and word not in help_of(command)] == []


def test_nothing_of_ours_starts_before_the_schema_is_there() -> None:
    for name in ("api", "projector", "signer", "witnesses"):
        assert services()[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"


@pytest.mark.parametrize("name", ["migrate", "api", "projector", "signer", "proxy", "witnesses"])
def test_a_container_may_write_nothing_but_its_tmp_and_has_no_powers(name: str) -> None:
    service = services()[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_the_signer_s_keys_are_in_a_volume_that_nobody_else_has() -> None:
    mounted = {
        name: [str(one).partition(":")[0] for one in each.get("volumes", [])]
        for name, each in services().items()
    }

    assert [name for name, volumes in mounted.items() if "keys" in volumes] == ["signer"]
    assert services()["signer"]["environment"]["BITACORA_KEYS"].startswith("/var/lib/bitacora")


def test_the_keys_of_people_are_in_a_volume_of_their_own_that_only_who_serves_has() -> None:
    mounted = {name: each.get("volumes", []) for name, each in services().items()}
    folder = services()["api"]["environment"]["BITACORA_PEOPLE"]

    assert [name for name, volumes in mounted.items() if f"people:{folder}" in volumes] == ["api"]
    assert not any(str(one).startswith("people:") for name in set(mounted) - {"api"} for one in mounted[name])
    # A volume is made with the owner and the mode that the image has there.
    assert f"-o 10001 -g 10001 -m 0700 {folder}" in (DOCKER / "Dockerfile").read_text()


def test_who_asks_witnesses_reaches_the_world_and_has_no_key_and_the_signer_is_the_other_way_round() -> None:
    asks, signs = services()["witnesses"], services()["signer"]

    assert "outside" in asks["networks"]
    assert "BITACORA_KEYS" not in asks["environment"]
    assert signs["networks"] == ["back"]


def test_the_witnesses_that_are_asked_are_those_the_pages_show_and_by_default_there_are_none() -> None:
    for name in ("witnesses", "api"):
        mounted = [one for one in services()[name]["volumes"] if "/etc/bitacora/witnesses" in one]
        assert mounted == ["${BITACORA_WITNESSES:-./witnesses}:/etc/bitacora/witnesses:ro"]
        assert services()[name]["environment"]["BITACORA_WITNESSES"] == "/etc/bitacora/witnesses"
    assert services()["witnesses"]["profiles"] == ["witnesses"]
    assert parse_policy((DOCKER / "witnesses").read_text()).witnesses == ()


def test_the_image_does_not_run_as_root() -> None:
    last_stage = (DOCKER / "Dockerfile").read_text().rpartition("\nFROM ")[2]

    assert re.findall(r"^USER (\S+)$", last_stage, re.MULTILINE) == ["10001:10001"]


def test_the_proxy_asks_where_the_api_answers() -> None:
    proxy = (DOCKER / "nginx.conf").read_text()
    command = services()["api"]["command"]
    port = command[command.index("--port") + 1]

    assert [f"api:{port}"] == re.findall(r"^\s*server (\S+:\d+);", proxy, re.MULTILINE)
    assert f":{port}/readyz" in " ".join(services()["api"]["healthcheck"]["test"])


def test_the_proxy_writes_down_no_secret_address() -> None:
    proxy = (DOCKER / "nginx.conf").read_text()
    written = re.findall(r"log_format requests[^;]+;", proxy)

    assert "$uri" not in written[0]
    assert '"path":"$told_path"' in written[0]
    assert re.findall(r'"~\^(/calendarios/personas/)" "\1…";', proxy)


def test_the_proxy_lets_an_office_through_and_tells_a_flood_in_words_when_to_come_back() -> None:
    proxy = (DOCKER / "nginx.conf").read_text()
    ((zone, rate),) = re.findall(r"limit_req_zone \$binary_remote_addr zone=(\w+):10m rate=(\d+)r/s;", proxy)
    ((used, burst),) = re.findall(r"limit_req zone=(\w+) burst=(\d+) nodelay;", proxy)
    (answer,) = re.findall(r"return 429 '(.+)';", proxy)
    told = json.loads(answer)

    assert used == zone
    # Two thousand people behind one address, six requests each, within a minute.
    assert int(burst) + 60 * int(rate) >= 2000 * 6
    assert "limit_req_status 429;" in proxy
    assert "add_header Retry-After 5 always;" in proxy
    assert told["type"] == "/problemas/too-many-requests"
    assert {"espera", "wait"} <= set(told["detail"].split())
    assert told["rule"] in rule_words()


def test_the_database_of_the_topology_is_durable() -> None:
    settings = (DOCKER / "postgres.conf").read_text()

    for name in ("fsync", "full_page_writes", "synchronous_commit"):
        assert [f"{name} = on"] == re.findall(rf"^{name}\b.*$", settings, re.MULTILINE)


def test_secrets_are_files_that_neither_git_nor_the_image_sees() -> None:
    topology = yaml.safe_load((DOCKER / "compose.yaml").read_text())

    assert all(Path(secret["file"]).parts[0] == "secrets" for secret in topology["secrets"].values())
    assert "/docker/secrets/" in (ROOT / ".gitignore").read_text().splitlines()
    assert (ROOT / ".dockerignore").read_text().splitlines()[1] == "*"
    for service in services().values():
        secret = {name for name in service.get("environment", {}) if "PASSWORD" in name}
        assert secret <= {"POSTGRES_PASSWORD_FILE"}
