"""One record without its masked values: in place, wherever else it says them, and in every spelling."""

import html
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import quote, quote_plus

MASK: Final = "(masked)"
HEADER: Final = ("hostname", "app_name", "proc_id", "msg_id", "peer", "tls_identity")
BODY: Final = ("structured_data", "message")  # that fields are read out of
LONGEST: Final = 512  # characters of a value that is looked for in texts; where one is longer, all is hidden
_REMEMBERED: Final = 1024  # patterns of values
_BETWEEN: Final = "\0"  # texts that are looked through at once

Pattern = re.Pattern[str]
Texts = Mapping[str, str | None]  # HEADER and BODY
Pairs = Sequence[tuple[str, str | None]]  # the column fields


@dataclass(frozen=True, slots=True)
class Masking:
    """What is masked in a record.

    Attributes:
        columns: of HEADER and BODY, and ``fields``, as a whole.
        names: of the fields that are.
        assigned: finds in its groups what a text assigns to such a name; None when there are none.
    """

    columns: frozenset[str]
    names: frozenset[str]
    assigned: Pattern | None

    def of(self, texts: Texts, pairs: Pairs) -> tuple[Texts, Pairs]:
        """Give a record without what is masked."""
        body = [text for name in BODY if (text := texts[name]) and name not in self.columns]
        hidden = [_found_pattern(value, body) for value in _by_length(self._values(body, pairs))]
        if None in hidden:  # rather too much than too little
            texts = {**texts, **{name: texts[name] and MASK for name in BODY}}
            pairs = [(name, MASK) for name, _ in pairs]
        patterns = [pattern for pattern in hidden if pattern is not None]
        patterns += [_pattern(value, is_word=True) for value in _by_length(self._header(texts))]
        pairs = () if "fields" in self.columns else pairs
        is_said = self._is_said_elsewhere(texts, pairs, patterns)
        return (
            {
                name: text and MASK
                if name in self.columns
                else _text(text, patterns)
                if is_said or name in BODY
                else text
                for name, text in texts.items()
            },
            [self._pair(name, value, patterns if is_said else ()) for name, value in pairs],
        )

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

    def _is_said_elsewhere(self, texts: Texts, pairs: Pairs, patterns: Iterable[Pattern]) -> bool:
        """Say whether header or fields may say a value that is not their own."""
        others = [text for name in HEADER if name not in self.columns and (text := texts[name])]
        for name, value in pairs:
            others += [name] if value is None or name in self.names else [name, value]
        together = _BETWEEN.join(others)
        return any(pattern.search(together) for pattern in patterns)

    def _pair(self, name: str, value: str | None, patterns: Iterable[Pattern]) -> tuple[str, str | None]:
        if name in self.names:
            return _text(name, patterns) or "", value and MASK
        return (_text(name, patterns) or "", _text(value, patterns)) if patterns else (name, value)


def _first_label(hostname: str) -> str:
    """Give the name by which messages call a host whose whole name has a domain; an address is one."""
    label, dot, _ = hostname.partition(".")
    return hostname if not dot or label.isdigit() else label


def _says_something(value: str) -> bool:
    return any(map(str.isalnum, value))


def _by_length(values: Collection[str]) -> list[str]:
    """Order values so that none is hidden before one that holds it."""
    return sorted(values, key=len, reverse=True) if len(values) > 1 else list(values)


def _found_pattern(value: str, body: Sequence[str]) -> Pattern | None:
    """Give the pattern of a value in the texts that it was read out of; None when it is not to be found."""
    if len(value) > LONGEST:
        return None
    for is_word in (True, False):
        pattern = _pattern(value, is_word=is_word)
        if any(map(pattern.search, body)):
            return pattern
    return None


def _text(text: str | None, patterns: Iterable[Pattern]) -> str | None:
    if text is not None:
        for pattern in patterns:
            text = pattern.sub(MASK, text)
    return text


@lru_cache(_REMEMBERED)
def _pattern(value: str, *, is_word: bool) -> Pattern:
    """Give the pattern of a value in a text, as it is and escaped; with ``is_word`` not in a longer word."""
    spellings = sorted(_spellings(value), key=len, reverse=True)
    return re.compile(
        "|".join(_bounded(text) if is_word else re.escape(text) for text in spellings), re.IGNORECASE
    )


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
