"""/api/v1/message/…: one message whole, its octets, and its neighbours."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Store = Callable[..., None]
HOSTILE = b"<33>1 - <b>h</b> - - - - <script>alert(1)</script> \x1b[31m\x00\xe2\x80\xae\xff"


def get(client: httpx.Client, path: str, status: int = 200, **parameters: Any) -> Any:
    """Ask, and give what is answered."""
    answer = client.get(f"/api/v1/message/default/syslog/{path}", params=parameters)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_message_comes_whole(client: httpx.Client, store: Store) -> None:
    """Every column is there, and each flag is explained with the clause that it departs from."""
    store([b"<34>Oct 11 22:14:15 mymachine su: failed"])
    found = get(client, "1")
    assert (found["tenant"], found["stream"]) == ("default", "syslog")
    assert found["record"]["hostname"] == "mymachine"
    flags = {one["flag"]: one for one in found["flags"]}
    assert set(flags) == {"year_inferred", "timezone_assumed"}
    assert "year" in flags["year_inferred"]["meaning"].lower()
    assert "RFC 3164" in flags["year_inferred"]["clause"]


def test_its_octets_come_exactly(client: httpx.Client, store: Store) -> None:
    """What was received is given bit for bit, as a type that no browser looks into."""
    store([HOSTILE])
    answer = client.get("/api/v1/message/default/syslog/1/octets")
    assert answer.content == HOSTILE
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_hostile_text_is_json(client: httpx.Client, store: Store) -> None:
    """Markup and control characters are what JSON makes of them; a browser takes none of it for a page."""
    store([HOSTILE])
    answer = client.get("/api/v1/message/default/syslog/1")
    assert answer.headers["content-type"] == "application/json"
    assert "<script>alert(1)</script>" in answer.json()["record"]["message"]
    assert "\x1b" not in answer.text
    assert "\x00" not in answer.text


def test_neighbours_stand_around_it(client: httpx.Client, store: Store) -> None:
    """Those before and after come in order of storage, as many as asked for, of one host if asked for."""
    store([f"<38>1 - h{number % 2} - - - - number {number}".encode() for number in range(20)])
    found = get(client, "10/neighbours", before=2, after=1)
    assert [record["seq"] for record in found["records"]] == [8, 9, 10, 11]
    found = get(client, "10/neighbours", before=2, after=1, same_host="true")
    assert [record["seq"] for record in found["records"]] == [6, 8, 10, 12]


@pytest.mark.parametrize("path", ["2", "2/octets", "2/neighbours", "999999999999999999"])
def test_what_is_not_there_is_404(client: httpx.Client, store: Store, path: str) -> None:
    """A message that is not there, or not any more, is a 404 that says why that may be."""
    store([b"<38>1 - - - - - - one"])
    assert "no message" in get(client, path, 404)["detail"]


@pytest.mark.parametrize("path", ["0", "-1", "one", "1000000000000000000", "1_0", "%00"])
def test_what_is_no_number_is_400(client: httpx.Client, store: Store, path: str) -> None:
    """A seq that can be none is refused before anything is read."""
    store([b"<38>1 - - - - - - one"])
    (fault,) = get(client, path, 400)["errors"]
    assert (fault["where"], fault["name"]) == ("path", "seq")


def test_another_stream_is_404(client: httpx.Client, store: Store) -> None:
    """A stream that is not there has no messages, and no other stream's are shown for them."""
    store([b"<38>1 - - - - - - one"])
    assert client.get("/api/v1/message/lab/syslog/1").status_code == 404
    assert client.get("/api/v1/message/..%2Fdefault/syslog/1").status_code in {400, 404}
