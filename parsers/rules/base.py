"""A loaded rulebase: which rule a message matches, and what it says, for one text and for a column of them.

One text is walked (parsers/rules/tree.py). A column goes through patterns (parsers/rules/compiled.py):

1. The *selector*, one pattern for the whole tree, says which path matches first: a C call a message. What
   rules have in common is matched once, and literals decide at a branch, so that many rules cost little more
   than few.
2. The messages of one path are matched by that path's own pattern, whose groups are columns.

A path with a motif that is not exact (json, repeat …) ends in the selector where that motif begins; whatever
comes there is walked. So is what a capture refuses (a number beyond its maxval), since then another path may
match.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, compress
from operator import attrgetter, itemgetter
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from parsers.columns import run_column
from parsers.fields import Entries
from parsers.rules.compiled import Selector, Way
from parsers.rules.components import names_of
from parsers.rules.motifs import Capture, text_of
from parsers.rules.tree import Field, Node, Walk, object_of

TAGS: Final = "event.tags"
TOGETHER: Final = 256  # texts at a time: fewer objects than would wake Python's garbage collector
_REFUSED: Final = object()


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as it was written: file and line, tags, text, and the names it gives (nested with dots)."""

    name: str
    line: int
    tags: tuple[str, ...]
    source: str
    fields: tuple[str, ...]
    annotations: tuple[tuple[str, str], ...] = ()


class RuleBase:
    """Rules that have been loaded. Immutable; matching never raises, whatever the text."""

    def __init__(self, rules: Sequence[Rule], root: Node) -> None:
        self.rules: Final = tuple(rules)
        self.root = root

    @cached_property
    def selector(self) -> Selector:
        """The pattern of the whole tree; made when first needed, which takes a while. One text needs none."""
        return Selector(self.root)

    def match(self, text: str) -> dict[str, Any] | None:
        """Give what a rule reads out of a text, nested as in liblognorm; None where none matches.

        Tags are the array ``event.tags``; annotations are members like the others.
        """
        found = Walk(_octets(text)).search(self.root, 0, whole=True)
        return None if found is None else self._result(found[0], object_of(found[2]))

    def rule_of(self, text: str) -> Rule | None:
        """Give the rule that a text matches."""
        found = Walk(_octets(text)).search(self.root, 0, whole=True)
        return None if found is None else self.rules[found[0]]

    def unparsed(self, text: str) -> str:
        """Give what is left of a text behind the furthest place that any rule came to (``unparsed-data``)."""
        walk = Walk(_octets(text))
        return "" if walk.search(self.root, 0, whole=True) else text_of(walk.octets[walk.furthest :])

    def which(self, texts: Iterable[str]) -> list[Rule | None]:
        """Give for each text the rule that it matches, or None."""
        found: list[Rule | None] = []
        for text in texts:
            selected = self._select(_octets(text))
            found.append(self.rule_of(text) if selected is _REFUSED else selected)
        return found

    def _select(self, octets: bytes) -> Any:
        match = self.selector.pattern.match(octets)
        if match is None:
            return None
        way = self.selector.ways[(match.lastindex or 0) - 1]
        if way.rule is None or any(capture.value for capture in way.grammar[1]):
            return _REFUSED
        return self.rules[way.rule]

    def _result(self, rule: int, result: dict[str, Any]) -> dict[str, Any]:
        for name, value in self.rules[rule].annotations:
            result.setdefault(name, value)
        if self.rules[rule].tags:
            result.setdefault(TAGS, list(self.rules[rule].tags))
        return result

    def entries(self, message: pa.Array) -> Entries:
        """Give the fields of a column of texts (string; null has none), an entry a value.

        Nested values have their names joined by dots; an array's items repeat the name.
        """
        valid = pc.indices_nonzero(message.is_valid()).cast(pa.int64())
        texts = message.drop_null().cast(pa.binary()).to_pylist()
        collected = _Collected()
        for number, places in self._by_way(texts):
            rows = valid.take(places)
            self._way(self.selector.ways[number - 1], rows, _picked(texts, places), collected)
        return collected.entries()

    def _by_way(self, texts: Sequence[bytes]) -> Iterator[tuple[int, pa.Array]]:
        """Give the number of each way that texts go, from 1, and the places of these texts."""
        match = self.selector.pattern.match
        places: list[int] = []
        ways: list[int] = []
        for start in range(0, len(texts), TOGETHER):
            matches = list(map(match, texts[start : start + TOGETHER]))
            places += compress(range(start, start + TOGETHER), matches)
            ways += map(attrgetter("lastindex"), filter(None, matches))
        encoded = pa.array(ways, pa.int32())
        order = pc.sort_indices(encoded)  # stable
        runs = pc.run_end_encode(encoded.take(order))
        in_order = pa.array(places, pa.int64()).take(order)
        start = 0
        for number, end in zip(runs.values.to_pylist(), runs.run_ends.to_pylist(), strict=True):
            yield number, in_order.slice(start, end - start)
            start = end

    def _way(self, way: Way, rows: pa.Array, texts: Sequence[bytes], collected: "_Collected") -> None:
        if way.rule is None or self._annotates_object(way.rule, way):
            self._walked(rows, texts, collected)
            return
        captures = way.grammar[1]
        columns = _groups(way.pattern, texts)
        refused = False
        for place, capture in enumerate(captures):
            if capture.value is not None:
                columns[place] = _converted(capture.value, columns[place])
                refused = refused or _REFUSED in columns[place]
        if refused:
            bad = [any(value is _REFUSED for value in row) for row in zip(*columns, strict=True)]
            self._walked(rows.filter(pa.array(bad)), list(compress(texts, bad)), collected)
            good = [not one for one in bad]
            rows, columns = rows.filter(pa.array(good)), [list(compress(column, good)) for column in columns]
        self._captured(way.rule, rows, captures, columns, collected)

    def _annotates_object(self, number: int, way: Way) -> bool:
        """Whether an annotation has the name of an object: only a walk knows whether that is there."""
        objects = [part for part in way.parts if isinstance(part, Field) and part.motif.structured]
        if not objects:
            return False
        annotated = {TAGS, *(name for name, _ in self.rules[number].annotations)}
        return not annotated.isdisjoint(
            {part.name for part in objects} | {path[0] for path in names_of(objects)}
        )

    def _captured(
        self,
        number: int,
        rows: pa.Array,
        captures: Sequence[Capture],
        columns: Sequence[Sequence[bytes | None]],
        collected: "_Collected",
    ) -> None:
        rule = self.rules[number]
        named: dict[str, Sequence[bytes | None]] = {}
        given = [
            (".".join(one.path), column)
            for one, column in zip(captures, columns, strict=True)
            if one.path is not None
        ]
        constant = [(name, [value.encode()] * len(rows)) for name, value in rule.annotations]
        for name, column in (*given, *constant):
            named[name] = _first(named[name], column) if name in named else column
        for name, column in named.items():
            collected.column(rows, name, column)
        if TAGS not in named:
            for tag in rule.tags:
                collected.column(rows, TAGS, [tag.encode()] * len(rows))

    def _walked(self, rows: pa.Array, texts: Sequence[bytes], collected: "_Collected") -> None:
        for row, octets in zip(rows.to_pylist(), texts, strict=True):
            found = Walk(octets).search(self.root, 0, whole=True)
            if found is not None:
                collected.values(row, self._result(found[0], object_of(found[2])))


