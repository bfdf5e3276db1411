r"""The grammar's second engine: a pyparsing expression tree becomes one regular expression over octets.

pyparsing is greedy, takes the first alternative that matches and never goes back into what has matched.
The pattern does exactly the same: every element becomes an atomic piece, (?>...), or a character set with
a possessive quantifier (on groups those go wrong before Python 3.11.5, python/cpython#106052), so nothing
in it is ever tried a second time. That keeps the two engines equal and leaves no input on which the pattern
could explode. (Inside one Regex element, re may go back, as it does when pyparsing runs it.)

Each results name becomes a named group. An element that has no regular equivalent, or that would mean
something else on octets than on latin-1 text, is refused: never half-compiled.
"""

import re
from collections.abc import Callable
from typing import Any, Final

import pyparsing
from pyparsing import ParserElement

_INLINE: Final = ((re.IGNORECASE, "i"), (re.MULTILINE, "m"), (re.DOTALL, "s"), (re.VERBOSE, "x"))
_UNBOUNDED: Final = ""


class NotRegularError(ValueError):
    """This grammar has no regular expression; the text names the element and says why."""

    def __init__(self, element: ParserElement, reason: str) -> None:
        super().__init__(f"{element} ({type(element).__name__}) {reason}")


def compile_grammar(element: ParserElement) -> re.Pattern[bytes]:
    """Compile a grammar into a pattern that matches the octets whose latin-1 text the grammar matches.

    Use the pattern's ``match``, or ``fullmatch`` where the grammar ends with StringEnd. Each results name
    of the grammar is a group's name; the group is None where pyparsing leaves the name out.

    Raises:
        NotRegularError: when an element has no regular equivalent.
    """
    source = _Compiler().source(element)
    return re.compile(source.encode("latin-1"))


class _Compiler:
    """One walk over one expression tree; remembers which names are given and what it is inside of."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._inside: list[ParserElement] = []
        self._ended = False  # a StringEnd stands before this place

    def source(self, element: ParserElement) -> str:
        self._refuse_unlike_regular(element)
        handler = _HANDLERS.get(type(element))
        if handler is None:
            raise NotRegularError(element, "has no regular equivalent: write it with other elements")
        self._inside.append(element)
        source = handler(self, element)
        self._inside.pop()
        if element.resultsName:
            source = self._named(element, source)
        return source

    def _refuse_unlike_regular(self, element: ParserElement) -> None:
        if element.skipWhitespace and element.whiteChars and not isinstance(element, _SKIP_NOTHING):
            raise NotRegularError(element, "skips white space: call leave_whitespace(recursive=True)")
        if element.ignoreExprs:
            raise NotRegularError(element, "ignores expressions: write them where they may stand")
        if element.parseAction:
            raise NotRegularError(element, "has a parse action: act on the results instead")
        if any(element is outer for outer in self._inside):
            raise NotRegularError(element, "contains itself: a regular expression cannot nest")

    def _named(self, element: ParserElement, source: str) -> str:
        name = element.resultsName
        if not name.isidentifier() or not name.isascii():
            raise NotRegularError(element, f"has the results name {name!r}: use an identifier")
        if name in self._names:
            raise NotRegularError(element, f"gives the results name {name!r} a second time")
        if any(isinstance(outer, _REPEATING) for outer in self._inside):
            raise NotRegularError(element, f"has the results name {name!r} inside a repetition: name that")
        if not element.modalResults:
            raise NotRegularError(element, f"lists all matches of {name!r}: name the repetition")
        self._names.add(name)
        return f"(?P<{name}>{source})"

    def sequence(self, element: Any) -> str:
        sources = []
        for part in element.exprs:
            if self._ended:
                raise NotRegularError(part, "stands behind the end of the text: put StringEnd last")
            sources.append(self.source(part))
        return "".join(sources)

    def first_match(self, element: Any) -> str:
        sources, ended = [], False
        for alternative in element.exprs:
            sources.append(self.source(alternative))
            ended, self._ended = ended or self._ended, False
        self._ended = ended
        return f"(?>{'|'.join(sources)})"

    def string_end(self, _element: Any) -> str:
        self._ended = True
        return r"\Z"

    def inner(self, element: Any) -> str:
        if element.expr is None:
            raise NotRegularError(element, "has no expression yet: define it with <<=")
        return self.source(element.expr)

    def optional(self, element: Any) -> str:
        if element.defaultValue is not element._Opt__optionalNotMatched:  # noqa: SLF001 - no public way to ask
            raise NotRegularError(element, "has a default value: fill it in afterwards")
        return f"(?>{self.source(element.expr)}|)"

    def zero_or_more(self, element: Any) -> str:
        return self._repeated(element, "0")

    def one_or_more(self, element: Any) -> str:
        return self._repeated(element, "1")

    def _repeated(self, element: Any, least: str) -> str:
        source = self.source(element.expr)
        if element.not_ender is not None:
            source = self.source(element.not_ender) + source
        if _least_width(source) == 0:
            raise NotRegularError(element, "repeats what can be empty: pyparsing would never end")
        most = _UNBOUNDED if element.max_count is None else element.max_count
        return f"(?>(?:{source}){{{least},{most}}})"

    def followed_by(self, element: Any) -> str:
        return f"(?={self._ahead(element)})"

    def not_any(self, element: Any) -> str:
        return f"(?!{self._ahead(element)})"

    def _ahead(self, element: Any) -> str:
        source = self.source(element.expr)
        self._ended = False  # only looked at
        return source


def _literal(_compiler: _Compiler, element: Any) -> str:
    return re.escape(_octets(element, element.match))


def _empty(_compiler: _Compiler, _element: Any) -> str:
    return ""


def _no_match(_compiler: _Compiler, _element: Any) -> str:
    return "(?!)"


def _word(_compiler: _Compiler, element: Any) -> str:
    if element.asKeyword:
        raise NotRegularError(element, "is a keyword: what bounds a word differs between octets and text")
    if getattr(element, "re_match", None) is not None:
        return _possessive(_octets(element, element.reString))  # the very expression that pyparsing runs
    first, body = (_set(element, characters) for characters in (element.initChars, element.bodyChars))
    most = element.maxLen - 1 if element.maxSpecified else _UNBOUNDED
    # pyparsing's slow path, taken for words that may hold a space, fails where a word is too long.
    end = f"(?!{body})" if element.maxSpecified else ""
    return f"{first}{body}{{{max(element.minLen - 1, 0)},{most}}}+{end}"


def _characters_not_in(_compiler: _Compiler, element: Any) -> str:
    most = _UNBOUNDED if element.maxLen > MAXIMUM_REPEAT else element.maxLen
    return f"[^{_members(element, element.notCharsSet)}]{{{element.minLen},{most}}}+"


def _regex(_compiler: _Compiler, element: Any) -> str:
    pattern = element.re
    if not pattern.flags & re.ASCII:
        raise NotRegularError(element, "is not ASCII: give it re.ASCII, octets know no other letters")
    if pattern.groups:
        raise NotRegularError(element, "has groups of its own: use (?:...) and results names")
    flags = "".join(letter for flag, letter in _INLINE if pattern.flags & flag)
    source = _octets(element, pattern.pattern)
    return f"(?>(?{flags}:{source}))" if flags else f"(?>{source})"


def _possessive(source: str) -> str:
    """Make a word's own expression possessive: a set, or two, of which only the last has a quantifier."""
    quantified = source[-1] in "+*?}" and source[-2] != "\\" and len(source) > 1
    return f"{source}+" if quantified else source


