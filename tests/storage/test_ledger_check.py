"""The promises of checking an export's proofs: what is whole is proven, and nothing that was altered is."""

import hashlib
import io
import json
import re
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZipFile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from storage import ledger_rows
from storage.layout import Layout
from storage.ledger import read_vkey
from storage.ledger_check import Checked, check
from storage.ledger_note import NoteError, SigningKey, VerifierKey
from storage.ledger_package import CHECKPOINT, KEY, PROOFS, PackageError
from storage.ledger_rows import RowsError, rows_of
from storage.package import ENDINGS, MANIFEST, SUMS
from tests.storage.ledgers import MESSAGES, archived, exported, ledgered, unpacked

FORMATS = tuple(ENDINGS)
Alter = Callable[[bytes], bytes]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """Give a data folder with two leaves, whose last messages are those of the first with other numbers."""
    made = Layout(tmp_path_factory.mktemp("proven") / "data")
    archived(made)
    archived(made, number=2)
    ledgered(made)
    return made


@pytest.fixture(scope="module")
def exports(data: Layout) -> dict[str, bytes]:
    """Give an export of all of it in every format."""
    return {how: exported(data, how) for how in FORMATS}


@pytest.fixture
def folder(exports: dict[str, bytes], tmp_path: Path) -> Callable[[str], Path]:
    """Give a function that gives the folder of the export in a format."""

    def made(how: str) -> Path:
        return unpacked(exports[how], tmp_path)

    return made


def forged(folder: Path) -> Checked:
    """Make manifest and checksums fit what is there, as a careful forger would, and check."""
    manifest = json.loads((folder / MANIFEST).read_text())
    for each in manifest["files"]:
        each["sha256"] = digest(folder / each["name"])
    (folder / MANIFEST).write_text(json.dumps(manifest))
    names = sorted(each.name for each in folder.iterdir() if each.name != SUMS)
    (folder / SUMS).write_text("".join(f"{digest(folder / name)}  {name}\n" for name in names))
    return check(folder)


def digest(path: Path) -> str:
    """Give a file's SHA-256."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def altered(path: Path, old: bytes, new: bytes, count: int = 1) -> None:
    """Put ``new`` in place of the first ``old`` of a file."""
    octets = path.read_bytes()
    assert old in octets
    path.write_bytes(octets.replace(old, new, count))


def lines_of(path: Path) -> list[bytes]:
    """Give a file's lines."""
    return path.read_bytes().splitlines(keepends=True)


@pytest.mark.parametrize("how", FORMATS)
def test_what_is_whole_is_proven(how: str, exports: dict[str, bytes], data: Layout, tmp_path: Path) -> None:
    """An export is proven as its zip and as its folder, with and without the key, in every format."""
    path = tmp_path / "export.zip"
    path.write_bytes(exports[how])
    for place in (path, unpacked(exports[how], tmp_path)):
        for key in (None, read_vkey(data, "default")):
            checked = check(place, key)
            assert checked.faults == []
            assert (checked.is_proven, checked.proven, checked.messages) == (True, 14, 14)
            assert (checked.is_own_key, checked.spans, checked.others) == (key is not None, [(1, 14)], [])
            assert checked.checkpoint is not None
            assert checked.checkpoint.size == 2


