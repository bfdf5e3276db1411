r"""Snare for Windows: ``MSWinEventLog`` and the event's parts behind it, with tabs between.

A relay may have written the tabs as ``#011``, and a space may stand before the first part.
"""

import re
from collections.abc import Sequence
from typing import Final

from parsers.fields import Entries
from parsers.payloads.texts import matched, named, recognised, strings

PARTS: Final = (
    "snare.criticality", "snare.log", "snare.counter", "snare.time", "snare.event_id", "snare.source",
    "snare.user", "snare.sid_type", "snare.event_type", "snare.computer", "snare.category", "snare.data",
    "snare.text", "snare.event_counter",
)  # fmt: skip
NEEDED: Final = 5  # up to the event's id: a text with fewer parts is something else
_TAB: Final = r"(?:\t|#011)"
_PART: Final = r"((?>(?:[^\t#]++|\#(?!011))*))"
_EVENT: Final = re.compile(
    rf"MSWinEventLog(?<!\wMSWinEventLog)(?:{_TAB}|[ ])([0-9]{{1,5}})"
    + rf"{_TAB}{_PART}" * (NEEDED - 1)
    + rf"(?:{_TAB}{_PART}" * (len(PARTS) - NEEDED)
    + ")?" * (len(PARTS) - NEEDED)
)


def read(texts: Sequence[str]) -> list[Entries]:
    """Read the texts that hold an event: first which they are, then its parts, as far as they come.

    Args:
        texts: which may begin with something else; rows are counted in them.
    """
    rows, columns = matched(_EVENT, texts)
    if not len(rows):
        return []
    parts = zip(PARTS, map(strings, columns), strict=True)
    return [recognised(rows, "snare"), *(named(rows, name, values) for name, values in parts)]
