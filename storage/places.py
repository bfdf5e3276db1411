"""Where in a text a query's conditions hold, for whoever shows it: the same patterns by which rows are found.

The patterns run on RE2 as in storage/match.py, which takes time in proportion to the text whatever was typed.
Arrow tells no places, so that it puts a mark on either side of each hit, and the marks are found again.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from storage import query_fields
from storage.match import query_glob
from storage.patterns import phrase_parts, term_parts
from storage.query import And, Every, Not, NumericRange, Or, Phrase, Query, Regex, Term
from storage.query_fields import Kind

Span = tuple[int, int]  # in characters, start ≤ place < end

CONDITIONS: Final = 20  # of a query that are looked for: each is a pass over all texts
LONGEST: Final = 65_536  # characters of a text that are looked at
_OPEN, _CLOSE = "\ufdd0", "\ufdd1"  # noncharacters: no text is meant to hold them
_MARKS: Final = re.compile(f"[{_OPEN}{_CLOSE}]")
_PASSES: Final = 2  # a hit takes the character after it along, which may be the one before the next hit


def places(query: Query, column: str, texts: Sequence[str | None]) -> list[list[Span]]:
    """Give for each text of a column where the query's conditions hold, in order and without overlaps.

    Of a query with many conditions the first count. What it excludes holds nowhere. What was read out of a
    message is looked for in its MSG.
    """
    found: list[list[Span]] = [[] for _ in texts]
    looked_at = pa.array([_looked_at(text) for text in texts], pa.string())
    for leaf in islice(_wanted(query), CONDITIONS):
        if _is_in(leaf, column):
            for spans, more in zip(found, _marked(leaf, looked_at), strict=True):
                spans.extend(more)
    return [_union(spans) for spans in found]


def _looked_at(text: str | None) -> str:
    return "" if text is None or _MARKS.search(text) else text[:LONGEST].encode(errors="replace").decode()


def _wanted(query: Query) -> Iterator[Query]:
    """Give the conditions that are not excluded."""
    if isinstance(query, And | Or):
        for part in query.subqueries:
            yield from _wanted(part)
    elif not isinstance(query, Not):
        yield query


def _is_in(leaf: Query, column: str) -> bool:
    if isinstance(leaf, Every | NumericRange):
        return False
    field = query_fields.field(leaf.fieldname)
    if field.columns == ("fields",):
        return column == "message"
    return field.kind is Kind.TEXT and column in field.columns


def _marked(leaf: Query, texts: pa.Array) -> list[list[Span]]:
    pattern, replacement = _pattern(leaf)
    if not pattern:
        return [[] for _ in texts]
    for _ in range(1 if isinstance(leaf, Regex) else _PASSES):
        texts = pc.replace_substring_regex(texts, pattern, replacement)
    return [_spans(text) for text in texts.to_pylist()]


def _pattern(leaf: Query) -> tuple[str, str]:
    if isinstance(leaf, Regex):
        return f"(?i:{leaf.text})", rf"{_OPEN}\0{_CLOSE}"
    if isinstance(leaf, Term) and not leaf.text:
        return "", ""
    parts = phrase_parts(leaf.words) if isinstance(leaf, Phrase) else term_parts(query_glob(leaf))
    return "".join(f"({part})" for part in parts), rf"\1{_OPEN}\2{_CLOSE}\3"


def _spans(marked: str) -> list[Span]:
    """Give the places between marks, as they are in the text without marks."""
    spans: list[Span] = []
    depth = start = 0
    for number, mark in enumerate(_MARKS.finditer(marked)):
        place = mark.start() - number
        if mark[0] == _OPEN:
            start, depth = (place if not depth else start), depth + 1
        else:
            depth -= 1
            if not depth and place > start:
                spans.append((start, place))
    return spans


def _union(spans: list[Span]) -> list[Span]:
    joined: list[Span] = []
    for (start, end), _ in groupby(sorted(spans)):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined
