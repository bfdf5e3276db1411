"""Text of foreign origin made safe to look at: nothing hidden, nothing that acts on its surroundings.

Escaping keeps markup from being markup; this module keeps the rest honest. A control character becomes its
picture (U+2400 and following), a character that turns or hides text around it becomes its code, an octet that
is not UTF-8 becomes its number. Each stands in an element of its own, so that a real U+241B in a message
cannot pass for an ESC. Few fonts have the pictures, so the element also carries the characters' names, which
the style sheet shows in their place; what is copied off the page is the picture.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from markupsafe import Markup, escape

_HIDDEN: Final = re.compile(
    "(?P<controls>[\x00-\x1f\x7f]+)"
    # C1; soft hyphen; what directs, joins or hides text without ink (Unicode's Bidi_Control, line and
    # paragraph separator, zero-width space, word joiner, invisible operators, BOM, annotations, tags);
    # surrogates, which `decode` uses for octets that are not UTF-8. U+200C and U+200D stay: Persian, Hindi
    # and emoji need them.
    "|[\x80-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f\ud800-\udfff]+"
)
_OCTETS: Final = range(0xDC80, 0xDD00)  # where `surrogateescape` puts the octets 0x80 to 0xFF
_DELETE: Final = 0x7F
_PICTURES: Final = 0x2400
_NAMES: Final = (
    "NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "HT", "LF", "VT", "FF", "CR", "SO", "SI",
    "DLE", "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB", "ESC", "FS", "GS", "RS", "US",
)  # fmt: skip
_NAMED: Final = 8  # different characters of a run that are named


@dataclass(frozen=True, slots=True)
class Shown:
    """A text ready for a page; ``left_out`` characters of it were cut off at the end."""

    markup: Markup
    left_out: int


def decode(octets: bytes) -> str:
    """Decode UTF-8 so that every octet which is not UTF-8 can be shown as what it is."""
    return octets.decode("utf-8", "surrogateescape")


def plain(text: str) -> str:
    """Give ``text`` with every hidden character replaced by its picture or code, without markup."""
    return _HIDDEN.sub(lambda run: _pictures(run[0]), text)


def show(
    text: str, limit: int, *, lines: bool = False, marks: Sequence[tuple[int, int]] = (), start: int = 0
) -> Shown:
    """Give ``text`` as markup with every hidden character visible.

    Args:
        text: anything; surrogates U+DC80 to U+DCFF stand for octets (see ``decode``).
        limit: characters after which it is cut.
        lines: end the line after the picture of each LF, for a place that keeps line ends.
        marks: places, in order and apart from each other, that are to be marked.
        start: leave out the characters before this one.
    """
    end = min(len(text), start + limit)
    parts: list[str] = ["… "] if start else []
    for first, last, is_marked in _stretches(start, end, marks):
        inside = "".join(_parts(text[first:last], lines=lines))
        parts.append(f"<mark>{inside}</mark>" if is_marked else inside)
    return Shown(Markup("".join(parts)), len(text) - end)  # noqa: S704 - parts are escaped


def _stretches(start: int, end: int, marks: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int, bool]]:
    """Cut start ≤ place < end into stretches that are marked, and those between them."""
    place = start
    for first, last in marks:
        begin, stop = max(first, place), min(last, end)
        if begin >= stop:
            continue
        if begin > place:
            yield place, begin, False
        yield begin, stop, True
        place = stop
    if place < end:
        yield place, end, False


def _parts(text: str, *, lines: bool) -> Iterator[str]:
    position = 0
    for run in _HIDDEN.finditer(text):
        yield str(escape(text[position : run.start()]))
        if not run["controls"]:
            yield f'<span class="hidden-character">{_pictures(run[0])}</span>'
        elif lines:
            yield from map(_ending_line, run[0].splitlines(keepends=True))
        else:
            yield _named(run[0])
        position = run.end()
    yield str(escape(text[position:]))


def _ending_line(run: str) -> str:
    return _named(run) + ("\n" if run.endswith("\n") else "")


def _named(run: str) -> str:
    counted = [(character, len(list(same))) for character, same in groupby(run)]
    names = [_name(character) + _times(number) for character, number in counted[:_NAMED]]
    names += ["…"] if len(counted) > _NAMED else []
    return f'<span class="hidden-character" data-names="{" ".join(names)}">{_pictures(run)}</span>'


def _times(number: int) -> str:
    return f"\u00d7{number}" if number > 1 else ""


def _name(control: str) -> str:
    return "DEL" if ord(control) == _DELETE else _NAMES[ord(control)]


def _pictures(run: str) -> str:
    return "".join(map(_picture, run))


def _picture(character: str) -> str:
    code = ord(character)
    if code < ord(" "):
        return chr(_PICTURES + code)
    if code == _DELETE:
        return "\u2421"
    return f"[octet 0x{code - 0xDC00:02X}]" if code in _OCTETS else f"[U+{code:04X}]"
