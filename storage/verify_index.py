"""Verifying a day's index: its files page by page, its blocks against the archive's, and what it finds."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import pyarrow as pa

from storage.findings import NOTHING, REBUILD, Finding, Weight, note
from storage.index import LOCK_NAME
from storage.index_codec import VALUE_FIELDS
from storage.index_manifest import (
    NAME,
    PAGE_OCTETS,
    BlockIdentity,
    FileSums,
    Manifest,
    ManifestError,
    read_manifest,
    sums_of,
)
from storage.index_query import with_keys
from storage.index_reader import DayReader, Documents, Leaf
from storage.segments import RowGroup
from storage.tokens import text_keys

TRIES: Final = 10  # the indexer may commit meanwhile, and remove what was listed
MOST_ASKED: Final = 128  # blocks of a day: what a question costs grows with the day
TEXTS_ASKED: Final = ("message", "hostname", "app_name")
VALUES_ASKED: Final = ("host", "app", "severity", "peer")

Blocks = Mapping[str, Sequence[RowGroup]]  # of the archive's segments, by file name
Samples = Mapping[str, Mapping[int, pa.Table]]  # records of blocks, by file name and number


@dataclass(slots=True)
class IndexFacts:
    """What is known of a day's index. ``pending`` segments are not in it yet, ``gone`` only in it."""

    blocks: int = 0
    pending: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def check_index(folder: Path, blocks: Blocks, samples: Samples) -> IndexFacts:
    """Verify the index in ``folder`` against its day's segments; again, when a commit comes in between."""
    facts = IndexFacts()
    for _ in range(TRIES):
        facts = IndexFacts()
        before = _stamp(folder)
        try:
            _check(folder, blocks, samples, facts)
        except ManifestError as error:
            facts.findings.append(_fault(folder / NAME, 0, str(error)))
        except Exception as error:  # noqa: BLE001 - Whoosh raises anything on damage
            facts.findings.append(_fault(folder, 0, f"cannot be read: {error!r}"))
        if not facts.findings or _stamp(folder) == before:
            return facts
    return facts


def _check(folder: Path, blocks: Blocks, samples: Samples, facts: IndexFacts) -> None:
    manifest = read_manifest(folder)
    if manifest is None:
        facts.pending = list(blocks)
        return
    facts.pending = [name for name in blocks if name not in manifest.segments]
    facts.blocks = sum(map(len, manifest.segments.values()))
    for name, sums in manifest.files.items():
        facts.findings += _file_faults(folder / name, sums)
    facts.gone = sorted(manifest.segments.keys() - blocks.keys())
    for name in facts.gone:
        facts.findings.append(note(folder / NAME, f"{name} is not in the archive any more", NOTHING))
    for name, groups in blocks.items():
        if name in manifest.segments and manifest.segments[name] != [*map(_identity, groups)]:
            facts.findings.append(
                _fault(folder / NAME, 0, f"{name} has other blocks than those that are indexed")
            )
    facts.findings += _left_over(folder, manifest)
    if not any(each.is_fault for each in facts.findings):
        facts.findings += [
            _fault(folder, 0, what) for what in _search_faults(folder, manifest, blocks, samples)
        ]


def _left_over(folder: Path, manifest: Manifest) -> Iterator[Finding]:
    """Note what a commit left that did not happen; nothing of it is believed."""
    known = {NAME, LOCK_NAME, *manifest.files}
    for path in sorted(folder.iterdir()):
        if path.name not in known:
            yield note(path, "is no part of the index", "nothing to do: the indexer removes it")


def _file_faults(path: Path, sums: FileSums) -> Iterator[Finding]:
    found = sums_of(path)
    if found.octets != sums.octets:
        yield _fault(
            path, min(found.octets, sums.octets), f"{found.octets} octets, {sums.octets} were written"
        )
    for page, (one, other) in enumerate(zip(found.pages, sums.pages, strict=False)):
        if one != other:
            yield _fault(path, page * PAGE_OCTETS, "the checksum of this page is wrong")


def _search_faults(folder: Path, manifest: Manifest, blocks: Blocks, samples: Samples) -> Iterator[str]:
    """Ask the index for words and values of records that were read: it must name their blocks."""
    reader = DayReader(folder, manifest, ())
    documents = reader.documents()
    indexed = {(name, number) for name, found in manifest.segments.items() for number in range(len(found))}
    if documents.keys() != indexed:
        yield "its documents are not the blocks that the manifest has"
    asked = [
        (name, number) for name in blocks for number in samples.get(name, ()) if (name, number) in documents
    ]
    for name, number in asked[:: 1 + len(asked) // MOST_ASKED]:
        leaf, document = documents[name, number]
        for what, choose in _questions(samples[name][number]):
            if document not in choose(leaf, {document}):
                yield f"block {number} of {name} is not found by its own {what}"
                break


def _questions(records: pa.Table) -> Iterator[tuple[str, Callable[[Leaf, Documents], Documents]]]:
    for column in TEXTS_ASKED:
        for text in set(records[column].to_pylist()) - {None}:
            yield f"words of column {column}", partial(_with_words, text)
    for field_name in VALUES_ASKED:
        values = records[VALUE_FIELDS[field_name]].to_pylist()
        for value in set(values) - {None}:
            yield f"{field_name}:{value}", partial(_with_value, field_name, str(value))


def _with_words(text: str, leaf: Leaf, left: Documents) -> Documents:
    return with_keys(text_keys(text), leaf, left)


def _with_value(name: str, value: str, leaf: Leaf, _left: Documents) -> Documents:
    return leaf.with_key(name, value) | leaf.beyond(name)


def _identity(group: RowGroup) -> BlockIdentity:
    return (group.rows, group.first_seq, group.last_seq, group.received_min, group.received_max)


def _fault(path: Path, offset: int, what: str) -> Finding:
    return Finding(path, offset, what, REBUILD, Weight.INDEX_FAULT)


def _stamp(folder: Path) -> tuple[int, int]:
    try:
        status = (folder / NAME).stat()
    except FileNotFoundError:
        return 0, 0
    return status.st_mtime_ns, status.st_ino