def _least_width(source: str) -> int:
    """Give the length of the shortest text that ``source`` can match; what looks ahead has none."""
    parsed: Any = re._parser.parse(source)  # noqa: SLF001 - nobody else knows
    width: int = parsed.getwidth()[0]
    return width


def _set(element: ParserElement, characters: set[str]) -> str:
    return f"[{_members(element, characters)}]"


def _members(element: ParserElement, characters: set[str]) -> str:
    return "".join(map(re.escape, sorted(_octets(element, "".join(characters)))))


def _octets(element: ParserElement, text: str) -> str:
    if any(ord(character) > MAXIMUM_OCTET for character in text):
        raise NotRegularError(element, "has a character over U+00FF: write the octets of its encoding")
    return text


MAXIMUM_OCTET: Final = 0xFF
MAXIMUM_REPEAT: Final = 0xFFFF_FFFE  # what re can count to; pyparsing's "no limit" lies beyond

_REPEATING: Final = (pyparsing.ZeroOrMore, pyparsing.OneOrMore, pyparsing.NotAny)
_SKIP_NOTHING: Final = (pyparsing.Empty, pyparsing.NoMatch)
_Handler = Callable[[_Compiler, Any], str]
_HANDLERS: Final[dict[type[ParserElement], _Handler]] = {
    pyparsing.And: _Compiler.sequence,
    pyparsing.MatchFirst: _Compiler.first_match,
    pyparsing.Opt: _Compiler.optional,
    pyparsing.ZeroOrMore: _Compiler.zero_or_more,
    pyparsing.OneOrMore: _Compiler.one_or_more,
    pyparsing.Group: _Compiler.inner,
    pyparsing.Combine: _Compiler.inner,
    pyparsing.Suppress: _Compiler.inner,
    pyparsing.Forward: _Compiler.inner,
    pyparsing.FollowedBy: _Compiler.followed_by,
    pyparsing.NotAny: _Compiler.not_any,
    pyparsing.Literal: _literal,
    type(pyparsing.Literal("x")): _literal,
    pyparsing.Empty: _empty,
    pyparsing.NoMatch: _no_match,
    pyparsing.Word: _word,
    pyparsing.Char: _word,
    pyparsing.CharsNotIn: _characters_not_in,
    pyparsing.Regex: _regex,
    pyparsing.StringEnd: _Compiler.string_end,
}
