"""What MSG can hold (the checklist's 17.4): it is stored, shown as text, and comes back bit for bit."""

from typing import Any, Final

import pytest

from parsers.pipeline import Arrival, parse_frames
from parsers.rebuild import exact_octets
from parsers.source import Source

# Octets, the character set of their source, what is shown, whether that is flagged utf8_invalid.
TEXTS: Final = {
    "Latin-1, not told": (b"Gr\xf6\xdfe", "utf-8", "Gr\ufffd\ufffde", True),
    "Latin-1": (b"Gr\xf6\xdfe", "iso-8859-1", "Gr\u00f6\u00dfe", False),
    "UTF-8 of a Latin-1 source": (b"Gr\xc3\xb6\xc3\x9fe", "iso-8859-1", "Gr\u00f6\u00dfe", False),
    "Shift_JIS": (b"\x83\x8d\x83O", "shift_jis", "\u30ed\u30b0", False),
    "GBK": (b"\xc8\xd5\xd6\xbe", "gb18030", "\u65e5\u5fd7", False),
    "overlong UTF-8": (b"a\xc0\xafb", "utf-8", "a\ufffd\ufffdb", True),
    "a lone surrogate": (b"a\xed\xa0\x80b", "utf-8", "a\ufffd\ufffd\ufffdb", True),
    "UTF-16": ("ab".encode("utf-16-le"), "utf-8", "a\x00b\x00", False),
    "NUL inside": (b"a\x00b", "utf-8", "a\x00b", False),
    "escape sequences": (b"\x1b[31mred\x1b[0m", "utf-8", "\x1b[31mred\x1b[0m", False),
    "several lines": (b"first\nsecond\r\nthird", "utf-8", "first\nsecond\r\nthird", False),
    "rsyslog's escapes": (b"first#012second#011tab", "utf-8", "first#012second#011tab", False),
    "right to left": ("\u202eabc".encode(), "utf-8", "\u202eabc", False),
    "a long word": (b"x" * 60_000, "utf-8", "x" * 60_000, False),
}


@pytest.mark.parametrize("header", [b"<13>1 - h app - - - ", b"<13>Nov 20 12:00:00 h app: "])
@pytest.mark.parametrize("name", TEXTS)
def test_any_text_is_kept(name: str, header: bytes) -> None:
    """In both formats: shown by the source's character set, U+FFFD where there is none, octets unchanged."""
    octets, charset, shown, invalid = TEXTS[name]
    records = parse_frames(
        [header + octets], [Arrival(0, "192.0.2.1", 1)], listener="udp", transport="udp",
        source=Source(charset=charset),
    )  # fmt: skip
    record: dict[str, Any] = records.drop_columns(["received_at"]).to_pylist()[0]
    expected = shown.rstrip("\0") if name == "UTF-16" else shown  # a NUL at the end is a trailer
    assert record["message"] == expected
    assert ("utf8_invalid" in record["flags"]) is invalid
    assert record["app_name"] == "app"
    assert exact_octets(records).to_pylist() == [header + octets]
