"""The statement: it balances when every message has its place or its cause, and says so when one has not."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from supervisor.balance import statement
from supervisor.balance_shown import as_tables
from supervisor.balance_sides import Books, Statement, Stored
from supervisor.terminal import console

PEER, OTHER = ("office", "192.0.2.1"), ("office", "192.0.2.2")
COUNTED = {"framed": 10, "parsed": 8, "unparsed": 2, "handed over": 10}


def books(counted: Mapping[str, int] | None = None, *ends: Mapping[str, Any], **more: Any) -> Books:
    """The collectors' side, of one peer."""
    counts = {(*PEER, what): number for what, number in (COUNTED if counted is None else counted).items()}
    return Books(counts | more.pop("counts", {}), ends, more.pop("collectors", ["id"]), **more)


def an_end(how: str, **more: Any) -> dict[str, Any]:
    """How a run ended."""
    end = {"process": "collector-1", "run": "a", "collector": "id", "at": 10**18, "how": how}
    return {**end, "framing": {}, "reading": {}, "slots": [], "numbers": {}, "unplaced": False, **more}


def stored(journal: int = 0, archived: int = 10, **more: Any) -> Stored:
    """Storage's side, of one peer."""
    indexed = more.pop("indexed", archived)
    return Stored({PEER: journal}, {PEER: archived}, {PEER: indexed}, more.pop("expired", {}), **more)


def causes(made: Statement) -> dict[str, int]:
    """The differences that have a cause."""
    return {one.cause: one.messages for one in made.differences if one.explained}


def unexplained(made: Statement) -> dict[str, int]:
    """Those that have none."""
    return {one.cause: one.messages for one in made.unexplained}


def test_all_is_where_it_should_be() -> None:
    """What was framed was read, handed over, journalled, archived and indexed: no difference at all."""
    made = statement(books(), stored())
    assert made.differences == []
    (line,) = made.listeners
    assert (line.framed, line.parsed, line.unparsed, line.handed_over, line.journalled, line.indexed) == (
        10, 8, 2, 10, 10, 10,
    )  # fmt: skip
    assert made.total.framed == 10


def test_every_loss_has_its_name_and_number() -> None:
    """What was dropped, not admitted, of another protocol or lost is named, and the books balance."""
    counted = {
        "datagrams": 24, "dropped by kernel": 7, "empty": 1, "guests: http": 2, "parts of messages": 1,
        "framed": 20, "not admitted": 3, "dropped: shed, severity 7": 4, "parsed": 12, "unparsed": 1,
        "handed over": 10, "lost: refused by storage": 2, "left to sender": 1, "unframed: bad chunk": 5,
    }  # fmt: skip
    made = statement(books(counted), stored(journal=4, archived=5, indexed=2, expired={PEER: 1}))
    assert not made.unexplained
    assert causes(made) == {
        "dropped by the kernel: the receive buffer was full": 7,
        "datagrams without an octet": 1,
        "of another protocol: http": 2,
        "of senders that are not in sender_networks": 3,
        "dropped: shed, severity 7": 4,
        "lost: refused by storage": 2,
        "lost before they were framed: bad chunk": 5,
        "not acknowledged when stopping: their senders keep them": 1,
        "archived, and waiting for the index": 3,
        "expired by retention": 1,
    }
    assert (made.listeners[0].received_by_kernel, made.listeners[0].dropped_by_kernel) == (31, 7)


def test_a_removed_segment_is_unexplained() -> None:
    """Storage lacks what was handed over: that has no cause, and names the records that no file has."""
    made = statement(books(), stored(archived=6, missing=[("default/syslog", 7, 10, None)]))
    ((cause, number),) = unexplained(made).items()
    assert number == 4
    assert "in no file: records default/syslog 7 to 10" in cause


def test_a_surplus_is_unexplained() -> None:
    """What stands in storage twice is found."""
    assert unexplained(statement(books(), stored(archived=13))) == {
        "storage has more than was handed over: stored twice": 3
    }


def test_a_book_that_was_changed_is_unexplained() -> None:
    """Any number that is another than it was breaks an equation."""
    for what, number in COUNTED.items():
        end = an_end("ended", reading={"office": 1}) if what == "framed" else None
        counted = {**COUNTED, what: number + 1}
        if what in {"parsed", "unparsed"}:
            end = an_end("ended", reading={"office": -1})
        assert statement(books(counted, *([end] if end else [])), stored()).unexplained, what


