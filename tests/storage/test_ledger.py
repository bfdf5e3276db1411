"""The promises of a ledger's files: what was signed is there, and nothing else is believed."""

import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

import durable
from storage.layout import Layout
from storage.ledger import LedgerError, ledger_tenants, read_ledger, read_note, read_vkey
from storage.ledger_leaves import ExpiredLeaf, LeafError, RecordsLeaf, line_of, read_leaf
from storage.ledger_note import VerifierKey
from storage.ledger_writer import LedgerWriter
from storage.lock import StreamLockedError

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
LEAVES = [
    RecordsLeaf("syslog", date(2026, 11, 20), first, first + 9, 10, 1, 2, "00" * 32, "11" * 32, AT)
    for first in (1, 11, 21)
]
EXPIRED = ExpiredLeaf("syslog", 1, 10, AT)


def append(layout: Layout, *leaves: RecordsLeaf | ExpiredLeaf) -> None:
    """Append leaves, as a process of its own would."""
    writer = LedgerWriter(layout, "acme")
    try:
        writer.append(leaves)
    finally:
        writer.close()


def leaves_of(layout: Layout) -> list[RecordsLeaf | ExpiredLeaf]:
    """Read the ledger's leaves."""
    state = read_ledger(layout, "acme")
    assert state is not None
    return state.leaves()


@pytest.mark.parametrize("leaf", [LEAVES[0], EXPIRED])
def test_a_leaf_is_read_as_it_was_written(leaf: RecordsLeaf | ExpiredLeaf) -> None:
    """A leaf is a line of JSON, and comes back from it."""
    assert read_leaf(line_of(leaf)) == leaf
    assert b"\n" not in line_of(leaf)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b"[]",
        b'{"kind":"records","at":"2026-11-20T12:00:00Z"}',
        b"\xff",
        b'{"kind":"expired","stream":"s","first":1,"last":2,"at":"9999-12-31T23:59:59-23:00"}',
    ],
)
def test_other_lines_are_no_leaves(line: bytes) -> None:
    """What is no leaf is told, never half read."""
    with pytest.raises(LeafError):
        read_leaf(line)


def test_a_kind_of_a_later_release() -> None:
    """A kind of leaf that is not known says which release is asked for."""
    line = line_of(EXPIRED).replace(b"expired", b"renamed")
    with pytest.raises(LeafError, match="'renamed': a newer release reads it"):
        read_leaf(line)


def test_what_is_appended_is_signed(layout: Layout) -> None:
    """What several processes appended stands in order, under one key that only the owner reads."""
    assert (read_ledger(layout, "acme"), ledger_tenants(layout)) == (None, [])
    append(layout, *LEAVES)
    key = read_vkey(layout, "acme")
    append(layout, EXPIRED)
    assert leaves_of(layout) == [*LEAVES, EXPIRED]
    assert (ledger_tenants(layout), read_vkey(layout, "acme")) == (["acme"], key)
    note = read_note(layout, "acme")
    assert key is not None
    assert note is not None
    checkpoint = VerifierKey.parse(key).read(note)
    assert (checkpoint.size, checkpoint.origin.rpartition("/")[2]) == (4, "acme")
    assert layout.ledger_key("acme").stat().st_mode & 0o777 == 0o600


def test_tenants_have_keys_of_their_own(layout: Layout) -> None:
    """One tenant's key signs nothing of another's."""
    append(layout, EXPIRED)
    writer = LedgerWriter(layout, "other")
    writer.append([EXPIRED])
    writer.close()
    assert read_vkey(layout, "other") != read_vkey(layout, "acme")
    layout.ledger("acme").joinpath("checkpoint").write_text(writer.note)
    with pytest.raises(LedgerError, match="the checkpoint of tenant acme is not to be believed"):
        read_ledger(layout, "acme")


def test_one_process_appends(layout: Layout) -> None:
    """Who comes second is told, and may read."""
    writer = LedgerWriter(layout, "acme")
    writer.append(LEAVES)
    with pytest.raises(StreamLockedError, match="the ledger of tenant acme"):
        LedgerWriter(layout, "acme")
    assert leaves_of(layout) == LEAVES
    writer.close()


def calls_in_a_life(layout: Layout, monkeypatch: pytest.MonkeyPatch, fail_at: int) -> int:
    """Begin a ledger and append twice; the ``fail_at``-th call of durable fails. Give how many there were."""
    made = 0

    def counted(name: str) -> None:
        whole = getattr(durable, name)

        def call(*arguments: object) -> object:
            nonlocal made
            made += 1
            if made == fail_at:
                raise OSError(5, "broken off here")
            return whole(*arguments)

        monkeypatch.setattr(durable, name, call)

    for name in ("write_file", "append", "publish", "make_folder", "open_for_append"):
        counted(name)
    try:
        append(layout, LEAVES[0])
        append(layout, LEAVES[1])
    except OSError:
        pass
    finally:
        monkeypatch.undo()
    return made


