"""The API against its own OpenAPI document, by schemathesis.

Each operation is asked over HTTP what its schema allows and what it forbids, by an administrator's token.
Answers must be as the document says: status, media type, headers and schema. What the schema forbids is
refused, what it allows is not, nothing makes the appliance fail, and without the token nothing is answered.
"""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig

from access.access import Access
from commands.pages import appliance_of
from commands.settings import load_settings
from storage.layout import Layout, StreamName
from tests.web.archives import stored
from tests.web.browsing import serving
from web.api import OPERATIONS
from web.api_document import document

pytestmark = pytest.mark.timeout(240)

ENDLESS: Final = {"tail"}  # its answer does not end; it has tests of its own
# A request can be as the schema says and still name what is not there, or ask a query that is none. Who has
# the administrator's token is never told that it may not.
ACCEPTED: Final = ["2xx", "404", "409", "422"]
CONFIG: Final = SchemathesisConfig.from_dict(
    {"checks": {"positive_data_acceptance": {"expected-statuses": ACCEPTED}}}
)
schema = schemathesis.openapi.from_dict(document(OPERATIONS), config=CONFIG).exclude(
    operation_id=sorted(ENDLESS & {one.name for one in OPERATIONS}) or ["none"]
)


@dataclass(frozen=True)
class Api:
    """A running server, and an administrator's token."""

    url: str
    headers: dict[str, str]


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Serve an archive to those who have a token."""
    layout = Layout(tmp_path_factory.mktemp("schema") / "data")
    stored(layout, StreamName(), [b"<34>Oct 11 22:14:15 mymachine su: 'su root' failed", b"\xff\x00<b>"] * 5)
    layout.access.mkdir(parents=True)
    access = Access(layout.access)
    access.accounts.add("ann", "administrator")
    token = access.tokens.add("ann", "schemathesis")
    access.close()
    command = (sys.executable, "-m", "sysledger", "sources", "--rebuild", "--data", str(layout.data))
    subprocess.run(command, check=True, capture_output=True)
    appliance = appliance_of(load_settings(None, layout.data), layout)
    with serving(layout, appliance, sign_in="required", count_seconds=0.5) as url:
        yield Api(url, {"Authorization": f"Bearer {token}"})


@schema.parametrize()
@settings(max_examples=25, suppress_health_check=list(HealthCheck), derandomize=True)
def test_every_operation_is_as_described(case: Any, api: Api) -> None:
    """Whatever it is asked, an operation answers as the document says."""
    case.call_and_validate(base_url=api.url, headers=api.headers)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_nothing_without_a_token(api: Api, operation: Any) -> None:
    """Without a token, or with a wrong one, every operation but the document is 401, whatever it is asked."""
    path = f"/api/v1{operation.path}".replace("{seq}", "1").replace("{tenant}", "default")
    path = path.replace("{stream}", "syslog").replace("{name}", "ann").replace("{account}", "ann")
    for headers in ({}, {"Authorization": "Bearer sl-token-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}):
        answer = httpx.request(operation.method, api.url + path, headers=headers)
        assert answer.status_code == (401 if operation.needs else 200)
