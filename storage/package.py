"""An export with what proves it, as one zip that is made while it is sent. Pure: octets in, octets out.

    NAME/messages.csv       or .jsonl, .log, .parquet: storage/output.py
    NAME/proofs.jsonl       with proofs: storage/ledger_export.py, as the two below
    NAME/checkpoint.txt     with proofs: the ledger's checkpoint by which they hold
    NAME/ledger-key.txt     with proofs: the ledger's key
    NAME/manifest.json      storage/exporting.py
    NAME/README.txt         what to do with all this
    NAME/SHA256SUMS         of all these, for sha256sum -c

Nothing is known beforehand, neither number nor size, and nothing is kept: each file's size and checksum stand
behind it (a data descriptor), in the 64 bits that ZIP64 has for them. The last of it are the zip's own table
of contents and end: a transfer that breaks off leaves no zip that a program would take for a whole one.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from storage.output import Pieces

ENDINGS: Final[Mapping[str, str]] = {"csv": "csv", "json": "jsonl", "raw": "log", "parquet": "parquet"}
MANIFEST: Final = "manifest.json"
README: Final = "README.txt"
SUMS: Final = "SHA256SUMS"
_NOT_COMPLETE: Final = (
    "NOT COMPLETE: some of the archive could not be read, and is missing here. manifest.json\n"
    "names the places, under scope, damaged.\n\n"
)
_MODE: Final = 0o100644 << 16  # a file that its owner may write, where Unix keeps that
_UNIX: Final = 3
_PROOFS: Final = """proofs.jsonl, checkpoint.txt, ledger-key.txt
    Proofs that the messages are in the appliance's ledger, as they are here: of each its exact
    octets, number, time of receipt and sender; the ledger's signed checkpoint; and its key. To
    check all of it, on any machine that has Sysledger, and without the appliance:

        sysledger ledger check THIS-ZIP --key KEY

    KEY is the line that `sysledger ledger key` prints on the appliance. Have it from somebody
    you trust, and not from this zip: whoever made a zip up would have put a key of their own in.
"""
_FORMATS: Final[Mapping[str, str]] = {
    "csv": (
        "CSV (RFC 4180), UTF-8, with a header. A text that a spreadsheet\n"
        "    would run as a formula has one apostrophe before it."
    ),
    "json": "JSON lines, UTF-8: one object a line, a message each.",
    "raw": "The exact octets of each message as it was received, LF behind each.",
    "parquet": "Parquet, with the columns of the archive.",
}


@dataclass(frozen=True, slots=True)
class Written:
    """A file of the zip: its name, octets, and SHA-256 in hexadecimal digits."""

    name: str
    octets: int
    sha256: str

    def told(self) -> dict[str, Any]:
        """Give it in JSON's types."""
        return {"name": self.name, "octets": self.octets, "sha256": self.sha256}


def packaged(  # noqa: PLR0913, PLR0917 - what is in it, and what is told of it
    pieces: Iterable[bytes],
    how: str,
    folder: str,
    manifest: Callable[[list[dict[str, Any]]], dict[str, Any]],
    made: Callable[[list[Written]], None] = lambda _files: None,
    proofs: Mapping[str, Iterable[bytes]] = MappingProxyType({}),
) -> Iterator[bytes]:
    """Give the zip, piece by piece; no piece is empty.

    Args:
        pieces: the messages, in their format.
        how: that format.
        folder: that everything is in.
        manifest: gives the manifest when the messages' file is known, and those of the proofs.
        made: is told of all files before the end is given: what it raises leaves no whole zip.
        proofs: files that prove the messages, by name; taken after them.
    """
    out, now = Pieces(), datetime.now(UTC)
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        files: list[Written] = []

        def member(name: str, content: Iterable[bytes]) -> Iterator[bytes]:
            info = ZipInfo(f"{folder}/{name}", now.timetuple()[:6])
            info.compress_type, info.external_attr, info.create_system = ZIP_DEFLATED, _MODE, _UNIX
            digest, octets = hashlib.sha256(), 0
            with archive.open(info, "w", force_zip64=True) as file:
                for piece in content:
                    file.write(piece)
                    digest.update(piece)
                    octets += len(piece)
                    yield from out.taken()
            files.append(Written(name, octets, digest.hexdigest()))
            yield from out.taken()

        messages = f"messages.{ENDINGS[how]}"
        yield from member(messages, pieces)
        for name, content in proofs.items():
            yield from member(name, content)
        told = manifest([one.told() for one in files])
        yield from member(MANIFEST, [json.dumps(told, indent=2, ensure_ascii=False).encode() + b"\n"])
        yield from member(README, [_readme(messages, how, told, with_proofs=bool(proofs)).encode()])
        sums = "".join(f"{one.sha256}  {one.name}\n" for one in files)
        yield from member(SUMS, [sums.encode()])
        made(files)
    yield from out.taken()


def _readme(messages: str, how: str, told: Mapping[str, Any], *, with_proofs: bool) -> str:
    return f"""An export by Sysledger
======================

{"" if told["complete"] else _NOT_COMPLETE}{messages}
    The messages, newest receipt first. All times are UTC.
    {_FORMATS[how]}
{_PROOFS if with_proofs else ""}{MANIFEST}
    What was asked, by whom and when; what was looked at; how many messages there are.
{SUMS}
    The SHA-256 of each of these files. To see whether they are as they were made, run in
    this folder:

        sha256sum -c {SUMS}

    On macOS: shasum -a 256 -c {SUMS}. On Windows: Get-FileHash FILE, and compare.

The appliance's trail of who did what has the sums of {messages} and {MANIFEST}, too.
"""
