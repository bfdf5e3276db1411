"""How reviewing stands, in numbers."""

from datetime import date, timedelta

from reviews import making
from reviews.findings import Matter
from reviews.making import Means
from reviews.standing import Standing, standing
from reviews.store import Store
from tests.reviews.conftest import DAILY, DAY, Clock, draft


def test_nothing_waits_where_nothing_was_saved(store: Store) -> None:
    """All numbers are 0, and are there, so that whoever watches them sees them rise."""
    assert standing(store.database, DAY) == Standing()
    assert set(Standing().document().values()) == {0}


def test_what_waits_is_counted_by_who_it_waits_for(means: Means, store: Store, clock: Clock) -> None:
    """Reviews by reviewer, findings by owner; what is done counts no more, what is late counts as such."""
    store.searches.add(draft(schedule=DAILY), "anna", (), clock.now)
    clock.now = DAY + timedelta(days=3, hours=1)
    making.open_due(means)
    store.queue.hand_over(3, "rolf", "rita", "I am away.", clock.now)
    for owner, due in (("rolf", date(2026, 11, 30)), ("Facilities", date(2026, 12, 30)), ("rolf", date.max)):
        store.findings.save("Open", 1, by="rita", note="", at=clock.now, matter=Matter(owner, due))
    store.findings.save("Said", 1, by="rita", note="", at=clock.now)
    found = standing(store.database, DAY + timedelta(days=5))
    assert found.reviews_of == {"rita": 2, "rolf": 1}
    assert found.findings_of == {"rolf": 2, "Facilities": 1}
    assert found.document() == {
        "reviews_waiting": 3, "reviews_missed": 1, "findings_open": 3, "findings_overdue": 0,
    }  # fmt: skip
    store.queue.sign(1, "rita", "Looked at.", clock.now)
    store.findings.resolve(2, "rita", "Mended.", clock.now)
    later = standing(store.database, DAY + timedelta(days=365 * 200))
    assert (later.waiting, later.missed, later.open, later.overdue) == (2, 2, 2, 1)
