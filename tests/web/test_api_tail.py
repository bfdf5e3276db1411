"""/api/v1/tail: matches as they come in, for programs."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx

Store = Callable[..., None]


def events(lines: Iterator[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Give the number and the record of each event."""
    number = 0
    for line in lines:
        if line.startswith("id: "):
            number = int(line.removeprefix("id: "))
        elif line.startswith("data: "):
            yield number, json.loads(line.removeprefix("data: "))


def test_messages_come_as_they_are_stored(client: httpx.Client, store: Store) -> None:
    """What is stored while one follows, and matches, is an event with its seq and every column, once."""
    store([b"<38>1 - h a - - - old"], sealed=False)
    with client.stream("GET", "/api/v1/tail", params={"q": "new"}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        assert next(lines).startswith("retry:")
        store([b"<38>1 - h a - - - new one", b"<38>1 - h a - - - other", b"<38>1 - h a - - - new two"])
        found = events(lines)
        first, second = next(found), next(found)
    assert [(number, record["seq"], record["message"]) for number, record in (first, second)] == [
        (2, 2, "new one"),
        (4, 4, "new two"),
    ]
    assert first[1]["hostname"] == "h"


def test_one_goes_on_where_one_was(client: httpx.Client, store: Store) -> None:
    """After a lost connection nothing is missed: the last number is where the next stream begins."""
    store([b"<38>1 - h a - - - one", b"<38>1 - h a - - - two", b"<38>1 - h a - - - three"], sealed=False)
    long = {"Last-Event-ID": "9" * 5000}  # no number of ours
    for since, headers in ((1, {}), (0, {"Last-Event-ID": "1"}), (1, long)):
        with client.stream("GET", "/api/v1/tail", params={"since": since}, headers=headers) as answer:
            found = events(answer.iter_lines())
            assert [next(found)[1]["message"], next(found)[1]["message"]] == ["two", "three"]


def test_hostile_text_ends_no_event(client: httpx.Client, store: Store) -> None:
    """Line ends and markup of a message are inside its JSON, so that none of them is taken for an event."""
    store([b"<38>1 - h a - - - x\ndata: {}\n\nid: 99\r\n<script>"], sealed=False)
    with client.stream("GET", "/api/v1/tail?since=0") as answer:
        number, record = next(events(answer.iter_lines()))
    assert (number, record["message"]) == (1, "x\ndata: {}\n\nid: 99\r\n<script>")


def test_what_cannot_be_followed_is_told(client: httpx.Client, store: Store) -> None:
    """A stream that is not there is 404, a query that is none 422: before any event."""
    store([b"<38>1 - h a - - - x"])
    assert client.get("/api/v1/tail", params={"tenant": "never"}).status_code == 404
    refused = client.get("/api/v1/tail", params={"q": "severity:awful"})
    assert (refused.status_code, refused.json()["errors"][0]["name"]) == (422, "q")
    assert client.get("/api/v1/tail", params={"from": "-1h"}).status_code == 400
    assert client.head("/api/v1/tail").status_code == 200
