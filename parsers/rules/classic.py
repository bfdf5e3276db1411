"""The types of version 1 that are made of other types, and have colons in their extradata.

    interpret:int:word                              the inner type's value as another kind of value
    tokenized:, :ipv4                               values with a separator between them: an array
    suffixed:,:kb,mb:number                         {"value": …, "suffix": …}; first the suffixes' separator
    named_suffixed:size:unit:,:kb,mb:number         the same with other names
    recursive:tail                                  this very rulebase on what remains
    descent:other.rulebase:tail                     another one

recursive and descent match all that remains, or all but what the inner rules call ``tail``.
"""

import re
from collections.abc import Callable
from typing import Any, Final

from pyparsing import ParserElement

from parsers.rules.motifs import Found, Motif, Unnamed
from parsers.rules.parameters import Parameters
from parsers.rules.plain import to_float
from parsers.rules.tree import Node, Walk, object_of

MOST_ITEMS: Final = 1000  # of one tokenized, and inner rulebases of one text: no sane message has more
DEEPEST: Final = 64  # rulebases within rulebases
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,400}")
_HEXADECIMAL: Final = re.compile(r"(?:0[xX])?[0-9A-Fa-f]{1,400}")
_TRUTH: Final = {"true": True, "yes": True, "false": False, "no": False}


class Wrapping(Motif):
    """A type around an inner one."""

    exact = False

    def __init__(self, inner: Motif) -> None:
        self.inner = inner

    def beginning(self) -> ParserElement | None:
        """What the inner one begins with."""
        return self.inner.grammar(Unnamed(), None) or self.inner.beginning()


class Interpreted(Wrapping):
    """``interpret``: the inner value as number or boolean; what is none does not match."""

    def __init__(self, inner: Motif, convert: Callable[[str], Any]) -> None:
        super().__init__(inner)
        self._convert = convert

    def parse(self, walk: Walk, start: int) -> Found | None:
        """Match the inner one and convert its value."""
        found = self.inner.parse(walk, start)
        if found is None or not isinstance(found[1], str):
            return None
        try:
            return found[0], self._convert(found[1])
        except (ValueError, KeyError):
            return None


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ValueError("not a whole number")
    return int(text)


def _base16(text: str) -> int:
    if not _HEXADECIMAL.fullmatch(text):
        raise ValueError("not a hexadecimal number")
    return int(text, 16)


def _float(text: str) -> float:
    return to_float(text.encode("utf-8", "replace"))


def _boolean(text: str) -> bool:
    return _TRUTH[text.lower()]


_CONVERSIONS: Final[dict[str, Callable[[str], Any]]] = {
    "int": _integer,
    "base10int": _integer,
    "base16int": _base16,
    "float": _float,
    "bool": _boolean,
    "boolean": _boolean,
}


class Tokenized(Wrapping):
    """``tokenized``: inner values with a separator between them; behind the last no value follows one."""

    def __init__(self, inner: Motif, separator: bytes) -> None:
        super().__init__(inner)
        self._separator = separator

    def parse(self, walk: Walk, start: int) -> Found | None:
        """Match item by item."""
        found = self.inner.parse(walk, start)
        if found is None:
            return None
        values, place = [found[1]], found[0]
        while len(values) < MOST_ITEMS and walk.octets.startswith(self._separator, place):
            found = self.inner.parse(walk, place + len(self._separator))
            if found is None:
                break
            values.append(found[1])
            place = found[0]
        return place, values


class Suffixed(Wrapping):
    """``suffixed`` and ``named_suffixed``: an inner value and the longest suffix that stands behind it."""

    structured = True

    def __init__(self, inner: Motif, names: tuple[str, str], suffixes: list[bytes]) -> None:
        super().__init__(inner)
        self._names, self._suffixes = names, sorted(suffixes, key=len, reverse=True)

    def parse(self, walk: Walk, start: int) -> Found | None:
        """Match the inner one, then a suffix."""
        found = self.inner.parse(walk, start)
        if found is None:
            return None
        place, value = found
        for suffix in self._suffixes:
            if walk.octets.startswith(suffix, place):
                values = (value, suffix.decode("utf-8", "replace"))
                return place + len(suffix), dict(zip(self._names, values, strict=True))
        return None


class Rulebase(Motif):
    """``recursive`` and ``descent``: a whole rulebase on what remains."""

    exact = False
    structured = True

    def __init__(self, root: Node, tail: str) -> None:
        self._root, self._tail = root, tail

    def parse(self, walk: Walk, start: int) -> Found | None:
        """Match the remaining text; each place is asked once, and a place within itself never matches."""
        key = id(self._root), start
        if key not in walk.known:
            if walk.depth >= DEEPEST or len(walk.known) >= MOST_ITEMS:
                return None
            walk.known[key] = None
            walk.depth += 1
            walk.known[key] = walk.search(self._root, start, whole=True)
            walk.depth -= 1
        found = walk.known[key]
        if found is None:
            return None
        result = object_of(found[2])
        tail = result.pop(self._tail, "")
        left = tail.encode("utf-8", "replace") if isinstance(tail, str) else b""
        return (found[1] - len(left), result) if walk.octets.endswith(left) else None


def conversion(parameters: Parameters, kind: str) -> Callable[[str], Any]:
    """Give interpret's conversion.

    Raises:
        FaultError: when there is none of that name.
    """
    if kind not in _CONVERSIONS:
        raise parameters.fault(f"knows the kinds {', '.join(_CONVERSIONS)}, not {kind!r}")
    return _CONVERSIONS[kind]