class _Collected:
    """Entries in the making: many short columns, which become arrays all at once."""

    def __init__(self) -> None:
        self._columns: list[tuple[pa.Array, str, Sequence[bytes | None]]] = []
        self._rows: list[int] = []
        self._names: list[str] = []
        self._values: list[str] = []

    def column(self, rows: pa.Array, name: str, values: Sequence[bytes | None]) -> None:
        """Add one name's values, UTF-8 as far as they are; None is none."""
        if values.count(None) < len(values):
            self._columns.append((rows, name, values))

    def values(self, row: int, result: dict[str, Any]) -> None:
        """Add the values of one row."""
        for name, value in flattened(result):
            self._rows.append(row)
            self._names.append(name)
            self._values.append(value)

    def entries(self) -> Entries:
        """Give all that was added."""
        values = _strings(list(chain.from_iterable(values for _, _, values in self._columns)))
        names = [name for _, name, _ in self._columns]
        of_columns = (
            pa.concat_arrays([pa.array([], pa.int64()), *(rows for rows, _, _ in self._columns)]),
            run_column(names, [len(rows) for rows, _, _ in self._columns], pa.string()),
            values,
        )
        if values.null_count:
            there = values.is_valid()
            of_columns = tuple(array.filter(there) for array in of_columns)
        of_walks = (
            pa.array(self._rows, pa.int64()),
            pa.array(self._names, pa.string()),
            pa.array(self._values, pa.string()),
        )
        return Entries(*map(pa.concat_arrays, zip(of_columns, of_walks, strict=True)))


def flattened(result: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Give the values of a nested result as texts: names joined by dots, an array's items one by one."""
    for name, value in result.items():
        for inner, text in _flat(value):
            yield _clean(f"{name}{inner}"), text


def _flat(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, member in value.items():
            for inner, text in _flat(member):
                yield f".{name}{inner}", text
    elif isinstance(value, list):
        for item in value:
            yield from _flat(item)
    else:
        yield "", _told(value)


def _told(value: Any) -> str:
    if isinstance(value, str):
        return _clean(value)
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _clean(text: str) -> str:
    """Give a text that is UTF-8 for sure: JSON can escape halves of a surrogate pair."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _picked(texts: Sequence[bytes], places: pa.Array) -> Sequence[bytes]:
    numbers = places.to_pylist()
    return itemgetter(*numbers)(texts) if len(numbers) > 1 else [texts[number] for number in numbers]


def _groups(pattern: re.Pattern[bytes], texts: Sequence[bytes]) -> list[Sequence[Any]]:
    """Match every text, which does match, and give the groups, a column each."""
    columns: list[list[bytes | None]] = [[] for _ in range(pattern.groups)]
    for start in range(0, len(texts), TOGETHER):
        matches = filter(None, map(pattern.match, texts[start : start + TOGETHER]))
        for column, values in zip(columns, zip(*map(re.Match.groups, matches), strict=True), strict=False):
            column.extend(values)
    return list(columns)


def _converted(value: Callable[[bytes], Any], column: Sequence[bytes | None]) -> Sequence[Any]:
    def convert(octets: bytes | None) -> Any:
        try:
            return None if octets is None else _told(value(octets)).encode()
        except (ValueError, OverflowError):
            return _REFUSED

    return list(map(convert, column))


def _first(values: Sequence[bytes | None], others: Sequence[bytes | None]) -> Sequence[bytes | None]:
    """Give the values, and where there is none the other's."""
    if others.count(None) == len(others) or None not in values:
        return values
    if values.count(None) == len(values):
        return others
    return [other if value is None else value for value, other in zip(values, others, strict=True)]


def _strings(column: Sequence[bytes | None]) -> pa.Array:
    try:
        return pa.array(column, pa.binary()).cast(pa.string())
    except pa.ArrowInvalid:  # a rule cut a character in two
        return pa.array([None if octets is None else text_of(octets) for octets in column], pa.string())
