"""The compiler: a grammar's pattern matches exactly what pyparsing matches, or there is no pattern."""

import re

import pyparsing as pp
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from pyparsing import ParserElement

from parsers.compile import NotRegularError, compile_grammar
from parsers.grammar import production

ALPHABET = "ab \n\xff"
TEXTS = st.text(ALPHABET, max_size=12)
SETS = st.text(ALPHABET, min_size=1, max_size=3)


@st.composite
def words(draw: st.DrawFn) -> ParserElement:
    """Draw a Word in any of its forms."""
    least = draw(st.integers(1, 3))
    most = draw(st.sampled_from([0, least, least + 1, 5]))
    body = draw(st.none() | SETS)
    return pp.Word(draw(SETS), body, min=least, max=most)


LEAVES = st.one_of(
    st.text(ALPHABET, max_size=3).map(pp.Literal),
    words(),
    st.builds(pp.CharsNotIn, SETS, min=st.integers(1, 2), max=st.sampled_from([0, 2, 3])),
    st.sampled_from(["a*b?", "(?:ab|a)b?", "[^a]+", "a(?!b)", "(?=a)", ".", "b$"]).map(
        lambda pattern: pp.Regex(pattern, re.ASCII)
    ),
    st.builds(pp.Empty) | st.builds(pp.NoMatch) | st.builds(pp.StringEnd),
)


def combined(parts: st.SearchStrategy[ParserElement]) -> st.SearchStrategy[ParserElement]:
    """Build bigger grammars from smaller ones, with every element that the compiler knows."""
    several = st.lists(parts, min_size=1, max_size=3)
    single = [
        pp.Opt,
        pp.ZeroOrMore,
        pp.OneOrMore,
        pp.FollowedBy,
        pp.NotAny,
        pp.Group,
        pp.Combine,
        pp.Suppress,
    ]
    return st.one_of(
        several.map(pp.And),
        several.map(pp.MatchFirst),
        st.tuples(st.sampled_from(single), parts).map(lambda pair: pair[0](pair[1])),
        st.builds(pp.ZeroOrMore, parts, stop_on=parts),
    )


GRAMMARS = st.recursive(LEAVES, combined, max_leaves=8)


@given(GRAMMARS, TEXTS)
@example(pp.Opt("a") + "a", "a")
@example(pp.Literal("a") | "ab", "ab")
@example(pp.Word("ab", max=2) + "b", "abb")
@example(pp.Word("a ", max=2), "a a")
@example(pp.ZeroOrMore(pp.Literal("a") + "b") + "a", "aba")
@example(pp.CharsNotIn("b", max=2) + "a", "aaaa")
def test_any_grammar_matches_the_same_octets_in_both_engines(element: ParserElement, text: str) -> None:
    """Whatever the elements and however combined, both engines end at the same octet, or both fail."""
    grammar = production("grammar", element)
    try:
        pattern = compile_grammar(grammar)
    except NotRegularError:
        assume(False)
    match = pattern.match(text.encode("latin-1"))
    located = pp.Located(grammar).leave_whitespace().parse_with_tabs()
    try:
        # pyparsing counts the end of the text as one character more.
        end = min(located.parse_string(text)["locn_end"], len(text))
    except pp.ParseException:
        end = None
    assert end == (None if match is None else match.end())


def test_a_results_name_is_a_group() -> None:
    """Every results name is a group of that name; what is not there is None."""
    grammar = production(
        "grammar", pp.Literal("<") + pp.Word("12")("pri") + ">" + pp.Opt(pp.Literal("x")("mark"))
    )
    pattern = compile_grammar(grammar)
    assert pattern.fullmatch(b"<12>").groupdict() == {"pri": b"12", "mark": None}  # type: ignore[union-attr]
    assert pattern.fullmatch(b"<1>x").groupdict() == {"pri": b"1", "mark": b"x"}  # type: ignore[union-attr]


def test_a_failed_alternative_leaves_no_name_behind() -> None:
    """A name that was read on a way that led nowhere is not reported."""
    grammar = production("grammar", pp.Opt(pp.Literal("a")("a") + "b") + pp.Word("ac")("word"))
    match = compile_grammar(grammar).fullmatch(b"ac")
    assert match is not None
    assert match.groupdict() == {"a": None, "word": b"ac"}


def test_nothing_is_tried_twice() -> None:
    """A grammar on which backtracking would take for ever fails at once."""
    many = production("grammar", pp.OneOrMore(pp.OneOrMore(pp.Word("a"))) + "b")
    assert compile_grammar(many).match(b"a" * 100_000) is None


def _left(element: ParserElement) -> ParserElement:
    return element.leave_whitespace(recursive=True)


NESTED = pp.Forward()
NESTED.leave_whitespace(recursive=False)
NESTED <<= pp.And([_left(pp.Literal("(")), NESTED]).leave_whitespace(recursive=False)

REFUSED = [
    (pp.Literal("a"), "skips white space"),
    (_left(pp.Or([pp.Literal("a"), pp.Literal("ab")])), "has no regular equivalent"),
    (_left(pp.Keyword("a")), "has no regular equivalent"),
    (_left(pp.Literal("a")).ignore(_left(pp.Literal("#"))), "ignores expressions"),
    (_left(pp.Literal("a")).add_parse_action(lambda: "b"), "has a parse action"),
    (NESTED, "contains itself"),
    (_left(pp.Forward()), "has no expression yet"),
    (_left(pp.Literal("a")("x") + pp.Literal("b")("x")), "a second time"),
    (_left(pp.OneOrMore(pp.Literal("a")("x"))), "inside a repetition"),
    (_left(pp.Literal("a")("x*")), "lists all matches"),
    (_left(pp.Literal("a")("x y")), "use an identifier"),
    (_left(pp.Opt("a", default="b")), "has a default value"),
    (_left(pp.ZeroOrMore(pp.Opt("a"))), "repeats what can be empty"),
    (_left(pp.ZeroOrMore(pp.FollowedBy("a"))), "repeats what can be empty"),
    (_left(pp.Word("a", as_keyword=True)), "is a keyword"),
    (_left(pp.Word("a\u20ac")), "over U+00FF"),
    (_left(pp.Literal("\u20ac")), "over U+00FF"),
    (_left(pp.Regex("a")), "is not ASCII"),
    (_left(pp.Regex("(a)", re.ASCII)), "has groups of its own"),
    (_left(pp.StringEnd() + pp.Opt("a")), "behind the end of the text"),
    (_left(pp.Literal("a") - "b"), "has no regular equivalent"),
]


@pytest.mark.parametrize(("element", "reason"), REFUSED, ids=[reason for _, reason in REFUSED])
def test_what_is_not_regular_is_refused_by_name(element: ParserElement, reason: str) -> None:
    """An element without a regular equivalent is refused, and the error names it and says why."""
    with pytest.raises(NotRegularError, match=re.escape(reason)):
        compile_grammar(element)
