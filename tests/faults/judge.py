"""What is in the archive of what was sent: found, lost, double, by columns.

A message that is there twice with one and the same receive time was stored twice by us: a collector gives
that time once. With different receive times it was received twice, as RELP sends again, over a new
connection, what was not answered on the one before.

What rsyslogd (8.2302 and before) loses by itself: omrelp takes a message for done when it has sent it. Until
the answer comes it is only in the memory of librelp's session, one for each worker of the action's queue. A
session that broke is opened again, and the unanswered sent again, when that worker has its next message; when
the worker ends instead they are gone, in order or not, and no queue file has them (rsyslog's issue 2610). Two
workers end: that of a disk-assisted queue whose disk part is empty, and any when rsyslogd stops. So
tests/faults/rsyslog.py has a queue on disk alone, with one worker that stays, and after the last message that
counts the harness gives more (``FileSender.nudge``), until what counts is there. Seen with a server that does
nothing but read, answer and close: of 100 messages that it had read and not answered when it closed, none
came again in six seconds, all did after a hundred more were given, and none after rsyslogd was stopped
(SIGTERM) and started instead.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Final, Self

import pyarrow as pa
import pyarrow.compute as pc

from storage.catalogue import Catalogue, Damage, DamagedError
from storage.layout import Layout, StreamName
from tests.faults.numbered import DIGITS, END

STREAM: Final = StreamName()
COLUMNS: Final = ("seq", "received_at", "hostname", "proc_id", "message")


@dataclass(slots=True)
class Verdict:
    """What became of messages, in numbers of messages."""

    acknowledged: int = 0
    found: int = 0  # different ones, acknowledged or not
    lost: int = 0  # acknowledged, and not there
    double: int = 0  # there once more than they were received
    resent: int = 0  # received more than once
    missing: int = 0  # given to a transport without acknowledgement, and not there

    def __add__(self, other: Self) -> Self:
        return type(self)(
            *(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)),
        )


@dataclass(slots=True)
class Archive:
    """The records of the stream, once read."""

    records: pa.Table  # received_at, sender, number: of whole messages
    rows: int
    fragments: int = 0  # rows that are no whole message of a sender
    last_seq: int = 0
    gaps: int = 0  # numbers of seq that no record has, or two have
    damages: list[Damage] = field(default_factory=list)


def read(layout: Layout, name: StreamName = STREAM) -> Archive:
    """Read what a stream holds, from the files alone, block by block."""
    snapshot = Catalogue(layout).snapshot(name)
    rows, seqs, tables, damages = 0, [], [_EMPTY], list(snapshot.damaged)
    for block in snapshot.blocks:
        try:
            records = block.read(COLUMNS)
        except DamagedError as error:
            damages.append(error.damage)
            continue
        rows += records.num_rows
        seqs.append(records["seq"].combine_chunks())
        tables.append(_numbers(records))
    if not rows:
        return Archive(_EMPTY, 0, damages=damages)
    whole, seq = pa.concat_tables(tables), pa.chunked_array(seqs)
    last, different = pc.max(seq).as_py(), pc.count_distinct(seq).as_py()
    gaps = last - different + rows - different
    return Archive(whole, rows, rows - whole.num_rows, last, gaps, damages)


_EMPTY: Final = pa.table(
    {
        "received_at": pa.array([], pa.timestamp("ns", "UTC")),
        "sender": pa.array([], pa.string()),
        "number": pa.array([], pa.int64()),
    }
)


def _numbers(records: pa.Table) -> pa.Table:
    """Give sender, number and receive time of the records that are whole messages of a sender."""
    number = records["proc_id"].cast(pa.string())
    is_long_enough = pc.and_(
        pc.ends_with(records["message"].cast(pa.string()), END), pc.equal(pc.binary_length(number), DIGITS)
    )
    is_whole = pc.fill_null(pc.and_(is_long_enough, pc.utf8_is_digit(number)), False)
    whole = records.filter(is_whole)
    columns = (
        whole["received_at"],
        whole["hostname"].cast(pa.string()),
        whole["proc_id"].cast(pa.string()).cast(pa.int64()),
    )
    return pa.table(dict(zip(_EMPTY.column_names, columns, strict=True)))


def judge(records: pa.Table, sender: str, acknowledged: int, given: int) -> Verdict:
    """Compare what is there of one sender with what it gave.

    Args:
        records: of an Archive.
        sender: its name.
        acknowledged: how many of its messages, from number 0 on, must be there.
        given: how many it gave away altogether.

    Raises:
        AssertionError: when something is there that was never sent.
    """
    own = records.filter(pc.equal(records["sender"], sender))
    numbers = pc.unique(own["number"])
    assert not len(numbers) or pc.max(numbers).as_py() < given, f"{sender} never sent what is there"
    answered = pc.sum(pc.less(numbers, acknowledged)).as_py() or 0
    receipts = own.group_by(["number", "received_at"]).aggregate([]).num_rows
    return Verdict(
        acknowledged=acknowledged,
        found=len(numbers),
        lost=acknowledged - answered,
        double=own.num_rows - receipts,
        resent=receipts - len(numbers),
        missing=given - len(numbers) - (acknowledged - answered),
    )


def judge_all(records: pa.Table, senders: Mapping[str, tuple[int, int]]) -> dict[str, Verdict]:
    """Judge several senders, by name: acknowledged and given of each."""
    return {name: judge(records, name, *numbers) for name, numbers in senders.items()}
