"""What is sent to us counts only when it comes from a form of ours, from the browser that was shown it."""

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from access.visitor import CONSOLE, Visitor, visiting
from web.forms import MOST_FIELDS, MOST_OCTETS, Forms, submitted
from web.tickets import Tickets

ANN = Visitor("ann", "auditor", session="7")
FORMS = Forms(Tickets(bytes(32)))
KIND = "application/x-www-form-urlencoded"


@pytest.fixture
def client() -> Iterator[TestClient]:
    """Give a client of a page that takes a form; ann asks, unless the header says otherwise."""

    async def take(request: Request) -> Response:
        who = {"ann": ANN, "console": CONSOLE, "program": Visitor("ann/x", "auditor", means="token")}
        with visiting(who[request.headers.get("x-who", "ann")]):
            fields = await submitted(request)
        return PlainTextResponse(
            str([(name, value) for name, value in fields.multi_items() if name != "csrf"])
        )

    async def refuse(_request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return PlainTextResponse(error.detail, error.status_code)

    app = Starlette(routes=[Route("/", take, methods=["POST"])], exception_handlers={HTTPException: refuse})
    app.state.forms = FORMS
    with TestClient(app) as found:
        yield found


def token(visitor: Visitor) -> str:
    """Give the token of forms shown to somebody."""
    with visiting(visitor):
        return FORMS.token()


def test_a_form_of_ours(client: TestClient) -> None:
    """Fields come as they were typed, in their order, repeated ones and empty ones, too."""
    sent = f"csrf={token(ANN)}&a=1&b=&a=%C3%A9+%26"
    answer = client.post("/", content=sent, headers={"content-type": KIND})
    assert answer.text == str([("a", "1"), ("b", ""), ("a", "é &")])


@pytest.mark.parametrize(
    "sent", ["", "csrf=", "csrf=%00", "csrf=%C3%A9", f"csrf={'A' * 43}", f"csrf={token(CONSOLE)}"]
)
def test_without_the_token(client: TestClient, sent: str) -> None:
    """A form without the token, or with somebody else's, is refused."""
    answer = client.post("/", content=sent, headers={"content-type": KIND})
    assert answer.status_code == 403
    assert "Nothing was changed" in answer.text


def test_another_session_of_the_same_account(client: TestClient) -> None:
    """The token is the session's: a form that was shown before the sign-in anew is refused."""
    before = token(Visitor("ann", "auditor", session="6"))
    assert client.post("/", data={"csrf": before}).status_code == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"}, 403),
        ({"Origin": "http://testserver"}, 200),
        ({"Origin": "http://testserver.evil.example"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 200),
    ],
)
def test_for_whom_the_browser_asks(client: TestClient, headers: dict[str, str], status: int) -> None:
    """A form that another site has the browser send is refused, even with the right token."""
    assert client.post("/", data={"csrf": token(ANN)}, headers=headers).status_code == status


def test_a_program_has_no_form(client: TestClient) -> None:
    """Who sends an API token needs no form's token: no browser sends that by itself."""
    assert client.post("/", data={"a": "1"}, headers={"x-who": "program"}).status_code == 200


def test_the_console_has_a_token(client: TestClient) -> None:
    """Without sign-in, another site's form is refused as well."""
    assert client.post("/", data={"a": "1"}, headers={"x-who": "console"}).status_code == 403
    given = {"csrf": token(CONSOLE)}
    assert client.post("/", data=given, headers={"x-who": "console"}).status_code == 200


def test_too_much(client: TestClient) -> None:
    """A form has a bound, in octets and in fields."""
    assert client.post("/", data={"csrf": token(ANN), "a": "x" * MOST_OCTETS}).status_code == 413
    many = "&".join(["a=1"] * (MOST_FIELDS + 1))
    assert client.post("/", content=many, headers={"content-type": KIND}).status_code == 400


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "multipart/form-data; boundary=x", ""])
def test_another_kind(client: TestClient, kind: str) -> None:
    """Only what a browser's form sends is read; plain text would need no browser's leave."""
    answer = client.post("/", content=f"csrf={token(ANN)}", headers={"content-type": kind})
    assert answer.status_code == 415


@pytest.mark.parametrize("sent", [b"\xff", b"a=%FF", "a=é".encode()])
def test_what_cannot_be_read(client: TestClient, sent: bytes) -> None:
    """What is not UTF-8, or not encoded as forms are, is refused, and breaks nothing."""
    assert client.post("/", content=sent, headers={"content-type": KIND}).status_code == 400


def test_the_hidden_input_is_escaped() -> None:
    """The field is markup, and its token cannot be."""
    with visiting(Visitor('"><script>', "auditor", session="1")):
        assert "<script>" not in FORMS.hidden_input()
