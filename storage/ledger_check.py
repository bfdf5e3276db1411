"""Checking an export's proofs without the appliance: the zip, the ledger's key, and nothing else.

What is looked at, and what a fault is:

* SHA256SUMS has each file as it is;
* the manifest says of the files, the number of messages and the ledger what is there;
* the checkpoint is signed with the key. The key in the zip proves nothing about who made it: whoever makes a
  zip up puts a key of their own in. Only a key that was had otherwise (--key) does;
* each message is in the ledger, once, and the file of the messages says of it what the ledger proves.
"""

import json
import tempfile
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final

import pyarrow as pa

from storage.ledger_note import Checkpoint, NoteError, VerifierKey
from storage.ledger_package import CHECKPOINT, KEY, PROOFS, UNREADABLE, Package, PackageError
from storage.ledger_proven import Proofs, ProvenRecord, Unproven
from storage.ledger_rows import Difference, Row, RowsError, differences, rows_of
from storage.ledger_tree import ProofError
from storage.output import ROWS_AT_ONCE
from storage.package import MANIFEST, SUMS
from storage.spans import Span, spans_of

FAULTS_KEPT: Final = 20
LARGEST_LINE: Final = 1 << 28  # of proofs: a message as JSON writes it, six characters for an octet at most
_SPOOLED: Final = 64 << 20


@dataclass(slots=True)
class Checked:
    """What came of checking an export.

    Attributes:
        checkpoint: by which its messages were checked; None when it could not be believed.
        vkey: the key by which it was.
        is_own_key: whoever checks gave the key; else it is the one in the zip.
        manifest: the export's, as far as it could be read.
        messages: how many the export has.
        proven: how many of them are proven.
        unproven: how many the proofs say that they do not prove.
        spans: the numbers of the proven and the unproven messages.
        faults: what is wrong, in sentences; the first FAULTS_KEPT.
        further: how many more there are.
        others: names of files that were not looked at.
    """

    checkpoint: Checkpoint | None = None
    vkey: str = ""
    is_own_key: bool = False
    manifest: dict[str, Any] = field(default_factory=dict)
    messages: int = 0
    proven: int = 0
    unproven: int = 0
    spans: list[Span] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    further: int = 0
    others: list[str] = field(default_factory=list)

    @property
    def is_proven(self) -> bool:
        """Say whether nothing is wrong, and every message is proven."""
        return not self.faults and not self.unproven and self.proven == self.messages

    @property
    def missing(self) -> int:
        """How many records of the days searched were in the ledger and in no file, as the manifest says."""
        days = self.manifest["ledger"].get("days", {}) if self.manifest else {}
        said = days.get("records_missing") if isinstance(days, dict) else None
        return max(0, said) if isinstance(said, int) else 0

    def fault(self, sentence: str) -> None:
        """Take note of what is wrong."""
        if len(self.faults) < FAULTS_KEPT:
            self.faults.append(sentence)
        else:
            self.further += 1


def check(
    path: Path, vkey: str | None = None, progress: Callable[[int], None] = lambda _messages: None
) -> Checked:
    """Check an export; whatever is wrong with it is said in the answer.

    Args:
        path: the zip, or the folder that was taken out of it.
        vkey: the ledger's key, when it is known otherwise than from the export.
        progress: is told how many messages more were compared.

    Raises:
        PackageError: when it is no export with proofs.
        NoteError: when ``vkey`` is no key.
    """
    key = None if vkey is None else VerifierKey.parse(vkey)
    checked = Checked(is_own_key=key is not None)
    with Package(path) as package:
        checked.others = package.others
        try:
            _check_sums(package, checked)
            _check_key(package, key, checked)
            if checked.checkpoint is not None:
                _check_messages(package, checked.checkpoint, checked, progress)
            _check_manifest(package, checked)
        except PackageError as error:
            checked.fault(str(error))
    return checked


def _check_sums(package: Package, checked: Checked) -> None:
    said: dict[str, str] = {}
    *lines, end = package.text(SUMS).split("\n")
    for line in lines:
        digest, _, name = line.partition("  ")
        said[name] = digest
    if end or len(said) < len(lines):
        checked.fault(f"{SUMS} is not as it was made: it was altered")
    for name in package.names:
        if name == SUMS or name in package.others:
            continue
        if name not in said:
            checked.fault(f"{SUMS} does not name {name}: it was put in, or {SUMS} was altered")
        elif package.sha256(name) != said[name]:
            checked.fault(f"{name} is not as {SUMS} has it: one of the two was altered")
    for name in said.keys() - set(package.names):
        checked.fault(f"{name[:100]} is missing, which {SUMS} names")


def _check_key(package: Package, given: VerifierKey | None, checked: Checked) -> None:
    inside, note = package.text(KEY).strip(), package.text(CHECKPOINT)
    try:
        key = given or VerifierKey.parse(inside)
        checked.vkey = key.vkey
        checked.checkpoint = key.read(note)
    except NoteError as error:
        checked.fault(f"{CHECKPOINT} is not to be believed: {error}")
    if given is not None and inside != given.vkey:
        checked.fault(f"{KEY} has another key than the one that was given: the export is of another ledger")


