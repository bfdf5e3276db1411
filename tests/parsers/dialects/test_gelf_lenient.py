"""GELF, lenient: its messages, and the columns that they are read into."""

from collections.abc import Callable
from typing import Any

from parsers.source import Source

Read = Callable[..., dict[str, Any]]
Parse = Callable[..., dict[str, Any]]


def test_any_object_is_gelf_where_a_source_sends_it(read: Read, parse: Parse) -> None:
    """Without version, with nested objects, a time in quotation marks: read as far as it goes, flagged."""
    message = b'{"host":"h","timestamp":"1385053862.5","_a":{"b":1}}'
    found = read(message, Source("gelf"))
    found.pop("fields", None)
    assert found == {
        "dialect": "GELF, lenient",
        "format": "gelf",
        "timestamp": "2013-11-21 17:11:02.500000",
        "hostname": "h",
        "message": message.decode(),
    }
    assert "header_lenient" in parse(message, format="gelf")["flags"]


def test_elsewhere_it_is_json(parse: Parse) -> None:
    """Where nothing is known of the source, an object without GELF's members is JSON."""
    assert parse(b'{"host":"h"}')["format"] == "json"
    assert parse(b"no JSON", format="gelf")["format"] == "unparsed"
