"""Where in a text a query's conditions hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.places import places
from storage.query import parse


@pytest.mark.parametrize(
    ("query", "text", "marked"),
    [
        ("failed", "Failed login, failed again, unfailed", ["Failed", "failed"]),
        ("a", "a a a a", ["a", "a", "a", "a"]),
        ("fail*", "failure of failed", ["failure", "failed"]),
        ('"failed password"', "x Failed,  password for", ["Failed,  password"]),
        ("/pass(w|x)/", "PASSword", ["PASSw"]),
        ("10.0.3.7", "from 10.0.3.7:22 not 110.0.3.7", ["10.0.3.7"]),
        ("failed -password", "failed password", ["failed"]),
        ("failed OR password", "failed password", ["failed", "password"]),
        ("src:10.0.3.7", "src=10.0.3.7", ["10.0.3.7"]),
        ("host:fw-1", "fw-1", []),
        ("severity<=err *", "anything", []),
        ('msg:="whole text"', "whole text", ["whole text"]),
        ("/(a*)/", "b", []),
        ("é", "É é", ["É", "é"]),
    ],
)
def test_matches_are_marked(query: str, text: str, marked: list[str]) -> None:
    """What a query asks for is marked where it stands, and what it excludes or asks elsewhere is not."""
    (spans,) = places(parse(query), "message", [text])
    assert [text[start:end] for start, end in spans] == marked


def test_texts_that_cannot_be_marked() -> None:
    """A missing text, and one that holds the marks themselves, have no places."""
    assert places(parse("a"), "message", [None, "a \ufdd0", "a"]) == [[], [], [(0, 1)]]


@given(
    st.lists(st.text(st.sampled_from("ab :.*é\n"), max_size=30), max_size=4),
    st.sampled_from(["a", "a*", "/a+/", '"a b"']),
)
def test_places_are_in_order_and_apart(texts: list[str], query: str) -> None:
    """Whatever the text, places lie inside it, one after the other."""
    for text, spans in zip(texts, places(parse(query), "message", texts), strict=True):
        ends = [0, *(place for span in spans for place in span), len(text)]
        assert ends == sorted(ends)
        assert all(start < end for start, end in spans)
