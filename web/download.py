"""An export on its way to a browser: made piece by piece in threads, told to the trail, shown on /exports.

Whoever asked for it sees how far it has come, and can stop it. What was asked for lately is remembered, in
memory only: the trail is what keeps it.
"""

import hashlib
import logging
import secrets
import socket
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from access import trail
from access.visitor import visiting
from storage import output
from storage.exporting import Asked, Exporting
from storage.layout import Layout
from storage.ledger_export import ExportProofs, ledger_told
from storage.octets import IncompleteError
from storage.package import Written, packaged
from storage.results import Request as Question
from web import words
from web.desk import Desk
from web.errors import UnavailableError
from web.sight import Sight

if TYPE_CHECKING:
    from access.trail_message import Outcome

UNDERWAY: Final = 8  # of one account, tokens included: each keeps files open and a part of them in memory
REMEMBERED: Final = 200  # exports of all visitors; the oldest that have ended are forgotten
log = logging.getLogger(__name__)

_ASK_SECONDS: Final = 1.0  # between two looks at whether who asks may still have it
_NO_MORE: Final = "the account or the token was disabled, has ended, or was changed"
_GONE: Final = "the browser went away, or the appliance was stopped"


class StoppedError(Exception):
    """Whoever asked for the export has stopped it, or may not have it any more."""


@dataclass(frozen=True, slots=True)
class OfLedger:
    """What a zip tells of the ledger, for who may know of it: in the manifest, and in proofs if asked for."""

    layout: Layout
    proofs: ExportProofs | None = None


