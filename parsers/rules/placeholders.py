r"""The match description of a rule: literal text, and placeholders between percent signs.

    description = *( literal / "%%" / placeholder )
    placeholder = "%" *WSP ( classic / JSON ) *WSP "%"
    classic     = name ":" type [ ":" extradata / JSON ]      extradata reaches to the next "%"
    JSON        = an object (one parser) or an array (parsers one after the other)

White space (line ends too) may stand inside a placeholder's percent signs; outside, a line end ends the
description. In literals and in extradata \a \b \f \n \r \t \v \\ \' \" \? \xHH and \OOO stand for octets,
other backslashes for themselves. JSON is read as libfastjson reads it: a comma may stand behind the last
member.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from parsers.rules.errors import FaultError

_LITERAL: Final = re.compile(r"(?>(?:[^%\n]|%%)+)")
_WHITE: Final = re.compile(r"[ \t\r\n]*+")
_NAME: Final = re.compile(r"[^%:{}\n]++")
_TYPE: Final = re.compile(r"[^%:{}\s]++")
_EXTRADATA: Final = re.compile(r"[^%]*+")
_STATEMENT_INSIDE: Final = re.compile(r"\n(?:rule|prefix|extendprefix|annotate|type|include)=")
_ESCAPE: Final = re.compile(r"""\\(?:x([0-9A-Fa-f]{2})|([0-3][0-7]{2})|([abfnrtv\\'"?]))""")
_SIMPLE: Final = dict(zip("abfnrtv\\'\"?", "\a\b\f\n\r\t\v\\'\"?", strict=True))
_STRING_OR_COMMA: Final = re.compile(r'"(?>(?:[^"\\]|\\.)*)"|,(?=\s*+[\]}])', re.DOTALL)
_DECODER: Final = json.JSONDecoder(strict=False)
_UNPAIRED: Final = "the placeholder is not closed: write % behind it, and %% where a percent sign is meant"


@dataclass(frozen=True, slots=True)
class Literal:
    """Literal text, as octets."""

    offset: int
    octets: bytes


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One parser as it was written: its type, name (None: not kept) and parameters.

    ``extradata`` is the classic form's, with its escapes still in it.
    """

    offset: int
    kind: str
    name: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    extradata: str | None = None


Item = Literal | Placeholder


def description(text: str, start: int) -> tuple[list[Item], int]:
    """Read the match description that begins at ``start``: its items and where it ends.

    Raises:
        FaultError: where it cannot be read.
    """
    items: list[Item] = []
    place = start
    while place < len(text) and text[place] != "\n":
        literal = _LITERAL.match(text, place)
        if literal:
            items.append(Literal(place, unescape(literal[0].replace("%%", "%"))))
            place = literal.end()
        else:
            found, place = _placeholder(text, place)
            items += found
    if items and isinstance(items[-1], Literal) and items[-1].octets.endswith(b"\r"):
        items[-1] = Literal(items[-1].offset, items[-1].octets[:-1])  # a file with CR LF
    return [item for item in items if not isinstance(item, Literal) or item.octets], place


def unescape(text: str) -> bytes:
    r"""Give the octets of a text with escapes: ``\x3a`` is a colon; UTF-8 for what is beyond ASCII."""
    octets, place = b"", 0
    for escape in _ESCAPE.finditer(text):
        octets += text[place : escape.start()].encode("utf-8", "replace") + _octet(escape)
        place = escape.end()
    return octets + text[place:].encode("utf-8", "replace")


def _octet(escape: re.Match[str]) -> bytes:
    hexadecimal, octal, simple = escape.groups()
    if simple:
        return _SIMPLE[simple].encode("ascii")
    return bytes([int(hexadecimal, 16) if hexadecimal else int(octal, 8)])


def _placeholder(text: str, opening: int) -> tuple[list[Item], int]:
    start = place = _skip_white(text, opening + 1)
    if text[place : place + 1] in {"{", "["}:
        value, place = _json(text, place)
        found = [_from_json(one, start) for one in (value if isinstance(value, list) else [value])]
    else:
        placeholder, place = _classic(text, start)
        found = [placeholder]
    if text[place : place + 1] != "%":
        raise FaultError(place if place < len(text) else opening, f"expected % here: {_UNPAIRED}")
    return list(found), place + 1


def _classic(text: str, start: int) -> tuple[Placeholder, int]:
    name = _NAME.match(text, start)
    if name is None or text[name.end() : name.end() + 1] != ":":
        raise FaultError(start, f"expected name:type% here; {_UNPAIRED}")
    kind = _TYPE.match(text, _skip_white(text, name.end() + 1))
    if kind is None:
        raise FaultError(name.end() + 1, "expected a type behind the colon, such as word")
    parameters: Mapping[str, Any] = {}
    extradata, end = None, kind.end()
    if text[end : end + 1] == ":":
        rest = _EXTRADATA.match(text, end + 1)
        extradata, end = (rest[0], rest.end()) if rest else ("", end)
        if _STATEMENT_INSIDE.search(extradata):
            raise FaultError(start, _UNPAIRED)
    elif text[_skip_white(text, end) : _skip_white(text, end) + 1] == "{":
        parameters, end = _json(text, _skip_white(text, end))
    if extradata is None:
        end = _skip_white(text, end)
    return _made(kind[0], name[0].strip(), parameters, start, extradata), end


def _made(
    kind: str, name: str | None, parameters: Mapping[str, Any], offset: int, extradata: str | None
) -> Placeholder:
    return Placeholder(offset, kind, None if name in {"-", ""} else name, parameters, extradata)


def from_json(value: Any, offset: int) -> list[Item]:
    """Give the parsers of a JSON value (an object, or an array of them), such as repeat's "parser".

    Raises:
        FaultError: when it is neither, or has no type.
    """
    return [_from_json(one, offset) for one in (value if isinstance(value, list) else [value])]


def _from_json(value: Any, offset: int) -> Item:
    if not isinstance(value, dict) or not isinstance(value.get("type"), str):
        raise FaultError(offset, f'expected an object with a "type" here, found {json.dumps(value)[:60]}')
    parameters = {key: part for key, part in value.items() if key not in {"type", "name"}}
    name = value.get("name")
    if name is not None and not isinstance(name, str):
        raise FaultError(offset, f'"name" must be a string, found {json.dumps(name)}')
    return _made(value["type"], name, parameters, offset, None)


def _json(text: str, start: int) -> tuple[Any, int]:
    try:
        value, end = _decode(text, start)
    except json.JSONDecodeError as error:
        raise FaultError(error.pos, f"not JSON: {error.msg}") from None
    except RecursionError:
        raise FaultError(
            start, "nested too deeply: use a type=@name:… statement for the inner part"
        ) from None
    if _STATEMENT_INSIDE.search(text, start, end):
        raise FaultError(start, _UNPAIRED)
    return value, _skip_white(text, end)


def _decode(text: str, start: int) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(text, start)
    except json.JSONDecodeError:
        return _DECODER.raw_decode(_without_last_commas(text, start), start)


def _without_last_commas(text: str, start: int) -> str:
    """Blank the commas behind last members, so that every offset stays what it is."""
    kept = _STRING_OR_COMMA.sub(lambda found: found[0] if found[0] != "," else " ", text[start:])
    return text[:start] + kept


def _skip_white(text: str, place: int) -> int:
    white = _WHITE.match(text, place)
    return white.end() if white else place
