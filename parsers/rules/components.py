"""Motifs that are made of motifs: a ``type=@name``, and liblognorm's ``repeat``."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, Final

from pyparsing import Empty, MatchFirst, ParserElement

from parsers.rules.motifs import Captures, Found, Motif, Path, Unnamed, literal, sequence
from parsers.rules.tree import Field, Node, Part, Walk, object_of, paths

MOST_REPEATS: Final = 1000  # a text that repeats more is no sane message; bounds what each repeat can cost


class Component(Motif):
    """Paths of which one matches as a whole, and of which matching never takes another afterwards."""

    structured = True

    def __init__(self) -> None:
        self.root = Node()
        self._added = 0
        self.uses: set[str] = set()  # the types that it is made of

    def add(self, parts: Sequence[Part]) -> None:
        """Add a path; all must be added before the first text is matched."""
        self.root.add(parts, self._added)
        self._added += 1

    @cached_property
    def _paths(self) -> list[list[Part]]:
        return [parts for _, parts in paths(self.root.ready(), whole=False)]

    @cached_property
    def exact(self) -> bool:  # type: ignore[override]
        """Whether the grammar gives its values.

        A capture that may refuse what it captured cannot be: the next path would have to be tried.
        """
        captures = Captures()
        grammars = [self._path_grammar(parts, captures, ()) for parts in self._paths]
        refusing = len(grammars) > 1 and any(capture.value for capture in captures)
        return None not in grammars and not refusing

    @cached_property
    def scalar(self) -> bool:
        """Whether one of its paths gives a value instead of an object: its only name is ``..``."""
        return any(map(is_scalar, self._paths))

    @cached_property
    def names(self) -> Sequence[Path]:  # type: ignore[override]
        """The paths of the names in it; the empty path for one that gives a value."""
        return [inner for parts in self._paths for inner in names_of(parts, scalar=is_scalar(parts))]

    def grammar(self, captures: Captures, path: Path | None) -> ParserElement | None:
        """Each path a sequence; the first that matches counts."""
        if not self.exact:
            return None
        found = [self._path_grammar(parts, captures, path) for parts in self._paths]
        return MatchFirst([grammar for grammar in found if grammar is not None])

    def _path_grammar(
        self, parts: Sequence[Part], captures: Captures, path: Path | None
    ) -> ParserElement | None:
        return path_grammar(parts, captures, path, scalar=is_scalar(parts))

    def beginning(self) -> ParserElement:
        """The beginnings of its paths."""
        return MatchFirst([path_beginning(parts) for parts in self._paths])

    def parse(self, walk: Walk, start: int) -> Found | None:
        """Match by the grammar where that gives the values, else by walking the tree."""
        if self.exact:
            return super().parse(walk, start)
        found = walk.search(self.root, start, whole=False)
        if found is None:
            return None
        result = object_of(found[2])
        return found[1], result[".."] if list(result) == [".."] else result


def is_scalar(parts: Sequence[Part]) -> bool:
    """Whether a path's only name is ``..``: then its value takes the place of the object."""
    return [part.name for part in parts if isinstance(part, Field) and part.name is not None] == [".."]


def path_grammar(
    parts: Sequence[Part], captures: Captures, outer: Path | None, *, scalar: bool = False
) -> ParserElement | None:
    """Give the grammar of one path, its values under ``outer`` (None: not kept); ``scalar`` as is_scalar.

    None where a part is not exact, or where the names clash (see clash).
    """
    if clash(parts, scalar=scalar):
        return None
    elements = []
    for part in parts:
        if isinstance(part, bytes):
            elements.append(literal(part))
            continue
        inner = outer if scalar and part.name == ".." else part.path(outer)
        element = part.motif.grammar(captures, inner)
        if element is None:
            return None
        elements.append(element)
    return sequence(elements)


def path_beginning(parts: Sequence[Part]) -> ParserElement:
    """Give a grammar of what a path surely begins with."""
    elements = []
    for part in parts:
        element = literal(part) if isinstance(part, bytes) else part.motif.grammar(Unnamed(), None)
        if element is None and isinstance(part, Field):
            element = part.motif.beginning()
            elements += [element] if element else []
            break
        elements += [element] if element else []
    return sequence(elements) if elements else Empty()


def clash(parts: Sequence[Part], *, scalar: bool = False) -> bool:
    """Whether captures alone cannot tell which of several values a name has.

    Plain values of one name are no trouble, the first stays; of objects the first would stay as a whole.
    """
    seen: dict[str, bool] = {}  # the first part of a name: does it stand for plain values only?
    for part, inner in _named(parts, scalar=scalar):
        if part.name == "." and getattr(part.motif, "scalar", False):
            return True
        own: dict[str, bool] = {}
        for path in filter(None, inner):
            own[path[0]] = own.get(path[0], True) and len(path) == 1
        if any(name in seen and not (plain and seen[name]) for name, plain in own.items()):
            return True
        seen |= own
    return False


def names_of(parts: Sequence[Part], *, scalar: bool = False) -> list[Path]:
    """Give the paths of the names in a path of the tree, as far as they are known before a text is."""
    return [path for _, inner in _named(parts, scalar=scalar) for path in inner]


def _named(parts: Sequence[Part], *, scalar: bool) -> Iterator[tuple[Field, list[Path]]]:
    for part in parts:
        if isinstance(part, Field):
            outer = () if scalar and part.name == ".." else part.path(())
            if outer is not None:
                yield part, [(*outer, *inner) for inner in part.motif.names]


class Repeat(Motif):
    """``repeat``: parser, and as long as ``while`` matches behind it, parser again; an array of the values.

    Where ``while`` matches and parser does not, the whole fails, or ends in front of that ``while`` (with
    ``option.permitMismatchInParser``). An item whose only name is "." or ".." is that value.
    """

    exact = False

    def __init__(self, parser: Component, between: Component, *, permit: bool) -> None:
        self._parser, self._between, self._permit = parser, between, permit

    def beginning(self) -> ParserElement:
        """What parser begins with."""
        return self._parser.beginning()

    def parse(self, walk: Walk, start: int) -> Found | None:
        """Match item by item."""
        found = self._parser.parse(walk, start)
        if found is None:
            return None
        values = [_item(found[1])]
        place = found[0]
        while len(values) < MOST_REPEATS:
            between = self._between.parse(walk, place)
            if between is None:
                break
            found = self._parser.parse(walk, between[0])
            if found is None and not self._permit:
                return None
            if found is None or found[0] == place:  # nothing consumed: it would never end
                break
            place = found[0]
            values.append(_item(found[1]))
        return place, values


def _item(value: Any) -> Any:
    if isinstance(value, dict) and list(value) in (["."], [".."]):
        (value,) = value.values()
    return value
