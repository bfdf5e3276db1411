r"""Types with an inner structure: JSON, CEF, LEA, name-value lists, iptables, Cisco's interfaces.

What has no end that a regular expression could find (JSON nests, CEF's values end where the next name
begins) is matched by a function over the remaining text. Each takes time linear in the text and refuses,
rather than raises, what it cannot read.
"""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from pyparsing import And, Literal, NotAny, Opt, ParserElement

from parsers.rules.charsets import one_of, until
from parsers.rules.motifs import Captures, Found, Motif, Path, regex, text_of
from parsers.rules.parameters import Parameters
from parsers.rules.plain import IPV4
from parsers.rules.tree import Walk

DEEPEST_JSON: Final = 64  # deeper JSON than any sender's would only use up the stack of whoever reads it
Reader = Callable[[bytes, int], Found | None]
_BLANKS: Final = re.compile(rb"[ ]*+")
_ISSPACE: Final = re.compile(rb"[ \t\n\v\f\r]*+")


class Function(Motif):
    """A type that is matched by a function of the octets and the place; ``begins`` as in Motif.beginning."""

    exact = False
    structured = True

    def __init__(self, read: Reader, begins: str) -> None:
        self._read, self._begins = read, begins

    def beginning(self) -> ParserElement:
        """What the function surely finds first."""
        return regex(self._begins)

    def parse(self, walk: Walk, start: int) -> Found | None:
        """Match by the function; whatever it stumbles over does not match."""
        try:
            return self._read(walk.octets, start)
        except (ValueError, KeyError, RecursionError):
            return None


# --- JSON ---


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_DECODER: Final = json.JSONDecoder(parse_constant=_no_constant)


def json_(parameters: Parameters) -> Motif:
    """``json``: an object or array and the white space behind it; ``skipempty`` leaves empty members out."""
    parameters.only(("skipempty", "extradata"))
    skip_empty = parameters.value("extradata") == "skipempty" or parameters.flag("skipempty")

    def read(octets: bytes, start: int) -> Found | None:
        found = _json(octets, start)
        return (found[0], _without_empty(found[1])) if found and skip_empty else found

    return Function(read, r"[{\[]")


def cee_syslog(parameters: Parameters) -> Motif:
    """``cee-syslog``: the cookie ``@cee:`` and one object, up to the end of the text."""
    parameters.only(())

    def read(octets: bytes, start: int) -> Found | None:
        if not octets.startswith(b"@cee:", start):
            return None
        found = _json(octets, _white_end(octets, start + 5))
        return found if found and found[0] == len(octets) and isinstance(found[1], dict) else None

    return Function(read, "@cee:")


def _json(octets: bytes, start: int) -> Found | None:
    if octets[start : start + 1] not in {b"{", b"["}:
        return None
    text = octets[start:].decode("utf-8", "surrogateescape")
    value, end = _DECODER.raw_decode(text)
    if _too_deep(value):
        return None
    return _white_end(octets, start + len(text[:end].encode("utf-8", "surrogateescape"))), value