@pytest.mark.parametrize("how", FORMATS)
def test_any_octet(how: str, folder: Callable[[str], Path]) -> None:
    """One octet altered anywhere in any file is found, or leaves nothing that could be checked."""
    place = folder(how)
    for path in sorted(place.iterdir()):
        octets = path.read_bytes()
        for at in range(0, len(octets), max(1, len(octets) // 7)):
            path.write_bytes(octets[:at] + bytes([octets[at] ^ 1]) + octets[at + 1 :])
            assert not proven(place), f"{path.name} {at}"
        path.write_bytes(octets)
    assert proven(place)


def proven(place: Path) -> bool:
    """Say whether an export is proven."""
    try:
        return check(place).is_proven
    except PackageError:
        return False


@pytest.mark.parametrize(
    ("how", "old", "new", "said"),
    [
        ("json", b'"hostname": "host-a"', b'"hostname": "host-x"', "hostname"),
        ("json", b'"message": "plain"', b'"message": "other"', "message"),
        ("json", b'"peer": "192.0.2.1"', b'"peer": "192.0.2.2"', "contradicts the ledger .peer"),
        ("json", b'"seq": 14', b'"seq": 15', "contradicts the ledger .seq"),
        ("json", b'"seq": 14', b'"seq": 99, "seq": 14', "a name twice"),
        ("json", b'"received_at": "2026-11-20T12', b'"received_at": "2026-11-20T13', "ledger .received_at"),
        ("json", b'"severity": 5', b'"severity": 6', "severity"),
        ("json", b'"plain"', b"1", "message"),
        ("json", b'["k", "v"]', b'["k", "w"]', "structured_data_elements"),
        ("csv", b",host-a,", b",host-x,", "hostname"),
        ("csv", b"'=1+1", b"=1+1", "message"),
        ("csv", b",192.0.2.1,", b",192.0.2.2,", "contradicts the ledger .peer"),
        ("csv", b"\r\n14,", b"\r\n15,", "contradicts the ledger .seq"),
        ("csv", b"seq,received_at", b"received_at,seq", "first line"),
        ("raw", b"host-a", b"host-x", "contradicts the ledger"),
        ("raw", b"several\nlines", b"several\nlinee", "contradicts the ledger"),
        ("raw", b"plain\n", b"plain\n\n", "contradicts|not in the file|goes on behind"),
    ],
)  # fmt: skip
def test_an_altered_message(
    how: str, old: bytes, new: bytes, said: str, folder: Callable[[str], Path]
) -> None:
    """A message altered in the file is found, also where every checksum was made to fit."""
    place = folder(how)
    altered(place / f"messages.{ENDINGS[how]}", old, new)
    checked = forged(place)
    assert not checked.is_proven
    assert any(re.search(said, fault) for fault in checked.faults), checked.faults


@pytest.mark.parametrize(
    ("column", "value"), [("hostname", "host-x"), ("raw", b"other"), ("seq", 99), ("peer", "192.0.2.2")]
)
def test_an_altered_column(column: str, value: object, folder: Callable[[str], Path]) -> None:
    """A value altered in a Parquet file is found."""
    place = folder("parquet")
    table = pq.read_table(place / "messages.parquet")
    field = table.schema.field(column)
    values = [value, *table[column].to_pylist()[1:]]
    number = table.schema.get_field_index(column)
    pq.write_table(table.set_column(number, field, pa.array(values, field.type)), place / "messages.parquet")
    checked = forged(place)
    assert not checked.is_proven
    assert checked.faults


@pytest.mark.parametrize("how", FORMATS)
def test_messages_and_proofs_altered_alike(how: str, folder: Callable[[str], Path]) -> None:
    """Who alters a message and what is proven of it does not find it in the ledger."""
    place = folder(how)
    altered(place / PROOFS, b"several", b"seveRal")
    if how != "parquet":
        altered(place / f"messages.{ENDINGS[how]}", b"several", b"seveRal")
    assert any("it was altered" in fault for fault in forged(place).faults)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("seq", "not in the ledger"),
        ("received_at", "not in the ledger"),
        ("place", "not in the ledger"),
    ],
)
def test_an_altered_proof(name: str, said: str, folder: Callable[[str], Path]) -> None:
    """A proof of another number, time or place in the leaf proves nothing."""
    place = folder("csv")
    lines = lines_of(place / PROOFS)
    for at, line in enumerate(lines):
        told = json.loads(line)
        if told["kind"] == "record" and told["place"] == 3:
            lines[at] = json.dumps({**told, name: told[name] - 1}).encode() + b"\n"
            break
    (place / PROOFS).write_bytes(b"".join(lines))
    (fault, *_) = forged(place).faults
    assert re.search(said, fault)


