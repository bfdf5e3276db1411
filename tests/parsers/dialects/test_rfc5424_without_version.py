"""RFC 5424's fields without VERSION: NILVALUE and STRUCTURED-DATA tell them from RFC 3164's."""

from collections.abc import Callable
from typing import Any

import pytest

Parse = Callable[..., dict[str, Any]]
STAMP = b"2017-02-06T13:14:15.003Z "


@pytest.mark.parametrize("form", ["auto", "rfc5424"])
@pytest.mark.parametrize(
    ("message", "columns", "flags"),
    [
        (STAMP + b"192.0.2.1 fluentd - - - Hi", ("192.0.2.1", "fluentd", None, None, None, "Hi"),
         ["pri_assumed", "header_lenient"]),
        (b"<14>" + STAMP + b'h app 12 - [a@1 b="c"] Hi', ("h", "app", "12", None, '[a@1 b="c"]', "Hi"),
         ["header_lenient"]),
        (b"<14>" + STAMP + b"h app - ID47 -", ("h", "app", None, "ID47", None, None), ["header_lenient"]),
    ],
)  # fmt: skip
def test_the_fields_are_read(
    parse: Parse,
    form: str,
    message: bytes,
    columns: tuple[str | None, ...],
    flags: list[str],
) -> None:
    """All the fields are there, and flags say what is not."""
    row = parse(message, format=form)
    names = ("hostname", "app_name", "proc_id", "msg_id", "structured_data", "message")
    assert tuple(row[name] for name in names) == columns
    assert (row["format"], row["flags"]) == ("rfc5424", flags)


@pytest.mark.parametrize(
    "rest", [b"h app: - - - x", b"h app[12]: - - - x", b"h app 12 ID47 - x", b"h -- MARK --"]
)
def test_what_could_be_rfc_3164_is(parse: Parse, rest: bytes) -> None:
    """A TAG with colon or PID, or no NILVALUE in the right place: not RFC 5424."""
    assert parse(STAMP + rest)["format"] == "rfc3164"
