"""What the tests of proofs share: a data folder with a ledger, and exports of it with proofs."""

import io
from pathlib import Path
from zipfile import ZipFile

from storage import output
from storage.archive import seal
from storage.exporting import Asked, Exporting
from storage.journal import Journal
from storage.layout import Layout, StreamName
from storage.ledger_export import ExportProofs, ledger_told
from storage.ledger_work import LedgerKeeper
from storage.package import packaged
from storage.results import Request
from storage.search import Searcher
from storage.settings import JournalSettings
from tests.storage.conftest import NOON, parsed_batch

NAME = StreamName()
ASKED = Asked({"account": "ann"})
MESSAGES = [
    b'<13>1 2026-11-20T11:59:59.5Z host-a app 12 ID [x@1 k="v"] plain',
    b"<34>Nov 20 11:58:00 host-b su[7]: without a zone",
    b'<13>1 - - - - - - =1+1, "quoted"',
    b"no header at all \xff\x00",
    b"<13>1 - host-a app - - - several\nlines",
    b"<14>1 - - - - - - ",
    b"<189>1: host-c: Nov 20 2026 12:58:00.000 CET: %SYS-5-CONFIG_I: from a Cisco",
]


def archived(layout: Layout, messages: list[bytes] = MESSAGES, number: int = 1) -> None:
    """Store messages and seal them into a segment."""
    journal = Journal(layout, NAME, JournalSettings(), NOON)
    journal.append([parsed_batch(messages, number, "c")], NOON)
    journal.roll(NOON, 30)
    journal.close()
    seal(layout, NAME, journal.finished[-1], 1)


def ledgered(layout: Layout) -> None:
    """Bring the ledgers in step with the archive."""
    keeper = LedgerKeeper(layout)
    keeper.once()
    keeper.close()


def exported(layout: Layout, how: str = "json", query: str = "") -> bytes:
    """Give an export with proofs, as a zip."""
    searcher, request = Searcher(layout), Request(query, NAME, limit=None)
    exporting, proofs = Exporting(searcher, request), ExportProofs(layout, NAME)

    def manifest(files: list[dict[str, object]]) -> dict[str, object]:
        return exporting.manifest(ASKED, how, files, ledger_told(layout, request, searcher, proofs))

    pieces = output.write(proofs.watched(exporting.tables()), how)
    made = b"".join(packaged(pieces, how, "export", manifest, proofs=proofs.files()))
    proofs.close()
    return made


def unpacked(made: bytes, folder: Path) -> Path:
    """Take an export out of its zip; give its folder."""
    with ZipFile(io.BytesIO(made)) as archive:
        archive.extractall(folder)
    return folder / "export"
