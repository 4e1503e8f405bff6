"""What the description promises, tried by a machine: every operation, with good and with bad requests.

Small by default; BITACORA_TORTURE=full tries many more.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
import uvicorn
from schemathesis.config import SchemathesisConfig

from api.app import create_app
from api.batches.sending import XLSX
from api.openapi import document
from api.settings import Settings
from tests.api.harness import Api
from tests.torture.size import sized

EXAMPLES = sized(5, 300)

REFUSED = ["400", "404", "406", "409", "412", "422", "428", "503"]
"""What a request that fits the description may still get, besides success:

* 400: a text holds NUL, which JSON Schema cannot forbid in a word.
* 404: the milestone it names is not there.
* 406: its Accept offers nothing we have.
* 409: the log was not started.
* 412: the ETag is well-formed, but not this milestone's.
* 422: a rule refuses (an act in the future, a wrong order …), or the cursor or moment is not one of ours.
* 428: ``If-Match: *`` is not a version that was read.
* 503: it asks for a position that is not told yet.
"""

# Beside the strategies the application is at work in the same process: its pool of connections draws the age each may
# reach from the `random` module, and Hypothesis takes that for a strategy's doing.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Do not use the `random` module inside strategies:hypothesis.errors.HypothesisDeprecationWarning"
)

CONFIG = SchemathesisConfig.from_dict({
    "generation": {"max-examples": EXAMPLES, "deterministic": True},
    "checks": {
        "positive_data_acceptance": {"expected-statuses": ["2xx", "304", *REFUSED]},
        # 401 and 428 name the header that is missing.
        "missing_required_header": {"expected-statuses": ["401", "428"]},
        # A stale ETag (412) and a missing one (428) are refusals too; so is an address too long (414).
        "negative_data_rejection": {"expected-statuses": [
            "400", "401", "404", "405", "406", "412", "413", "414", "415", "422", "428",
        ]},
    },
    "operations": [{
        # What was made up is signed by nobody.
        "include-path": "/api/v1/oauth/token",
        "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "401"]}},
    }],
})  # fmt: skip


# A piece of an upload is sent as it is.
schemathesis.serializer.alias("application/partial-upload", "application/octet-stream")

schema = schemathesis.openapi.from_dict(document(create_app(Settings())), config=CONFIG)


@schemathesis.serializer(XLSX)
def _as_it_is(_context: Any, value: Any) -> bytes:
    """Send what was made up for a workbook as it is: hardly ever one, and refused in words."""
    return value if isinstance(value, bytes) else str(value).encode()


@pytest.fixture(scope="module")
def address(api: Api) -> Iterator[str]:
    """Where the application listens on a real port."""
    server = uvicorn.Server(
        uvicorn.Config(api.app, port=0, lifespan="off", log_config=None, access_log=False, ws="none")
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


@schema.parametrize()
def test_every_operation_keeps_to_its_description(
    case: schemathesis.Case[Any], api: Api, address: str
) -> None:
    meta = case.meta
    takes_token = "security" in case.operation.definition.raw
    if takes_token and meta is not None and meta.generation.mode.is_positive:
        case.headers["Authorization"] = f"Bearer {api.token('administrator', 'MX')}"
    if case.method == "POST" and meta is not None and meta.generation.mode.is_positive:
        # The same key twice is another test's subject.
        case.headers["Idempotency-Key"] = str(uuid4())
    if "Bitacora-Min-Position" in case.headers and meta is not None and meta.generation.mode.is_positive:
        # So is a position that is not told yet: 503.
        case.headers["Bitacora-Min-Position"] = "1"
    case.call_and_validate(base_url=address)
