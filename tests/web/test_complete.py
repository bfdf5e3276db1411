"""/search/complete: how what is typed may go on."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Store = Callable[..., None]
MESSAGES = [
    b"<38>1 2026-11-20T22:51:03Z fw-1 sshd - - - one",
    b"<38>1 2026-11-20T22:51:03Z fw-1 cron - - - two",
    b"<38>1 2026-11-20T22:51:03Z web-fw nginx - - - three",
    b"<38>1 2026-11-20T22:51:03Z <b>host</b> app - - - four",
    b"<38>1 2026-11-20T22:51:03Z fw-1 pay - - - CEF:0|A|B|1|1|x|5|src=10.0.0.1 suser=bob",
]


def options(client: httpx.Client, query: str) -> list[tuple[str, str]]:
    """Give text and note of what is offered at the end of ``query``."""
    found: dict[str, Any] = client.get("/search/complete", params={"q": query, "at": str(len(query))}).json()
    return [(one["text"], one["note"]) for one in found["options"]]


def test_values_come_from_the_archive(client: httpx.Client, store: Store) -> None:
    """Hosts come with their counts, those that begin with what is typed first, in quotes if need be."""
    store(MESSAGES)
    assert options(client, "app:sshd host:fw") == [("fw-1", "3"), ("web-fw", "1")]
    assert options(client, "host:<") == [('"<b>host</b>"', "1")]
    assert options(client, 'host:="f')[0] == ('"fw-1"', "3")


def test_what_is_just_stored_is_offered(client: httpx.Client, store: Store) -> None:
    """Values of messages that are in the journal yet are offered like all others."""
    store(MESSAGES, sealed=False)
    assert options(client, "app:ss") == [("sshd", "1")]


def test_names_are_ours_and_the_messages_own(client: httpx.Client, store: Store) -> None:
    """Names of fields are offered, also those that were read out of messages, and then their values."""
    store(MESSAGES)
    assert [text for text, _ in options(client, "s")] == [
        "sd:", "severity:", "seq:", "src:", "suser:",
    ]  # fmt: skip
    assert options(client, "suser:") == [("bob", "1")]
    assert [text for text, _ in options(client, "severity<=e")] == ["emerg", "err"]


@pytest.mark.parametrize("query", ["", "10.0.", '"a b', "time:2026", "msg:a", "host:zzz", "(((", "\x00"])
def test_where_nothing_can_be_offered(client: httpx.Client, store: Store, query: str) -> None:
    """Whatever is typed, there is an answer."""
    store(MESSAGES)
    answer = client.get("/search/complete", params={"q": query, "at": str(len(query))})
    assert answer.status_code == 200
    assert len(answer.json()["options"]) <= 12


@pytest.mark.parametrize(
    ("address", "status"), [("q=a", 400), ("q=a&at=x", 400), ("q=a&at=1&stream=lab/web", 404)]
)
def test_addresses_that_cannot_be_meant(
    client: httpx.Client, store: Store, address: str, status: int
) -> None:
    """A place that is none, or a stream that is not there, is refused."""
    store(MESSAGES)
    assert client.get(f"/search/complete?{address}").status_code == status
