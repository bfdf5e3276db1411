"""What a rule is made of: motifs, liblognorm's word for one parser of a rule.

A motif stands at a place of a text (as octets) and matches one stretch from there on, or none; it never
has a second answer. Rules that share their beginnings become a tree (parsers/rules/tree.py), and only
between the branches of that tree does matching ever go back.

A motif can show itself in two ways:

* ``grammar`` is a pyparsing grammar, which compiles to a regular expression whose groups (captures) give the
  motif's value. A motif that is ``exact`` has one; for the others it is None.
* ``parse`` finds extent and value by a function; whatever is exact need not write one. ``beginning`` is then
  a grammar of what the stretch surely begins with, so that texts that do not are told early.

A capture's ``value`` makes the value of the octets and may refuse them (ValueError): then the motif does
not match, for instance a number beyond its maxval.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from pyparsing import And, Literal, ParserElement, Regex

from parsers.compile import compile_grammar
from parsers.grammar import production

if TYPE_CHECKING:
    from parsers.rules.tree import Walk

Path = tuple[str, ...]  # where a value stands in the result: names from the outside to the inside
Found = tuple[int, Any]  # where a motif's stretch ends, and its value


@dataclass(frozen=True, slots=True)
class Capture:
    """A group of a grammar: where its value stands (None: it is not kept), and what makes the value."""

    path: Path | None
    value: Callable[[bytes], Any] | None = None


class Captures(list[Capture]):
    """The captures of one grammar, in the order of its groups."""

    def name(self, path: Path | None, value: Callable[[bytes], Any] | None = None) -> str | None:
        """Give the results name of a new capture; None where there is nothing to keep or to check."""
        if path is None and value is None:
            return None
        self.append(Capture(path, value))
        return f"f{len(self) - 1}"


class Unnamed(Captures):
    """For a grammar that only tells whether something matches: nothing in it gets a name."""

    def name(self, path: Path | None, value: Callable[[bytes], Any] | None = None) -> str | None:
        """Give no name."""
        _ = self, path, value
        return None


class Motif:
    """One parser of a rule."""

    exact = True  # there is a grammar, and its captures give the value
    structured = False  # the value is an object
    names: Sequence[Path] = ((),)  # where the values stand, as far as that is known beforehand

    def grammar(self, captures: Captures, path: Path | None) -> ParserElement | None:
        """Give a new grammar, its captures standing under ``path`` (None: not kept); None if not exact."""
        _ = self, captures, path
        return None

    def beginning(self) -> ParserElement | None:
        """Give a grammar of what the stretch surely begins with, where ``grammar`` has none."""
        _ = self
        return None

    @cached_property
    def _compiled(self) -> tuple[re.Pattern[bytes], Captures]:
        captures = Captures()
        grammar = self.grammar(captures, ())
        if grammar is None:
            raise TypeError(
                f"{type(self).__name__} has neither a grammar nor a parse of its own: give it one"
            )
        return compile_grammar(production("motif", grammar)), captures

    def parse(self, walk: "Walk", start: int) -> Found | None:
        """Match from octet ``start`` on: the end and the value, or None."""
        pattern, captures = self._compiled
        match = pattern.match(walk.octets, start)
        if match is None:
            return None
        try:
            return match.end(), assemble(captures, match.groups(), structured=self.structured)
        except (ValueError, OverflowError):
            return None


def assemble(captures: Sequence[Capture], groups: Sequence[bytes | None], *, structured: bool) -> Any:
    """Make the value of a motif out of its groups: an object, or the one value whose path is empty.

    Raises:
        ValueError: when a capture's value refuses what was captured.
    """
    result: dict[str, Any] = {}
    whole: Any = None
    for capture, octets in zip(captures, groups, strict=True):
        if octets is None:
            continue
        value = text_of(octets) if capture.value is None else capture.value(octets)
        if capture.path == ():
            whole, structured = value, False
        elif capture.path is not None:
            put(result, capture.path, value)
    return result if structured else whole


def put(result: dict[str, Any], path: Path, value: Any) -> None:
    """Set a value in nested objects, unless one stands there already: the first of a name wins."""
    *outer, name = path
    for part in outer:
        inner = result.setdefault(part, {})
        if not isinstance(inner, dict):
            return
        result = inner
    result.setdefault(name, value)


def text_of(octets: bytes) -> str:
    """Give the text of octets; what is no UTF-8 (a rule may cut a character) is shown as U+FFFD."""
    return octets.decode("utf-8", "replace")


def regex(source: str, name: str | None = None) -> ParserElement:
    """Give an element for a regular expression over octets, under a results name when there is one."""
    element = Regex(source, re.ASCII).leave_whitespace(recursive=False)
    return element(name) if name else element


def literal(octets: bytes, name: str | None = None) -> ParserElement:
    """Give an element for literal octets."""
    element = Literal(octets.decode("latin-1")).leave_whitespace(recursive=False)
    return element(name) if name else element


def sequence(elements: Sequence[ParserElement]) -> ParserElement:
    """Give an element for elements one after the other; one alone stays itself."""
    return elements[0] if len(elements) == 1 else And(list(elements))


class Stretch(Motif):
    """A motif that is one regular expression; its text is the value unless ``value`` makes another of it."""

    def __init__(self, source: str, value: Callable[[bytes], Any] | None = None) -> None:
        self._source, self._value = source, value

    def grammar(self, captures: Captures, path: Path | None) -> ParserElement:
        """One capture."""
        return regex(self._source, captures.name(path, self._value))


class Text(Motif):
    """liblognorm's "literal" where it has a name or a priority of its own; else literals are no motifs."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets

    def grammar(self, captures: Captures, path: Path | None) -> ParserElement:
        """One capture of the literal octets."""
        return literal(self._octets, captures.name(path))


ANYTHING: Final = r"[\x00-\xff]*+"