def _too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST_JSON):
        level = [
            member
            for outer in level
            if isinstance(outer, dict | list)
            for member in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return bool(level)


def _white_end(octets: bytes, start: int) -> int:
    white = _ISSPACE.match(octets, start)
    return white.end() if white else start


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        members = {name: _without_empty(member) for name, member in value.items()}
        return {name: member for name, member in members.items() if member not in _EMPTY}
    if isinstance(value, list):
        return [item for item in map(_without_empty, value) if item not in _EMPTY]
    return value


_EMPTY: Final[tuple[Any, ...]] = ("", None, [], {})

# --- CEF ---

_CEF_HEADER: Final = re.compile(rb"CEF:[0-9]++" + rb"\|((?>(?:[^\\|]|\\[\\|])*))" * 6 + rb"\|")
_CEF_HEADER_NAMES: Final = (
    "DeviceVendor",
    "DeviceProduct",
    "DeviceVersion",
    "SignatureID",
    "Name",
    "Severity",
)
_CEF_UP_TO_EQUALS: Final = re.compile(rb"((?>(?:[^=\\]|\\[\x00-\xff]?)*))(=|\Z)")
_CEF_NAME: Final = re.compile(rb"[0-9A-Za-z_.\[\]-]++")
_CEF_ESCAPE: Final = re.compile(rb"\\([\x00-\xff]?)")
_CEF_MEANS: Final = {b"n": b"\n", b"r": b"\r", b"=": b"=", b"|": b"|", b"\\": b"\\", b"/": b"/"}


def cef(parameters: Parameters) -> Motif:
    """``cef``: ArcSight's Common Event Format, header and extension, up to the end of the text.

    Blanks may stand before the extension; in a rulebase of version 1 one at most.
    """
    parameters.only(())
    one_blank = parameters.version == 1

    def read(octets: bytes, start: int) -> Found | None:
        header = _CEF_HEADER.match(octets, start)
        if header is None:
            return None
        rest = octets[header.end() :]
        extensions = _cef_extensions(rest.removeprefix(b" ") if one_blank else rest.lstrip(b" "))
        names = zip(_CEF_HEADER_NAMES, map(_cef_value, header.groups()), strict=True)
        return None if extensions is None else (len(octets), {**dict(names), "Extensions": extensions})

    return Function(read, "CEF:[0-9]++")


def _cef_extensions(octets: bytes) -> dict[str, str] | None:
    """Read ``name=value name=value``: a value reaches to the name in front of the next ``=``."""
    if not octets:
        return {}
    result: dict[str, str] = {}
    name, equals, *_ = _CEF_UP_TO_EQUALS.findall(octets)[0]
    for piece, onward in _CEF_UP_TO_EQUALS.findall(octets)[1:]:
        if not equals:
            break
        if not _CEF_NAME.fullmatch(name):
            return None
        value, _, following = piece.rpartition(b" ") if onward else (piece, b"", b"")
        result[text_of(name)] = _cef_value(value)
        name, equals = following, onward
    return result or None


def _cef_value(octets: bytes) -> str:
    """Undo the escapes; KeyError at one that CEF does not have."""
    return text_of(_CEF_ESCAPE.sub(lambda found: _CEF_MEANS[found[1]], octets) if b"\\" in octets else octets)


# --- Check Point LEA ---


def checkpoint_lea(parameters: Parameters) -> Motif:
    """``checkpoint-lea``: ``name: value;`` up to the end of the text, or to the character ``terminator``."""
    parameters.only(("terminator", "extradata"))
    given = "terminator" if parameters.has("terminator") else "extradata"
    terminator = parameters.text(given).encode("utf-8", "replace") if parameters.has(given) else None
    pair = re.compile(rb"[ ]*+([^:;]++):[ ]*+([^;]*+)(?:;|\Z)")

    def read(octets: bytes, start: int) -> Found | None:
        result: dict[str, str] = {}
        place = _blank_end(octets, start)
        while place < len(octets) and not (terminator and octets.startswith(terminator, place)):
            found = pair.match(octets, place)
            if found is None:
                return None
            result[text_of(found[1])] = text_of(found[2])
            place = _blank_end(octets, found.end())
        return (place, result) if result else None

    return Function(read, "[^:;]++:")


def _blank_end(octets: bytes, start: int) -> int:
    blanks = _BLANKS.match(octets, start)
    return blanks.end() if blanks else start


# --- names and values ---


def name_value_list(parameters: Parameters) -> Motif:
    """``name-value-list``: ``name=value`` up to the end of the text, with white space between the pairs.

    ``separator`` stands between pairs instead of white space, ``assignator`` between name and value instead
    of ``=``. Values may stand in single or double quotes, and have backslashes in them then.
    """
    parameters.only(("separator", "assignator", "ignore_whitespaces", "extradata"))
    given = "separator" if parameters.has("separator") else "extradata"
    separator = parameters.text(given) if parameters.value(given) else " \t\n\v\f\r"
    assignator = parameters.text("assignator", "=")
    strip = not parameters.has("ignore_whitespaces") or parameters.flag("ignore_whitespaces")
    name = "[0-9A-Za-z._-]++" if assignator == "=" else until(assignator[0] + separator, least=1)
    between = one_of(separator)
    pair = re.compile(
        rf"""({name}){re.escape(assignator)}(?:{_QUOTED}(?={between}|\Z)|({until(separator, least=0)}))"""
        rf"(?:{between}|\Z)".encode("latin-1")
    )
    skipped = re.compile(rf"(?>(?:{between}{'|[ ]' if strip else ''})*)".encode("latin-1"))

    def read(octets: bytes, start: int) -> Found | None:
        result: dict[str, str] = {}
        place = start
        while place < len(octets):
            found = pair.match(octets, place)
            if found is None:
                return None
            result[text_of(found[1])] = _quoted_value(found, strip=strip and given == "separator")
            white = skipped.match(octets, found.end())
            place = white.end() if white else found.end()
        return (place, result) if result else None

    return Function(read, f"{name}{re.escape(assignator)}")


_QUOTED: Final = r"""(?:"((?>(?:[^"\\]|\\[\x00-\xff])*))"|'((?>(?:[^'\\]|\\[\x00-\xff])*))')"""
_BACKSLASHED: Final = re.compile(rb"\\([\x00-\xff])")


def _quoted_value(pair: re.Match[bytes], *, strip: bool) -> str:
    bare = pair[4]
    if bare is not None:
        return text_of(bare.strip(b" ") if strip else bare)
    return text_of(_BACKSLASHED.sub(rb"\1", pair[2] if pair[2] is not None else pair[3]))


_IPTABLES: Final = re.compile(rb"([A-Z]++)(?:=([^ ]*+))?(?: |\Z)")
_LEAST_IPTABLES: Final = 2  # one name alone could be any word


def iptables(parameters: Parameters) -> Motif:
    """``v2-iptables``: ``NAME=value`` and ``NAME`` (null), one SP between them, up to the end of the text."""
    parameters.only(())

    def read(octets: bytes, start: int) -> Found | None:
        result: dict[str, str | None] = {}
        place = count = 0
        place = start
        while place < len(octets):
            found = _IPTABLES.match(octets, place)
            if found is None:
                return None
            result[text_of(found[1])] = None if found[2] is None else text_of(found[2])
            place, count = found.end(), count + 1
        return (place, result) if count >= _LEAST_IPTABLES else None

    return Function(read, "[A-Z]++")


# --- Cisco ---


class CiscoInterface(Motif):
    """``cisco-interface-spec``: ``[interface:]ip/port [SP (ip2/port2)] [[SP](username)]``."""

    structured = True
    names: Sequence[Path] = (("interface",), ("ip",), ("port",), ("ip2",), ("port2",), ("user",))

    def grammar(self, captures: Captures, path: Path | None) -> ParserElement:
        """A capture for each part that is there."""

        def part(source: str, name: str) -> ParserElement:
            return regex(source, captures.name(None if path is None else (*path, name)))

        address = rf"{IPV4}/[0-9]++"
        return And(
            [
                Opt(NotAny(regex(address)) + part(r"[^: \t\n\v\f\r]++", "interface") + ":"),
                part(IPV4, "ip"),
                Literal("/"),
                part("[0-9]++", "port"),
                Opt(" (" + part(IPV4, "ip2") + "/" + part("[0-9]++", "port2") + ")"),
                Opt(regex(r" ?\(") + part(r"[^) \t\n\v\f\r]++", "user") + ")"),
            ]
        ).leave_whitespace()


def cisco_interface(parameters: Parameters) -> Motif:
    """Build a ``cisco-interface-spec``."""
    parameters.only(())
    return CiscoInterface()
