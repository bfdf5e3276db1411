"""Trying rules on messages: how many match which rule, and what falls through, and where.

For `sysledger rules test`. Pure: records in, counts out.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

import pyarrow as pa

from parsers.fields import with_entries
from parsers.rules.base import Rule
from parsers.rules.choice import Choice, Chosen
from parsers.rules.load import load

Place = tuple[str, int]  # file and line

_DIGITS: Final = re.compile(r"[0-9][0-9A-Fa-f.:]*")
_NO_APP: Final = "(none)"
_AT_ONCE: Final = 4_096
_EXAMPLES: Final = 1_000  # kinds of messages that are remembered; what comes beyond is counted only


@dataclass(slots=True)
class Fallen:
    """Messages of one kind, which differ in numbers only, that no rule matches.

    ``app_name``, ``message`` and ``rest``, the part from where no rule went on, are the first one's.
    """

    app_name: str | None
    message: str
    rest: str
    count: int = 0


@dataclass
class Trial:
    """What became of messages: of which rule they are, or why of none."""

    choice: Choice
    messages: int = 0
    matched: int = 0
    unconcerned: Counter[str] = field(default_factory=Counter)  # by app_name: no rulebase is for them
    _hits: Counter[Place] = field(default_factory=Counter)
    _rules: dict[Place, Rule] = field(default_factory=dict)
    _fallen: dict[tuple[str | None, str], Fallen] = field(default_factory=dict)
    _unmatched: int = 0

    def add(self, records: pa.RecordBatch) -> None:
        """Try the rules on more records."""
        self.messages += len(records)
        texts, apps = records["message"].to_pylist(), records["app_name"].to_pylist()
        for (chosen, rule), text, app in zip(self.choice.which(records), texts, apps, strict=True):
            if rule is not None:
                place = (rule.name, rule.line)
                self.matched += 1
                self._hits[place] += 1
                self._rules.setdefault(place, rule)
            elif chosen:
                self._fell(chosen, app, text)
            else:
                self.unconcerned[_NO_APP if app is None else app] += 1

    def _fell(self, chosen: Sequence[Chosen], app: str | None, text: str) -> None:
        self._unmatched += 1
        kind = (app, _DIGITS.sub("#", text))
        fallen = self._fallen.get(kind)
        if fallen is None:
            if len(self._fallen) >= _EXAMPLES:
                return
            rest = min((one.base.unparsed(text) for one in chosen), key=len)
            fallen = self._fallen[kind] = Fallen(app, text, rest)
        fallen.count += 1

    @property
    def unmatched(self) -> int:
        """Messages that rules are for and that none matches."""
        return self._unmatched

    @property
    def hits(self) -> list[tuple[Rule, int]]:
        """The rules that matched, those with most messages first."""
        return [(self._rules[place], count) for place, count in self._hits.most_common()]

    def fallen(self, most: int) -> list[Fallen]:
        """The kinds of messages that fall through, the most frequent first."""
        return sorted(self._fallen.values(), key=lambda one: -one.count)[:most]

    def document(self, most: int) -> dict[str, Any]:
        """Give everything in JSON's types, with at most so many kinds of messages that fall through."""
        return {
            "messages": self.messages,
            "matched": self.matched,
            "unmatched": self.unmatched,
            "unconcerned": sum(self.unconcerned.values()),
            "rules": [
                {
                    "file": rule.name,
                    "line": rule.line,
                    "tags": list(rule.tags),
                    "count": count,
                    "percent": _percent(count, self.messages),
                }
                for rule, count in self.hits
            ],
            "fallen": [
                {
                    "app_name": one.app_name,
                    "count": one.count,
                    "message": one.message,
                    "stopped_at": _stop(one),
                    "rest": one.rest,
                }
                for one in self.fallen(most)
            ],
            "unconcerned_apps": dict(self.unconcerned.most_common(most)),
        }

    def rows(self) -> list[tuple[str, str, str, str]]:
        """Give a row a rule that matched: its place, tags, count and percentage of all messages."""
        return [
            (f"{rule.name}:{rule.line}", ", ".join(rule.tags), f"{count:,}", _told(count, self.messages))
            for rule, count in self.hits
        ]

    def sentences(self, most: int) -> Iterable[str]:
        """Tell the sum, and what falls through, in lines for a person."""
        share = _told(self.matched, self.messages)
        yield (
            f"{self.messages:,} messages: {self.matched:,} match a rule ({share}), "
            f"{self.unmatched:,} match none, for {sum(self.unconcerned.values()):,} there are no rules"
        )
        for one in self.fallen(most):
            yield f"{one.count:,} of {one.app_name or _NO_APP}, as: {one.message}"
            yield f"    no rule goes on from character {_stop(one) + 1}: {one.rest or 'the end'}"
        if self.unconcerned:
            named = ", ".join(f"{app} {count:,}" for app, count in self.unconcerned.most_common(most))
            yield f"without rules: {named}"


def fields_told(records: pa.RecordBatch, choice: Choice) -> Iterable[str]:
    """Tell the fields of one record, and the rule that it matches, in lines: for `sysledger explain`."""
    ((chosen, rule),) = choice.which(records)
    (pairs,) = with_entries(records, choice.entries(records))["fields"].to_pylist()
    if rule is not None:
        yield f"rule: {rule.name}:{rule.line}: {rule.source}"
    elif chosen:
        rest = min((one.base.unparsed(records["message"][0].as_py()) for one in chosen), key=len)
        named = ", ".join(one.name for one in chosen)
        yield f"rule: none of {named} goes on from: {rest or 'the end'}"
    if pairs:
        yield "fields:"
        yield from (f"  {name}: {value}" for name, value in pairs)


def sample_records(
    lines: Iterable[bytes], read: Callable[[Sequence[bytes]], pa.RecordBatch]
) -> Iterator[Any]:
    """Make record batches of lines, a message each; ``read`` makes records of frames."""
    messages = (line.removesuffix(b"\n") for line in lines)
    while frames := list(islice(messages, _AT_ONCE)):
        yield read(frames)


def bare_records(lines: Iterable[bytes], app_name: str | None) -> Iterator[Any]:
    """Make record batches, with the columns that rules look at, of lines that are a message's text alone."""

    def read(frames: Sequence[bytes]) -> pa.RecordBatch:
        texts = [frame.decode("utf-8", "replace") for frame in frames]
        columns = {
            "app_name": pa.array([app_name] * len(texts), pa.string()),
            "message": pa.array(texts, pa.string()),
        }
        return pa.RecordBatch.from_pydict(columns)

    return sample_records(lines, read)


def of_app(records: pa.RecordBatch, pattern: str) -> pa.RecordBatch:
    """Give the records whose app_name fits the pattern."""
    rows = [rows for _, rows in Choice([Chosen(pattern, load(""), (pattern,))]).parts(records)]
    return records.take(rows[0]) if rows else records.slice(0, 0)


def _stop(one: Fallen) -> int:
    return len(one.message) - len(one.rest)


def _percent(count: int, messages: int) -> float:
    return round(100 * count / messages, 2) if messages else 0.0


def _told(count: int, messages: int) -> str:
    return f"{_percent(count, messages):.1f} %"
