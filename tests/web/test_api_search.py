"""/api/v1/search, its count and its histogram: the search page's answers, for programs."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from parsers.render import records_to_json
from parsers.schema import ARCHIVE_SCHEMA
from storage.layout import StreamName
from web.api_records import Record

TIME = "2026-11-20T22:51:03.5Z"
Store = Callable[..., None]


def frame(text: str, *, pri: int = 38, host: str = "auth-01", time: str = TIME) -> bytes:
    """Give an RFC 5424 message."""
    return f'<{pri}>1 {time} {host} sshd 4711 - [x@1 a="1" a="2"] {text}'.encode()


def get(client: httpx.Client, path: str, expected: int = 200, /, **parameters: Any) -> Any:
    """Ask, and give what is answered."""
    answer = client.get(f"/api/v1{path}", params=parameters)
    assert answer.status_code == expected, answer.text
    return answer.json()


def test_messages_are_found(client: httpx.Client, store: Store) -> None:
    """A match comes with every column, the question as it was understood, and what was searched."""
    store([frame("Failed password for root", pri=35), frame("Accepted publickey")])
    found = get(client, "/search", q='"failed password" severity<=err')
    (record,) = found["records"]
    assert record["message"] == "Failed password for root"
    assert record["received_at"] == "2026-11-20T22:51:03.123456789Z"
    assert record["timestamp"] == "2026-11-20T22:51:03.500000Z"
    assert record["structured_data_elements"] == [["x@1", [["a", "1"], ["a", "2"]]]]
    assert found["asked"] == {
        "query": '"failed password" severity<=err', "tenant": "default", "stream": "syslog",
        "from": None, "to": None, "time": "received",
    }  # fmt: skip
    assert found["next"] is None
    assert found["scope"]["complete"] is True
    assert found["scope"]["files"] == 1
    assert "damaged: none" in found["scope"]["said"]


def test_a_record_has_every_column() -> None:
    """No column that the archive has is left out of an answer without a word."""
    row = dict.fromkeys(ARCHIVE_SCHEMA.names) | {"seq": 1, "severity": 1, "facility": 1}
    row |= {"received_at": 0, "format": "rfc5424", "flags": [], "peer": "p", "listener": "l"}
    table = ARCHIVE_SCHEMA.empty_table().from_pylist([row | {"transport": "t"}], schema=ARCHIVE_SCHEMA)
    (json,) = records_to_json(table)
    assert set(Record.model_fields) == set(json)
    assert Record.model_validate(json).model_dump() == json


def test_pages_follow_each_other(client: httpx.Client, store: Store) -> None:
    """``next`` leads through all matches, newest first, each once, and ends."""
    store([frame(f"number {number}") for number in range(25)])
    seen: list[int] = []
    asked: dict[str, Any] = {"q": "number", "limit": 10}
    for _ in range(5):
        found = get(client, "/search", **asked)
        seen += [record["seq"] for record in found["records"]]
        if found["next"] is None:
            break
        asked["before"] = found["next"]
    assert seen == list(range(25, 0, -1))
    assert found["next"] is None


def test_the_range_is_told(client: httpx.Client, store: Store) -> None:
    """The answer says which times were meant; messages outside are not in it."""
    store([frame("early", time="2026-11-20T12:00:00Z"), frame("late", time="2026-11-20T13:00:00Z")])
    asked: dict[str, Any] = {"from": "2026-11-20T13:30+01:00", "to": "2026-11-20", "time": "device"}
    found = get(client, "/search", **asked)
    assert [record["message"] for record in found["records"]] == ["late"]
    assert (found["asked"]["from"], found["asked"]["to"]) == ("2026-11-20T12:30:00Z", "2026-11-21T00:00:00Z")
    asked = {"from": "-1h"}
    recent = get(client, "/search", **asked)
    since = datetime.fromisoformat(recent["asked"]["from"])
    assert 3600 <= (datetime.now(UTC) - since).total_seconds() < 3700


def test_a_stream_can_be_named(client: httpx.Client, store: Store) -> None:
    """Tenant and stream are as for the page: the default, or the first; what is not there is 404."""
    store([frame("plain")])
    store([frame("web access")], name=StreamName("lab", "web"))
    assert get(client, "/search")["asked"]["stream"] == "syslog"
    found = get(client, "/search", tenant="lab")
    assert (found["asked"]["tenant"], found["asked"]["stream"]) == ("lab", "web")
    assert [record["message"] for record in found["records"]] == ["web access"]
    refused = get(client, "/search", 404, tenant="lab", stream="mail")
    assert refused["title"] == "Not Found"


def test_a_query_that_cannot_be_read(client: httpx.Client, store: Store) -> None:
    """The problem names the parameter, the place in it, what is wrong and what may be meant."""
    store([frame("x")])
    refused = get(client, "/search", 422, q="a severity:awful")
    (fault,) = refused["errors"]
    assert (fault["where"], fault["name"], fault["position"]) == ("query", "q", 2)
    assert "emerg" in fault["what"] + fault["hint"]


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"from": "soon"}, "from"),
        ({"to": "2026-13-01"}, "to"),
        ({"before": f"{2**63}-1"}, "before"),
        ({"from": "2026-11-21T00:00Z", "to": "2026-11-20T00:00Z"}, ""),
    ],
    ids=str,
)
def test_what_cannot_be_meant(client: httpx.Client, store: Store, given: dict[str, str], name: str) -> None:
    """A parameter that is well written and cannot be meant is 422, and its name is told."""
    store([frame("x")])
    (fault,) = get(client, "/search", 422, **given)["errors"]
    assert fault["name"] == name


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"limit": "1001"}, "limit"),
        ({"before": "here"}, "before"),
        ({"time": "yesterday"}, "time"),
        ({"tenant": "../etc"}, "tenant"),
        ({"q": "x" * 4001}, "q"),
        ({"query": "x"}, "query"),
    ],
    ids=lambda given: str(given)[:40],
)
def test_what_does_not_fit(client: httpx.Client, store: Store, given: dict[str, str], name: str) -> None:
    """A parameter that is not as the document says is 400, and its name is told."""
    store([frame("x")])
    (fault,) = get(client, "/search", 400, **given)["errors"]
    assert (fault["where"], fault["name"]) == ("query", name)


def test_all_matches_are_counted(client: httpx.Client, store: Store) -> None:
    """The count is of all matches, says what it covers, and when it was made."""
    store([frame("a hit")] * 12 + [frame("another")] * 18)
    found = get(client, "/search/count", q="hit")
    assert found["count"] == 12
    assert found["scope"]["complete"] is True
    assert found["state"] == "done"
    assert found["decided"] == found["blocks"]
    assert datetime.fromisoformat(found["asked_at"]) <= datetime.now(UTC)


def test_the_histogram_adds_up(client: httpx.Client, store: Store) -> None:
    """Bars are as wide as is said, follow each other, and hold every match by its severity."""
    store([frame("x", pri=35)] * 12 + [frame("x", pri=38)] * 18)
    found = get(client, "/histogram")
    assert found["count"] == sum(bar["total"] for bar in found["bars"]) == 30
    severities = [bar["severities"] for bar in found["bars"] if bar["total"]]
    assert sum(split.get("err", 0) for split in severities) == 12
    assert sum(split.get("info", 0) for split in severities) == 18
    assert found["seconds"] > 0


@pytest.mark.parametrize("path", ["/search", "/search/count", "/histogram", "/facets"])
def test_what_takes_longer_goes_on_behind_the_answer(client: httpx.Client, store: Store, path: str) -> None:
    """Who does not wait gets 202 with what is known by now, and the whole answer by asking again."""
    store([frame("x")] * 30)
    for _ in range(2000):
        answer = client.get(f"/api/v1{path}", params={"wait": 0, "q": "x"})
        if answer.status_code == 200:
            break
        assert (answer.status_code, answer.headers["retry-after"]) == (202, "1")
        assert answer.json()["state"] in {"waiting", "running"}
    assert answer.json()["state"] == "done"
    assert answer.json()["scope"]["complete"] is True


def test_oldest_first(client: httpx.Client, store: Store) -> None:
    """The other way round, pages follow each other from the oldest on."""
    store([frame(f"number {number}") for number in range(5)])
    first = get(client, "/search", order="oldest", limit=3)
    assert [one["seq"] for one in first["records"]] == [1, 2, 3]
    then = get(client, "/search", order="oldest", limit=3, before=first["next"])
    assert [one["seq"] for one in then["records"]] == [4, 5]


def test_values_are_counted(client: httpx.Client, store: Store) -> None:
    """Facets have the most frequent values of the usual fields, and of those asked for."""
    store([frame("x", host="a")] * 3 + [frame("x", host="b")])
    facets = {one["name"]: one for one in get(client, "/facets", facet=["transport"])["facets"]}
    assert facets["host"]["values"] == [{"value": "a", "count": 3}, {"value": "b", "count": 1}]
    assert facets["transport"]["values"] == [{"value": "tcp", "count": 4}]
    assert (facets["host"]["distinct"], facets["host"]["exact"]) == (2, True)


@pytest.mark.parametrize(("facet", "status"), [("seq", 422), ("no field", 400), ("x" * 101, 400)])
def test_what_has_no_values_is_refused(client: httpx.Client, store: Store, facet: str, status: int) -> None:
    """A field whose values are all distinct is no facet, and what is no name of a field is none either."""
    store([frame("x")])
    (fault,) = get(client, "/facets", status, facet=facet)["errors"]
    assert fault["name"].startswith("facet")


def test_an_empty_archive_is_no_error(client: httpx.Client) -> None:
    """Before anything is stored, nothing is found, and that is said."""
    assert get(client, "/search")["records"] == []
    assert get(client, "/search/count")["count"] == 0
    assert get(client, "/streams")["streams"] == []


def test_damage_is_told(client: httpx.Client, store: Store, layout: Any) -> None:
    """An answer from which a damaged file is missing names that file, and no path of the machine."""
    store([frame("x")])
    (path,) = layout.archive(StreamName()).rglob("*.parquet")
    octets = bytearray(path.read_bytes())
    octets[-20:-8] = b"\xff" * 12
    path.write_bytes(octets)
    damaged = get(client, "/search")["scope"]["damaged"]
    assert [one["file"] for one in damaged] == [path.name]
    assert str(layout.data) not in str(damaged)
