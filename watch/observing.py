"""What a table of records says of its sources: by columns, never a message at a time.

A source is a peer and the HOSTNAME that it claims. The appliance's own messages are left out: those of its
log and its canaries, which come from this machine and have an APP-NAME of ours.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from parsers.labels import SEVERITIES
from parsers.schema import Flag, Format

CANARY: Final = "sysledger-canary"  # the APP-NAME of canaries; in GELF, which has none, their host
OWN_PREFIX: Final = "sysledger-"  # of the APP-NAMEs that the appliance's own log has
COLUMNS: Final = (
    "seq", "received_at", "timestamp", "hostname", "app_name", "severity", "format", "flags", "peer",
    "listener", "transport", "tls_identity",
)  # fmt: skip
ENCRYPTED: Final = frozenset({"tls", "dtls", "relp-tls"})
NANOSECONDS: Final = 1_000_000_000
_MICROSECONDS: Final = 1_000_000
_TOGETHER: Final = 1_024  # sources that are looked at together
_NAMES_KEPT: Final = 4_096
_SEVERITY_NAMES: Final = dict(enumerate(SEVERITIES))

# With these no time is the originator's own: where it left out year or zone, the difference says nothing.
_NOT_ITS_TIME: Final = (Flag.YEAR_INFERRED, Flag.TIMEZONE_ASSUMED, Flag.TIMESTAMP_INVALID)
_MALFORMED: Final = (
    Flag.HEADER_LENIENT, Flag.SD_MALFORMED, Flag.FRAMING_ERROR, Flag.TRUNCATED, Flag.TIMESTAMP_INVALID,
    Flag.PRI_ASSUMED,
)  # fmt: skip


@dataclass(slots=True)
class Observed:
    """What some records say of one source. Times are seconds since 1970, durations seconds.

    ``gaps`` are the longest two pauses between messages of it. ``skew`` is the median of timestamp -
    received_at, None when no message had a time of its own. ``counts`` has the number of messages by what
    they are, as ``counted`` names it. ``encrypted_last`` and ``plain_last`` tell when the last came by TLS or
    DTLS, and otherwise.
    """

    peer: str
    host: str
    messages: int
    first: float
    last: float
    malformed: int = 0
    gaps: tuple[float, ...] = ()
    skew: float | None = None
    counts: dict[str, int] = field(default_factory=dict)
    encrypted_last: float | None = None
    plain_last: float | None = None
    identity: str | None = None


@lru_cache(_NAMES_KEPT)
def counted(kind: str, name: str) -> str:
    """Give the key of a count: ``listener udp``, ``flag truncated``. All sources share its text."""
    return f"{kind} {name}"


def own_rows(records: pa.Table, own_peers: Collection[str]) -> pa.BooleanArray:
    """Tell which records are the appliance's own.

    Args:
        records: with the columns of COLUMNS at least.
        own_peers: the addresses under which this machine sends to itself.
    """
    by_app = pc.starts_with(_text(records, "app_name"), OWN_PREFIX)
    by_host = pc.equal(_text(records, "hostname"), CANARY)
    from_here = pc.is_in(_text(records, "peer"), pa.array(list(own_peers), pa.string()))
    return pc.and_(pc.or_(by_app, by_host), from_here)


def canary_rows(records: pa.Table) -> pa.BooleanArray:
    """Tell which records may be canaries."""
    return pc.or_(pc.equal(_text(records, "app_name"), CANARY), pc.equal(_text(records, "hostname"), CANARY))


def observe(records: pa.Table) -> Iterator[Observed]:
    """Give what records with the columns of COLUMNS say of each source among them.

    Of very many sources a part is looked at at a time, so that memory does not grow with their number.
    """
    if not records.num_rows:
        return
    peers, hosts = (_text(records, name).dictionary_encode() for name in ("peer", "hostname"))
    codes = pc.add(
        pc.multiply(peers.indices.cast(pa.int64()), len(hosts.dictionary)), hosts.indices.cast(pa.int64())
    )
    parts = -(-pc.count_distinct(codes).as_py() // _TOGETHER)
    for number in range(parts):
        some, their_codes = records, codes
        if parts > 1:
            mask = pc.equal(pc.subtract(codes, pc.multiply(pc.divide(codes, parts), parts)), number)
            some, their_codes = records.filter(mask), codes.filter(mask)
        yield from _observed_of(some, their_codes, peers.dictionary, hosts.dictionary)


def _observed_of(records: pa.Table, codes: pa.Array, peers: pa.Array, hosts: pa.Array) -> Iterator[Observed]:
    if not records.num_rows:
        return
    received = _array(records, "received_at").cast(pa.int64())
    flags = _Flags(records)
    found = dict(_sums(codes, received, records, flags, peers, hosts))
    _add_kinds(found, codes, received, records)
    _add_flags(found, codes, flags)
    _add_gaps(found, codes, received)
    yield from found.values()


class _Flags:
    """The flags of all records, and in which of them each stands."""

    def __init__(self, records: pa.Table) -> None:
        column = _array(records, "flags")
        self.rows = pc.list_parent_indices(column)
        self.names = pc.list_flatten(column).cast(pa.string())
        self._numbers = pa.array(range(records.num_rows), pa.int64())

    def with_any(self, flags: Collection[Flag]) -> pa.BooleanArray:
        """Tell of each record whether it has one of ``flags``."""
        there = pc.is_in(self.names, pa.array([flag.value for flag in flags]))
        return pc.is_in(self._numbers, self.rows.filter(there).cast(pa.int64()))


def _array(records: pa.Table, name: str) -> pa.Array:
    column = records[name]
    if column.num_chunks == 1:
        return column.chunk(0)
    return column.unify_dictionaries().combine_chunks()


def _text(records: pa.Table, name: str) -> pa.Array:
    column = _array(records, name)
    if pa.types.is_dictionary(column.type):
        column = column.cast(pa.string())
    return pc.fill_null(column, "")


def _sums(  # noqa: PLR0913, PLR0917 - columns, and the texts that codes stand for
    codes: pa.Array, received: pa.Array, records: pa.Table, flags: _Flags, peers: pa.Array, hosts: pa.Array
) -> Iterator[tuple[int, Observed]]:
    """Give the figures of each source that are sums, extremes and medians."""
    sent = _array(records, "timestamp").cast(pa.int64())
    own_time = pc.invert(flags.with_any(_NOT_ITS_TIME))
    skew = pc.subtract(sent, pc.divide(received, NANOSECONDS // _MICROSECONDS))
    skew = skew.cast(pa.float64(), safe=False)  # of an originator in the year 9999 not to the microsecond
    unparsed = pc.equal(_text(records, "format"), Format.UNPARSED.value)
    malformed = pc.or_(flags.with_any(_MALFORMED), unparsed)
    columns = {
        "code": codes,
        "received": received,
        "skew": pc.if_else(own_time, skew, pa.scalar(None, pa.float64())),
        "malformed": malformed.cast(pa.int64()),
    }
    asked = [
        ("received", "count"), ("received", "min"), ("received", "max"), ("malformed", "sum"),
        ("skew", "approximate_median"),
    ]  # fmt: skip
    for code, messages, first, last, bad, median in _grouped(columns, ["code"], asked):
        peer, host = divmod(code, len(hosts))
        yield (
            code,
            Observed(
                peer=peers[peer].as_py(),
                host=hosts[host].as_py(),
                messages=messages,
                first=first / NANOSECONDS,
                last=last / NANOSECONDS,
                malformed=bad,
                skew=None if median is None else median / _MICROSECONDS,
            ),
        )


def _grouped(
    columns: dict[str, pa.Array], keys: list[str], asked: list[tuple[Any, str]]
) -> Iterator[tuple[Any, ...]]:
    """Give keys and figures of each group, in this order."""
    table = pa.table(columns).group_by(keys).aggregate(asked)
    named = (f"{column}_{function}" if column else function for column, function in asked)
    return zip(*(table[name].to_pylist() for name in (*keys, *named)), strict=True)


def _add_kinds(found: dict[int, Observed], codes: pa.Array, received: pa.Array, records: pa.Table) -> None:
    """Add by which listeners, transports, formats and identities messages came, and how severe they were."""
    kinds = ("listener", "transport", "format")
    columns = {name: _text(records, name) for name in (*kinds, "tls_identity")}
    columns["severity"] = _array(records, "severity")
    asked = [("received", "count"), ("received", "max")]
    keys = ["code", *kinds, "tls_identity", "severity"]
    for row in _grouped({"code": codes, "received": received, **columns}, keys, asked):
        code, listener, transport, form, identity, severity, number, last = row
        source, seconds = found[code], last / NANOSECONDS
        counts = source.counts
        for key in (
            counted("listener", listener),
            counted("transport", transport),
            counted("format", form),
            counted("severity", _SEVERITY_NAMES[severity]),
        ):
            counts[key] = counts.get(key, 0) + number
        if transport in ENCRYPTED:
            source.encrypted_last = max(seconds, source.encrypted_last or 0.0)
        else:
            source.plain_last = max(seconds, source.plain_last or 0.0)
        source.identity = identity or source.identity


def _add_flags(found: dict[int, Observed], codes: pa.Array, flags: _Flags) -> None:
    if not len(flags.names):
        return
    columns = {"code": codes.take(flags.rows), "flag": flags.names}
    for code, flag, number in _grouped(columns, ["code", "flag"], [([], "count_all")]):
        found[code].counts[counted("flag", flag)] = number


def _add_gaps(found: dict[int, Observed], codes: pa.Array, received: pa.Array) -> None:
    """Add the longest two pauses of each source: its times put in order, each less the one before."""
    rows = pa.table({"code": codes, "received": received})
    rows = rows.take(pc.sort_indices(rows, [("code", "ascending"), ("received", "ascending")]))
    code, time = rows["code"].combine_chunks(), rows["received"].combine_chunks()
    same = pc.equal(code[1:], code[:-1])
    gaps = pa.table({"code": code[1:], "gap": pc.subtract(time[1:], time[:-1])}).filter(same)
    if not gaps.num_rows:
        return
    gaps = gaps.take(pc.sort_indices(gaps, [("code", "ascending"), ("gap", "descending")]))
    longest = gaps.filter(_first_two(gaps["code"].combine_chunks()))
    for code, gap in zip(longest["code"].to_pylist(), longest["gap"].to_pylist(), strict=True):
        source = found[code]
        source.gaps = (*source.gaps, gap / NANOSECONDS)


def _first_two(codes: pa.Array) -> pa.BooleanArray:
    """Tell of sorted codes which are the first or the second of their kind."""
    other = pc.not_equal(codes[1:], codes[:-1])
    is_first = pa.concat_arrays([pa.array([True]), other])
    is_second = pa.concat_arrays([pa.array([False]), is_first[:-1]])
    return pc.or_(is_first, is_second)