def test_one_source_under_another() -> None:
    """Sums that agree do not hide messages that stand under another source."""
    counts = {(*OTHER, what): 5 for what in ("framed", "parsed", "handed over")}
    good = Stored({}, {PEER: 10, OTHER: 5}, {PEER: 10, OTHER: 5}, {})
    assert not statement(books(counts=counts), good).unexplained
    bad = Stored({}, {PEER: 12, OTHER: 3}, {PEER: 12, OTHER: 3}, {})
    assert unexplained(statement(books(counts=counts), bad)) == {
        "one source's messages stand under another: see --sources": 2
    }


def test_a_killed_collector() -> None:
    """What was in the memory of a killed process is named; what storage has of it is not missed."""
    counted = {"framed": 20, "parsed": 17, "handed over": 10}
    slots = [("office", "default/syslog", 4, 3), ("office", "default/syslog", 5, 4)]
    end = an_end("killed", reading={"office": 3}, slots=slots)
    made = statement(books(counted, end), stored(archived=13, last_numbers={("id", "default/syslog"): 4}))
    assert not made.unexplained
    in_memory = "in the memory of collector-1 when it was killed"
    again = "senders of RELP send them again, others do not"
    assert causes(made) == {
        f"{in_memory}: not read yet; {again}": 3,
        f"{in_memory}: not handed over; {again}": 4,
    }
    assert {one.at for one in made.differences} == {"2001-09-09 01:46:40Z"}
    (line,) = made.listeners
    assert (line.framed, line.handed_over, line.held, line.gone) == (20, 13, 0, 7)
    twice = statement(books(counted, end), stored(archived=17, last_numbers={("id", "default/syslog"): 4}))
    assert sum(unexplained(twice).values()) == 4, "what was in memory cannot hide what is stored twice"


def test_a_running_collector() -> None:
    """What is on its way is held, and no difference; storage may have it already, or not yet."""
    end = an_end("running", reading={"office": 3}, slots=[("office", "default/syslog", 5, 4)])
    counted = {"framed": 17, "parsed": 14, "handed over": 10}
    for archived in (8, 10, 14):
        made = statement(books(counted, end, before={PEER: 8}), stored(archived=archived))
        assert not made.unexplained
        assert causes(made) == {
            "held by collector-1: not read yet": 3, "held by collector-1: on the way to storage": 4,
        }  # fmt: skip
    for archived in (7, 15):
        assert statement(books(counted, end, before={PEER: 8}), stored(archived=archived)).unexplained


def test_a_disk_queue() -> None:
    """Batches in a disk queue are held there, whether their run goes on or is long gone."""
    counted = {"framed": 14, "parsed": 14, "handed over": 10}
    slots = [("office", "default/syslog", 5, 4)]
    for how in ("running", "killed", "ended"):
        end = an_end(how, slots=slots)
        made = statement(books(counted, end, queued=[("id", "default/syslog", 5)]), stored())
        assert not made.unexplained
        assert causes(made) == {"held in the disk queue of collector-1": 4}
    gone = statement(books(counted, an_end("ended", slots=slots)), stored())
    assert unexplained(gone) == {"were in a disk queue, and are not there any more": 4}
    damaged = statement(books(counted, an_end("ended", slots=slots), queue_damage=["file"]), stored())
    assert not damaged.unexplained


def test_damage_is_named_by_file_and_offset() -> None:
    """What a damaged file had is explained by it, as far as it can have had that, and no further."""
    damaged = [{"file": "0001.journal", "offset": 480, "reason": "frame damaged", "messages": None}]
    missing = [("default/syslog", 5, 7, "quarantine/x.octets")]
    made = statement(books(), stored(archived=7, missing=missing, damaged=damaged))
    assert not made.unexplained
    assert causes(made)["damaged: 0001.journal at octet 480, quarantine/x.octets"] == 3
    assert unexplained(statement(books(), stored(archived=5, missing=missing)))
    assert not statement(books(), stored(archived=5, damaged=damaged)).unexplained, "how many is not known"


