r"""Reading a rulebase: its statements, one after the other.

    version=2                       as the first statement: version 2; without it, version 1
    # …                             a comment
    rule=tag,tag:description        a rule (parsers/rules/placeholders.py has the description)
    prefix=description              stands in front of every rule from here on; empty: none
    extendprefix=description        is added to the prefix
    type=@name:description          a type; several statements of one name are its alternatives
    annotate=tag:+field="value"     rules with this tag have this field, too; more with a comma between
    include=file                    another file's statements stand here

Both versions are read by one reader: version 1 knows fewer types and forms, and none that mean anything else.
A faulty statement is left out, all faults are told at once, with line and column.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from parsers.rules.base import Rule, RuleBase
from parsers.rules.components import Component, names_of
from parsers.rules.errors import FaultError, RuleError, RuleErrors, Source
from parsers.rules.placeholders import Item, description
from parsers.rules.tree import Node, Part
from parsers.rules.types import Builder

Read = Callable[[str], str]

DEEPEST_INCLUDE: Final = 16  # files within files: deeper ones include themselves
_KEYWORDS: Final = ("rule", "prefix", "extendprefix", "annotate", "type", "include", "version")
_STATEMENT: Final = re.compile(rf"({'|'.join(_KEYWORDS)})=")
_NEXT: Final = re.compile(rf"\n(?=(?:{'|'.join(_KEYWORDS)})=)")
_SKIPPED: Final = re.compile(r"[ \t\r]*+(?:#[^\n]*+)?(?:\n|\Z)")
_TYPE_NAME: Final = re.compile(r"@[^\s%:{}]++")
_ANNOTATION: Final = re.compile(r'[ \t,]*+\+([^="\s]++)="([^"\n]*+)"[ \t]*+(?:#.*+)?')


def load(text: str, name: str = "<rules>", read: Read | None = None) -> RuleBase:
    """Load a rulebase in liblognorm's language.

    ``name`` is the file's, for people. ``read`` gives the text of a file for include= and descent (OSError or
    ValueError: it cannot be read); without it both are refused.

    Raises:
        RuleErrors: with all faults, and the rulebase without the faulty statements.
    """
    loading = _Loading(read)
    loading.file(Source(name, text.removeprefix("\ufeff")))  # a BOM, as some editors write it
    base = loading.base()
    if loading.errors:
        raise RuleErrors(tuple(loading.errors), base)
    return base


@dataclass(slots=True)
class _Loading:
    """One rulebase while it is read."""

    read: Read | None
    depth: int = 0
    root: Node = field(default_factory=Node)
    rules: list[Rule] = field(default_factory=list)
    errors: list[RuleError] = field(default_factory=list)
    prefix: list[Item] | None = field(
        default_factory=list
    )  # None: the prefix is faulty, and so are its rules
    annotations: dict[str, dict[str, str]] = field(default_factory=dict)
    builder: Builder = field(init=False)
    source: Source = field(init=False)

    def __post_init__(self) -> None:
        self.builder = Builder(self.root, self.descend)

    def base(self) -> RuleBase:
        """Give the rulebase, now that all statements have been read."""
        return RuleBase([self._annotated(rule) for rule in self.rules], self.root.ready())

    def _annotated(self, rule: Rule) -> Rule:
        annotations: dict[str, str] = {}
        for tag in rule.tags:
            annotations |= self.annotations.get(tag, {})
        return replace(rule, annotations=tuple(annotations.items()))

    def file(self, source: Source) -> None:
        """Read all statements of a file."""
        self.source = source
        place, first = 0, True
        while place < len(source.text):
            skipped = _SKIPPED.match(source.text, place)
            if skipped:
                place = skipped.end()
                continue
            try:
                place = self._statement(place, first=first)
            except FaultError as fault:
                self.errors.append(source.error(fault))
                following = _NEXT.search(source.text, place)
                place = following.end() if following else len(source.text)
            first = False

    def _statement(self, start: int, *, first: bool) -> int:
        text = self.source.text
        statement = _STATEMENT.match(text, start)
        if statement is None:
            known = ", ".join(f"{keyword}=" for keyword in _KEYWORDS)
            raise FaultError(
                start, f"no statement: a line begins with one of {known}, or with # for a comment"
            )
        keyword, place = statement[1], statement.end()
        if keyword == "rule":
            return self._rule(start, place)
        if keyword == "type":
            return self._type(place)
        if keyword in {"prefix", "extendprefix"}:
            return self._prefix(place, extend=keyword == "extendprefix")
        end = text.find("\n", place) if "\n" in text[place:] else len(text)
        value = text[place:end].rstrip()
        if keyword == "version":
            self._version(start, value, first=first)
        elif keyword == "annotate":
            self._annotate(place, value)
        else:
            self._include(place, value)
        return end

    def _rule(self, start: int, place: int) -> int:
        text = self.source.text
        colon = self._colon(place, "rule=tag,tag:description (the tags may be missing, the colon not)")
        items, end = description(text, colon + 1)
        if self.prefix is None:
            return end
        if not items and not self.prefix:
            raise FaultError(colon + 1, "the rule is empty: write what messages look like")
        several = self.builder.paths([*self.prefix, *items])
        tags = tuple(tag.strip() for tag in text[place:colon].split(",") if tag.strip())
        self.rules.append(
            Rule(
                self.source.name,
                self.source.line_of(start),
                tags,
                text[start:end].rstrip("\r"),
                _names(several),
            )
        )
        for path in several:
            self.root.add(path, len(self.rules) - 1)
        return end

    def _colon(self, place: int, form: str) -> int:
        colon, end = (self.source.text.find(mark, place) for mark in (":", "\n"))
        if colon < 0 or 0 <= end < colon:
            raise FaultError(place, f"expected {form}")
        return colon

    def _type(self, place: int) -> int:
        colon = self._colon(place, "type=@name:description")
        name = self.source.text[place:colon].strip()
        if not _TYPE_NAME.fullmatch(name):
            raise FaultError(place, f"a type's name begins with @, such as @address; found {name!r}")
        items, end = description(self.source.text, colon + 1)
        if not items:
            raise FaultError(colon + 1, "the type is empty: write what it looks like")
        self.builder.uses = set()
        several = self.builder.paths(items)
        if name in self._all_uses(self.builder.uses):
            raise FaultError(colon + 1, f"{name} is made of itself: such a type has no end")
        component = self.builder.types.setdefault(name, Component())
        component.uses |= self.builder.uses
        for path in several:
            component.add(path)
        return end

    def _all_uses(self, names: set[str]) -> set[str]:
        known: set[str] = set()
        while names - known:
            known |= names
            names = {inner for name in names for inner in self.builder.types[name].uses}
        return known

    def _prefix(self, place: int, *, extend: bool) -> int:
        before = self.prefix if extend else []
        self.prefix = None
        items, end = description(self.source.text, place)
        self.builder.paths(items)
        self.prefix = None if before is None else [*before, *items]
        return end

    def _version(self, start: int, value: str, *, first: bool) -> None:
        if value not in {"1", "2"}:
            raise FaultError(start, f"version {value} is unknown: write version=2")
        if not first:
            raise FaultError(start, "must stand before all other statements: move it up")
        if self.depth == 0:
            self.builder.version = int(value)

    def _annotate(self, place: int, value: str) -> None:
        tag, colon, rest = value.partition(":")
        form = 'expected annotate=tag:+field="value"'
        offset = place + len(tag) + 1
        if not colon or not rest.strip():
            raise FaultError(place, form)
        found: dict[str, str] = {}
        at = 0
        while at < len(rest):
            annotation = _ANNOTATION.match(rest, at)
            if annotation is None:
                raise FaultError(offset + at, f"{form}; only + (add a field) is known")
            found[annotation[1]] = annotation[2]
            at = annotation.end()
        self.annotations.setdefault(tag.strip(), {}).update(found)

    def _include(self, place: int, value: str) -> None:
        text = self._text_of(value, place)
        outer, self.depth = self.source, self.depth + 1
        self.file(Source(value, text))
        self.source, self.depth = outer, self.depth - 1

    def _text_of(self, file: str, offset: int) -> str:
        if self.read is None:
            raise FaultError(offset, f"{file!r} cannot be read from here: write its statements in this place")
        if self.depth >= DEEPEST_INCLUDE:
            raise FaultError(
                offset, f"{file!r} is the {DEEPEST_INCLUDE + 1}th file within files: does it name itself?"
            )
        try:
            return self.read(file)
        except (OSError, ValueError) as error:
            raise FaultError(offset, f"{file!r} cannot be read: {error}") from None

    def descend(self, file: str, offset: int) -> Node:
        """Give the tree of another rulebase; its faults are told with ours."""
        inner = _Loading(self.read, self.depth + 1)
        inner.file(Source(file, self._text_of(file, offset)))
        self.errors += inner.errors
        return inner.root.ready()


def _names(several: list[list[Part]]) -> tuple[str, ...]:
    found = [".".join(path) for parts in several for path in names_of(parts)]
    return tuple(dict.fromkeys(found))
