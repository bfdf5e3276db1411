"""Whether each of very many numbers is there once, without holding them: block by block, in order of seq."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from storage.catalogue import Catalogue
from storage.layout import Layout
from tests.faults.judge import STREAM


@dataclass(slots=True)
class Tally:
    """The numbers of one sender, as they follow each other."""

    rows: int = 0
    total: int = 0  # of all numbers
    last: int = -1
    different: int = 0  # those that are above all before them
    disorder: int = 0  # those that are not

    def add(self, numbers: pa.Array) -> None:
        """Take the next numbers."""
        if not len(numbers):
            return
        before = pa.concat_arrays([pa.array([self.last], pa.int64()), numbers])
        rising = pc.sum(pc.greater(pc.pairwise_diff(before).slice(1), 0)).as_py() or 0
        self.rows += len(numbers)
        self.total += pc.sum(numbers).as_py()
        self.different += rising
        self.disorder += len(numbers) - rising
        self.last = max(self.last, numbers[-1].as_py())

    def is_range(self, count: int) -> bool:
        """Whether these are the numbers from 0 to ``count`` - 1, each once, in order."""
        is_sum = self.total == count * (count - 1) // 2
        return self.rows == count and is_sum and self.last == count - 1 and not self.disorder


def tally(layout: Layout, senders: Sequence[str]) -> dict[str, Tally]:
    """Give the numbers of each sender in the stream."""
    found = {name: Tally() for name in senders}
    catalogue = Catalogue(layout)
    for block in catalogue.holding(STREAM, 1):
        records = block.read(("hostname", "proc_id"))
        host = records["hostname"].cast(pa.string())
        for name, one in found.items():
            own = records["proc_id"].filter(pc.equal(host, name))
            one.add(pa.chunked_array(own.cast(pa.string()).cast(pa.int64())).combine_chunks())
    return found
