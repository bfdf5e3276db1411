"""`sysledger export`: the whole result of a search in a file, with what proves it."""

import os
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import typer

from commands.arguments import moment_of, open_stream
from commands.trail import console, from_the_console, record_if_can
from commands.words import end_with_the_pipe, fail, missing_told, number_of, release, tell
from storage.layout import DEFAULT_STREAM, DEFAULT_TENANT, StreamName
from supervisor import options
from supervisor.options import ExportName, TimeName

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from storage.exporting import Asked, Exporting
    from storage.layout import Layout
    from storage.ledger_export import ExportProofs
    from storage.package import Written

_STDOUT: Final = "-"
_TELL_SECONDS: Final = 2.0


def export(
    query: options.Query = None,
    config: options.Config = None,
    data: options.Data = None,
    start: options.From = "",
    end: options.To = "",
    which: options.Time = TimeName.RECEIVED,
    tenant: options.Tenant = DEFAULT_TENANT,
    stream: options.Stream = DEFAULT_STREAM,
    form: options.ExportFormat = ExportName.CSV,
    file: options.ExportFile = None,
    plain: options.Plain = False,
    incomplete: options.Incomplete = False,
    proofs: options.WithProofs = False,
) -> None:
    """Write every match into a zip with a manifest and checksums, with the service running or not."""
    from storage.exporting import Exporting
    from storage.ledger import LedgerError
    from storage.ledger_export import ExportProofs, ledger_of
    from storage.octets import IncompleteError
    from storage.query import parse
    from storage.search import Request, Searcher

    end_with_the_pipe()
    layout, name = open_stream(config, data, tenant, stream)
    asked = Request(
        query=" ".join(query or ()),
        name=name,
        start=moment_of(start, "--from"),
        end=moment_of(end, "--to", end=True),
        time=which.value,
        limit=None,
    )
    if asked.start and asked.end and asked.start >= asked.end:
        raise typer.BadParameter("--from is not before --to: change one of them, or leave it out")
    if proofs and plain:
        raise typer.BadParameter("--proofs are files of the zip: leave --plain out")
    parse(asked.query)  # a question that cannot be read begins nothing
    try:
        proving = ExportProofs(layout, name) if proofs and ledger_of(layout, tenant) else None
    except LedgerError as error:
        fail(str(error), os.EX_DATAERR)
    exporting = Exporting(Searcher(layout), asked, whole=not incomplete)
    path = file or _usual_path(name, form, plain=plain, incomplete=incomplete)
    told = {"query": asked.query, "start": asked.start, "end": asked.end, "format": form.value}
    told |= {"proofs": "yes"} if proofs else {}
    target = f"{name.tenant}/{name.stream}"
    with from_the_console(layout):
        record_if_can("export", target, "begun", **told)
        try:
            with _written(path) as out:
                made = _Made(layout, exporting, _asked(start, end), form.value, proving)
                sums = _write(made, out, _stem(path, name), plain=plain)
                record_if_can("export", target, "done", messages=exporting.messages, **told, **sums)
        except IncompleteError as error:
            record_if_can("export", target, "broken off", messages=exporting.messages, **told)
            fail(f"nothing was written: {error}, or use --incomplete", os.EX_DATAERR)
        except OSError as error:
            record_if_can("export", target, "broken off", messages=exporting.messages, **told)
            fail(f"{path} cannot be written: {error.strerror}; name another with --file", os.EX_CANTCREAT)
    where = "" if str(path) == _STDOUT else f" in {path}"
    tell(f"{number_of(exporting.messages, 'message')}{where}")
    if proving is not None and proving.told()["not_proven"]:
        tell(f"{proving.told()['not_proven']:,} of them are not in the ledger yet: export them again later")
    if exporting.scope.missing:
        tell(missing_told(exporting.scope.missing))
    if exporting.scope.damaged:
        fail("some of the archive could not be read: the result is not complete", os.EX_DATAERR)


def _usual_path(name: StreamName, form: ExportName, *, plain: bool, incomplete: bool) -> Path:
    from storage.package import ENDINGS

    part = "-incomplete" if incomplete else ""
    ending = ENDINGS[form.value] if plain else "zip"
    return Path(f"sysledger-{name.tenant}-{name.stream}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}{part}.{ending}")


def _stem(path: Path, name: StreamName) -> str:
    return f"sysledger-{name.tenant}-{name.stream}" if str(path) == _STDOUT else path.stem


def _asked(start: str, end: str) -> "Asked":
    import socket

    from storage.exporting import Asked

    visitor = console()
    by = {"account": visitor.name, "role": visitor.role, "means": visitor.means}
    return Asked(by, (), {"from": start, "to": end}, release(), socket.gethostname())


@contextmanager
def _written(path: Path) -> "Iterator[BinaryIO]":
    """Give what is written; a file has its name when all of it is on disk, and is not there otherwise."""
    from durable import publish, temporary_name

    if str(path) == _STDOUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    temporary = temporary_name(path)
    try:
        with temporary.open("wb") as out:
            yield out
        publish(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class _Made:
    """What an export is made of."""

    layout: "Layout"
    exporting: "Exporting"
    asked: "Asked"
    how: str
    proofs: "ExportProofs | None"

    def tables(self) -> "Iterator[pa.Table]":
        tables = self.exporting.tables()
        return tables if self.proofs is None else self.proofs.watched(tables)

    def manifest(self, files: list[dict[str, Any]]) -> dict[str, Any]:
        from storage.ledger_export import ledger_told
        from storage.search import Searcher

        ledger = ledger_told(self.layout, self.exporting.request, Searcher(self.layout), self.proofs)
        return self.exporting.manifest(self.asked, self.how, files, ledger)


def _write(made: _Made, out: BinaryIO, folder: str, *, plain: bool) -> dict[str, object]:
    """Write the export, tell now and then how far it is, and give the sums of its files."""
    import hashlib

    from storage import output
    from storage.package import packaged

    sums: dict[str, object] = {}

    def ended(files: "list[Written]") -> None:
        named = {one.name.partition(".")[0]: one.sha256 for one in files}
        sums.update(sha256=named["messages"], manifest_sha256=named["manifest"])

    pieces, digest = output.write(made.tables(), made.how), hashlib.sha256()
    if not plain:
        proofs = {} if made.proofs is None else made.proofs.files()
        pieces = packaged(pieces, made.how, folder, made.manifest, ended, proofs)
    told_at = time.monotonic()
    for piece in pieces:
        out.write(piece)
        digest.update(piece)
        if sys.stderr.isatty() and time.monotonic() - told_at > _TELL_SECONDS:
            told_at = time.monotonic()
            tell(f"{number_of(made.exporting.messages, 'message')} so far")
    return sums or {"sha256": digest.hexdigest()}