class Download:
    """One export.

    Attributes:
        key: in addresses; nobody can guess it.
        exporting: what was given so far.
        outcome: ``begun`` while it goes on.
        reason: why it was broken off.
        octets: of the messages' file so far, before a zip makes them fewer.
        files: of a zip, with their sums; of a plain file that one, when all is given.

    Args:
        sight: of who asks.
        asked: without a limit.
        how: the format.
        whole: rather nothing than a part.
        typed: from and to, as they were typed.
        may_go_on: says whether who asks may still have it; asked between pieces.
        ledger: what a zip tells of the ledger; None for who may not know of it.
    """

    def __init__(  # noqa: PLR0913 - what is asked, how it is given, and for how long
        self,
        sight: Sight,
        asked: Question,
        how: str,
        *,
        whole: bool,
        typed: tuple[str, str] = ("", ""),
        may_go_on: Callable[[], bool] = lambda: True,
        ledger: OfLedger | None = None,
    ) -> None:
        self.key = secrets.token_urlsafe(12)
        self.sight = sight
        self.how = how
        self.exporting = Exporting(sight.searcher, asked, whole=whole)
        self.outcome: Outcome = "begun"
        self.reason = ""
        self.octets = 0
        self.files: list[Written] = []
        self.ended: datetime | None = None
        self._typed = typed
        self._stopped = False
        self._may_go_on = may_go_on
        self._ledger = ledger
        self._asked_at = monotonic()
        self._lock = Lock()

    @property
    def target(self) -> str:
        """The stream, as the trail names it."""
        name = self.exporting.request.name
        return f"{name.tenant}/{name.stream}"

    def begin(self) -> None:
        """Tell the trail that it begins.

        Raises:
            TrailError: when the trail does not take it: nothing is to be given.
        """
        trail.record("export", self.target, "begun", **self._question())

    def stop(self) -> None:
        """Have it broken off at the next piece."""
        self._stopped = True

    def plain(self) -> Iterator[bytes]:
        """Give the messages' file, piece by piece.

        Raises:
            IncompleteError: at the end, when some could not be read, and all are wanted.
            StoppedError: when somebody stopped it.
            TrailError: at the end, when the trail does not take that it is done.
        """
        digest = hashlib.sha256()
        for piece in self._pieces():
            digest.update(piece)
            yield piece
        self._done([Written("messages", self.octets, digest.hexdigest())])

    def zipped(self, folder: str) -> Iterator[bytes]:
        """Give the zip with manifest and checksums, piece by piece; raises as ``plain``."""

        def manifest(files: list[dict[str, Any]]) -> dict[str, Any]:
            return self.exporting.manifest(self._asked(), self.how, files, self._ledger_told())

        return packaged(self._pieces(), self.how, folder, manifest, self._done, self._proofs())

    def end(self, error: BaseException | None = None) -> None:
        """Take note that no more is given; where it is not done, tell the trail that it was broken off."""
        if self._ledger is not None and self._ledger.proofs is not None:
            self._ledger.proofs.close()
        with self._lock:
            if self.outcome != "begun":
                return
            self.outcome, self.ended = "broken off", datetime.now(UTC)
        self.reason = self.reason or _reason(error)
        told = {"reason": self.reason, **self._question(), **self._sums()}
        with suppress(trail.TrailError), visiting(self.sight.visitor):  # that it began is told already
            trail.record("export", self.target, "broken off", **told)

    def _pieces(self) -> Iterator[bytes]:
        try:
            for piece in output.write(self._tables(), self.how):
                self._go_on()
                self.octets += len(piece)
                yield piece
        except IncompleteError as error:
            self.reason = f"damaged: {words.count(len(error.damages), 'place')} of the archive cannot be read"
            raise
        except StoppedError:
            self.reason = "stopped by who asked for it" if self._stopped else _NO_MORE
            raise

    def _tables(self) -> Iterator[pa.Table]:
        tables = self.exporting.tables()
        proofs = None if self._ledger is None else self._ledger.proofs
        return tables if proofs is None else proofs.watched(tables)

    def _proofs(self) -> dict[str, Iterator[bytes]]:
        """Give the files of the proofs, which are broken off as the messages are."""
        if self._ledger is None or self._ledger.proofs is None:
            return {}
        return {name: self._unless_stopped(pieces) for name, pieces in self._ledger.proofs.files().items()}

    def _unless_stopped(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self._go_on()
            yield piece

    def _ledger_told(self) -> dict[str, Any] | None:
        if self._ledger is None:
            return None
        return ledger_told(
            self._ledger.layout, self.exporting.request, self.sight.searcher, self._ledger.proofs
        )

    def _go_on(self) -> None:
        if self._stopped:
            raise StoppedError
        if monotonic() - self._asked_at >= _ASK_SECONDS:
            self._asked_at = monotonic()
            if not self._may_go_on():
                raise StoppedError

    def _done(self, files: list[Written]) -> None:
        with self._lock:
            if self.outcome != "begun":
                return
            self.files = files
            trail.record("export", self.target, "done", **self._question(), **self._sums())
            self.outcome, self.ended = "done", datetime.now(UTC)

    def _question(self) -> dict[str, object]:
        request = self.exporting.request
        return {
            "query": request.query,
            "start": request.start,
            "end": request.end,
            "clock": "" if request.time == "received" else "device",
            "format": self.how,
            "incomplete": "" if self.exporting.whole else "allowed",
            "proofs": "yes" if self._ledger is not None and self._ledger.proofs is not None else "",
            "export": self.key,
        }

    def _sums(self) -> dict[str, object]:
        found = {"messages": self.exporting.messages}
        named = {one.name.partition(".")[0]: one.sha256 for one in self.files}
        return found | {"sha256": named.get("messages", ""), "manifest_sha256": named.get("manifest", "")}

    def _asked(self) -> Asked:
        visitor = self.sight.visitor
        by = {"account": visitor.name, "role": visitor.role, "means": visitor.means}
        typed = {"from": self._typed[0], "to": self._typed[1]}
        return Asked(by, self.sight.told, typed, version("sysledger"), socket.gethostname())


class Downloaded(StreamingResponse):
    """The response that gives an export; whatever becomes of it, the export hears of its end."""

    def __init__(
        self, served: Desk, download: Download, first: bytes, pieces: Iterator[bytes], **more: Any
    ) -> None:
        super().__init__(_body(served, first, pieces), **more)
        self._download = download

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it; what cannot be given whole gets no end, at which the server closes the connection."""
        try:
            await super().__call__(scope, receive, send)
        except (StoppedError, IncompleteError) as error:
            log.warning(
                "an export of %s breaks off: %s", self._download.target, self._download.reason or error
            )
        except BaseException as error:
            self._download.end(error)
            raise
        finally:
            self._download.end()


async def _body(served: Desk, first: bytes, pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Take one piece after the other, each in a thread: other requests get their turn in between."""
    piece = first
    while piece:
        yield piece
        piece = await served.work(next, pieces, b"")


class Downloads:
    """The exports of one application that are remembered, newest last. For the event loop only."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Download] = OrderedDict()

    def add(self, download: Download) -> None:
        """Remember an export that begins; forget old ones that have ended.

        Raises:
            UnavailableError: when as many of the account's are under way as may be.
        """
        account = download.sight.visitor.account
        underway = [one for one in self._known.values() if one.outcome == "begun"]
        if sum(one.sight.visitor.account == account for one in underway) >= UNDERWAY:
            raise UnavailableError(
                f"{UNDERWAY} exports of {account} are under way. Wait for one of them, or stop one on the "
                "page Exports."
            )
        self._known[download.key] = download
        for key, one in list(self._known.items()):
            if len(self._known) > REMEMBERED and one.outcome != "begun":
                del self._known[key]

    def of(self, name: str) -> list[Download]:
        """Give the exports of an account, newest first."""
        return [one for one in reversed(self._known.values()) if one.sight.visitor.name == name]

    def find(self, key: str, name: str) -> Download | None:
        """Give one export of an account."""
        found = self._known.get(key)
        return found if found is not None and found.sight.visitor.name == name else None


def downloads(request: Request) -> Downloads:
    """Give the exports of the application that serves ``request``."""
    state = request.app.state
    if not hasattr(state, "downloads"):
        state.downloads = Downloads()
    found: Downloads = state.downloads
    return found


def _reason(error: BaseException | None) -> str:
    return str(error) if isinstance(error, trail.TrailError) else _GONE
