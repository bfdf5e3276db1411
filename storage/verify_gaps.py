"""Why seqs are missing: which journal they stood in, and whether that was damaged."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from storage.layout import entries
from storage.spans import Span


def damaged_journals(folder: Path) -> dict[int, Path]:
    """Give the journals of which a quarantine folder has damage: the first entry of each, by first seq."""
    found: dict[int, Path] = {}
    for path in entries(folder, "*.journal-*.octets"):
        if first := first_of(path.name):
            found.setdefault(first, path)
    return found


def first_of(name: str) -> int:
    """Give the first seq that a journal file's name tells; 0 when it is no such name."""
    first = name.partition(".")[0]
    return int(first) if first.isdigit() else 0


def reasons(
    missing: Iterable[Span], starts: Iterable[int], damaged: Mapping[int, Path]
) -> Iterator[tuple[Span, Path | None]]:
    """Give each gap, cut where a journal began, with what the quarantine has of the journal it lies in."""
    ordered = sorted(starts)
    for first, last in missing:
        place = bisect_right(ordered, first)
        cuts = ordered[place : bisect_right(ordered, last)]
        for low, high in zip([first, *cuts], [*(cut - 1 for cut in cuts), last], strict=True):
            owner = ordered[bisect_right(ordered, low) - 1] if bisect_right(ordered, low) else 0
            yield (low, high), damaged.get(owner)
