"""A text that is looked for in a column: first in the octets that all values share, then value by value.

One look through a block's octets at once costs a fraction of a look at each of its 16,384 values, and of
most columns of most blocks it is all that is needed.
"""

import re
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

_ENDS: Final = re.compile(r"[\^$]|\\[AbBz]")  # what in RE2's syntax may look at what is beside the match


@dataclass(frozen=True, slots=True)
class Sought:
    """What to look for in a text.

    ``pattern`` gives the RE2 pattern for any text, or with ``ascii_only`` for those of ASCII; ``needle`` is
    ASCII text that every hit holds, whatever its case.
    """

    pattern: Callable[..., str]
    needle: str

    def found(self, texts: pa.Array) -> pa.BooleanArray:
        """Tell of each text (string) whether it matches; null is null, or false."""
        if not self.needle:
            return self._searched(texts)
        if not may_hold(texts, self.needle):
            return pa.repeat(pa.scalar(False), len(texts))
        near = pc.match_substring(texts, self.needle, ignore_case=True)
        return pc.replace_with_mask(near, near.fill_null(False), self._searched(texts.filter(near)))

    def _searched(self, texts: pa.Array) -> pa.BooleanArray:
        result = pc.match_substring_regex(texts, self.pattern(ascii_only=True))
        others = pc.invert(pc.string_is_ascii(texts)).fill_null(False)
        if not others.true_count:
            return result
        exact = pc.match_substring_regex(texts.filter(others), self.pattern(ascii_only=False))
        return pc.replace_with_mask(result, others, exact)


def expression_found(texts: pa.Array, *, expression: str) -> pa.BooleanArray:
    """Tell of each text whether a regular expression (RE2) is found in it, whatever the case; null is null.

    Where it says nothing of a text's ends, it is found in no text when it is not found in all of them as one.
    """
    if _ENDS.search(expression) is None and not _found_whole(texts, expression):
        return pa.repeat(pa.scalar(False), len(texts))
    return pc.match_substring_regex(texts, expression, ignore_case=True)


def _found_whole(texts: pa.Array, expression: str) -> bool:
    return bool(pc.match_substring_regex(_as_one(texts), expression, ignore_case=True)[0].as_py())


def needle_of(literals: Sequence[str]) -> str:
    """Give the longest that RE2 compares as we do whatever the case: ASCII text."""
    return max((text for text in literals if text.isascii()), key=len, default="")


def may_hold(texts: pa.Array, needle: str) -> bool:
    """Tell whether one of the texts may hold ``needle`` (ASCII), whatever its case; False is certain."""
    whole = _as_one(texts)
    if not pc.string_is_ascii(whole)[0].as_py():  # two letters of ASCII have further forms beyond it
        return bool(pc.match_substring(whole, needle, ignore_case=True)[0].as_py())
    return bool(pc.match_substring_regex(pc.ascii_lower(whole), re.escape(needle.lower()))[0].as_py())


def _as_one(texts: pa.Array) -> pa.Array:
    """Give an array of one value: all texts without anything between them, not copied."""
    _, offsets, octets = texts.buffers()
    if not len(texts) or octets is None:
        return pa.array([""], pa.large_string())
    places = memoryview(offsets).cast("i")
    first, last = places[texts.offset], places[texts.offset + len(texts)]
    # Of octets of its own: Arrow's ascii_lower believes that they begin at the first value.
    ends = pa.py_buffer(array("q", (0, last - first)))
    return pa.Array.from_buffers(pa.large_string(), 1, [None, ends, octets.slice(first, last - first)])