def test_an_altered_leaf(folder: Callable[[str], Path]) -> None:
    """A leaf that was altered, or has another number, is not in the ledger."""
    for old, new in (
        (rb"\"records\":7", rb"\"records\":8"),
        (b'"kind":"leaf","leaf":1', b'"kind":"leaf","leaf":0'),
    ):
        place = folder("json")
        altered(place / PROOFS, old, new)
        assert any(
            "is not in the ledger that the checkpoint signs" in fault for fault in forged(place).faults
        )


@pytest.mark.parametrize(
    "what", ["row", "last row", "proof", "last proof", "both", "twice", "moved", "empty"]
)
def test_rows_and_proofs_out_of_step(what: str, folder: Callable[[str], Path]) -> None:
    """A row without a proof, a proof without a row, and a message that is there twice are found.

    Row and proof left out together leave a gap in the numbers, which is told, and no more: it may be that the
    question did not match it.
    """
    place = folder("json")
    rows, proofs = lines_of(place / "messages.jsonl"), lines_of(place / PROOFS)
    if what in {"row", "both"}:
        del rows[3]
    if what == "last row":
        del rows[-1]
    if what == "last proof":
        del proofs[-1]
    if what in {"proof", "both"}:
        del proofs[5]
    if what == "twice":
        rows.insert(4, rows[3])
        proofs.insert(6, proofs[5])
    if what == "moved":
        rows[3], rows[4] = rows[4], rows[3]
    if what == "empty":
        rows, proofs = [], proofs[:1]
    (place / "messages.jsonl").write_bytes(b"".join(rows))
    (place / PROOFS).write_bytes(b"".join(proofs))
    manifest = json.loads((place / MANIFEST).read_text())
    (place / MANIFEST).write_text(json.dumps({**manifest, "messages": rows_said(what, rows)}))
    checked = forged(place)
    if what == "both":
        assert (checked.is_proven, checked.spans) == (True, [(1, 10), (12, 14)])
    elif what == "empty":
        assert (checked.is_proven, checked.proven, checked.spans) == (True, 0, [])
    else:
        assert checked.faults


def rows_said(what: str, rows: list[bytes]) -> int:
    """Give how many messages a forger's manifest has: those that are proven."""
    return len(rows) - (what == "last proof")


def test_a_message_said_to_be_unproven(folder: Callable[[str], Path]) -> None:
    """Who alters a message and says that it is not in the ledger has an export that is not proven."""
    place = folder("raw")
    proofs = lines_of(place / PROOFS)
    at = next(number for number, line in enumerate(proofs) if b"several" in line)
    seq = json.loads(proofs[at])["seq"]
    length = len(json.loads(proofs[at])["octets"])
    proofs[at] = json.dumps({"kind": "none", "seq": seq, "length": length}).encode() + b"\n"
    (place / PROOFS).write_bytes(b"".join(proofs))
    altered(place / "messages.log", b"several", b"seveRal")
    checked = forged(place)
    assert (checked.is_proven, checked.unproven, checked.faults) == (False, 1, [])


def test_another_key(data: Layout, exports: dict[str, bytes], tmp_path: Path) -> None:
    """Whoever makes up a whole export, ledger and key, is believed only by who has not got the key."""
    other = Layout(tmp_path / "other")
    archived(other, [*MESSAGES[1:], b"<13>1 - - - - - - made up"])
    ledgered(other)
    path = tmp_path / "made-up.zip"
    path.write_bytes(exported(other))
    assert check(path).is_proven
    assert not check(path).is_own_key
    checked = check(path, read_vkey(data, "default"))
    assert (checked.is_proven, checked.proven) == (False, 0)
    assert any("has no signature of" in fault for fault in checked.faults)
    assert any("another key than the one that was given" in fault for fault in checked.faults)
    assert exports["json"] != path.read_bytes()