def test_a_block_that_cannot_be_read() -> None:
    """Records of a block that is there and not readable are missed by nobody else."""
    nobody = ("(unreadable)", "")
    side = Stored({}, {PEER: 6, nobody: 4}, {PEER: 6, nobody: 4}, {}, damaged=[
        {"file": "1.parquet", "offset": 0, "reason": "a block is not readable", "messages": 4}
    ])  # fmt: skip
    made = statement(books(), side)
    assert not made.unexplained
    assert causes(made)["damaged: 1.parquet at octet 0"] == 4


def test_a_loss_of_power() -> None:
    """A book that lacks its last seconds, since the machine stopped, explains what storage has beyond."""
    made = statement(books(None, an_end("stopped")), stored(archived=12))
    assert not made.unexplained
    assert any("the last seconds are not in the book of" in cause for cause in causes(made))


def test_a_disk_that_did_not_keep_a_book() -> None:
    """Storage has batches that the book of a killed process knows nothing of: that book lacks its end."""
    side = stored(archived=12, last_numbers={("id", "default/syslog"): 8})
    knows = [an_end("killed", numbers={"default/syslog": number}) for number in (7, 8)]
    assert not statement(books(None, knows[0]), side).unexplained
    assert sum(unexplained(statement(books(None, knows[1]), side)).values()) == 2


def test_another_machines_collectors() -> None:
    """Records of collectors whose books are elsewhere are named by those collectors."""
    made = statement(books(), stored(archived=15, last_numbers={("elsewhere", "default/syslog"): 3}))
    assert not made.unexplained
    assert causes(made) == {"of collectors whose books are not here: elsewhere": 5}


def test_one_half_only() -> None:
    """A machine that has one side of the books says which it cannot see, and judges the other."""
    made = statement(None, stored())
    assert made.notes == ["the collectors' books are not here: what they received cannot be seen"]
    assert not made.unexplained
    made = statement(books(), None)
    assert made.notes == ["storage is not here: whether it has what was handed over cannot be seen"]
    assert not made.unexplained
    assert statement(books({**COUNTED, "parsed": 9}), None).unexplained
    assert statement(None, stored(missing=[("default/syslog", 3, 4, None)])).unexplained


def test_many_kills_are_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """What came about many times for one cause is told once, with the sum and how often."""
    ends = [an_end("killed", reading={"office": 2}, at=(10**9 + number) * 10**9) for number in range(3)]
    for part in as_tables(statement(books({**COUNTED, "framed": 16}, *ends), stored()), sources=False):
        console().print(part)
    (sentence,) = [one for one in capsys.readouterr().out.splitlines() if one.startswith("office: ")]
    assert sentence.startswith("office: 6 in the memory of collector-1 when it was killed: not read yet")
    assert sentence.endswith("(3 times, 2001-09-09 01:46:40Z to 2001-09-09 01:46:42Z)")


@pytest.mark.parametrize("sources", [False, True])
def test_shown(sources: bool, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: FBT001 - pytest's
    """People see tables and sentences, with what is unexplained at the end; programs get the same numbers."""
    made = statement(books(), stored(archived=13))
    for part in as_tables(made, sources=sources):
        console().print(part)
    shown = capsys.readouterr().out
    assert ("192.0.2.1" in shown) == sources
    assert "UNEXPLAINED: office: 3 storage has more" in shown
    assert "do not balance" in shown
    document = json.loads(json.dumps(made.document(sources=sources)))
    assert (document["balanced"], document["unexplained"], "sources" in document) == (False, 3, sources)
    for part in as_tables(statement(books(), stored()), sources=sources):
        console().print(part)
    assert "The books balance" in capsys.readouterr().out


def test_a_damaged_book_is_no_balance() -> None:
    """While a book cannot be read nobody knows what was lost: it is named, and nothing balances."""
    made = statement(books(damaged=["books/days/2026-11-20.json"]), stored())
    ((cause, number),) = unexplained(made).items()
    assert number == 0
    assert cause.startswith("counted in books/days/2026-11-20.json are not known: it is damaged; restore")
    assert made.document(sources=False)["balanced"] is False


def test_one_side_alone_is_no_balance() -> None:
    """Where the collectors' books or storage are not here nothing is compared, nor claimed."""
    for made in (statement(None, stored()), statement(books(), None)):
        *_, last = as_tables(made, sources=False)
        assert str(last).startswith("Only one side is here")
        assert made.document(sources=False)["compared"] is False
    *_, last = as_tables(statement(books(), stored()), sources=False)
    assert last == "The books balance: every difference has its cause."
