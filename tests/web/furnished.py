"""An appliance's data folder with something hostile on every page, made by the real parts, and its people."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from access.access import Access
from access.tenants import Tenants
from access.trail_message import Deed, Sender, encode
from access.visitor import Limits, Visitor
from commands.pages import appliance_of
from commands.settings import load_settings
from reviews import making
from reviews.findings import Matter
from reviews.making import Means
from reviews.periods import Schedule
from reviews.searches import Draft, Question
from reviews.store import Store
from storage.layout import TRAIL, Layout, StreamName
from storage.results import Request
from storage.search import Searcher
from tests.web.archives import RECEIVED_AT, stored
from web.appliance import Appliance

OWNED: Final = "owned"
MARKUP: Final = f'<script>document.title="{OWNED}"</script><img src=x onerror=document.title="{OWNED}">'
SECRET: Final = "the-other-tenants-own-words"
PASSWORD: Final = "four words nobody knows"
LAB: Final = StreamName("lab", "web")
HOSTILE: Final = (
    f"<33>1 2026-11-20T22:51:03Z <b>host</b> <i>app</i> - - - {MARKUP} \x1b[31m\x00\u202e\u2066".encode(),
    f'<33>1 - "onload=alert(1)" \'app\' p m [x@1 a="{MARKUP[:60]}"] {MARKUP}'.encode(),
    b"<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8",
    b"\xff\xfe\x00 neither syslog nor UTF-8 \x9b31m",
    b"<13>1 - - - - - - " + b"A" * 1_000_000,
)
# What a path names that has to be made first; by the whole path where the name alone does not tell.
FILLED: Final[Mapping[str, str]] = {
    "tenant": "default", "stream": "syslog", "seq": "1", "number": "1",
    "/tenants/{name}": "/tenants/lab",
    "/users/{name}": "/users/bob",
    "/sources/one": "/sources/one?tenant=default&peer=192.0.2.1&host=mymachine",
}  # fmt: skip


@dataclass(frozen=True)
class Furnished:
    """What was made. ``welcome`` is the path of a link that was not used yet."""

    layout: Layout
    appliance: Appliance
    welcome: str


def furnish(layout: Layout) -> Furnished:
    """Make messages of two tenants, a trail, people, tenants, a review, a saved search and a finding."""
    stored(layout, StreamName(), HOSTILE)
    stored(layout, LAB, [f"<38>1 - web-01 nginx - - - {SECRET}".encode()])
    now = datetime.fromtimestamp(RECEIVED_AT / 10**9, UTC)
    deed = Deed("ann", "administrator", "session", "search", "default/syslog", details={"query": MARKUP})
    stored(layout, TRAIL, [encode(deed, Sender("desk", 4711), now, 1)])
    welcome = _people(layout)
    Tenants(layout.tenants).add("lab", f"{MARKUP[:60]}")
    _reviews(layout, now)
    command = (sys.executable, "-m", "sysledger", "sources", "--rebuild", "--data", str(layout.data))
    subprocess.run(command, check=True, capture_output=True)
    return Furnished(layout, appliance_of(load_settings(None, layout.data), layout), welcome)


def _people(layout: Layout) -> str:
    layout.access.mkdir(parents=True, exist_ok=True)
    access = Access(layout.access)
    access.accounts.add("ann", "administrator", password=PASSWORD)
    access.accounts.add("bob", "auditor", Limits(tenants=("lab",)), password=PASSWORD)
    access.tokens.add("bob", "siem")
    secret = access.invitations.add("cid", "reviewer")
    access.close()
    return f"/welcome/{secret}"


def _reviews(layout: Layout, now: datetime) -> None:
    """Have a search saved, its first day reviewed, and a finding opened, all of them with hostile titles."""
    ann, searcher = Visitor("ann", "administrator"), Searcher(layout)
    store = Store(layout.reviews)
    begun = now - timedelta(days=1)
    schedule = Schedule("daily", 0, 0, "ann", 3)
    draft = Draft(MARKUP[:80], MARKUP, True, Question(f'"{OWNED}"', StreamName()), schedule)
    store.searches.add(draft, "ann", (), begun)
    means = Means(store, {"ann": ann}.get, lambda _: searcher, lambda: now + timedelta(days=1))
    making.open_due(means)
    asked = Request(OWNED, StreamName(), None, now + timedelta(hours=1), limit=None)
    result = store.results.ask(asked, "ann", Limits(), now)
    matter = Matter("ann", date(2026, 12, 4))
    store.findings.save(MARKUP[:80], result, by="ann", note=MARKUP, at=now, matter=matter)
    making.make_all(means)
    store.close()