def test_another_checkpoint(folder: Callable[[str], Path], data: Layout) -> None:
    """A checkpoint signed by the same key over another ledger proves none of these messages."""
    place = folder("json")
    key = SigningKey.load(data.ledger_key("default"))
    checkpoint = key.verifier.read((place / CHECKPOINT).read_text())
    old = (place / CHECKPOINT).read_bytes()
    made = key.sign(replace(checkpoint, root=hashlib.sha256(b"other").digest()))
    (place / CHECKPOINT).write_text(made)
    manifest = json.loads((place / MANIFEST).read_text())
    manifest["ledger"]["checkpoint"] = made
    (place / MANIFEST).write_text(json.dumps(manifest))
    assert any("is not in the ledger" in fault for fault in forged(place).faults)
    assert old != made.encode()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("messages",), 13), (("format",), "csv"), (("question", "tenant"), "other"),
        (("question", "stream"), "other"), (("ledger", "checkpoint"), ""), (("ledger", "key"), ""),
        (("files",), []), (("question",), None), (("ledger",), None),
    ],
)  # fmt: skip
def test_an_altered_manifest(path: tuple[str, ...], value: object, folder: Callable[[str], Path]) -> None:
    """What the manifest says is held against what is there, whatever its checksum."""
    place = folder("json")
    manifest = json.loads((place / MANIFEST).read_text())
    *above, last = path
    inner = manifest
    for name in above:
        inner = inner[name]
    inner[last] = value
    (place / MANIFEST).write_text(json.dumps(manifest))
    assert any(MANIFEST in fault for fault in forged(place).faults)


def test_proofs_of_another_tenant(folder: Callable[[str], Path]) -> None:
    """Proofs that say they are of another tenant or stream than the ledger are none."""
    for old, new in (
        (b'"tenant":"default"', b'"tenant":"other"'),
        (b'"stream":"syslog"', b'"stream":"other"'),
    ):
        place = folder("json")
        altered(place / PROOFS, old, new)
        checked = forged(place)
        assert checked.proven == 0
        assert checked.faults


@pytest.mark.parametrize(
    "line",
    [
        b"", b"[]", b"{}", b'{"kind":"other"}', b"\xff", b'{"kind":"none"}',
        b'{"kind":"none","seq":true,"length":1}',
        b'{"kind":"record","seq":1}', b'{"kind":"leaf","leaf":0,"line":"\\ud800","hashes":[]}',
        b'{"kind":"leaf","leaf":0,"line":"{}","hashes":["zz"]}',
        b'{"kind":"leaf","leaf":-1,"line":"","hashes":[]}',
        b'{"kind":"proofs","version":1,"tenant":"default","stream":"syslog"}', b"[" * 100_000,
    ],
)  # fmt: skip
def test_lines_that_prove_nothing(line: bytes, folder: Callable[[str], Path]) -> None:
    """Whatever stands in the proofs is read or refused; nothing breaks the check."""
    place = folder("json")
    lines = lines_of(place / PROOFS)
    (place / PROOFS).write_bytes(b"".join([lines[0], line + b"\n", *lines[1:]]))
    assert forged(place).faults


def test_a_file_that_was_taken_out_or_put_in(folder: Callable[[str], Path]) -> None:
    """A file that is missing is no export; one that was put in is named, since nobody looks at it."""
    place = folder("json")
    (place / "note.txt").write_text("mine")
    assert check(place).others == ["note.txt"]
    (place / KEY).unlink()
    with pytest.raises(PackageError, match=f"lacks {KEY}"):
        check(place)
    (place / KEY).write_text("x")
    (place / "messages.csv").write_text("")
    with pytest.raises(PackageError, match="one file of messages"):
        check(place)


