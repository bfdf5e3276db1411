"""Which rulebase a message is for: by the program that wrote it, and by a text that it must hold.

A batch names few programs, so that each name is looked at once and remembered. A batch in which no program
has a rulebase costs that look and nothing else.
"""

import fnmatch
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from parsers.fields import Entries
from parsers.rules.base import Rule, RuleBase

Takers = tuple[int, ...]

# What a sender that makes up names of programs can fill the memory with, at most.
_REMEMBERED: Final = 4_096
_LONGEST_REMEMBERED: Final = 255


@dataclass(frozen=True)
class Chosen:
    """A rulebase and the messages that it is for.

    ``apps`` are patterns of app_name, in which * stands for any text and ? for one character; without any,
    all messages are meant, those without app_name too. ``contains`` is a text without which a message is not
    looked at.
    """

    name: str
    base: RuleBase
    apps: tuple[str, ...] = ()
    contains: str = ""

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile("|".join(map(_translated, self.apps)))

    def takes(self, app_name: str | None) -> bool:
        """Tell whether messages of this program are for this rulebase."""
        return not self.apps or (app_name is not None and self._pattern.fullmatch(app_name) is not None)


def _translated(pattern: str) -> str:
    """Give the expression of a pattern; brackets stand for themselves, as in app_names."""
    return fnmatch.translate(pattern.replace("[", "[[]"))


class Choice:
    """Several rulebases; a message is the first one's whose rules match it."""

    def __init__(self, several: Sequence[Chosen]) -> None:
        self.several: Final = tuple(several)
        self._takers = _Takers(self.several)

    def parts(self, records: pa.RecordBatch) -> Iterator[tuple[Chosen, pa.Array]]:
        """Give each rulebase that has something to look at, with the rows' places (int64), in order."""
        encoded = records["app_name"].dictionary_encode()
        takers = list(map(self._takers.__getitem__, encoded.dictionary.to_pylist()))
        nobody = self._takers[None]
        for number in sorted({*chain.from_iterable(takers), *nobody}):
            takes = pa.array([number in own for own in takers], pa.bool_()).take(encoded.indices)
            rows = pc.indices_nonzero(takes.fill_null(number in nobody)).cast(pa.int64())
            chosen = self.several[number]
            if chosen.contains and len(rows):
                held = pc.match_substring(records["message"].take(rows), chosen.contains)
                rows = rows.filter(pc.fill_null(held, fill_value=False))
            if len(rows):
                yield chosen, rows

    def entries(self, records: pa.RecordBatch) -> list[Entries]:
        """Give the fields of a batch; fields without any text in them are left out.

        A message goes to the next rulebase when no rule of the one before gives it a field.
        """
        found: list[Entries] = []
        for chosen, rows in self.parts(records):
            own = rows if not found else rows.filter(pc.invert(_among(rows, found)))
            entries = chosen.base.entries(records["message"].take(own))
            if len(entries.rows):
                found.append(Entries(own.take(entries.rows), entries.names, entries.values))
        return [_without_empty(entries) for entries in found]

    def which(self, records: pa.RecordBatch) -> list[tuple[Sequence[Chosen], Rule | None]]:
        """Give for each record the rulebases that it is for, and the rule that it matches."""
        chosen: list[list[Chosen]] = [[] for _ in range(len(records))]
        rules: list[Rule | None] = [None] * len(records)
        texts = records["message"].to_pylist()
        for one, rows in self.parts(records):
            left = [row for row in rows.to_pylist() if rules[row] is None and texts[row] is not None]
            for row, rule in zip(left, one.base.which(texts[row] for row in left), strict=True):
                chosen[row].append(one)
                rules[row] = rule
        return list(zip(chosen, rules, strict=True))


class _Takers(dict[str | None, Takers]):
    """app_name → numbers of the rulebases that it is for."""

    def __init__(self, several: Sequence[Chosen]) -> None:
        super().__init__()
        self._several = several

    def __missing__(self, app_name: str | None) -> Takers:
        if len(self) >= _REMEMBERED:
            self.clear()
        found = tuple(number for number, one in enumerate(self._several) if one.takes(app_name))
        if len(app_name or "") <= _LONGEST_REMEMBERED:
            self[app_name] = found
        return found


def _among(rows: pa.Array, found: Sequence[Entries]) -> Any:
    return pc.is_in(rows, pa.concat_arrays([entries.rows for entries in found]))


def _without_empty(entries: Entries) -> Entries:
    kept = pc.greater(pc.binary_length(entries.values), 0)
    if pc.all(kept, min_count=0).as_py():
        return entries
    return Entries(entries.rows.filter(kept), entries.names.filter(kept), entries.values.filter(kept))
