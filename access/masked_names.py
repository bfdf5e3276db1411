"""Names that are masked: those that can be none are refused, and those that nothing has ever had are told.

A mask that is spelt wrong would mask nothing, and look as though it did.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

import pyarrow as pa

from access.limits import LimitsError, made
from access.sight import Sights
from access.visitor import Limits, Visitor
from storage.masks import MASKABLE, affects, check_mask, masks_of

BLOCKS: Final = 4  # of a stream, the newest, that are looked at
STREAMS: Final = 32


def typed(given: dict[str, object]) -> Limits:
    """Make limits that somebody has typed, as ``access.limits.made`` does of those that are kept.

    Raises:
        LimitsError: as that, and when a mask names what can be no field.
    """
    limits = made(given)
    for name in limits.masked:
        try:
            check_mask(name)
        except ValueError as error:
            raise LimitsError(f"masked: {error}") from error
    return limits


def unseen(sights: Sights, limits: Limits) -> tuple[str, ...]:
    """Give the masks of some limits that no recent message has anything for, which may be spelt wrongly.

    The newest blocks of the streams that the limits leave are looked at; without a message nothing is said.
    """
    left = list(limits.masked)
    is_any = False
    for records in _recent(sights, limits):
        if not left:
            break
        is_any = True
        left = [name for name in left if not affects(records, masks_of((name,)))]
    return tuple(left) if is_any else ()


def told(names: Iterable[str]) -> str:
    """Say of masks that nothing has had them; nothing of none."""
    some = ", ".join(names)
    return some and f"No recent message that this account may see has had: {some}. Is it spelt right?"


def _recent(sights: Sights, limits: Limits) -> Iterator[pa.Table]:
    whole = Visitor("", "administrator", Limits(tenants=limits.tenants, streams=limits.streams), "console")
    searcher = sights.searcher(whole)
    for name in islice(sights.streams(whole), STREAMS):
        yield from islice(searcher.newest(name, MASKABLE), BLOCKS)
