"""Dropping by severity when dropping cannot be avoided (RFC 5424 sections 8.5 and 8.6). Pure.

Only what comes by a transport that cannot make its sender wait is ever dropped, only while the appliance is
in panic, and the less severe first: from half full on one severity more for each fourteenth of the memory.
Emergencies are never dropped here.
"""

from math import ceil
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

LEAST_SEVERE: Final = 7  # Debug
_MOST_SEVERE: Final = 0  # Emergency
_SHED: Final = "shed, severity "
_BEGINS: Final = 0.5  # of the memory


def least_severe(fullness: float) -> int:
    """Give the least severe severity that is still taken.

    Args:
        fullness: how full the memory for batches is; 1 is full.
    """
    past = (fullness - _BEGINS) / (1 - _BEGINS)
    return min(LEAST_SEVERE, max(_MOST_SEVERE, LEAST_SEVERE - ceil(past * LEAST_SEVERE)))


def kept(records: pa.RecordBatch, least: int) -> pa.BooleanArray:
    """Say for each record whether it stays when ``least`` is the least severe that does."""
    return pc.fill_null(pc.less_equal(records["severity"], least), fill_value=True)


def dropped(records: pa.RecordBatch, keep: pa.BooleanArray) -> dict[str, pa.RecordBatch]:
    """Give what does not stay, by the reason that it is counted under."""
    rest = records.filter(pc.invert(keep))
    return {
        reason(severity): rest.filter(pc.equal(rest["severity"], severity))
        for severity in pc.unique(rest["severity"]).to_pylist()
    }


def is_shed(cause: str) -> bool:
    """Whether messages that are counted under a reason were dropped by severity."""
    return cause.startswith(_SHED)


def reason(severity: int) -> str:
    """Give the reason by which dropped messages of a severity are counted."""
    return f"{_SHED}{severity}"
