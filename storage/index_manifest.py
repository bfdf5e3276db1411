"""The index's manifest: what is in a day's index, and the checksums of its files.

The manifest is the only file of an index that is replaced, and the last that a commit writes; what it does
not name is not there. storage/FORMAT.md draws it.
"""

import base64
import binascii
import json
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import durable
from storage.blocks import Block

NAME: Final = "manifest.json"
VERSION: Final = 2
PAGE_OCTETS: Final = 4096  # small, as a look-up touches few octets of each
PAGES_READ: Final = 256

BlockIdentity = tuple[int, int, int, int, int]  # rows, first and last seq, first and last received_at


class ManifestError(Exception):
    """A manifest that cannot be believed; the day is scanned, and indexed anew."""


@dataclass(frozen=True, slots=True)
class FileSums:
    """A file's size and the CRC-32 of each of its pages."""

    octets: int
    pages: "array[int]"


@dataclass(frozen=True, slots=True)
class Manifest:
    """Whoosh's generation, its files, and the archive segments that are indexed, by file name."""

    generation: int
    files: dict[str, FileSums] = field(default_factory=dict)
    segments: dict[str, list[BlockIdentity]] = field(default_factory=dict)


def has(blocks: Sequence[BlockIdentity], block: Block) -> bool:
    """Tell whether this very block is among those of its segment that are indexed."""
    return block.number < len(blocks) and blocks[block.number] == identity(block)


def identity(block: Block) -> BlockIdentity:
    """Give what tells a block from another under the same file name and number."""
    return (block.rows, block.first_seq, block.last_seq, block.received_min, block.received_max)


def sums_of(path: Path) -> FileSums:
    """Read a file, some pages at a time, and give its checksums."""
    octets, pages = 0, array("I")
    with path.open("rb") as file:
        while part := file.read(PAGES_READ * PAGE_OCTETS):
            octets += len(part)
            pages.extend(zlib.crc32(part[at : at + PAGE_OCTETS]) for at in range(0, len(part), PAGE_OCTETS))
    return FileSums(octets, pages)


def read_manifest(folder: Path) -> Manifest | None:
    """Read an index folder's manifest; None when there is none.

    Raises:
        ManifestError: when it is damaged, or another release's.
    """
    try:
        octets = (folder / NAME).read_bytes()
    except FileNotFoundError:
        return None
    checksum, _, body = octets.partition(b"\n")
    try:
        if int(checksum, 16) != zlib.crc32(body):
            raise ManifestError(f"{folder / NAME}: damaged, the checksum is not the content's")
        document = json.loads(body)
        if document["version"] != VERSION:
            raise ManifestError(
                f"{folder / NAME}: version {document['version']}, this release reads {VERSION}"
            )
        return _decoded(document)
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise ManifestError(f"{folder / NAME}: not a manifest: {error}") from error


def _decoded(document: dict[str, Any]) -> Manifest:
    files = {}
    for name, about in document["files"].items():
        pages = array("I")
        pages.frombytes(base64.b64decode(about["pages"]))
        files[name] = FileSums(about["octets"], pages)
    segments = {name: [tuple(block) for block in blocks] for name, blocks in document["segments"].items()}
    return Manifest(document["generation"], files, segments)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace an index folder's manifest; durable when this returns."""
    files = {
        name: {"octets": sums.octets, "pages": base64.b64encode(sums.pages.tobytes()).decode()}
        for name, sums in manifest.files.items()
    }
    document = {
        "version": VERSION,
        "generation": manifest.generation,
        "files": files,
        "segments": manifest.segments,
    }
    body = json.dumps(document, separators=(",", ":")).encode()
    durable.write_file(folder / NAME, b"%08x\n" % zlib.crc32(body) + body)
