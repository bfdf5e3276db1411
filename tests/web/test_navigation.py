"""The pages at the top: those that there are, and that one may go to."""

import pytest

from access.visitor import CONSOLE, NOBODY, Limits, Role, Visitor, visiting
from web.navigation import ENTRIES, Navigation
from web.routes import PAGES

NEEDS = {page.path: page.needs for page in PAGES}


def shown(visitor: Visitor) -> set[str]:
    """Give the pages that are offered."""
    with visiting(visitor):
        return {entry.page for entry in Navigation(NEEDS).entries()}


def test_every_entry_is_a_page() -> None:
    """No entry leads nowhere."""
    assert {entry.path for entry in ENTRIES} <= set(NEEDS)


@pytest.mark.parametrize(
    ("role", "offered", "kept"),
    [
        ("auditor", {"search", "trail"}, {"users", "tenants", "overview"}),
        ("operator", {"search", "overview", "sources"}, {"users", "trail"}),
        ("administrator", {"search", "users", "tenants", "overview", "trail"}, set()),
    ],
)
def test_by_role(role: Role, offered: set[str], kept: set[str]) -> None:
    """A role is offered what it may open, and nothing else."""
    found = shown(Visitor("ann", role))
    assert offered <= found
    assert not found & kept


def test_by_limits() -> None:
    """Who sees one tenant only is offered neither the trail nor anything of the whole appliance."""
    limited = shown(Visitor("ann", "administrator", Limits(tenants=("shop",))))
    assert not limited & {"trail", "users", "tenants", "overview"}


def test_nobody_and_the_console() -> None:
    """A stranger is offered nothing; the console everything."""
    assert shown(NOBODY) == set()
    assert shown(CONSOLE) == {entry.page for entry in ENTRIES}


def test_what_waits_for_the_visitor_is_counted() -> None:
    """A page at which something waits for who asks says how much; the others say nothing."""
    navigation = Navigation(NEEDS, lambda visitor: {"reviews": len(visitor.name)})
    with visiting(Visitor("rita", "reviewer")):
        found = {entry.page: entry.waiting for entry in navigation.entries()}
    assert {page: number for page, number in found.items() if number} == {"reviews": 4}
