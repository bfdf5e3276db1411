"""Texts as a grammar has them: a walk through its compiled pattern that takes chances at every turn.

What the grammar only looks ahead at is not minded, so that many a text misses it by a little: those are
the better ones. (hypothesis' from_regex writes only what matches, and finds next to nothing for patterns that
look ahead.)
"""

import re
import re._constants as sre  # type: ignore[import-not-found]
import re._parser  # type: ignore[import-not-found]
from collections.abc import Iterator, Sequence
from functools import cache
from random import Random
from typing import Any, Final

from hypothesis import strategies as st

_OFTEN: Final = (0, 0, 1, 1, 2, 3, 8)  # repetitions beyond the least
_SELDOM: Final = (40, 70, 300)
_BEYOND: Final = 30  # one repetition in so many is a long one, one octet in so many any octet
_SPACES: Final = b" \t\n\r\x0b\x0c"
_WORDS: Final = b"abcXYZ019_"


def texts_of(pattern: re.Pattern[bytes]) -> st.SearchStrategy[bytes]:
    """Give texts that a pattern matches, or nearly does."""
    nodes = _parsed(pattern)
    return st.integers(0, 2**32).map(lambda number: bytes(_written(nodes, Random(number))))


@cache
def _parsed(pattern: re.Pattern[bytes]) -> Sequence[tuple[Any, Any]]:
    return tuple(re._parser.parse(pattern.pattern, pattern.flags))  # noqa: SLF001 - re alone knows


def _written(nodes: Sequence[tuple[Any, Any]], random: Random) -> Iterator[int]:
    for kind, value in nodes:
        if kind in {sre.ASSERT, sre.ASSERT_NOT, sre.AT}:
            continue
        if kind is sre.SUBPATTERN:
            yield from _written(value[3], random)
        elif kind is sre.ATOMIC_GROUP:
            yield from _written(value, random)
        elif kind is sre.BRANCH:
            yield from _written(random.choice(value[1]), random)
        elif kind in {sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT}:
            least, most, inner = value
            more = random.choice(_OFTEN if random.randrange(_BEYOND) else _SELDOM)
            for _ in range(min(least + more, int(most))):
                yield from _written(inner, random)
        else:
            yield _octet(kind, value, random)


def _octet(kind: Any, value: Any, random: Random) -> int:
    if kind is sre.ANY or not random.randrange(_BEYOND * _BEYOND):
        return random.randrange(256)
    if kind is sre.LITERAL:
        return int(value)
    members = _members([(kind, value)] if kind is sre.NOT_LITERAL else value)
    return random.choice(members)


def _members(items: Sequence[tuple[Any, Any]]) -> Sequence[int]:
    (first, value), *_ = items
    if first is sre.NOT_LITERAL:
        return [octet for octet in range(256) if octet != value]
    if first is sre.NEGATE:
        without = {octet for item in items[1:] for octet in _of_item(*item)}
        return [octet for octet in range(256) if octet not in without]
    return [octet for item in items for octet in _of_item(*item)]


def _of_item(kind: Any, value: Any) -> Sequence[int]:
    if kind is sre.LITERAL:
        return (value,)
    if kind is sre.RANGE:
        return range(value[0], value[1] + 1)
    return {
        sre.CATEGORY_DIGIT: b"0123456789",
        sre.CATEGORY_SPACE: _SPACES,
        sre.CATEGORY_WORD: _WORDS,
        sre.CATEGORY_NOT_SPACE: _WORDS + b"-:",
        sre.CATEGORY_NOT_DIGIT: b"a- ",
        sre.CATEGORY_NOT_WORD: b"- :",
    }[value]
