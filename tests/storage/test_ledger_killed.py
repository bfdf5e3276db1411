"""The promise of a ledger whose keeper is killed: every record is in it once, and it is what was signed."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial

from storage.journal import Batch
from storage.layout import Layout
from storage.ledger import read_ledger
from storage.ledger_leaves import RecordsLeaf
from storage.ledger_verify import Wanted, verify_ledgers
from storage.lock import FolderLock
from tests.machine import await_true
from tests.storage.test_ledger_work import Site

MakeBatch = Callable[..., Batch]
SEGMENTS = 30
KEEPER = """
import sys
from pathlib import Path
from storage.layout import Layout
from storage.ledger_work import LedgerKeeper
keeper = LedgerKeeper(Layout(Path(sys.argv[1])))
keeper.once()
"""


def size_of(layout: Layout) -> int:
    """Give how many leaves are signed; the ledger is right at any moment, or not begun."""
    state = read_ledger(layout, "acme")
    return 0 if state is None else state.checkpoint.size


def begun(layout: Layout) -> subprocess.Popen[bytes]:
    """Begin a process that brings the ledger in step."""
    return subprocess.Popen([sys.executable, "-c", KEEPER, str(layout.data)], cwd=os.getcwd())  # noqa: PTH109


def test_killed_again_and_again(layout: Layout, make_parsed: MakeBatch) -> None:
    """A keeper that SIGKILL ends at any moment leaves a ledger that the next one goes on with."""
    site, chance = Site(layout, make_parsed), random.Random(6)
    for _ in range(SEGMENTS):
        site.store(3)
    killed = 0
    while size_of(layout) < SEGMENTS:
        before, process = size_of(layout), begun(layout)
        wanted = before + chance.randint(0, 7)
        reached = partial(
            lambda size, child: size_of(layout) >= size or child.poll() is not None, wanted, process
        )
        await_true(reached, f"{wanted} leaves")
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        assert size_of(layout) >= before
        FolderLock(layout.ledger("acme"), "nobody holds it any more").release()
    (found,) = verify_ledgers(layout, Wanted("acme"))
    assert (found.records, found.waiting, found.findings) == (3 * SEGMENTS, 0, [])
    assert found.state is not None
    assert sum(leaf.records for leaf in found.state.leaves() if isinstance(leaf, RecordsLeaf)) == 3 * SEGMENTS
    assert killed > 3
