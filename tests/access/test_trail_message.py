"""What the trail is told of a deed: RFC 5424 to the letter, whatever strangers typed."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.trail_message import (
    LAST_NUMBER,
    LONGEST_MESSAGE,
    LONGEST_VALUE,
    OUTCOMES,
    Deed,
    Outcome,
    Sender,
    encode,
)
from parsers.pipeline import Arrival, parse_frames

NOW = datetime(2026, 11, 20, 22, 51, 3, 123456, UTC)
DESK = Sender("desk", 4711)


def read(octets: bytes) -> dict[str, object]:
    """Give a message's record as the collector would make it."""
    (record,) = parse_frames(
        [octets], [Arrival(0, "local", 1)], listener="trail", transport="unix"
    ).to_pylist()
    return {**record, "fields": dict(record["fields"] or [])}


def test_a_deed_is_a_message_of_rfc_5424() -> None:
    """Header, structured data and a sentence; the parameters are fields under the name access."""
    deed = Deed("alice", "auditor", "session", "search", "default/syslog", details={"matches": 17})
    octets = encode(deed, DESK, NOW, 7)
    assert octets == (
        b'<110>1 2026-11-20T22:51:03.123456Z desk sysledger 4711 search [meta sequenceId="7"]'
        b'[access@32473 who="alice" role="auditor" means="session" action="search" target="default/syslog" '
        b'outcome="done" matches="17"] alice: search of default/syslog, done'
    )
    record = read(octets)
    assert (record["format"], record["flags"], record["msg_id"]) == ("rfc5424", [], "search")
    assert record["fields"] == {
        "meta.sequenceId": "7",
        "access.who": "alice",
        "access.role": "auditor",
        "access.means": "session",
        "access.action": "search",
        "access.target": "default/syslog",
        "access.outcome": "done",
        "access.matches": "17",
    }


@given(st.text(), st.text(), st.text(), st.text())
def test_no_text_can_forge_another_deed(who: str, target: str, query: str, session: str) -> None:
    """Quotes, brackets, line ends, surrogates: whatever is typed comes back as that one value."""
    deed = Deed(who, "auditor", "session", "search", target, session=session, details={"query": query})
    octets = encode(deed, DESK, NOW, 0)
    record = read(octets)
    assert record["flags"] == []
    fields = record["fields"]
    assert isinstance(fields, dict)
    told = {"who": who, "target": target, "query": query, "session": session}
    for name, value in told.items():
        readable = value[:LONGEST_VALUE].encode(errors="replace").decode()
        assert fields.get(f"access.{name}", "") == readable
    assert set(fields) <= {f"access.{name}" for name in [*told, "role", "means", "action", "outcome"]}


def test_a_value_has_a_bound() -> None:
    """A megabyte of query is cut, and ends with an ellipsis; so is a message of many long values."""
    deed = Deed("a", "auditor", "session", "search", details={"query": "x" * 1_000_000})
    query = str(read(encode(deed, DESK, NOW, 0))["fields"]["access.query"])  # type: ignore[index]
    assert (len(query), query[-1]) == (LONGEST_VALUE, "…")
    deed = Deed("a", "auditor", "session", "search", details={f"n{i}": '"' * 1_000_000 for i in range(20)})
    octets = encode(deed, DESK, NOW, 0)
    assert len(octets) <= LONGEST_MESSAGE
    record = read(octets)
    assert record["fields"]["access.cut"] == "yes"  # type: ignore[index]
    assert record["flags"] == []


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_what_went_wrong_is_more_severe(outcome: Outcome) -> None:
    """A refusal and what broke off are warnings, a failure an error, all else is information."""
    record = read(encode(Deed("a", "auditor", "session", "export", outcome=outcome), DESK, NOW, 0))
    expected = {"refused": 4, "broken off": 4, "failed": 3}.get(outcome, 6)
    assert (record["facility"], record["severity"]) == (13, expected)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, None),
        ("", None),
        (True, "yes"),
        (False, "no"),
        (0, "0"),
        (NOW, "2026-11-20T22:51:03.123456+00:00"),
        (("a", "b"), "a, b"),
        ({}, "{}"),
    ],
)
def test_details_are_texts(value: object, told: str | None) -> None:
    """What is nothing is left out; all else is written so that people can read it."""
    fields = read(encode(Deed("a", "auditor", "session", "view", details={"it": value}), DESK, NOW, 0))[
        "fields"
    ]
    assert isinstance(fields, dict)
    assert fields.get("access.it") == told


@pytest.mark.parametrize("name", ["", "two words", 'q"', "x" * 33, "who", "ünicode", "1st"])
def test_names_that_no_message_can_have_are_refused(name: str) -> None:
    """The name of an action or a detail is ours: one that RFC 5424 does not allow is a mistake of ours."""
    with pytest.raises(ValueError, match=r"use another|cannot be a MSGID"):
        encode(Deed("a", "auditor", "session", "view", details={name: 1}), DESK, NOW, 0)
    if name != "who":
        with pytest.raises(ValueError, match="cannot be a MSGID"):
            encode(Deed("a", "auditor", "session", name), DESK, NOW, 0)


def test_times_are_utc_and_hosts_printable() -> None:
    """A time of another zone is written in UTC; a host's name that no header can have is made one."""
    east = datetime(2026, 11, 21, 0, 51, 3, tzinfo=timezone(timedelta(hours=2)))
    octets = encode(Deed("a", "auditor", "session", "view"), Sender("my host\n", 1), east, 0)
    assert octets.startswith(b"<110>1 2026-11-20T22:51:03.000000Z my-host- sysledger 1 view [access@")


def test_numbers_begin_again() -> None:
    """After the last number of RFC 5424 section 7.3.1 comes 1."""
    deed = Deed("a", "auditor", "session", "view")
    for number, told in ((LAST_NUMBER, LAST_NUMBER), (LAST_NUMBER + 1, 1)):
        assert f'sequenceId="{told}"'.encode() in encode(deed, DESK, NOW, number)
