"""Lines of a file as messages."""

from base64 import b64encode
from datetime import UTC, timedelta
from datetime import timezone as offset
from typing import Any, Final

import pytest

from parsers.lines import LINES_AT_ONCE, parse_lines, reading
from parsers.source import Source

RECEIVED_AT: Final = 1_763_640_000_123_456_789  # 2025-11-20T12:00:00.123456789Z


def parsed(*lines: bytes, base64: bool = False, form: str = "auto") -> list[dict[str, Any]]:
    """What `sysledger parse` prints for these lines."""
    return list(parse_lines(lines, base64=base64, received_at=RECEIVED_AT, read=reading(Source(form, UTC))))


def test_a_line_ends_with_one_lf() -> None:
    """The LF that ends a line is not the message's; a CR before it is."""
    first, second, last = parsed(b"<13>one\n", b"<13>two\r\n", b"<13>three")
    assert [record["message"] for record in (first, second, last)] == ["one", "two", "three"]
    assert parsed(b64encode(b"<13>one\n") + b"\r\n", base64=True)[0]["message"] == "one"


def test_more_lines_than_are_held_at_once_come_in_order() -> None:
    """An input longer than what is parsed at once loses and mixes nothing."""
    lines = [b"<13>%d\n" % number for number in range(2 * LINES_AT_ONCE + 1)]
    assert [int(record["message"]) for record in parsed(*lines)] == list(range(len(lines)))


def test_what_is_not_base64_is_refused_with_its_line() -> None:
    """The error names the line, and says what to do."""
    with pytest.raises(ValueError, match=r"line 2 is not base64 .*leave --base64 out, or mend it"):
        parsed(b64encode(b"x"), b"<13>x", base64=True)


def test_format_time_and_zone_are_those_asked_for() -> None:
    """The format is tried that was asked for, and a time without a zone is read in the zone given."""
    assert parsed(b"<34>Oct 11 22:14:15 mymachine su: x", form="rfc5424")[0]["format"] == "unparsed"
    zone = offset(timedelta(hours=2))
    line = b"<34>Oct 11 22:14:15 mymachine su: x"
    read = reading(Source("rfc3164", zone))
    (record,) = parse_lines([line], base64=False, received_at=RECEIVED_AT, read=read)
    assert record["timestamp"] == "2025-10-11T20:14:15.000000Z"
