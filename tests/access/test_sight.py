"""What a visitor sees: streams within limits, for as long as they last, and no suspended tenant."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from access.sight import LimitsUnreadableError, Sights, shows_octets, view_of
from access.visitor import CONSOLE, NOBODY, Limits, Visitor
from storage.layout import TRAIL, Layout, StreamName
from storage.search import Request
from storage.view import View
from tenants.file import RegistryError, edit
from tenants.registry import Registry

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ACME, RIVAL = StreamName("acme"), StreamName("rival")
ADA = Visitor("ada", "auditor", Limits(tenants=("acme",)))


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Give a data folder with three streams, which hold nothing."""
    found = Layout(tmp_path)
    for name in (ACME, RIVAL, TRAIL):
        found.journal(name).mkdir(parents=True)
    return found


def test_streams_are_those_within_limits(layout: Layout) -> None:
    """Somebody has the streams of the limits; the trail is for who sees everything; nobody has none."""
    sights = Sights(layout)
    assert sights.streams(CONSOLE) == [ACME, RIVAL, TRAIL]
    assert sights.streams(ADA) == [ACME]
    assert sights.streams(Visitor("bob", "operator")) == [ACME, RIVAL]
    assert sights.streams(Visitor("eve", "auditor", Limits(hosts=("fw-1",)))) == [ACME, RIVAL]
    assert sights.streams(Visitor("eve", "auditor", Limits(masked=("user",)))) == [ACME, RIVAL]
    assert sights.streams(NOBODY) == []


def test_sight_ends_when_the_limits_say(layout: Layout) -> None:
    """From the end of an account's time on nothing is there, for a searcher that was given before, too."""
    times = [NOON - timedelta(seconds=1)]
    sights = Sights(layout, lambda: times[0])
    visitor = replace(ADA, limits=replace(ADA.limits, until=NOON))
    assert sights.streams(visitor) == [ACME]
    times[0] = NOON
    assert sights.streams(visitor) == []
    assert sights.searcher(visitor).last_seq(ACME) == 0


def test_a_suspended_tenant_is_there_for_nobody(layout: Layout) -> None:
    """Suspended at work, and resumed: who asks before and after sees the difference, whoever it is."""
    sights = Sights(layout)

    def suspend(found: Registry) -> tuple[Registry, None]:
        return found.add("acme", "Acme", NOON).change("acme", suspended=True), None

    before = sights.stamp()
    edit(layout.tenants, suspend)
    assert sights.stamp() not in {None, before}
    suspended = sights.stamp()
    assert sights.streams(CONSOLE) == [RIVAL, TRAIL]
    assert sights.streams(ADA) == []
    edit(layout.tenants, lambda found: (found.change("acme", suspended=False), None))
    assert sights.streams(ADA) == [ACME]
    assert sights.stamp() not in {before, suspended}, "what was kept of an answer before is asked anew"


def test_nothing_is_shown_when_it_is_not_known_who_is_suspended(layout: Layout) -> None:
    """A registry that cannot be read lets nobody see anything by mistake."""
    layout.tenants.write_text("{")
    with pytest.raises(RegistryError, match="Restore it from a backup"):
        Sights(layout).streams(ADA)
    with pytest.raises(RegistryError):
        Sights(layout).searcher(ADA).page(Request(name=ACME))


def test_limits_become_a_view() -> None:
    """What limits say of records, a view says likewise; tenants and streams are no part of it."""
    limits = Limits(("acme",), ("acme/syslog",), ("fw-*",), ("10.0.0.0/8",), NOON, None, NOON, ("user",))
    assert view_of(limits) == View(("fw-*",), ("10.0.0.0/8",), NOON, None, ("user",))
    assert view_of(Limits(tenants=("acme",), until=NOON)).is_open


@pytest.mark.parametrize("limits", [Limits(networks=("10.0.0.0/99",)), Limits(end=NOON.replace(tzinfo=None))])
def test_limits_that_cannot_be_meant_show_nothing(layout: Layout, limits: Limits) -> None:
    """A damaged limit is an error, not an open door; the message says what to do."""
    with pytest.raises(LimitsUnreadableError, match="An administrator can set them anew"):
        Sights(layout).searcher(Visitor("ada", "auditor", limits))


def test_who_has_masks_has_no_octets_and_no_trail() -> None:
    """Octets would show what is masked, and so would other people's questions."""
    assert shows_octets(ADA)
    masked = Visitor("ada", "auditor", Limits(masked=("user",)))
    assert not shows_octets(masked)
    assert Visitor("ada", "auditor").may("trail")
    assert not masked.may("trail")
    assert masked.may("export")
