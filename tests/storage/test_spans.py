"""The promises about spans of seqs: joined, missing and double numbers, checked against sets."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from storage.spans import Span, doubles, gaps, spans_of, told, union, without

SPANS = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 9)).map(lambda pair: (pair[0], sum(pair))))


def numbers(spans: list[Span]) -> list[int]:
    """Give the numbers of spans one by one."""
    return [number for first, last in spans for number in range(first, last + 1)]


@given(st.sets(st.integers(1, 200)))
def test_columns_become_spans(seqs: set[int]) -> None:
    """The spans of a column have its numbers, and no two of them touch."""
    found = spans_of(pa.array(sorted(seqs), pa.int64()))
    assert numbers(found) == sorted(seqs)
    assert found == union(found)


@given(SPANS, SPANS)
def test_what_is_missing(some: list[Span], others: list[Span]) -> None:
    """Union, gaps and differences are those of sets of numbers."""
    there = set(numbers(some))
    assert numbers(union(some)) == sorted(there)
    assert numbers(gaps(some, 5, 50)) == sorted(set(range(5, 51)) - there)
    assert numbers(without(some, others)) == sorted(there - set(numbers(others)))


@given(SPANS)
def test_what_is_double(spans: list[Span]) -> None:
    """Something is double exactly when spans have a number in common."""
    found = doubles([(span, place) for place, span in enumerate(spans)])
    assert bool(found) == (len(set(numbers(spans))) < len(numbers(spans)))
    for (first, last), one, other in found:
        common = set(numbers([spans[one]])) & set(numbers([spans[other]]))
        assert {first, last} <= common


def test_told() -> None:
    """A span is told as people read it."""
    assert (told((3, 3)), told((3, 5))) == ("record 3", "records 3 to 5")
