"""A view: what of a stream's records somebody may see. What is outside does not exist for whoever has it.

It names sources, a stretch of receive time, and values that are masked (storage/masks.py). It is applied
where blocks are read (storage/seen.py), before anything is compared, counted or put in order.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from storage.blocks import Block
from storage.patterns import whole_pattern
from storage.tokens import glob
from storage.windows import Span, nanoseconds

_PEERS: Final = 65_536  # distinct ones whose networks are remembered, of all views


@dataclass(frozen=True, slots=True)
class View:
    """What is seen of a stream's records. Empty fields limit nothing.

    Attributes:
        hosts: patterns of the whole HOSTNAME, with ``*`` and ``?``, whatever the case.
        networks: networks of peers, as ``10.0.0.0/8``. A record is seen whose HOSTNAME is among ``hosts`` or
            whose peer is in one of ``networks``.
        start: the first receive time, with its zone.
        end: the receive time before which records end, with its zone.
        masked: names of columns and fields whose values are not shown, as storage.masks reads them.

    Raises:
        ValueError: when a network is none, or a time knows no zone.
    """

    hosts: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    start: datetime | None = None
    end: datetime | None = None
    masked: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _networks(self.networks)
        span_of(self)

    @property
    def is_open(self) -> bool:
        """Everything is seen."""
        return not (self.hosts or self.networks or self.start or self.end or self.masked)

    @property
    def limits_sources(self) -> bool:
        """Records of some sources only are seen."""
        return bool(self.hosts or self.networks)

    def columns(self, block: Block) -> set[str]:
        """Give the columns that decide which of a block's records are seen."""
        by_host = {"hostname"} if self.hosts else set()
        by_peer = {"peer"} if self.networks else set()
        span = span_of(self)
        by_time = set() if span.holds(block.received_min, block.received_max) else {"received_at"}
        return by_host | by_peer | by_time

    def mask(self, records: pa.Table) -> pa.BooleanArray:
        """Tell of each record whether it is seen.

        Args:
            records: with hostname, peer and received_at, each where ``columns`` names it.
        """
        seen = pa.repeat(pa.scalar(True), records.num_rows)
        if self.limits_sources:
            seen = pa.repeat(pa.scalar(False), records.num_rows)
            if self.hosts:
                seen = pc.or_(seen, _of_values(records["hostname"], lambda texts: _named(texts, self.hosts)))
            if self.networks:
                seen = pc.or_(seen, _of_values(records["peer"], lambda texts: _within(texts, self.networks)))
        if "received_at" in records.column_names:
            seen = pc.and_(seen, span_of(self).mask(records["received_at"]))
        return seen


@lru_cache(1024)
def span_of(view: View) -> Span:
    """Give a view's stretch of receive time, in ns since the epoch."""
    return Span(*(None if time is None else nanoseconds(time) for time in (view.start, view.end)))


def _of_values(column: pa.ChunkedArray, test: Any) -> pa.BooleanArray:
    """Ask a test about each distinct value of a column of texts; null is not seen."""
    whole = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    if not len(whole):
        return pa.array([], pa.bool_())
    coded = whole if pa.types.is_dictionary(whole.type) else whole.dictionary_encode()
    return test(coded.dictionary).take(coded.indices).fill_null(False)


def _named(texts: pa.Array, patterns: tuple[str, ...]) -> pa.BooleanArray:
    found = pa.repeat(pa.scalar(False), len(texts))
    for pattern in patterns:
        found = pc.or_(found, pc.match_substring_regex(texts, _expression(pattern)).fill_null(False))
    return found


@lru_cache(1024)
def _expression(pattern: str) -> str:
    return whole_pattern(glob(pattern))


def _within(texts: pa.Array, networks: tuple[str, ...]) -> pa.BooleanArray:
    return pa.array(
        [text is not None and _is_within(text, networks) for text in texts.to_pylist()], pa.bool_()
    )


@lru_cache(_PEERS)
def _is_within(peer: str, networks: tuple[str, ...]) -> bool:
    """Say whether a peer's address is in one of some networks; what is no address is in none."""
    try:
        address = ip_address(peer)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in _networks(networks))


@lru_cache(1024)
def _networks(texts: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(text, strict=False) for text in texts)


OPEN: Final = View()
