"""Rules with common beginnings as one tree, and the walk through it for one text.

liblognorm calls it the parse DAG. A rule is a path: literals and fields one after the other. Paths that
begin alike share their nodes (literals octet by octet, so that the longer literal is the more specific one).
At a node the branches are tried in the order of their priorities: the user's first, then the type's own, then
as they were written; the first branch on which the whole remainder matches wins, so that between branches
matching does go back, inside a motif never. Every node is reached at one place of a text at most: a walk
costs no more than the length of the text times the number of nodes, whatever the text.

A tree serves for a whole rulebase, where the text must end with the rule, and for a component (a type=@name,
repeat's "parser"), which may end anywhere: there the longest path of the first branch that matches counts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from parsers.rules.motifs import Motif, Path
from parsers.rules.parameters import DEFAULT_PRIORITY

LITERAL_PRIORITY: Final = (DEFAULT_PRIORITY, 4)


@dataclass(frozen=True, slots=True)
class Field:
    """A motif in a rule: under which name its value is kept (None: it is not), and when it is tried."""

    motif: Motif
    name: str | None
    priority: tuple[int, int]
    key: str  # equal for fields that are the same, which then share a node

    def path(self, outer: Path | None) -> Path | None:
        """Give the path under which the values of this field stand; None when they are not kept."""
        if outer is None or self.name is None:
            return None
        return outer if self.name == "." and self.motif.structured else (*outer, self.name)


Part = bytes | Field
Values = list[tuple[str, Any]]
_Step = tuple["Node", int, Iterator["Branch"], tuple[str, Any] | None]


@dataclass(slots=True)
class Branch:
    """One way on from a node."""

    part: Part
    node: "Node"

    @property
    def priority(self) -> tuple[int, int]:
        """When this branch is tried: the lower, the earlier."""
        return LITERAL_PRIORITY if isinstance(self.part, bytes) else self.part.priority


@dataclass(slots=True)
class Node:
    """A place in the tree: the branches onward, and the rule that may end here (its number)."""

    branches: dict[object, Branch] = field(default_factory=dict)
    rule: int | None = None

    def add(self, parts: Sequence[Part], rule: int) -> None:
        """Add a path that ends with ``rule``; where the very path exists already, the first rule stays."""
        node = self
        for part in parts:
            steps: list[Part] = [bytes([octet]) for octet in part] if isinstance(part, bytes) else [part]
            for step in steps:
                key = step if isinstance(step, bytes) else step.key
                node = node.branches.setdefault(key, Branch(step, Node())).node
        if node.rule is None:
            node.rule = rule

    def ready(self) -> "Node":
        """Sort the branches, and make one of literals that follow each other."""
        branches = sorted(self.branches.values(), key=lambda branch: branch.priority)
        self.branches = {}
        for number, branch in enumerate(branches):
            self.branches[number] = Branch(*_joined(branch.part, branch.node))
        for branch in self.branches.values():
            branch.node.ready()
        return self


def _joined(part: Part, node: Node) -> tuple[Part, Node]:
    while isinstance(part, bytes) and node.rule is None and len(node.branches) == 1:
        (only,) = node.branches.values()
        if not isinstance(only.part, bytes):
            break
        part, node = part + only.part, only.node
    return part, node


@dataclass(slots=True)
class Walk:
    """One text on its way through trees."""

    octets: bytes
    furthest: int = 0  # how far a rule came
    steps: int = 0  # how many parts were tried
    depth: int = 0  # of rulebases within rulebases
    known: dict[tuple[int, int], Any] = field(default_factory=dict)  # their answers: by node and place

    def search(self, root: Node, start: int, *, whole: bool) -> tuple[int, int, Values] | None:
        """Find the first path that matches from octet ``start`` on.

        With ``whole`` to the text's end, else as far as the path goes. Gives the rule's number, the end,
        and the values in the rule's order; None where no path matches.
        """
        trail: list[_Step] = [(root, start, iter(root.branches.values()), None)]
        while trail:
            node, place, branches, _ = trail[-1]
            if whole and not self.depth:
                self.furthest = max(self.furthest, place)
            if whole and node.rule is not None and place == len(self.octets):
                return node.rule, place, [kept for *_, kept in trail if kept]
            for branch in branches:
                found = self._try(branch.part, place)
                if found:
                    trail.append((branch.node, found[0], iter(branch.node.branches.values()), found[1]))
                    break
            else:
                if not whole and node.rule is not None:
                    return node.rule, place, [kept for *_, kept in trail if kept]
                trail.pop()
        return None

    def _try(self, part: Part, place: int) -> tuple[int, tuple[str, Any] | None] | None:
        self.steps += 1
        if isinstance(part, bytes):
            return (place + len(part), None) if self.octets.startswith(part, place) else None
        found = part.motif.parse(self, place)
        if found is None:
            return None
        end, value = found
        return end, None if part.name is None else (part.name, value)


def object_of(values: Values) -> dict[str, Any]:
    """Make an object of named values: "." gives an object's own members, and the first of a name stays."""
    result: dict[str, Any] = {}
    for name, value in values:
        if name == "." and isinstance(value, dict):
            for inner, member in value.items():
                result.setdefault(inner, member)
        else:
            result.setdefault(name, value)
    return result


def paths(node: Node, *, whole: bool) -> Iterator[tuple[int, list[Part]]]:
    """Give the tree's paths in the order in which a search tries them, with their rules' numbers."""
    if whole and node.rule is not None:
        yield node.rule, []
    for branch in node.branches.values():
        for rule, parts in paths(branch.node, whole=whole):
            yield rule, [branch.part, *parts]
    if not whole and node.rule is not None:
        yield node.rule, []
