"""Spans of seqs: which numbers are there, which are missing, which are there twice. Values only."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

Span = tuple[int, int]  # first and last, both inside


def spans_of(seqs: pa.Array | pa.ChunkedArray) -> list[Span]:
    """Give a column of rising seqs (int64, no nulls) as spans without gaps."""
    if isinstance(seqs, pa.ChunkedArray):
        seqs = seqs.combine_chunks()
    if not len(seqs):
        return []
    first, last = seqs[0].as_py(), seqs[-1].as_py()
    if last - first == len(seqs) - 1:
        return [(first, last)]
    breaks = pc.indices_nonzero(pc.not_equal(pc.subtract(seqs[1:], seqs[:-1]), 1))
    lasts = [*seqs.take(breaks).to_pylist(), last]
    firsts = [first, *seqs.take(pc.add(breaks, pa.scalar(1, breaks.type))).to_pylist()]
    return list(zip(firsts, lasts, strict=True))


def union(spans: Iterable[Span]) -> list[Span]:
    """Give the same numbers as few spans, in order."""
    joined: list[Span] = []
    for first, last in sorted(spans):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return joined


def gaps(spans: Iterable[Span], first: int, last: int) -> list[Span]:
    """Give the numbers from ``first`` to ``last`` that are in none of ``spans``."""
    missing: list[Span] = []
    for low, high in union(spans):
        if low > last:
            break
        if low > first:
            missing.append((first, low - 1))
        first = max(first, high + 1)
    if first <= last:
        missing.append((first, last))
    return missing


def without(spans: Iterable[Span], others: Iterable[Span]) -> list[Span]:
    """Give the numbers of ``spans`` that are in none of ``others``."""
    taken = list(others)
    return [left for low, high in union(spans) for left in gaps(taken, low, high)]


def shared(spans: Iterable[Span], others: Iterable[Span]) -> list[Span]:
    """Give the numbers that are in both."""
    some = union(spans)
    return without(some, without(some, others))


def doubles(owned: Sequence[tuple[Span, Any]]) -> list[tuple[Span, Any, Any]]:
    """Give what overlaps: the numbers in common, and the two owners, of spans that have one each."""
    found = []
    ordered = sorted(owned, key=lambda each: each[0])
    if not ordered:
        return []
    widest = ordered[0]
    for _, (span, owner) in pairwise(ordered):
        if span[0] <= widest[0][1]:
            found.append(((span[0], min(span[1], widest[0][1])), widest[1], owner))
        if span[1] > widest[0][1]:
            widest = (span, owner)
    return found


def told(span: Span) -> str:
    """Give a span as people read it."""
    return f"record {span[0]}" if span[0] == span[1] else f"records {span[0]} to {span[1]}"
