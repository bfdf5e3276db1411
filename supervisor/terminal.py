"""Text for people at a terminal: messages as lines, state as tables. What programs read is JSON."""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from parsers.labels import SEVERITIES
from parsers.render import records_to_json

_STYLES: Final = (
    "bold white on red", "bold red", "bold red", "red", "yellow", "cyan", "", "dim",
)  # fmt: skip
_WIDE: Final = 200  # columns of a table that goes into a file or a pipe
_UNITS: Final = ("octets", "KiB", "MiB", "GiB", "TiB")
_UNIT: Final = 1024
_LINE_COLUMNS: Final = ["received_at", "severity", "hostname", "app_name", "proc_id", "message"]
_LABEL_WIDTH: Final = 7  # "warning"
_RECEIVED_DIGITS: Final = len("2026-11-20T22:51:03.123")


def console() -> Console:
    """Give the console for stdout: colours only on a terminal, and lines as long as they are."""
    width = None if sys.stdout.isatty() else _WIDE
    return Console(width=width, soft_wrap=True, highlight=False, markup=False, emoji=False)


def live_console() -> Console:
    """Give the console for a screen that is drawn anew: no wider than the terminal, whose lines end there."""
    return Console(highlight=False, markup=False, emoji=False)


def print_messages(tables: Iterable[Any], visible: Callable[[str], str]) -> None:
    """Print a line for each record: time of receipt, severity, HOSTNAME, APP-NAME[PROCID], MSG.

    Args:
        tables: Arrow tables with the record's columns.
        visible: makes control characters visible, so that a message cannot act on the terminal.
    """
    screen = console()
    for records in tables:
        for record in records_to_json(records.select(_LINE_COLUMNS)):
            screen.print(_line(record, visible))


def _line(record: Mapping[str, Any], visible: Callable[[str], str]) -> Text:
    severity = int(record["severity"])
    process = f"[{record['proc_id']}]" if record["proc_id"] is not None else ""
    label = f"{record['app_name'] or '-'}{process}"
    line = Text(no_wrap=True)
    line.append(f"{str(record['received_at'])[:_RECEIVED_DIGITS]}Z ", "dim")
    line.append(f"{SEVERITIES[severity]:<{_LABEL_WIDTH}} ", _STYLES[severity])
    line.append(visible(f"{record['hostname'] or '-'} {label}: {record['message'] or ''}"))
    return line


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """Give a table; numbers stand right, with thousands apart."""
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    filled = [[_cell(value) for value in row] for row in rows]
    for number, name in enumerate(columns):
        numeric = any(row[number].justify == "right" for row in filled)
        made.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in filled:
        made.add_row(*row)
    made.add_row()
    return made


def right(text: str) -> Text:
    """Give the text of a cell that stands right, as numbers do."""
    return Text(text, justify="right")


def _cell(value: object) -> Text:
    if isinstance(value, Text):
        return value
    if value is None:
        return Text("-")
    if isinstance(value, int) and not isinstance(value, bool):
        return Text(f"{value:,}", justify="right")
    return Text(str(value))


def octets(count: int | None) -> str:
    """Give a size as people read it: ``12.3 MiB``."""
    if count is None:
        return "unknown"
    size = float(count)
    for unit in _UNITS:
        if size < _UNIT or unit == _UNITS[-1]:
            return f"{count} {unit}" if unit == _UNITS[0] else f"{size:.1f} {unit}"
        size /= _UNIT
    raise AssertionError("unreachable: the last unit takes everything")
