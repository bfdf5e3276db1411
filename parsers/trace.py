"""What a grammar read where, and where it got stuck: pyparsing's own run of it, watched.

A trace watches every element of a copy of the grammar through pyparsing's debug actions, so that it is
the same engine on the same productions and needs nothing from the grammars. Slow, and only for
explaining (parsers/explain.py).
"""

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final

from pyparsing import (
    And,
    Literal,
    NotAny,
    ParseElementEnhance,
    ParseException,
    ParseExpression,
    ParserElement,
)
from pyparsing import StringEnd as MessageEnd

THE_END: Final = "the end of the message"


@dataclass(frozen=True, slots=True)
class Reading:
    """What one element of the grammar read.

    ``production`` is its name and ``column`` its results name, None where it has none.
    """

    production: str | None
    column: str | None
    start: int
    end: int
    parts: tuple["Reading", ...] = ()


@dataclass(frozen=True, slots=True)
class Expectation:
    """Something that would have let the grammar go on.

    ``element`` names it: a production, or a literal in quotation marks. ``productions`` are those it would
    have been part of, outermost first, each with the offset where it began. ``after`` and ``before`` are the
    productions next to it, None where there is none.
    """

    element: str
    productions: tuple[tuple[str, int], ...]
    after: str | None
    before: str | None


@dataclass(frozen=True, slots=True)
class Trace:
    """A grammar's run: ``reading`` when it matched, else where it got stuck and what it expected there."""

    reading: Reading | None
    offset: int
    expected: tuple[Expectation, ...]


def trace(grammar: ParserElement, text: str) -> Trace:
    """Run ``grammar`` at the start of ``text`` and watch it.

    Args:
        grammar: one whose productions skip no white space (parsers/grammar.py).
        text: latin-1 text of the octets, so that offsets are octets'.
    """
    watched, watcher = deepcopy(grammar), _Watcher()
    for element in watched.visit_all():  # type: ignore[no-untyped-call]  # by pyparsing
        element.set_debug_actions(watcher.started, watcher.succeeded, watcher.failed)
    try:
        watched.parse_string(text)
    except ParseException:
        return Trace(None, watcher.furthest, tuple(watcher.expected))
    return Trace(watcher.root.parts[0], watcher.furthest, ())


def quoted(text: str) -> str:
    """Give a literal in quotation marks that it does not have in itself."""
    mark = "'" if '"' in text else '"'
    return f"{mark}{text}{mark}"


@dataclass(slots=True)
class _Open:
    """An element that pyparsing is trying, and what has been read of it so far."""

    element: Any
    start: int
    parts: list[Reading] = field(default_factory=list)


class _Watcher:
    """Collects readings, drops those of alternatives given up, and remembers the furthest failures."""

    def __init__(self) -> None:
        self.root = _Open(None, 0)
        self.furthest = -1
        self.expected: list[Expectation] = []
        self._open = [self.root]

    def started(self, _text: str, start: int, element: Any, _cached: bool) -> None:  # noqa: FBT001 - pyparsing's
        self._open.append(_Open(element, start))

    def succeeded(
        self,
        text: str,
        start: int,
        end: int,
        element: Any,
        _tokens: Any,
        _cached: bool,  # noqa: FBT001 - pyparsing's
    ) -> None:
        end = min(end, len(text))  # StringEnd says one more
        parts = [part for part in self._open.pop().parts if start <= part.start and part.end <= end]
        self._open[-1].parts.append(
            Reading(element.customName, element.resultsName, start, end, tuple(parts))
        )

    def failed(
        self,
        _text: str,
        start: int,
        element: Any,
        _error: Exception,
        _cached: bool,  # noqa: FBT001 - pyparsing's
    ) -> None:
        tried = self._open.pop()
        inner = isinstance(element, ParseExpression | ParseElementEnhance) and not isinstance(element, NotAny)
        if inner or start < self.furthest:
            return
        if any(isinstance(outer.element, NotAny) for outer in self._open):
            return
        if start > self.furthest:
            self.furthest, self.expected = start, []
        self.expected.append(self._expectation(tried))

    def _expectation(self, tried: _Open) -> Expectation:
        named = [outer for outer in [*self._open[1:], tried] if outer.element.customName]
        return Expectation(
            _name(tried.element),
            tuple((outer.element.customName, outer.start) for outer in named),
            self._after(),
            self._before(),
        )

    def _after(self) -> str | None:
        read = next((outer.parts[-1] for outer in reversed(self._open) if outer.parts), None)
        while read is not None and read.production is None:
            read = read.parts[-1] if read.parts else None
        return None if read is None else read.production

    def _before(self) -> str | None:
        for outer in reversed(self._open[1:]):
            following = outer.element.exprs[len(outer.parts) + 1 :] if isinstance(outer.element, And) else []
            if following:
                return following[0].customName or None
        return None


def _name(element: Any) -> str:
    if isinstance(element, MessageEnd):
        return THE_END
    if element.customName is None and isinstance(element, Literal):
        return quoted(element.match)
    return str(element.name)
