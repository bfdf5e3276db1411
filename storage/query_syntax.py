"""The query language's syntax, as plugins of Whoosh's query parser (storage/query.py describes it).

Whoosh's parser works in two steps: *taggers* cut the text into syntax nodes, *filters* arrange the nodes.
Groups, field names and blanks are Whoosh's; what a value looks like and how operators bind is ours, since
Whoosh's own plugins drop in silence what they cannot use, and an auditor must be told.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, ClassVar, Final

from whoosh.qparser import QueryParser, plugins, syntax
from whoosh.qparser.taggers import Tagger
from whoosh.query import And, Every, Not, NumericRange, Or, Phrase, Prefix, Query, Regex, Term, Wildcard

from storage import query_fields
from storage.query_fields import ANY, RULE_PREFIX, Field
from storage.query_values import RANGE, QueryError, Value, bracketed, exact, phrase, regex, word
from storage.tokens import Shape, shape

__all__ = [
    "MAXIMUM_LENGTH", "And", "Every", "Not", "NumericRange", "Or", "Phrase", "Prefix", "Query", "QueryError",
    "Regex", "Term", "Wildcard", "parser",
]  # fmt: skip

MAXIMUM_LENGTH: Final = 4096  # characters of a query; each may cost a pass over a column
MAXIMUM_DEPTH: Final = 50  # parentheses in parentheses; the arranging recurses

_WORD: Final = re.compile(r"""(?:\\.|[^\s()"\\]|\\(?=\s|$))+""", re.DOTALL)
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_REGEX: Final = re.compile(r"/((?:[^/\\]|\\.)+)/(?=[\s)]|$)", re.DOTALL)
_OPERATOR: Final = re.compile(r"(?:(AND|OR|NOT)(?=[\s()]|$)|([-+])(?=[^\s\-+>=<)]))")
_NAME: Final = re.compile(r"([A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*)(:|<=|>=|<|>)")
_GROUPS: Final = re.compile(r"[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f*?]{0,4}){2,}(?:/[0-9]{1,3})?")
_DRIVE: Final = re.compile(r"[A-Za-z]:[\\/]")


class _Operator(syntax.MarkerNode):
    """AND, OR, NOT, "-" or "+" as it was typed."""

    def __init__(self, text: str) -> None:
        self.text = {"-": "NOT"}.get(text, text)


class _ValueTagger(Tagger):
    """Reads a field's name, an operator or a value, whatever stands at a position."""

    def match(self, _parser: QueryParser, text: str, position: int) -> syntax.SyntaxNode | None:
        """Give the node that begins at ``position``; None before blanks and parentheses."""
        if text[position] in "()" or text[position].isspace():
            return None
        if found := _OPERATOR.match(text, position):
            return _Operator(found[1] or found[2]).set_range(position, found.end())
        if named := self._named(text, position):
            return named
        return _value(text, position)

    def _named(self, text: str, position: int) -> syntax.SyntaxNode | None:
        found = _NAME.match(text, position)
        if found is None or _is_literal(text, position):
            return None
        name, sign = found[1], found[2]
        known = query_fields.find(name)
        if known is None:
            if sign != ":" or text.startswith((":", "//"), found.end()):  # "a->b", "x<y", "std::map", a URL
                return None
            known = self._rule_field(name, position)
        if sign == ":" and text[found.end() : found.end() + 1] == "(":
            return syntax.FieldnameNode(known.name, found[0]).set_range(position, found.end())
        start = found.end() if sign == ":" else found.start(2)
        if start >= len(text) or text[start].isspace() or text[start] == ")":
            raise QueryError(
                f"{name!r} without a value",
                position,
                f'write {name}:value, or "{found[0]}" in quotes to find the text',
            )
        node = _value(text, start, ranged=True)
        node.fieldname = known.name
        return node.at(position, node.endchar)

    def _rule_field(self, name: str, position: int) -> Field:
        if close := query_fields.close_name(name):
            raise QueryError(
                f"there is no field {name!r}", position,
                f"did you mean {close}:? A message's own field is {RULE_PREFIX}{name}:, text goes in quotes",
            )  # fmt: skip
        return query_fields.field(RULE_PREFIX + name)


def _is_literal(text: str, position: int) -> bool:
    """Tell whether what looks like ``field:`` is an address, a drive's path or another text with colons."""
    found = _WORD.match(text, position)
    word = found[0] if found else ""
    return bool(_DRIVE.match(word) or _GROUPS.fullmatch(word) or shape(word) is not Shape.WORDS)


def _value(text: str, position: int, *, ranged: bool = False) -> Value:
    """Read the value at ``position``; ranges in brackets are only read after a field's name."""
    if text[position] == '"':
        return _quoted(text, position)
    if text[position] == "/" and (found := _REGEX.match(text, position)):
        return Value(found[1], regex).at(position, found.end())
    if ranged and text.startswith('="', position):
        quoted = _quoted(text, position + 1)
        return Value(quoted.text, exact).at(position, quoted.endchar)
    if ranged and text[position] in "[{" and (found := RANGE.match(text, position)):
        return Value(found[0], bracketed).at(position, found.end())
    found = _WORD.match(text, position)
    assert found is not None  # noqa: S101 - callers have seen a character that can begin a word
    if text[found.end() : found.end() + 1] in {"(", '"'}:
        raise QueryError(
            f"{text[found.end()]!r} inside a word",
            found.end(),
            "put a blank before it, or the whole text in quotes",
        )
    return Value(found[0], word).at(position, found.end())


def _quoted(text: str, position: int) -> Value:
    found = _QUOTED.match(text, position)
    if found is None:
        raise QueryError(
            "a quote that is not closed", position, 'add the closing ", or write \\" for the character'
        )
    if text[found.end() : found.end() + 1].strip() not in {"", ")"}:
        raise QueryError(
            "text right after a quote", found.end(), "put a blank there, or the text inside the quotes"
        )
    return Value(re.sub(r'\\(["\\])', r"\1", found[1]), phrase).at(position, found.end())


class _Values(plugins.Plugin):
    """Puts our tagger into Whoosh's parser."""

    def taggers(self, _parser: QueryParser) -> list[tuple[Tagger, int]]:
        """Give the tagger, to be asked after blanks and parentheses."""
        return [(_ValueTagger(), 200)]


class _Groups(plugins.GroupPlugin):
    """Whoosh's parentheses; unbalanced ones are refused."""

    def do_groups(self, parser: QueryParser, group: syntax.GroupNode) -> syntax.GroupNode:
        """Put what stands in parentheses into groups."""
        opened: list[Any] = []
        previous: Any = None
        for node in group:
            if isinstance(node, self.OpenBracket):
                opened.append(node)
                if len(opened) > MAXIMUM_DEPTH:
                    raise QueryError("parentheses too deep", node.startchar, f"nest at most {MAXIMUM_DEPTH}")
            elif isinstance(node, self.CloseBracket):
                if not opened:
                    raise QueryError(
                        "a ) without its (", node.startchar, "remove it, or put the text in quotes"
                    )
                if previous is opened.pop():
                    raise QueryError(
                        "nothing between parentheses", previous.startchar, "write a condition, or remove them"
                    )
            if not node.is_ws():
                previous = node
        if opened:
            raise QueryError(
                "a ( that is not closed", opened[-1].startchar, "add its ), or put the text in quotes"
            )
        return super().do_groups(parser, group)


class _Fields(plugins.FieldsPlugin):
    """Whoosh's way of handing a field's name to the group after it; the names are tagged by _ValueTagger."""

    def __init__(self) -> None:
        super().__init__(remove_unknown=False)

    def taggers(self, _parser: QueryParser) -> tuple[()]:
        """Tag nothing."""
        return ()


class _Operators(plugins.Plugin):
    """NOT before AND before OR, with AND where nothing stands between two conditions."""

    PRIORITY: ClassVar = 600  # after blanks have gone

    def filters(self, _parser: QueryParser) -> list[tuple[Callable[..., syntax.SyntaxNode], int]]:
        """Give the filter that arranges a group's nodes."""
        return [(self.arranged, self.PRIORITY)]

    def arranged(self, parser: QueryParser, group: syntax.GroupNode) -> syntax.SyntaxNode:
        """Give what a group is with its operators carried out, inner groups first."""
        nodes = [
            self.arranged(parser, node) if isinstance(node, syntax.GroupNode) else node for node in group
        ]
        alternatives = [_conjunction(part) for part in _parted(nodes)]
        return alternatives[0] if len(alternatives) == 1 else syntax.OrGroup(alternatives)


def _parted(nodes: list[Any]) -> list[list[Any]]:
    """Cut at OR."""
    parts: list[list[Any]] = [[]]
    for node in nodes:
        if isinstance(node, _Operator) and node.text == "OR":
            if not parts[-1]:
                raise _dangling(node)
            parts.append([])
        else:
            parts[-1].append(node)
        last = node
    if not parts[-1]:
        raise _dangling(last)
    return parts


def _conjunction(nodes: list[Any]) -> syntax.SyntaxNode:
    wanted = []
    negated: _Operator | None = None
    pending: _Operator | None = None  # an operator that still needs a condition on its right
    for node in nodes:
        if not isinstance(node, _Operator):
            wanted.append(syntax.NotGroup([node]) if negated else node)
            negated = pending = None
        elif node.text == "NOT":
            negated, pending = (None, node) if negated else (node, node)
        elif node.text == "AND" and (pending is not None or not wanted):
            raise _dangling(node)
        else:
            pending = node
    if pending is not None:
        raise _dangling(pending)
    return wanted[0] if len(wanted) == 1 else syntax.AndGroup(wanted)


def _dangling(node: _Operator) -> QueryError:
    return QueryError(
        f"{node.text} without a condition on each side it needs", node.startchar,
        f'write one there, or "{node.text}" in quotes to find the word',
    )  # fmt: skip


@lru_cache(maxsize=1)
def parser() -> QueryParser:
    """Give the parser; it keeps no state of a query and may be used by several threads."""
    return QueryParser(ANY, None, plugins=[_Groups(), _Fields(), _Values(), _Operators()])
