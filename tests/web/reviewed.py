"""A saved search, its review and a finding, made as the appliance makes them, for tests of their pages."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from access.access import Access
from access.sight import Sights
from access.visitor import CONSOLE, Role, Visitor
from reviews import making
from reviews.ledgers import Ledgers
from reviews.making import Means
from reviews.periods import Period, Schedule
from reviews.searches import Draft, Question
from reviews.store import Store
from storage.layout import Layout, StreamName
from tests.web.signing import Browser, Site, site_of

DAY: Final = datetime(2020, 3, 10, tzinfo=UTC)  # so long ago that its reviews are missed by now
NOON: Final = int((DAY + timedelta(hours=12)).timestamp()) * 10**9  # as a time of receipt
RANGE: Final = "from=2020-03-10&to=2020-03-10"
HOSTILE: Final = '<script>alert(1)</script>\u202e\x1b[31m"'
NEXT: Final = DAY + timedelta(days=1)
FRAMES: Final = (
    b"<35>1 2026-11-20T22:51:03Z web-01 sshd - - - failed password for admin",
    b"<38>1 2026-11-20T22:51:03Z db-01 sshd - - - <img src=x onerror=alert(1)> failed \x1b[31m",
)
PEOPLE: Final[Mapping[str, Role]] = {
    "anna": "auditor", "rita": "reviewer", "rolf": "reviewer", "adam": "administrator",
}  # fmt: skip


def peopled(layout: Layout, store: Callable[..., None]) -> Site:
    """Give the pages over an archive of FRAMES, with an account of each role and two reviewers."""
    store(list(FRAMES), received_at=NOON)
    found = site_of(layout)
    for name, role in PEOPLE.items():
        found.add(name, role)
    return found


def means_of(layout: Layout, store: Store, now: datetime = NEXT) -> Means:
    """Give what making results takes, with the accounts of a data folder, at a moment."""

    def visitor_of(name: str) -> Visitor | None:
        if name == CONSOLE.name:
            return CONSOLE
        access = Access(layout.access)
        found = {one.name: one.visitor("session") for one in access.accounts.all()}
        access.close()
        return found.get(name)

    sights = Sights(layout)
    return Means(store, visitor_of, sights.searcher, lambda: now, ledgers=Ledgers(layout, sights))


def reviewed(
    layout: Layout,
    *,
    query: str = "",
    name: StreamName | None = None,
    owner: str = "console",
    reviewer: str = "console",
    title: str = "Failed sign-ins",
    day: datetime = DAY,
) -> int:
    """Save a search with a daily schedule, make the review of a day, and give the review's number."""
    store = Store(layout.reviews)
    schedule = Schedule("daily", 0, 0, reviewer, 3)
    question = Question(query, name or StreamName())
    draft = Draft(title, "Look at each.", shared=False, question=question, schedule=schedule)
    search = store.searches.add(draft, owner, (), day + timedelta(hours=1))
    number = store.queue.open(store.searches.get(search), Period(day, day + timedelta(days=1)), NEXT)
    making.make_all(means_of(layout, store))
    store.close()
    return number


def found(layout: Layout, title: str = "Nothing of note", owner: str = "console") -> int:
    """Save the result of the first review as a statement, and give its number."""
    store = Store(layout.reviews)
    number = store.findings.save(title, 1, by=owner, note=title, at=NEXT)
    store.close()
    return number


def save(browser: Browser, asked: str = f"q=failed&{RANGE}", **typed: str) -> str:
    """Save the result of a search in a browser, and give the page's text."""
    browser.get(f"/findings/new?{asked}")
    return browser.submit(action="", **{"title": "Failed sign-ins", **typed}).text


def sign(browser: Browser, number: int, **typed: str) -> str:
    """Sign a review off in a browser, and give the page's text."""
    browser.get(f"/reviews/{number}")
    return browser.submit(action=f"/reviews/{number}/sign", **typed).text
