"""A suspended tenant is not there for anybody who reads, from the moment on, until it is resumed."""

from pathlib import Path

import pytest

from access.sight import Sights
from access.tenants import Tenants
from access.visitor import CONSOLE
from storage.layout import Layout, StreamName
from storage.search import Request, Searcher
from tenants.file import RegistryError
from tests.web.archives import stored

ACME, BANK = StreamName("acme", "syslog"), StreamName("bank", "syslog")


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Give a data folder with messages of two tenants."""
    found = Layout(tmp_path)
    for name in (ACME, BANK):
        stored(found, name, [b"<13>a message"])
        Tenants(found.tenants).add(name.tenant)
    return found


def count(searcher: Searcher, name: StreamName) -> int:
    """Give how many messages are there."""
    return searcher.count(Request(query="", name=name)).count


def test_nobody_reads_a_suspended_tenant(layout: Layout) -> None:
    """Not by a searcher that was given before, nor by the list of streams; others are read as ever."""
    sights = Sights(layout)
    searcher = sights.searcher(CONSOLE)
    assert (count(searcher, ACME), count(searcher, BANK)) == (1, 1)
    Tenants(layout.tenants).suspend("acme")
    assert (count(searcher, ACME), count(searcher, BANK)) == (0, 1)
    assert sights.streams(CONSOLE) == [BANK]
    assert count(Searcher(layout), ACME) == 1  # the files are there, for who may read files
    Tenants(layout.tenants).suspend("acme", suspended=False)
    assert count(searcher, ACME) == 1


def test_a_damaged_registry_shows_nothing(layout: Layout) -> None:
    """Nobody knows who may be read then."""
    searcher = Sights(layout).searcher(CONSOLE)
    layout.tenants.write_text("{")
    with pytest.raises(RegistryError):
        count(searcher, BANK)
