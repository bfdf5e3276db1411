"""How many steps a backtracking engine takes for a pattern: an engine of our own that counts them.

The time of a test says nothing on a busy machine, and Python's engine counts nothing. So this one walks the
same parsed pattern in the same order, with the same backtracking, and counts every look at a character. It
knows what our patterns use, and no more.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any, Final

Nodes = Sequence[tuple[Any, Any]]

sre: Final[Any] = import_module("re._constants")  # Python's own parts, of which its types say nothing
_parser: Final[Any] = import_module("re._parser")

_SPACES: Final = " \t\n\r\x0b\x0c"
_CATEGORIES: Final[dict[Any, Callable[[str], bool]]] = {
    sre.CATEGORY_SPACE: lambda one: one in _SPACES,
    sre.CATEGORY_NOT_SPACE: lambda one: one not in _SPACES,
    sre.CATEGORY_WORD: lambda one: one.isalnum() or one == "_",
    sre.CATEGORY_DIGIT: str.isdigit,
}


class Counter:
    """Searches a text as ``re`` does, from every place to the right, and counts the steps."""

    def __init__(self, pattern: re.Pattern[str], text: str) -> None:
        self.nodes: Nodes = list(_parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE))
        self.text = text
        self.steps = 0

    def search(self, start: int = 0) -> tuple[int, int] | None:
        """Give where the first match from ``start`` on begins and ends."""
        for place in range(start, len(self.text) + 1):
            end = self._first(self.nodes, place)
            if end is not None:
                return place, end
        return None

    def match(self) -> None:
        """Match at the beginning only."""
        self._first(self.nodes, 0)

    def search_all(self) -> None:
        """Search for every match, as findall, split and sub do."""
        start = 0
        while start <= len(self.text) and (found := self.search(start)) is not None:
            start = max(found[1], found[0] + 1)

    def _first(self, nodes: Nodes, place: int) -> int | None:
        return next(self._ends(nodes, place), None)

    def _ends(self, nodes: Nodes, place: int) -> Iterator[int]:
        if not nodes:
            yield place
            return
        for middle in self._one(*nodes[0], place):
            yield from self._ends(nodes[1:], middle)

    def _one(self, kind: Any, value: Any, place: int) -> Iterator[int]:
        if kind in {sre.LITERAL, sre.NOT_LITERAL, sre.ANY, sre.IN}:
            self.steps += 1
            if place < len(self.text) and self._is(kind, value, self.text[place]):
                yield place + 1
        elif kind is sre.BRANCH:
            for branch in value[1]:
                yield from self._ends(list(branch), place)
        elif kind is sre.SUBPATTERN:
            yield from self._ends(list(value[3]), place)
        elif kind is sre.ATOMIC_GROUP:
            end = self._first(list(value), place)
            yield from () if end is None else (end,)
        elif kind in {sre.ASSERT, sre.ASSERT_NOT}:
            yield from self._looked(kind, value, place)
        elif kind is sre.AT:
            self.steps += 1
            if self._at(value, place):
                yield place
        else:
            yield from self._repeated(kind, value, place)

    def _looked(self, kind: Any, value: Any, place: int) -> Iterator[int]:
        direction, nodes = value
        start = place
        if direction < 0:
            start -= nodes.getwidth()[0]
        found = start >= 0 and self._first(list(nodes), start) is not None
        if found == (kind is sre.ASSERT):
            yield place

    def _repeated(self, kind: Any, value: Any, place: int) -> Iterator[int]:
        least, most, nodes = value
        assert kind in {sre.MAX_REPEAT, sre.POSSESSIVE_REPEAT}, kind
        places = [place]
        item = list(nodes)
        while len(places) <= most and (end := self._first(item, places[-1])) is not None:
            if end == places[-1]:
                break
            places.append(end)
        kept = places[least:]
        yield from reversed(kept) if kind is sre.MAX_REPEAT else kept[-1:]

    def _at(self, value: Any, place: int) -> bool:
        if value in {sre.AT_BEGINNING, sre.AT_BEGINNING_STRING}:
            return place == 0
        assert value is sre.AT_END_STRING, value
        return place == len(self.text)

    @staticmethod
    def _is(kind: Any, value: Any, one: str) -> bool:
        if kind is sre.ANY:
            return True
        if kind is sre.LITERAL:
            return bool(ord(one) == value)
        if kind is sre.NOT_LITERAL:
            return bool(ord(one) != value)
        wanted = value[0][0] is not sre.NEGATE
        return bool(wanted == any(_within(item, one) for item in value[not wanted :]))


def _within(item: tuple[Any, Any], one: str) -> bool:
    kind, value = item
    if kind is sre.LITERAL:
        return bool(ord(one) == value)
    if kind is sre.RANGE:
        low, high = value
        return bool(low <= ord(one) <= high)
    assert kind is sre.CATEGORY, kind
    return _CATEGORIES[value](one)


def steps(pattern: re.Pattern[str], text: str) -> int:
    """Count the steps of finding every match of a pattern in a text."""
    counter = Counter(pattern, text)
    counter.search_all()
    return counter.steps
