"""A tree of rules as regular expressions: the selector of the whole, and a pattern a path.

Both are pyparsing grammars first and compiled by parsers/compile.py, as every grammar of ours is.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from pyparsing import And, MatchFirst, NoMatch, ParserElement, StringEnd

from parsers.compile import compile_grammar
from parsers.grammar import production
from parsers.rules.components import clash, path_grammar
from parsers.rules.motifs import ANYTHING, Captures, Unnamed, literal, regex, sequence
from parsers.rules.tree import Node, Part, paths


@dataclass(frozen=True)
class Way:
    """One end of the selector: a path of a rule, or (None) a place from which on texts are walked."""

    rule: int | None = None
    parts: Sequence[Part] = ()

    @cached_property
    def grammar(self) -> tuple[ParserElement, Captures]:
        """The grammar of a whole text, and what its captures mean."""
        captures = Captures()
        path = path_grammar(self.parts, captures, ())
        if path is None:
            raise TypeError("a path that is not exact has no grammar: walk its texts")
        return production("rule", And([path, StringEnd()])).parse_with_tabs(), captures

    @cached_property
    def pattern(self) -> re.Pattern[bytes]:
        """The grammar, compiled."""
        return compile_grammar(self.grammar[0])


class Selector:
    """One pattern for all rules; the number of the group that matched tells the way: ways[lastindex - 1].

    Motifs give elements that skip no white space: taking that from a whole tree of rules takes a second.
    """

    def __init__(self, root: Node) -> None:
        self._ways: list[Way] = []
        try:
            self.pattern = compile_grammar(self._nested(root, []))
        except RecursionError:  # rules that branch off each other hundreds of times: each for itself then
            self._ways = []
            self.pattern = compile_grammar(self._flat(root))
        self.ways: Sequence[Way] = tuple(self._ways)

    def _end(self, way: Way) -> ParserElement:
        self._ways.append(way)
        return StringEnd().leave_whitespace()(f"r{len(self._ways)}")

    def _nested(self, node: Node, before: Sequence[Part]) -> ParserElement:
        elements: list[ParserElement] = []
        parts = list(before)
        while node.rule is None and len(node.branches) == 1:
            (branch,) = node.branches.values()
            elements += self._part(branch.part)
            if not _exact(branch.part):
                return sequence([*elements, regex(ANYTHING), self._end(Way())])
            parts.append(branch.part)
            node = branch.node
        options = [] if node.rule is None else [self._end(self._way(node.rule, parts))]
        for branch in node.branches.values():
            onward = (
                self._nested(branch.node, [*parts, branch.part])
                if _exact(branch.part)
                else sequence([regex(ANYTHING), self._end(Way())])
            )
            options.append(sequence([*self._part(branch.part), onward]))
        return sequence([*elements, MatchFirst(options) if options else NoMatch()])

    def _flat(self, root: Node) -> ParserElement:
        options = []
        for rule, parts in paths(root, whole=True):
            known = next((place for place, part in enumerate(parts) if not _exact(part)), len(parts))
            elements = [element for part in parts[: known + 1] for element in self._part(part)]
            whole = known == len(parts)
            way = self._way(rule, parts) if whole else Way()
            options.append(sequence([*elements, *([] if whole else [regex(ANYTHING)]), self._end(way)]))
        return MatchFirst(options)

    def _way(self, rule: int, parts: Sequence[Part]) -> Way:
        return Way() if clash(parts) else Way(rule, tuple(parts))

    def _part(self, part: Part) -> list[ParserElement]:
        if isinstance(part, bytes):
            return [literal(part)]
        element = part.motif.grammar(Unnamed(), None) or part.motif.beginning()
        return [element] if element else []


def _exact(part: Part) -> bool:
    return isinstance(part, bytes) or part.motif.exact
