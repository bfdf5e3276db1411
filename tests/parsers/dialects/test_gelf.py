"""GELF: its messages, and the columns that they are read into."""

from collections.abc import Callable
from typing import Any, Final

Read = Callable[..., dict[str, Any]]
Parse = Callable[..., dict[str, Any]]


MESSAGE: Final = (
    b'{"version":"1.1","host":"web1","short_message":"a \\"b\\"",'
    b'"timestamp":1385053862.3072,"level":3,"_facility":"x"}'
)


def test_host_time_and_level_are_columns(read: Read, parse: Parse) -> None:
    """GELF to the letter has no flag: its host, time and level are columns, and its text is whole."""
    found = read(MESSAGE)
    found.pop("fields", None)
    assert found == {
        "dialect": "GELF",
        "format": "gelf",
        "timestamp": "2013-11-21 17:11:02.307200",
        "hostname": "web1",
        "message": MESSAGE.decode(),
    }
    row = parse(MESSAGE)
    assert (row["facility"], row["severity"], row["flags"]) == (1, 3, [])


def test_a_missing_level_is_alert(parse: Parse) -> None:
    """GELF 1.1 says that level is 1 where it is left out."""
    row = parse(b'{"version": "1.1", "host": "h", "short_message": "x"}')
    assert (row["format"], row["severity"], row["timestamp"]) == ("gelf", 1, None)


def test_version_may_be_missing(parse: Parse) -> None:
    """Without version, or with another, it is GELF all the same, and flagged."""
    row = parse(b'{"host": "h", "short_message": "x"}')
    assert (row["format"], row["hostname"], row["flags"]) == ("gelf", "h", ["header_lenient"])
    assert parse(b'{"version": "1.0", "host": "h", "short_message": "x"}')["flags"] == ["header_lenient"]


def test_pri_comes_before_level(parse: Parse) -> None:
    """Behind PRI it is PRI that counts."""
    row = parse(b'<34>{"version": "1.1", "host": "h", "short_message": "x", "level": 7}')
    assert (row["format"], row["facility"], row["severity"]) == ("gelf", 4, 2)


def test_what_stands_in_a_text_is_no_member(parse: Parse) -> None:
    """A quotation mark within a string does not end it."""
    row = parse(b'{"version":"1.1","short_message":"\\"host\\":\\"forged\\"","host":"real"}')
    assert row["hostname"] == "real"
