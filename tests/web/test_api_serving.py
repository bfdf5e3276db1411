"""How a request of the API is read: parameters, bodies, who sent it; and what a refusal looks like."""

from pathlib import Path
from typing import Annotated

import pytest
from pydantic import Field
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from access.trail import ToListener, telling
from storage.layout import Layout, StreamName
from tests.web.archives import stored
from web import errors
from web.api_operation import DECIMAL, Asked, Given, Operation, Sent, Yes
from web.api_problem import ApiError
from web.api_serving import MAXIMUM_BODY, asked_of, serving
from web.app import create_app
from web.desk import Desk
from web.settings import WebSettings
from web.visiting import Visiting, everybody


class Wanted(Asked):
    """Parameters of every kind."""

    start: str = Field(default="", validation_alias="from")
    limit: Annotated[int, Field(ge=1, le=10), DECIMAL] = 5
    names: list[str] = Field(default_factory=list)
    is_whole: Yes = False


class Change(Sent):
    """A body."""

    title: Annotated[str, Field(max_length=5)]
    days: int = 1


class Changed(Given):
    """What became of it."""

    said: str


def change(_served: Desk, asked: Wanted, sent: Change) -> Changed:
    """Say what was read."""
    return Changed(said=f"{asked.limit} {sent.title} {sent.days}")


JSON = {"Content-Type": "application/json"}


@pytest.fixture
def client(layout: Layout) -> TestClient:
    """Give a client of an application with one operation that changes something, for everybody."""
    operation = Operation("POST", "/change", "change", "Change.", change, Changed, asks=Wanted, sends=Change)
    app = Starlette(
        routes=[Route("/api/v1/change", serving([operation]), methods=["POST"])],
        exception_handlers={HTTPException: errors.refused, Exception: errors.failed},
    )
    app.state.desk = create_app(layout, WebSettings()).state.desk
    return TestClient(Visiting(app, everybody))


def refused(query: list[tuple[str, str]], path: dict[str, str] | None = None) -> list[tuple[str, str]]:
    """Give where and what is wrong with parameters."""
    with pytest.raises(ApiError) as caught:
        asked_of(Wanted, query, path or {})
    assert caught.value.status_code == 400
    return [(f"{fault.where} {fault.name}", fault.what) for fault in caught.value.faults]


def test_parameters_are_read_by_their_own_names() -> None:
    """Texts become what the model says; a parameter that may repeat has all its values."""
    given = [("from", "-7d"), ("limit", "7"), ("names", "a"), ("names", "b"), ("is_whole", "true")]
    found = asked_of(Wanted, given, {})
    assert (found.start, found.limit, found.names, found.is_whole) == ("-7d", 7, ["a", "b"], True)


def test_an_unknown_parameter_is_refused() -> None:
    """A misspelt parameter would widen a search without a word, so the known ones are listed instead."""
    assert refused([("form", "-7d")]) == [
        ("query form", "There is no such name here. Known are: from, is_whole, limit, names.")
    ]


def test_a_name_of_ours_is_no_name_of_the_address() -> None:
    """What the code calls a parameter is not what the address calls it."""
    assert refused([("start", "-7d")])[0][0] == "query start"


def test_a_parameter_given_twice_is_refused() -> None:
    """Nobody guesses which of two values was meant, also when a path has the other one."""
    assert refused([("limit", "1"), ("limit", "2")]) == [("query limit", "It is given twice. Give it once.")]
    assert ("query limit", "It stands in the path. Leave it out.") in refused(
        [("limit", "1")], {"limit": "2"}
    )


@pytest.mark.parametrize(
    "text", ["", " 5", "1_0", "5.0", "+5", "0x5", "\u0665", "five", "0", "11", "-1", "9" * 5000]
)
def test_only_decimal_digits_are_a_number(text: str) -> None:
    """What merely looks like a number, or is out of its bounds, is refused."""
    assert [where for where, _ in refused([("limit", text)])] == ["query limit"]


@pytest.mark.parametrize("text", ["1", "yes", "True", ""])
def test_only_true_and_false_are_truths(text: str) -> None:
    """A truth is written as JSON writes it."""
    assert refused([("is_whole", text)]) == [("query is_whole", "Write true or false.")]


def test_all_that_is_wrong_is_told_at_once() -> None:
    """Two mistakes are two errors of one answer; what they quote has no hidden characters."""
    found = refused([("limit", "x"), ("\x1b[31m\u202e", "1")])
    assert len(found) == 2
    assert "\x1b" not in str(found)
    assert "\u202e" not in str(found)


