"""What is shown to people: one line a message, harmless whatever it holds, and sizes they can read."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from supervisor.terminal import console, octets, print_messages, table


def records(message: str | None, hostname: str | None = "host") -> pa.Table:
    """A table of one record, with the columns that a line shows and one more."""
    received = pa.array([datetime(2026, 11, 20, 22, 51, 3, 123456, UTC)], pa.timestamp("ns", tz="UTC"))
    return pa.table(
        {
            "received_at": received,
            "severity": pa.array([3], pa.int8()),
            "hostname": pa.array([hostname], pa.string()),
            "app_name": pa.array(["su"], pa.string()),
            "proc_id": pa.array(["42"], pa.string()),
            "message": pa.array([message], pa.string()),
            "seq": pa.array([1], pa.int64()),
        }
    )


def shown_as_code(text: str) -> str:
    """Make control characters visible, in the simplest way."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def test_a_message_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Line ends and escape sequences in a message neither end the line nor act on the terminal."""
    print_messages([records("a\nb \x1b[31m[red]"), records(None, None)], shown_as_code)
    assert capsys.readouterr().out.splitlines() == [
        r"2026-11-20T22:51:03.123Z err     host su[42]: a\nb \x1b[31m[red]",
        "2026-11-20T22:51:03.123Z err     - su[42]: ",
    ]


def test_a_long_message_stays_whole(capsys: pytest.CaptureFixture[str]) -> None:
    """A line is as long as its message, so that it can be searched with grep."""
    print_messages([records("x" * 5000)], shown_as_code)
    assert capsys.readouterr().out.count("\n") == 1


def test_tables_align_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    """Numbers stand right with thousands apart, what is not there is a dash."""
    console().print(table(("stream", "messages"), [("default/syslog", 1_234_567), ("a", None)]))
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines[:3] == [
        "stream           messages",
        "default/syslog  1,234,567",
        "a                       -",
    ]


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 octets"),
        (1023, "1023 octets"),
        (1536, "1.5 KiB"),
        (3 << 40, "3.0 TiB"),
        (1 << 60, "1048576.0 TiB"),
    ],
)
def test_sizes_are_readable(count: int, text: str) -> None:
    """A size is told in the largest unit that leaves a number of at least one."""
    assert octets(count) == text
    assert octets(None) == "unknown"
