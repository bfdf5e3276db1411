"""Why we read some of the corpora's cases otherwise: deviations.toml, and which cases its entries cover.

An entry covers a difference when everything that it says of it holds:

    cases    patterns (as fnmatch has them) of FILE:SOURCE; one of them matches
    fields   the columns that may differ
    input    a regular expression that the octets, as latin-1 text, hold
    ours     a regular expression that our value holds, as text ("" for null)
    theirs   the same of the corpus' value
    reason   why our reading is right, or no worse; true of every case that the entry covers

A case has its reasons when each of its differences is covered.
"""

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, Final

from tests.parsers.comparing import Difference
from tests.parsers.corpora import Judged

PATH: Final = Path(__file__).with_name("deviations.toml")
KEYS: Final = frozenset({"cases", "fields", "input", "ours", "theirs", "reason"})


@dataclass(frozen=True, slots=True)
class Deviation:
    """One entry."""

    reason: str
    cases: tuple[str, ...]
    fields: frozenset[str]
    input: re.Pattern[str]
    ours: re.Pattern[str]
    theirs: re.Pattern[str]

    def covers(self, case: Judged, difference: Difference) -> bool:
        """Tell whether this entry explains one difference of a case."""
        name = f"{case.file}:{case.source}"
        return (
            difference.field in self.fields
            and any(fnmatchcase(name, pattern) for pattern in self.cases)
            and self.input.search(case.octets.decode("latin-1")) is not None
            and self.ours.search(_text(difference.ours)) is not None
            and self.theirs.search(_text(difference.theirs)) is not None
        )


def _text(value: Any) -> str:
    return "" if value is None else str(value)


@cache
def deviations() -> tuple[Deviation, ...]:
    """Read deviations.toml.

    Raises:
        ValueError: for an entry with a key that means nothing, or without one that it needs.
    """
    return tuple(map(_deviation, tomllib.loads(PATH.read_text("utf-8"))["deviation"]))


def _deviation(entry: dict[str, Any]) -> Deviation:
    if not {"cases", "fields", "reason"} <= entry.keys() <= KEYS:
        raise ValueError(f"{PATH.name}: an entry has the keys {sorted(entry)}: use {sorted(KEYS)}")
    patterns = {name: re.compile(entry.get(name, ""), re.DOTALL) for name in ("input", "ours", "theirs")}
    return Deviation(
        reason=entry["reason"].strip(),
        cases=tuple(entry["cases"]),
        fields=frozenset(entry["fields"]),
        **patterns,
    )


def unexplained(case: Judged, entries: Sequence[Deviation]) -> list[Difference]:
    """Give the differences of a case for which there is no reason."""
    return [
        difference
        for difference in case.differences
        if not any(entry.covers(case, difference) for entry in entries)
    ]


def unused(cases: Iterable[Judged], entries: Sequence[Deviation]) -> list[Deviation]:
    """Give the entries that cover nothing in any of these cases."""
    differing = [case for case in cases if case.differences]
    return [
        entry
        for entry in entries
        if not any(entry.covers(case, difference) for case in differing for difference in case.differences)
    ]
