"""The vendor lines of the standards checklist: every column of every line, as a network engineer expects it.

The table is vendor_lines.txt beside this file.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from parsers.explain import explain
from tests.shared import parameters, vectors

Parse = Callable[..., dict[str, Any]]

TABLE: Final = Path(__file__).with_name("vendor_lines.txt")
RECEIVED_AT: Final = int(datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()) * 10**9
LINES: Final = vectors("vendor")
COUNTED: Final = b"136 "  # MSG-LEN, which V73 has before it, is taken away by the framing
COLUMNS: Final = ("timestamp", "hostname", "app_name", "proc_id", "msg_id")


def rows() -> dict[str, dict[str, str]]:
    """Read the table: for every line's id its cells, by the names of their columns."""
    lines = [line for line in TABLE.read_text("utf-8").splitlines() if not line.startswith("#")]
    head, *cells = ([cell.strip() for cell in f"{line} ".split(" | ")] for line in lines)
    return {row[0]: dict(zip(head, row, strict=True)) for row in cells}


ROWS: Final = rows()


def octets(line: dict[str, Any]) -> bytes:
    """Give a line's message without transport framing."""
    return bytes.fromhex(line["hex"]).removeprefix(COUNTED)


def in_table(row: dict[str, Any]) -> dict[str, str | None]:
    """Give a parsed row's columns as the table writes them."""
    timestamp = row["timestamp"] and row["timestamp"].rstrip("0").rstrip(".").ljust(
        len("2026-11-20 12:00:00"), "0"
    )
    return {
        **{name: row[name] or "" for name in COLUMNS},
        "timestamp": timestamp or "",
        "PRI": str(row["facility"] * 8 + row["severity"]),
        "SD": (row["structured_data"] or "").partition(" ")[0],
        "format": row["format"],
        "flags": " ".join(row["flags"]),
    }


def test_the_table_has_every_line() -> None:
    """None is left out."""
    assert not LINES or ROWS.keys() == LINES.keys()


@pytest.mark.parametrize("line", parameters(LINES))
def test_every_column_of_a_vendor_line(parse: Parse, line: dict[str, Any]) -> None:
    """PRI, time, host, tag, process, text, fields and flags stand in the columns that the table says."""
    row, expected = parse(octets(line)), dict(ROWS[line["id"]])
    begins = expected.pop("message from").replace("␠", " ").replace("␉", "\t")
    fields = dict(pair.split("=", 1) for pair in expected.pop("fields").split())
    text = octets(line).decode()
    assert in_table(row) | {"id": line["id"]} == expected
    assert (row["message"] or "") == (text[text.index(begins) :] if begins else "")
    assert fields.items() <= dict(row["fields"] or {}).items()


@pytest.mark.parametrize("line", parameters(LINES))
def test_every_vendor_line_is_explained(line: dict[str, Any]) -> None:
    """Every octet of it is explained once, in order, as a part of what it was read as."""
    explanation = explain(octets(line), received_at=RECEIVED_AT)
    assert b"".join(one.octets for one in explanation.ranges) == octets(line)
    productions = {one.production for one in explanation.ranges}
    named = {"hostname": "HOSTNAME", "message": "MSG", "timestamp": "TIMESTAMP"}
    inside = explanation.format in {"keyvalue", "gelf"} or ROWS[line["id"]]["app_name"] == "MSWinEventLog"
    for column, production in named.items():
        if explanation.record[column] and not inside:
            assert production in productions
