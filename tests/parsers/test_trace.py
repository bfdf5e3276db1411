"""Watching a grammar's run."""

from pyparsing import Literal, NotAny, Opt, StringEnd, Word, ZeroOrMore, alphas

from parsers.grammar import SP, production
from parsers.trace import THE_END, Expectation, Reading, trace

LETTERS = production("LETTERS", Word(alphas))
LIST = production("LIST", LETTERS("first") + ZeroOrMore("," + LETTERS) + Opt(SP + LETTERS) + StringEnd())


def readings(reading: Reading) -> list[tuple[str, int, int]]:
    """Every named reading, outermost first."""
    own = [(reading.production, reading.start, reading.end)] if reading.production else []
    return own + [found for part in reading.parts for found in readings(part)]


def test_a_match_is_read_part_by_part() -> None:
    """Each production says from where to where it was read, and what was given up says nothing."""
    found = trace(LIST, "a,bc").reading
    assert found is not None
    named = [part for part in readings(found) if part[0] != "end of text"]
    assert named == [("LIST", 0, 4), ("LETTERS", 0, 1), ("LETTERS", 2, 4)]


def test_a_mismatch_is_where_the_grammar_got_furthest() -> None:
    """The offset is the furthest that any alternative got, with everything that could have stood there."""
    found = trace(LIST, "a,b;c")
    assert (found.reading, found.offset) == (None, 3)
    assert [one.element for one in found.expected] == ['","', "SP", THE_END]


def test_an_expectation_names_its_neighbours_and_what_it_would_be_part_of() -> None:
    """What stood before, what would come after, and the productions begun are named."""
    pair = production("PAIR", LETTERS + "=" + production("VALUE", Word("0123456789")))
    assert trace(pair, "ab-").expected == (
        Expectation('"="', (("PAIR", 0),), after="LETTERS", before="VALUE"),
    )
    assert trace(pair, "ab=").expected == (
        Expectation("VALUE", (("PAIR", 0), ("VALUE", 3)), after=None, before=None),
    )


def test_what_may_not_stand_there_is_not_expected() -> None:
    """The inside of a negative look-ahead is nothing that anybody should have sent."""
    grammar = production("TEXT", NotAny(Literal("#")) + Word(alphas))
    assert [one.element for one in trace(grammar, "1").expected] == ["W:(A-Za-z)"]


def test_watching_leaves_the_grammar_alone() -> None:
    """A traced grammar is as it was: the same run twice tells the same."""
    assert trace(LIST, "a,b") == trace(LIST, "a,b")
    elements = list(LIST.visit_all())  # type: ignore[no-untyped-call]  # by pyparsing
    assert not any(element.debug for element in elements)
