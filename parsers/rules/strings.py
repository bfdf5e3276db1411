r"""liblognorm's type ``string``: quoting, escapes and permitted characters as parameters.

The expression is put together from sets of octets. Quoted, it is

    begin (?>(?: octets | "\\" any octet | end end )*) end

and bare the same without the quotes, up to the next SP. In strict matching SP or the text's end must follow.
"""

import re
import string
from collections.abc import Callable
from typing import Any, Final

from parsers.rules.charsets import octets_in
from parsers.rules.motifs import Motif, Stretch, text_of
from parsers.rules.parameters import Parameters

_CLASSES: Final = {
    "digit": string.digits,
    "hexdigit": string.hexdigits,
    "alpha": string.ascii_letters,
    "alnum": string.ascii_letters + string.digits,
}
_ALL: Final = frozenset(range(256))
_SP: Final = ord(" ")
_BACKSLASH: Final = ord("\\")
_KNOWN: Final = (
    "quoting.mode",
    "quoting.escape.mode",
    "quoting.char.begin",
    "quoting.char.end",
    "matching.permitted",
    "matching.mode",
)


def string_(parameters: Parameters) -> Motif:
    """Build a ``string``."""
    parameters.only(_KNOWN)
    quoting = parameters.choice("quoting.mode", ("none", "required", "auto"), "auto")
    escape = parameters.choice("quoting.escape.mode", ("none", "double", "backslash", "both"), "both")
    strict = parameters.choice("matching.mode", ("strict", "lazy"), "strict") == "strict"
    begin, end = (_quote(parameters, f"quoting.char.{side}") for side in ("begin", "end"))
    permitted = _permitted(parameters)
    backslash, double = escape in {"backslash", "both"}, escape in {"double", "both"}

    inside = _run(permitted - {end}, backslash=backslash, doubled=end if double else None, least="*")
    quoted = octets_in([begin]) + inside + octets_in([end])
    bare = _run(permitted - {_SP}, backslash=backslash, doubled=None, least="+")
    source = {"required": quoted, "none": bare, "auto": f"(?:{quoted}|(?!{octets_in([begin])}){bare})"}[
        quoting
    ]
    return Stretch(
        rf"{source}(?:(?= )|\Z)" if strict else source,
        _reader(None if quoting == "none" else begin, end, backslash=backslash, double=double),
    )


def _run(octets: frozenset[int], *, backslash: bool, doubled: int | None, least: str) -> str:
    parts = [octets_in(octets - {_BACKSLASH} if backslash else octets)]
    if backslash:
        parts.append(r"\\[\x00-\xff]")
    if doubled is not None:
        parts.append(octets_in([doubled]) * 2)
    return f"(?>(?:{'|'.join(parts)}){least})"


def _quote(parameters: Parameters, name: str) -> int:
    character = parameters.text(name, '"')
    if len(character) != 1 or not character.isascii():
        raise parameters.fault(f"{name} must be one ASCII character, not {character!r}")
    return ord(character)


def _permitted(parameters: Parameters) -> frozenset[int]:
    permitted = parameters.value("matching.permitted")
    if permitted is None:
        return _ALL
    listed = [{"chars": permitted}] if isinstance(permitted, str) else permitted
    if not isinstance(listed, list) or not all(isinstance(one, dict) and len(one) == 1 for one in listed):
        raise parameters.fault(
            'matching.permitted must be a text, or an array of {"class":…} and {"chars":…}'
        )
    characters = "".join(_characters(parameters, *pair) for one in listed for pair in one.items())
    if not characters or not characters.isascii():
        raise parameters.fault("matching.permitted must list ASCII characters, one at least")
    return frozenset(map(ord, characters))


def _characters(parameters: Parameters, key: Any, value: Any) -> str:
    if key == "chars" and isinstance(value, str):
        return value
    if key == "class" and value in _CLASSES:
        return _CLASSES[value]
    raise parameters.fault(
        f'matching.permitted takes "chars" and "class" ({", ".join(_CLASSES)}), not {value!r}'
    )


def _reader(begin: int | None, end: int, *, backslash: bool, double: bool) -> Callable[[bytes], str]:
    ending = re.escape(bytes([end]))
    escapes = ([rb"\\([\x00-\xff])"] if backslash else []) + (
        [b"(" + ending + b")" + ending] if double else []
    )
    escaped = re.compile(b"|".join(escapes)) if escapes else None
    bare_escaped = re.compile(escapes[0]) if backslash else None

    def value(octets: bytes) -> str:
        quoted = begin is not None and octets[:1] == bytes([begin])
        pattern = escaped if quoted else bare_escaped
        inner = octets[1:-1] if quoted else octets
        return text_of(pattern.sub(_last_group, inner) if pattern else inner)

    return value


def _last_group(match: re.Match[bytes]) -> bytes:
    return bytes(match[match.lastindex or 0])
