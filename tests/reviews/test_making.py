"""Making: what is due is opened once, made as its owner, and told when it cannot be."""

from dataclasses import replace
from datetime import timedelta

import pytest

from access import trail
from access.trail import TrailError
from access.visitor import Limits, Visitor
from reviews import making
from reviews.evidence import difference
from reviews.making import CannotMakeError, Means
from reviews.periods import SETTLING
from reviews.store import Store
from storage.layout import Layout
from storage.results import Request
from storage.search import Searcher
from tests.reviews.conftest import DAILY, DAY, Clock, Keep, draft

FRAMES = [
    b"<35>1 2026-11-20T22:51:03Z web-01 sshd - - - failed password",
    b"<35>1 2026-11-20T22:51:03Z db-01 sshd - - - failed password",
]
NEXT = DAY + timedelta(days=1)


def test_a_day_is_reviewed_when_it_has_ended(means: Means, store: Store, clock: Clock, keep: Keep) -> None:
    """Nothing is opened before the boundary and its settling; then one review, and never a second one."""
    keep(FRAMES)
    store.searches.add(draft(schedule=DAILY), "anna", (), clock.now)
    assert making.open_due(means) == []
    clock.now = NEXT + SETTLING
    assert making.open_due(means) == [1]
    assert making.open_due(means) == []
    assert making.make_all(means) == 1
    result = store.results.get(store.queue.get(1).result)
    assert result.evidence is not None
    assert (result.evidence.count, result.limits, result.made_at) == (2, Limits(), clock.now)
    assert making.make_all(means) == 0


def test_a_long_stop_is_caught_up_in_steps(means: Means, store: Store, clock: Clock) -> None:
    """After a year without the appliance each day is reviewed on its own, so many at a look."""
    store.searches.add(draft(schedule=DAILY), "anna", (), clock.now)
    clock.now = DAY + timedelta(days=250, hours=1)
    assert [len(making.open_due(means)) for _ in range(4)] == [100, 100, 50, 0]
    newest = next(store.queue.newest())
    assert newest.period.end == DAY + timedelta(days=250)
    oldest = store.queue.get(1)
    assert (oldest.period.start, oldest.state(clock.now)) == (DAY, "missed")


def test_a_result_is_made_as_its_owner(
    means: Means, store: Store, clock: Clock, keep: Keep, accounts: dict[str, Visitor]
) -> None:
    """An owner limited to one host gets one host's messages, and the limits stand in the result."""
    keep(FRAMES)
    limits = Limits(hosts=("web-*",))
    accounts["anna"] = Visitor("anna", "auditor", limits)
    store.searches.add(draft(schedule=DAILY), "anna", (), clock.now)
    clock.now = NEXT + SETTLING
    making.open_due(means)
    making.make_all(means)
    result = store.results.get(1)
    assert result.evidence is not None
    assert (result.evidence.count, result.evidence.total, result.limits) == (1, 1, limits)


def test_an_owner_who_is_gone_is_told(
    means: Means, store: Store, clock: Clock, accounts: dict[str, Visitor]
) -> None:
    """The review is there, unmade, with the reason; it is not tried again by itself, but when asked to."""
    store.searches.add(draft(schedule=DAILY), "anna", (), clock.now)
    clock.now = NEXT + SETTLING
    anna = accounts.pop("anna")
    making.open_due(means)
    making.make_all(means)
    assert "The account anna is disabled, or not there" in store.results.get(1).failure
    assert making.make_all(means) == 0
    accounts["anna"] = anna
    result = making.make(means, 1)
    assert (result.failure, result.evidence is not None) == ("", True)


def test_an_owner_who_lost_the_stream_is_told(
    means: Means, store: Store, clock: Clock, accounts: dict[str, Visitor], keep: Keep
) -> None:
    """Limits that were set since count: nothing is read that the owner may not see any more."""
    keep(FRAMES)
    store.searches.add(draft(schedule=DAILY), "anna", (), clock.now)
    accounts["anna"] = Visitor("anna", "auditor", Limits(tenants=("shop",)))
    clock.now = NEXT + SETTLING
    making.open_due(means)
    making.make_all(means)
    assert "may not see default/syslog now" in store.results.get(1).failure


def test_a_result_keeps_the_limits_it_was_asked_with(
    means: Means, store: Store, keep: Keep, accounts: dict[str, Visitor]
) -> None:
    """An API token's limits are narrower than its account's, and hold when the result is made later."""
    keep(FRAMES)
    number = store.results.ask(Request("", end=NEXT), "anna/reports", Limits(hosts=("db-*",)), DAY)
    accounts["anna/reports"] = accounts["anna"]
    evidence = making.make(means, number).evidence
    assert evidence is not None
    assert evidence.count == 1


def test_limits_that_shrank_since_are_not_passed_by(
    means: Means, store: Store, keep: Keep, accounts: dict[str, Visitor]
) -> None:
    """What was asked for with wide limits is not made for somebody who has narrow ones by now."""
    keep(FRAMES)
    number = store.results.ask(Request("", end=NEXT), "anna", Limits(), DAY)
    accounts["anna"] = Visitor("anna", "auditor", Limits(hosts=("db-*",)))
    assert "may no longer see all" in making.make(means, number).failure


