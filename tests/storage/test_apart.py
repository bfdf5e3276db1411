"""What is remembered of one tenant is neither found nor pushed out by questions about another."""

from functools import partial
from typing import Any

import pytest

from storage.apart import Apart
from storage.indexer import rebuild
from storage.layout import Layout, StreamName
from storage.search import Request, Searcher
from storage.seen import all_streams
from storage.segments import SegmentCache
from storage.view import View
from tests.opening import opening, settle
from tests.web.archives import RECEIVED_AT, stored

ACME, RIVAL = StreamName("acme"), StreamName("rival")
DAY = 86_400 * 10**9
DAYS = 6


def test_each_tenant_has_its_own() -> None:
    """The same tenant is given the same, another one another."""
    apart = Apart(list[int])
    apart.of("acme").append(1)
    assert (apart.of("acme"), apart.of("rival")) == ([1], [])


@pytest.fixture
def little_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what one of these tenants' questions need, and not what both do."""
    monkeypatch.setattr("storage.catalogue.SegmentCache", partial(SegmentCache, DAYS * 20_000))
    monkeypatch.setattr("storage.catalogue.BLOCKS_KEPT", DAYS)
    monkeypatch.setattr("storage.index_cache.DAYS_OPEN", DAYS)
    monkeypatch.setattr("storage.seen.KEPT", DAYS)


@pytest.mark.usefixtures("little_is_kept")
@pytest.mark.parametrize("view", [View(), View(hosts=("own",))], ids=["all", "some hosts"])
def test_what_others_ask_costs_nothing(layout: Layout, view: View) -> None:
    """A question opens the same files again whether or not another tenant's were read in between."""
    for name in (ACME, RIVAL):
        for day in range(DAYS):
            stored(
                layout,
                name,
                [b"<38>1 - own app - - - text", b"<38>1 - other app - - - text"],
                number=day + 1,
                at=RECEIVED_AT + day * DAY,
            )
        rebuild(layout, name)
    settle(layout.data)
    searcher = Searcher(layout)

    def ask(name: StreamName) -> Any:
        limited = searcher.limited(view, all_streams)
        return [limited.count(Request(query, name=name)).count for query in ("app:app", "text", "nothing")]

    answer = ask(ACME)
    folders = [folder / "tenant=acme" for folder in (layout.data / "archive", layout.data / "index")]
    with opening(folders) as seen:
        assert ask(ACME) == answer
        alone = seen.told()
        ask(RIVAL)
        assert seen.told() == []
        assert ask(ACME) == answer
        assert seen.told() == alone