def test_broken_off_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After each step that fails the ledger is readable or not begun, and the next process goes on."""
    steps = calls_in_a_life(Layout(tmp_path / "whole"), monkeypatch, 0)
    assert steps > 8
    for step in range(1, steps + 1):
        layout = Layout(tmp_path / str(step))
        calls_in_a_life(layout, monkeypatch, step)
        state = read_ledger(layout, "acme")
        before = [] if state is None else state.leaves()
        assert before in ([], LEAVES[:1], LEAVES[:2])
        append(layout, LEAVES[2])
        assert leaves_of(layout) == [*before, LEAVES[2]], step


def test_unsigned_leaves_are_not_in_the_ledger(layout: Layout) -> None:
    """What stands behind the checkpoint, whoever put it there, is passed over, and cut by the next append."""
    append(layout, LEAVES[0])
    with layout.ledger("acme").joinpath("leaves.jsonl").open("ab") as file:
        file.write(line_of(LEAVES[1]) + b"\n" + b'{"v":1,"ki')
    assert leaves_of(layout) == LEAVES[:1]
    append(layout, LEAVES[2])
    assert leaves_of(layout) == [LEAVES[0], LEAVES[2]]


@pytest.mark.parametrize(
    ("file", "what"),
    [("leaves.jsonl", "is not what its checkpoint"), ("checkpoint", "is not to be believed")],
)
def test_a_changed_octet(layout: Layout, file: str, what: str) -> None:
    """Each octet of leaves and checkpoint that is changed is noticed; nothing is appended to it then."""
    append(layout, *LEAVES)
    path = layout.ledger("acme") / file
    octets = path.read_bytes()
    for place in range(0, len(octets), 7):
        path.write_bytes(octets[:place] + bytes([octets[place] ^ 1]) + octets[place + 1 :])
        with pytest.raises(LedgerError, match=what):
            read_ledger(layout, "acme")
        with pytest.raises(LedgerError, match=what):
            LedgerWriter(layout, "acme")
    path.write_bytes(octets)
    assert leaves_of(layout) == LEAVES


def test_leaves_taken_away(layout: Layout) -> None:
    """A ledger that lost leaves is told; so is one that lost its checkpoint, or all but its key."""
    append(layout, *LEAVES)
    folder = layout.ledger("acme")
    octets = (folder / "leaves.jsonl").read_bytes()
    (folder / "leaves.jsonl").write_bytes(octets[: octets.index(b"\n") + 1])
    with pytest.raises(LedgerError, match="of 3 leaves 1 are there"):
        read_ledger(layout, "acme")
    (folder / "leaves.jsonl").unlink()
    with pytest.raises(LedgerError, match="of 3 leaves 0 are there"):
        read_ledger(layout, "acme")
    (folder / "checkpoint").unlink()
    with pytest.raises(LedgerError, match="a key and no checkpoint"):
        LedgerWriter(layout, "acme")


def test_a_key_taken_away(layout: Layout) -> None:
    """Without its keys a ledger is not continued, and never begun anew behind anybody's back."""
    append(layout, *LEAVES)
    secret = layout.ledger_key("acme")
    os.rename(secret, secret.with_name("elsewhere"))  # noqa: PTH104 - what an attacker would do
    assert leaves_of(layout) == LEAVES
    with pytest.raises(LedgerError, match="cannot be continued: restore it from a backup"):
        LedgerWriter(layout, "acme")
    secret.with_suffix(".pub").unlink()
    with pytest.raises(LedgerError, match="or make it again from a copy of the line"):
        read_ledger(layout, "acme")


def test_a_ledger_that_was_set_back(layout: Layout) -> None:
    """An older checkpoint with its leaves, put back by who has no key, is told, and nothing is appended."""
    append(layout, LEAVES[0])
    folder = layout.ledger("acme")
    before = {path: path.read_bytes() for path in folder.iterdir()}
    append(layout, LEAVES[1])
    assert len(leaves_of(layout)) == 2
    for path, octets in before.items():
        path.write_bytes(octets)
    with pytest.raises(LedgerError, match=r"was set back: .*acme\.signed has signed 2"):
        read_ledger(layout, "acme")
    with pytest.raises(LedgerError, match="was set back"):
        LedgerWriter(layout, "acme")
    layout.ledger_signed("acme").write_text("nothing")
    with pytest.raises(LedgerError, match=r"acme\.signed is not to be believed"):
        read_ledger(layout, "acme")
    layout.ledger_signed("acme").unlink()  # as the message says, of a backup that was restored
    append(layout, LEAVES[2])
    assert leaves_of(layout) == [LEAVES[0], LEAVES[2]]


def test_a_crash_before_the_copy_beside_the_key(layout: Layout) -> None:
    """A checkpoint that is newer than its copy beside the key is no fault, and is gone on from."""
    append(layout, LEAVES[0])
    older = layout.ledger_signed("acme").read_bytes()
    append(layout, LEAVES[1])
    layout.ledger_signed("acme").write_bytes(older)
    append(layout, LEAVES[2])
    assert leaves_of(layout) == LEAVES


def test_a_disk_that_is_full_while_a_ledger_begins(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often and wherever the making of the key fails, the ledger is begun when there is room."""
    write, publish, refused = durable.write_file, durable.publish, ""

    def written(path: Path, octets: bytes) -> None:
        if path.suffix == refused:
            raise durable.NotWrittenError(28, "No space left on device")
        write(path, octets)

    def published(temporary: Path, path: Path) -> None:
        if path.suffix == refused:
            raise durable.NotWrittenError(28, "No space left on device")
        publish(temporary, path)

    for refused in (".key", ".pub", ".key"):  # noqa: B007 - the two above look at it
        with monkeypatch.context() as patched:
            patched.setattr(durable, "write_file", written)
            patched.setattr(durable, "publish", published)
            with pytest.raises(OSError, match="No space"):
                LedgerWriter(layout, "acme")
        state = read_ledger(layout, "acme")
        assert state is None or not state.lines
    append(layout, LEAVES[0])
    assert leaves_of(layout) == LEAVES[:1]


def test_folders_of_others(layout: Layout) -> None:
    """A folder or key whose name no tenant can have, such as one put aside, is nobody's ledger."""
    append(layout, LEAVES[0])
    layout.ledger("acme").with_name("tenant=acme (old)").mkdir()
    layout.ledger_key("acme").with_name("Acme 2.key").touch()
    assert ledger_tenants(layout) == ["acme"]
