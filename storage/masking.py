"""One record without its masked values: in place, wherever else it says them, and in every spelling."""

import html
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Final
from urllib.parse import quote, quote_plus

MASK: Final = "(masked)"
HEADER: Final = ("hostname", "app_name", "proc_id", "msg_id", "peer", "tls_identity")
BODY: Final = ("structured_data", "message")  # that fields are read out of
LONGEST: Final = 512  # characters of a value that is looked for in texts; where one is longer, all is hidden
_BETWEEN: Final = "\0"  # texts that are looked through at once
_TABLES: Final = count()

Pattern = re.Pattern[str]
Texts = Mapping[str, str | None]  # HEADER and BODY
Pairs = Sequence[tuple[str, str | None]]  # the column fields


class Patterns:
    """The patterns of values in texts, kept while one table is masked.

    Values that were masked before must not be found quicker than others: that would tell of another tenant's
    values. So neither we keep patterns longer, nor does the module re, to which each table's are new ones.
    """

    def __init__(self) -> None:
        self._spellings: dict[str, list[str]] = {}
        self._kept: dict[tuple[tuple[str, ...], bool], Pattern] = {}
        self._mark = f"(?#{next(_TABLES)})"

    def of(self, value: str, within: str, *, is_word: bool) -> Pattern | None:
        """Give the pattern of a value as it is and escaped; with ``is_word`` not in a longer word.

        Only spellings that are in ``within`` are looked for; where that is none, there is no pattern.
        """
        spellings = self._spellings.get(value)
        if spellings is None:
            spellings = self._spellings[value] = sorted(_spellings(value), key=len, reverse=True)
        key = tuple(spellings)
        if within.isascii():  # else letters have more than two cases
            lower = within.lower()
            key = tuple(spelling for spelling in spellings if spelling.lower() in lower)
        if not key:
            return None
        found = self._kept.get((key, is_word))
        if found is None:
            texts = (_bounded(text) if is_word else re.escape(text) for text in key)
            found = self._kept[key, is_word] = re.compile(self._mark + "|".join(texts), re.IGNORECASE)
        return found


@dataclass(frozen=True, slots=True)
class Masking:
    """What is masked in a record.

    Attributes:
        columns: of HEADER and BODY, and ``fields``, as a whole.
        names: of the fields that are.
        assigned: finds in its groups what a text assigns to such a name; None when there are none.
        patterns: of values.
    """

    columns: frozenset[str]
    names: frozenset[str]
    assigned: Pattern | None
    patterns: Patterns = field(default_factory=Patterns, compare=False)

    def of(self, texts: Texts, pairs: Pairs) -> tuple[Texts, Pairs]:
        """Give a record without what is masked."""
        body = [text for name in BODY if (text := texts[name]) and name not in self.columns]
        everything = [*texts.values(), *(text for pair in pairs for text in pair)]
        within = _BETWEEN.join(text for text in everything if text)
        values = _by_length(self._values(body, pairs))
        hidden = [self._found_pattern(value, body, within) for value in values]
        if None in hidden:  # rather too much than too little
            texts = {**texts, **{name: texts[name] and MASK for name in BODY}}
            pairs = [(name, MASK) for name, _ in pairs]
        patterns = [pattern for pattern in hidden if pattern is not None]
        header = (self.patterns.of(one, within, is_word=True) for one in _by_length(self._header(texts)))
        patterns += [pattern for pattern in header if pattern is not None]
        pairs = () if "fields" in self.columns else pairs
        shown = [name for name in texts if name not in self.columns]
        said: list[str | None] = [texts[name] for name in shown]
        for name, value in pairs:
            said += (name, None if name in self.names else value)
        said = _hidden(said, patterns)
        changed = {name: text and MASK for name, text in texts.items()} | dict(zip(shown, said, strict=False))
        flat = iter(said[len(shown) :])
        return changed, [
            (name or "", old and MASK if own in self.names else value)
            for (own, old), name, value in zip(pairs, flat, flat, strict=True)
        ]

    def _values(self, body: Iterable[str], pairs: Pairs) -> set[str]:
        """Give the values of masked fields, and what texts assign to such."""
        found = [value for name, value in pairs if name in self.names]
        if self.assigned is not None:
            assigned = (match for text in body for match in self.assigned.finditer(text))
            found += [value for match in assigned for value in match.groups()]
        return {value for value in found if value and _says_something(value)}

    def _header(self, texts: Texts) -> set[str]:
        """Give the values of masked columns of the header."""
        found = {text for name in HEADER if name in self.columns and (text := texts[name])}
        if "hostname" in self.columns and (hostname := texts["hostname"]):
            found.add(_first_label(hostname))
        return set(filter(_says_something, found))

    def _found_pattern(self, value: str, body: Sequence[str], within: str) -> Pattern | None:
        """Give the pattern of a value in the texts that it was read out of; None when it is not there."""
        if len(value) > LONGEST:
            return None
        for is_word in (True, False):
            pattern = self.patterns.of(value, within, is_word=is_word)
            if pattern is not None and any(map(pattern.search, body)):
                return pattern
        return None


def _first_label(hostname: str) -> str:
    """Give the name by which messages call a host whose whole name has a domain; an address is one."""
    label, dot, _ = hostname.partition(".")
    return hostname if not dot or label.isdigit() else label


def _says_something(value: str) -> bool:
    return any(map(str.isalnum, value))


def _by_length(values: Collection[str]) -> list[str]:
    """Order values so that none is hidden before one that holds it."""
    return sorted(values, key=len, reverse=True) if len(values) > 1 else list(values)


def _hidden(texts: Sequence[str | None], patterns: Sequence[Pattern]) -> list[str | None]:
    """Give texts without what some patterns find, in turn, in any of them."""
    together = changed = _BETWEEN.join(text or "" for text in texts)
    for pattern in patterns:
        changed = pattern.sub(MASK, changed)
    if changed is together:
        return [*texts]
    parts = changed.split(_BETWEEN)
    if len(parts) != len(texts) or together.count(_BETWEEN) >= len(texts):  # a text has one itself
        parts = [text or "" for text in texts]
        for pattern in patterns:
            parts = [pattern.sub(MASK, text) for text in parts]
    return [None if text is None else part for text, part in zip(texts, parts, strict=True)]


def _bounded(text: str) -> str:
    before = r"(?<!\w)" if re.match(r"\w", text[0]) else ""
    after = r"(?!\w)" if re.match(r"\w", text[-1]) else ""
    return f"{before}{re.escape(text)}{after}"


def _spellings(value: str) -> set[str]:
    """Give a value as it is and as formats escape it."""
    in_json = (json.dumps(value), json.dumps(value, ensure_ascii=False))
    return {
        value,
        *(text[1:-1] for text in in_json),
        *(text[1:-1].replace("/", r"\/") for text in in_json),
        re.sub(r'(["\\\]])', r"\\\1", value),  # RFC 5424 section 6.3.3
        re.sub(r"([=|\\])", r"\\\1", value),  # CEF
        quote(value, safe=""), quote(value), quote_plus(value),
        html.escape(value), html.escape(value, quote=False),
    }  # fmt: skip