def test_a_query_that_is_not_understood_any_more_is_told(means: Means, store: Store) -> None:
    """A failure names the query's fault and what to do, and breaks nothing else."""
    number = store.results.ask(Request("severity:awful", end=NEXT), "anna", Limits(), DAY)
    other = store.results.ask(Request("x", end=NEXT), "anna", Limits(), DAY)
    assert making.make_all(means) == 2
    assert "query cannot be read" in store.results.get(number).failure
    assert store.results.get(other).evidence is not None


def test_what_is_made_is_not_made_again(means: Means, store: Store, clock: Clock, keep: Keep) -> None:
    """A result stays what it was; a check is kept beside it, and says in what it differs."""
    keep(FRAMES)
    number = store.results.ask(Request("failed", start=DAY, end=NEXT), "anna", Limits(), DAY)
    before = making.make(means, number)
    keep(FRAMES[:1], DAY + timedelta(hours=13))
    assert making.make(means, number) == before
    anna = Visitor("anna", "auditor")
    result, found = making.check(means, number, anna)
    assert result == before
    assert before.evidence is not None
    assert "2 matched then, 3 match now." in difference(before.evidence, found)
    (check,) = store.results.checks(number)
    assert (check.by, check.at, check.evidence) == ("anna", clock.now, found)


def test_a_check_keeps_to_the_limits_of_the_result(means: Means, store: Store, keep: Keep) -> None:
    """Whoever sees more checks what was stated, not what could be seen otherwise."""
    keep(FRAMES)
    number = store.results.ask(Request("failed", end=NEXT), "anna", Limits(hosts=("db-*",)), DAY)
    evidence = making.make(means, number).evidence
    _, found = making.check(means, number, Visitor("adam", "administrator"))
    assert found == evidence


def test_what_is_not_made_cannot_be_checked(means: Means, store: Store) -> None:
    """There is nothing to compare with."""
    number = store.results.ask(Request("x", end=NEXT), "nobody-here", Limits(), DAY)
    with pytest.raises(CannotMakeError, match="not made yet"):
        making.check(means, number, Visitor("adam", "administrator"))


def test_a_search_that_breaks_is_told(means: Means, store: Store, layout: Layout) -> None:
    """Whatever goes wrong in a search is a failure of that result, with the next step."""
    assert layout.data
    number = store.results.ask(Request("x", end=NEXT), "anna", Limits(), DAY)

    def broken(_visitor: Visitor) -> None:
        raise OSError("no such disk")

    result = making.make(replace(means, searcher=broken), number)  # type: ignore[arg-type]
    assert "The search failed (OSError)" in result.failure
    assert making.make(means, number).evidence is not None


def test_what_nobody_sits_before_is_told(means: Means, store: Store, keep: Keep, clock: Clock) -> None:
    """A search by schedule stands in the trail as its owner's, with its query, period and number."""
    keep(FRAMES)
    store.searches.add(draft(schedule=DAILY), "anna", (), clock.now)
    clock.now = NEXT + SETTLING
    making.open_due(means)
    told: list[str] = []
    with trail.telling(lambda octets: told.append(octets.decode())):
        making.make_all(means)
    (one,) = told
    assert all(text in one for text in ('who="anna"', "result.make", 'query="failed"', 'matches="2"'))
    assert "2026-11-20T00:00:00" in one


def test_a_result_that_the_trail_does_not_take_is_not_made(means: Means, store: Store) -> None:
    """It is neither made nor failed, and made when the trail is there again."""
    number = store.results.ask(Request("x", end=NEXT), "anna", Limits(), DAY)

    def broken(_octets: bytes) -> None:
        raise TrailError("The trail is full.")

    with trail.telling(broken), pytest.raises(TrailError):
        making.make_all(means)
    result = store.results.get(number)
    assert (result.evidence, result.failure) == (None, "")
    assert making.make_all(means) == 1
    assert store.results.get(number).evidence is not None


def test_a_suspended_tenant_is_not_taken_for_an_empty_one(means: Means, store: Store, keep: Keep) -> None:
    """What must not be read now is no result of nothing: it is told, and can be tried again."""
    keep(FRAMES)
    number = store.results.ask(Request("x", end=NEXT), "anna", Limits(), DAY)
    suspended = replace(means, sees=lambda _visitor, _name: False)
    assert "resume the tenant if it is suspended" in making.make(suspended, number).failure
    assert making.make(means, number).evidence is not None


def test_two_do_not_make_the_same(means: Means, store: Store, keep: Keep) -> None:
    """Whoever comes while a result is made gets it as it stands, and it is told and made once."""
    keep(FRAMES)
    number = store.results.ask(Request("failed", end=NEXT), "anna", Limits(), DAY)
    told: list[bytes] = []

    def meanwhile(visitor: Visitor) -> Searcher:
        assert making.make(means, number).evidence is None
        return means.searcher(visitor)

    with trail.telling(told.append):
        assert making.make(replace(means, searcher=meanwhile), number).evidence is not None
    assert len(told) == 1
    assert making.make(means, number).evidence is not None
