"""Timing tells nothing of another tenant: what is done for somebody does not depend on what others hold.

A clock would prove little here, and fail at random. The kernel says which files are opened: no file of
another tenant is, whatever is asked, and the own ones are the same, whatever the other holds.
(python -m tests.benchmarks.timing compares times, by hand.)
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from access.visitor import Limits, Visitor
from storage.layout import Layout
from tests.opening import Opening, opening, settle
from tests.storage.ledgers import ledgered
from tests.web.test_isolation import CASES, RIVAL, Asking, Open, addresses, is_plain, loop, opened

__all__ = ["loop", "opened"]  # fixtures

DRAWN: Final = re.compile(r"MAIN_\w+")
KINDS: Final = ("journal", "archive", "index", "quarantine", "books", "ledger")
HERS: Final = Visitor("eve-the-reviewer", "reviewer", Limits(tenants=("acme",)))
BY_STREAM: Final = Visitor("eve-the-reviewer", "reviewer", Limits(streams=("acme/syslog", "acme/secret")))


def folders(root: Path, tenant: str) -> list[Path]:
    """Give the folders of a tenant; what is quarantined of it, too."""
    layout = Layout(root)
    for kind in ("quarantine", "books"):
        (layout.data / kind / f"tenant={tenant}" / "stream=syslog").mkdir(parents=True, exist_ok=True)
    return [path for kind in KINDS if (path := layout.data / kind / f"tenant={tenant}").is_dir()]


def opened_by(asking: Asking, seen: Opening, asked: Iterable[str]) -> dict[str, set[Path]]:
    """Give what each address opens, of those that open something."""
    seen.told()
    found = {}
    for address in asked:
        asking.said(address)
        if told := seen.told():
            found[address] = {*told}
    return found


def test_nothing_of_another_tenant_is_opened(opened: Open, tmp_path: Path) -> None:
    """Whatever somebody asks for, no folder of another tenant is listed and no file of it opened."""
    case = CASES["tenant"]
    for visitor, asked in ((HERS, addresses(case)), (BY_STREAM, filter(is_plain, addresses(case)))):
        _, asking = opened(case, visitor)
        ledgered(Layout(tmp_path / "1"))
        with opening([*folders(tmp_path / "1", "rival"), *folders(tmp_path / "1", "trail")]) as seen:
            assert opened_by(asking, seen, asked) == {}
    _, everybody = opened(case, Visitor("ada", "auditor"))
    with opening(folders(tmp_path / "1", "rival")) as seen:
        for address in (f"/search?tenant=rival&stream={RIVAL.stream}", "/ledger"):
            everybody.said(address)
            assert seen.told(), "otherwise nothing was tried"


def test_the_work_is_the_same_whatever_another_tenant_holds(opened: Open, tmp_path: Path) -> None:
    """All that somebody asks for opens the same own files, whether another tenant holds much or nothing.

    How often is a matter of threads, and of answers that are kept for a moment; tests/storage/test_apart.py
    counts it without them. The names of Whoosh's files are drawn by lot.
    """
    case = CASES["tenant"]
    told = []
    for number, asking in enumerate(opened(case, HERS)):
        root = tmp_path / str(number)
        settle(root)
        with opening(folders(root, "acme")) as seen:
            found = opened_by(asking, seen, filter(is_plain, addresses(case)))
        assert found
        told.append({DRAWN.sub("MAIN", str(path.relative_to(root))) for path in set().union(*found.values())})
    assert told[0] == told[1]