def test_a_body_is_read(client: TestClient) -> None:
    """A body of JSON that fits is handed on, and the model that comes back is the answer."""
    answer = client.post("/api/v1/change?limit=3", json={"title": "one"})
    assert (answer.status_code, answer.json()) == (200, {"said": "3 one 1"})
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("content", "status", "name"),
    [
        (b'{"title": "one", "dais": 3}', 400, "dais"),
        (b'{"title": "longer"}', 400, "title"),
        (b'{"title": "one", "days": "3"}', 400, "days"),
        (b'{"title": "one", "days": true}', 400, "days"),
        (b"{}", 400, "title"),
        (b"[]", 400, ""),
        (b"", 400, ""),
        (b'{"title": "\xff"}', 400, ""),
        (b'{"title": "\\ud800"}', 400, ""),
        (b"[" * 60_000, 400, ""),
    ],
    ids=["unknown", "too long", "text", "truth", "missing", "list", "empty", "octets", "surrogate", "deep"],
)
def test_a_body_that_does_not_fit_is_refused(
    client: TestClient, content: bytes, status: int, name: str
) -> None:
    """The refusal names the member that is wrong; no value is taken for one of another type."""
    answer = client.post("/api/v1/change", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert [(fault["where"], fault["name"]) for fault in answer.json()["errors"]] == [("body", name)]


def test_a_body_has_a_bound(client: TestClient) -> None:
    """Whoever sends more than any body needs is refused before it is read."""
    long = b'{"title": "' + b"x" * MAXIMUM_BODY + b'"}'
    assert client.post("/api/v1/change", content=long, headers=JSON).status_code == 413


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_a_body_that_a_foreign_form_can_send_is_refused(client: TestClient, kind: str) -> None:
    """A browser sends these for any site without asking first; JSON it does not."""
    headers = {"Content-Type": kind} if kind else {}
    assert client.post("/api/v1/change", content=b'{"title": "one"}', headers=headers).status_code == 415


@pytest.mark.parametrize(
    "said",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
    ids=str,
)
def test_a_page_of_another_site_changes_nothing(client: TestClient, said: dict[str, str]) -> None:
    """What a browser sends for another site is refused; what is no browser says nothing, and may."""
    content = b'{"title": "one"}'
    assert client.post("/api/v1/change", content=content, headers=JSON | said).status_code == 403
    own = JSON | {"Sec-Fetch-Site": "same-origin", "Origin": "http://testserver"}
    assert client.post("/api/v1/change", content=content, headers=own).status_code == 200


def test_what_is_not_there_is_a_problem(layout: Layout) -> None:
    """Addresses below /api/ that lead nowhere, and methods that are none, get problem details, not pages."""
    client = TestClient(create_app(layout, WebSettings()), base_url="http://localhost")
    for path in ("/api/v1/", "/api/v1/nothing", "/api/v2/search", "/api/v1/message/default/syslog"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
        assert answer.json()["title"] == "Not Found"
        assert "openapi.json" in answer.json()["detail"]
    answer = client.post("/api/v1/search")
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}


def test_a_failure_of_ours_says_nothing_of_the_inside(layout: Layout) -> None:
    """An unforeseen error is a 500 problem without its reason, and with every protection."""
    app = create_app(layout, WebSettings())
    app.router.routes.append(Route("/api/v1/fail", _fail))
    client = TestClient(app, raise_server_exceptions=False, base_url="http://localhost")
    answer = client.get("/api/v1/fail")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text
    assert "Content-Security-Policy" in answer.headers


async def _fail(_request: Request) -> Response:
    raise RuntimeError("secret")


def test_what_the_trail_does_not_take_is_not_answered(layout: Layout, tmp_path: Path) -> None:
    """Without a trail that listens, the API gives nothing of the archive: 503, as a problem."""
    stored(layout, StreamName(), [b"<38>1 - h a - - - secret words"])
    client = TestClient(create_app(layout, WebSettings()), base_url="http://localhost")
    with telling(ToListener(tmp_path / "nobody-listens", 0.1)):
        for path in ("search?q=secret", "search/count", "message/default/syslog/1", "export?format=csv"):
            answer = client.get(f"/api/v1/{path}")
            assert answer.status_code == 503, path
            assert answer.headers["content-type"] == "application/problem+json"
            assert "secret words" not in answer.text
    assert client.get("/api/v1/search").status_code == 200
