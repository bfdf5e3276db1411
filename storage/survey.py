"""The survey of a search: the number of all matches, over time and by severity, and their facets.

It goes through the blocks once, newest first, and can be looked at after each of them, so that whoever waits
sees it grow, and may stop it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from parsers.labels import SEVERITIES
from storage.facets import Facet, Facets
from storage.facets import Tally as FacetTally
from storage.histogram import Bars, Tally, tally_in
from storage.results import Histogram, Scope, copied
from storage.scan import Candidate, hits

VALUES: Final = 50  # of a facet that a survey gives, the most frequent ones


@dataclass(frozen=True, slots=True)
class Survey:
    """What is known of all matches by now.

    Attributes:
        total: the number of matches.
        histogram: of those that have a time; its scope is that of all of the survey.
        facets: as asked for, in that order.
        blocks: that are in the range.
        decided: of those; all of them when the survey is complete.
    """

    total: int
    histogram: Histogram
    facets: tuple[Facet, ...]
    blocks: int
    decided: int

    @property
    def is_complete(self) -> bool:
        """Nothing of the range is left to look at."""
        return self.histogram.scope.complete


@dataclass(frozen=True, slots=True)
class Look:
    """What one block adds to a survey."""

    matches: int
    bars: Tally
    facets: list[FacetTally]
    scope: Scope


class Surveying:
    """A survey on its way: ``look`` at each block, in any thread, and ``add`` what came of it."""

    def __init__(self, drawn: Bars, column: str, facets: Sequence[str], blocks: int) -> None:
        self._drawn = drawn
        self._column = column
        self._facets = Facets(facets)
        self._counts = [[0] * len(SEVERITIES) for _ in drawn.starts]
        self._total = 0
        self._blocks = blocks
        self.scope: Final = Scope(complete=False)

    def look(self, candidate: Candidate) -> Look:
        """Look at one block."""
        part, block = Scope(), candidate.block
        is_device = self._column == "timestamp"
        bar = None if is_device else self._drawn.holding(block.received_min, block.received_max)
        times = [] if bar is not None else [self._column]
        records, mask = hits(candidate, part, ["severity", *times, *self._facets.columns])
        few = records.filter(mask)
        tick = 1000 if is_device else 1
        bars = self._drawn.tally(few, self._column, tick) if bar is None else tally_in(bar, few)
        return Look(few.num_rows, bars, self._facets.tallies(few), part)

    def add(self, look: Look) -> None:
        """Add what a block gave."""
        self.scope.add(look.scope)
        self._total += look.matches
        for bar, severity, number in look.bars:
            self._counts[bar][severity] += number
        self._facets.add(look.facets)

    def survey(self) -> Survey:
        """Give what is known by now."""
        scope = copied(self.scope)
        counts = [[*bar] for bar in self._counts]
        histogram = Histogram(self._drawn.starts, self._drawn.width, counts, scope)
        decided = (
            scope.skipped_by_time + scope.skipped_by_index + scope.scanned_indexed + scope.scanned_unindexed
        )
        blocks = max(self._blocks, scope.blocks)
        return Survey(
            self._total, histogram, self._facets.top(VALUES), blocks, blocks if scope.complete else decided
        )
