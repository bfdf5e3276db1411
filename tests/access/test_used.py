"""What counts once counts once: for two at a time, after a restart, and for as long as it would hold."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from access.access import Access
from tests.access.conftest import Clock


def test_one_of_many_gets_it(access: Access) -> None:
    """Of those who bring a ticket at the same time one gets it."""
    together = Barrier(8, timeout=30)

    def bring(_: int) -> bool:
        together.wait()
        return access.used.take("a ticket", 60)

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(bring, range(8))) == 1
    assert access.used.take("another", 60)


def test_a_restart_forgets_none(access: Access, tmp_path: Path, clock: Clock) -> None:
    """Nor does a second process of the same appliance."""
    assert access.used.take("a ticket", 60)
    again = Access(tmp_path / "access", clock)
    assert not again.used.take("a ticket", 60)
    again.close()


def test_they_are_kept_while_they_hold(access: Access, clock: Clock) -> None:
    """What holds no more is forgotten, so that the table does not grow; what holds yet is not."""
    access.used.take("short", 60)
    access.used.take("long", 600)
    clock.now += 60
    assert access.used.take("new", 60)
    assert not access.used.take("long", 600)
    assert len(access.database.read("SELECT * FROM used")) == 2
