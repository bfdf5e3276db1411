"""Who is answered, and what a browser is told about the answer."""

import httpx
import pytest

from web.security import HEADERS, answers_to
from web.settings import WebSettings


@pytest.mark.parametrize("path", ["/", "/search", "/healthz", "/static/style.css", "/nowhere"])
def test_a_foreign_host_is_refused_with_a_page(client: httpx.Client, path: str) -> None:
    """A request for another host gets a page that says what to do, status 400, and nothing else."""
    response = client.get(path, headers={"Host": "<b>rebound.example"}, follow_redirects=False)
    assert response.status_code == 400
    assert "ssh -L 8514:127.0.0.1:8514" in response.text
    assert "&lt;b&gt;rebound.example" in response.text
    assert response.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path", ["/", "/search", "/search?q=)", "/healthz", "/static/style.css", "/nowhere", "/export"]
)
def test_every_answer_carries_the_headers(client: httpx.Client, path: str) -> None:
    """Page, refusal, file and redirect alike: our own style and script only, no frames, no sniffing."""
    response = client.get(path, follow_redirects=False)
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "style-src 'self'" in policy
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "same-origin"  # another site learns no query


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("localhost:8514", True),
        ("127.0.0.1:8514", True),
        ("[::1]:8514", True),
        ("192.0.2.1", False),
        ("box.example", False),
        ("evil.example", False),
        ("", False),
    ],
)
def test_this_machine_only(host: str, ours: bool) -> None:  # noqa: FBT001 - a parameter
    """On a loopback address no name but this machine's own is answered, whatever the machine is called."""
    assert answers_to(WebSettings(), ["box.example"])(host) is ours


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("box.example:8514", True),
        ("BOX.example.", True),
        ("logs.example", True),
        ("desk.example", True),
        ("a.wild.example", True),
        ("a.b.wild.example", False),
        ("wild.example", False),
        ("192.0.2.1:8514", True),
        ("[2001:db8::1]:8514", True),
        ("localhost", True),
        ("evil.example", False),
        ("box.example.evil.example", False),
        ("192.0.2.1.evil.example", False),
        ("*.wild.example", False),
        ("", False),
    ],
)
def test_other_machines_too(host: str, ours: bool) -> None:  # noqa: FBT001 - a parameter
    """Elsewhere the machine's addresses, its names, those of its certificate and those set are answered."""
    settings = WebSettings(address="192.0.2.1", names=("desk.example",), public_url="https://logs.example/")
    assert answers_to(settings, ["Box.Example", "*.wild.example"])(host) is ours


def test_pages_are_not_kept_by_browsers(client: httpx.Client) -> None:
    """What was logged stays out of the browser's cache; style and script may be kept."""
    assert client.get("/search").headers["cache-control"] == "no-store"
    assert client.get("/static/style.css").headers["cache-control"] == "no-cache"


def test_nothing_can_be_sent(client: httpx.Client) -> None:
    """Pages that only read refuse another method than GET."""
    assert client.post("/overview").status_code == 405
    assert client.delete("/message/default/syslog/1").status_code == 405