def _check_manifest(package: Package, checked: Checked) -> None:
    try:
        manifest = json.loads(package.text(MANIFEST))
        question, files, ledger = manifest["question"], manifest["files"], manifest["ledger"]
        told = {each["name"]: each["sha256"] for each in files}
        said = {
            "format": manifest["format"], "messages": manifest["messages"],
            "the ledger's checkpoint": ledger["checkpoint"], "the ledger's key": ledger["key"],
        }  # fmt: skip
        tenant, stream = str(question["tenant"]), str(question["stream"])
    except (ValueError, RecursionError, LookupError, TypeError) as error:
        checked.fault(f"{MANIFEST} is none of an export with proofs: {error!r}")
        return
    checked.manifest = manifest
    is_so = {
        "format": package.format, "messages": checked.messages,
        "the ledger's checkpoint": package.text(CHECKPOINT), "the ledger's key": package.text(KEY).strip(),
    }  # fmt: skip
    for what, value in said.items():
        if value != is_so[what] and (what != "messages" or checked.checkpoint is not None):
            checked.fault(f"{MANIFEST} says of {what} something else than is there: it was altered")
    for name in (package.messages, PROOFS, CHECKPOINT, KEY):
        if told.get(name) != package.sha256(name):
            checked.fault(f"{MANIFEST} has another checksum of {name}: one of the two was altered")
    _check_stream(package, tenant, stream, checked)


def _check_stream(package: Package, tenant: str, stream: str, checked: Checked) -> None:
    with package.open(PROOFS) as file:
        begin = file.readline(LARGEST_LINE)
    try:
        first = json.loads(begin)
        same = (first["tenant"], first["stream"]) == (tenant, stream)
    except (ValueError, RecursionError, LookupError, TypeError):
        same = False
    if not same:
        checked.fault(f"{MANIFEST} and {PROOFS} are not of the same stream: one of the two was altered")


def _check_messages(
    package: Package, checkpoint: Checkpoint, checked: Checked, progress: Callable[[int], None]
) -> None:
    seqs = array("q")
    try:
        with package.open(PROOFS) as proofs, _seekable(package) as messages:
            proven = _counted(_proven(proofs, checkpoint), seqs, checked)
            if package.format == "raw":
                _compare_octets(messages, proven, checked, progress)
            else:
                _compare_rows(rows_of(messages, package.format), proven, package.format, checked, progress)
    except (ProofError, RowsError) as error:
        checked.fault(f"{error}. What comes after it was not looked at")
    except UNREADABLE as error:
        raise PackageError(f"{package.messages} or {PROOFS} cannot be read: {error}") from error
    checked.spans = _spans(seqs, checked)


def _proven(file: IO[bytes], checkpoint: Checkpoint) -> Iterator[ProvenRecord | Unproven]:
    proofs = Proofs(checkpoint)
    while line := file.readline(LARGEST_LINE):
        found = proofs.take(line)
        if found is not None:
            yield found


def _counted(
    found: Iterator[ProvenRecord | Unproven], seqs: "array[int]", checked: Checked
) -> Iterator[ProvenRecord | Unproven]:
    for each in found:
        seqs.append(each.seq)
        if isinstance(each, Unproven):
            checked.unproven += 1
        yield each


def _compare_rows(
    rows: Iterator[Row],
    proven: Iterator[ProvenRecord | Unproven],
    how: str,
    checked: Checked,
    progress: Callable[[int], None],
) -> None:
    while some := list(islice(proven, ROWS_AT_ONCE)):
        beside = list(islice(rows, len(some)))
        checked.messages += len(beside)
        pairs = [(row, one) for row, one in zip(beside, some, strict=False) if isinstance(one, ProvenRecord)]
        wrong = differences([row for row, _ in pairs], [one for _, one in pairs], how)
        checked.proven += len(pairs) - len(wrong)
        for each in wrong:
            checked.fault(_told(each))
        if len(beside) < len(some):
            checked.fault("there are fewer messages than proofs: messages were taken out of the file")
        progress(len(beside))
    left = sum(1 for _ in rows)
    if left:
        checked.messages += left
        checked.fault(f"there are {left} more messages than proofs: messages were put into the file")


def _told(difference: Difference) -> str:
    columns = ", ".join(difference.columns)
    if difference.is_proven:
        return f"message {difference.seq} contradicts the ledger ({columns}): it was altered"
    return (
        f"message {difference.seq}: its row says something else ({columns}) than its proven octets, as they "
        f"are read now: it was altered, or its source has settings that are not known here"
    )


def _compare_octets(
    file: IO[bytes],
    proven: Iterator[ProvenRecord | Unproven],
    checked: Checked,
    progress: Callable[[int], None],
) -> None:
    for each in proven:
        length = each.length if isinstance(each, Unproven) else len(each.octets)
        octets = file.read(length + 1) if length < LARGEST_LINE else b""
        if len(octets) != length + 1 or not octets.endswith(b"\n"):
            raise RowsError(f"message {each.seq} is not in the file of the messages as it is in the proofs")
        checked.messages += 1
        if isinstance(each, ProvenRecord):
            if octets[:-1] != each.octets:
                raise RowsError(f"message {each.seq} contradicts the ledger (its octets): it was altered")
            checked.proven += 1
        progress(1)
    if file.read(1):
        checked.fault("the file of the messages goes on behind the last that is proven: something was put in")


def _spans(seqs: "array[int]", checked: Checked) -> list[Span]:
    ordered = pa.array(seqs, pa.int64()).unique().sort()
    if len(ordered) < len(seqs):
        checked.fault(f"{len(seqs) - len(ordered)} messages are there more than once")
    return spans_of(ordered)


def _seekable(package: Package) -> IO[bytes]:
    """Open the file of the messages; Parquet out of a zip, which is read from its end, as a copy."""
    file = package.open(package.messages)
    if package.format != "parquet":
        return file
    copy = tempfile.SpooledTemporaryFile(_SPOOLED)  # noqa: SIM115 - whoever calls closes it
    most = package.most(package.messages)
    with file:
        while piece := file.read(1 << 20):
            if copy.tell() > most:
                copy.close()
                raise RowsError(f"{package.messages} is no Parquet of ours, it becomes far larger than it is")
            copy.write(piece)
    copy.seek(0)
    return copy