def test_a_zip_with_a_name_twice(exports: dict[str, bytes], tmp_path: Path) -> None:
    """A zip in which two programs could see two different files is refused; so is what is no zip."""
    path = tmp_path / "export.zip"
    for name in ("export/messages.jsonl", "other/messages.jsonl"):
        path.write_bytes(exports["json"])
        with warnings.catch_warnings(action="ignore"), ZipFile(path, "a") as archive:
            archive.writestr(name, b"")
        with pytest.raises(PackageError, match="put together anew"):
            check(path)
    path.write_bytes(b"no zip")
    for place in (path, tmp_path / "nowhere.zip"):
        with pytest.raises(PackageError, match=r"cannot be read: [^\[]*: name the zip of an export"):
            check(place)


def test_a_zip_that_is_damaged(exports: dict[str, bytes], tmp_path: Path) -> None:
    """A zip with an octet altered is not proven, wherever that is."""
    path = tmp_path / "export.zip"
    octets = exports["parquet"]
    path.write_bytes(octets)
    contents_before = contents(path)
    for at in range(0, len(octets), len(octets) // 40):
        path.write_bytes(octets[:at] + bytes([octets[at] ^ 0xFF]) + octets[at + 1 :])
        try:
            checked = check(path)
        except PackageError:
            continue
        assert not checked.is_proven or contents(path) == contents_before


def contents(path: Path) -> dict[str, bytes]:
    """Give the files of a zip; their dates, which are no part of an export, left out."""
    with ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_no_key(exports: dict[str, bytes], tmp_path: Path) -> None:
    """A key that is none is refused before anything is looked at."""
    path = tmp_path / "export.zip"
    path.write_bytes(exports["json"])
    with pytest.raises(NoteError):
        check(path, "x")
    with pytest.raises(NoteError):
        VerifierKey.parse("x")


def test_a_length_that_nothing_has(folder: Callable[[str], Path]) -> None:
    """Octets are not asked for in a number that the proofs make up: that would take all memory."""
    place = folder("raw")
    first = lines_of(place / PROOFS)[0]
    (place / PROOFS).write_bytes(first + b'{"kind":"none","seq":1,"length":%d}\n' % (1 << 62))
    (fault,) = forged(place).faults[:1]
    assert "message 1 is not in the file of the messages" in fault


def test_a_proof_that_says_two_things(folder: Callable[[str], Path]) -> None:
    """A name that comes twice in a line, of which programs take one or the other, is refused."""
    place = folder("json")
    altered(place / PROOFS, b'"octets":', b'"octets":"something else","octets":')
    assert any("not JSON" in fault for fault in forged(place).faults)


def test_a_zip_that_was_made_to_inflate(exports: dict[str, bytes], tmp_path: Path) -> None:
    """A zip in which little stands for much is read no further than an export can go."""
    path = tmp_path / "export.zip"
    for compression, names, what in (
        (ZIP_BZIP2, 0, "not compressed as an export is"),
        (ZIP_DEFLATED, 2_000, "and an export has eight"),
    ):
        path.write_bytes(exports["parquet"])
        with ZipFile(path, "a", compression) as archive:
            archive.writestr("export/more", b"0")
            for number in range(names):
                archive.writestr(f"export/{number}", b"")
        with pytest.raises(PackageError, match=what):
            check(path)
    path.write_bytes(exports["parquet"])
    whole = contents(path) | {"export/messages.parquet": bytes(16 << 20)}
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, octets in whole.items():
            archive.writestr(name, octets)
    assert any("becomes far larger than it is" in fault for fault in check(path).faults)


def test_a_line_without_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line of CSV is read as far as a message can go, and no further."""

    class Endless(io.RawIOBase):
        """Gives one line, and counts."""

        given = 0

        def readable(self) -> bool:
            """It is."""
            return True

        def readinto(self, room: Any) -> int:
            """Give more."""
            view = memoryview(room)
            view[:] = b"," * len(view)
            self.given += len(view)
            assert self.given < 8 << 20, "it was read on and on"
            return len(view)

    monkeypatch.setattr(ledger_rows, "LARGEST_ROW", 1 << 20)
    with pytest.raises(RowsError, match="does not name the columns"):
        next(rows_of(io.BufferedReader(Endless()), "csv"))
