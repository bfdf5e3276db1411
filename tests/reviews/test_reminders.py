"""Reminders: what people should hear of, each once, in words that say what to do and give nothing away."""

import logging
from datetime import timedelta

import pytest

from reviews import making
from reviews.findings import Matter
from reviews.making import Means
from reviews.reminders import MOST_AT_ONCE, Reminder, remind, tell
from reviews.store import Store
from tests.reviews.conftest import DAILY, DAY, Clock, Keep, draft

URL = "https://logs.example.com/"
SECRET = "the merger with Globex"
logged = pytest.LogCaptureFixture


def given(store: Store, clock: Clock) -> list[tuple[str, int, str]]:
    """Remind whom there is to be reminded, and give of what: kind, number and who."""
    return [(one.kind, one.number, one.who) for one in remind(store.database, clock.now, URL)]


def test_a_review_is_told_when_it_waits_and_when_it_is_missed(
    means: Means, store: Store, clock: Clock, keep: Keep, caplog: logged
) -> None:
    """Once each, also when the file is opened anew; with who, until when, and where to go."""
    keep([b"<35>1 2026-11-20T22:51:03Z web-01 sshd - - - failed password"])
    caplog.set_level(logging.INFO)
    store.searches.add(draft(title=SECRET, schedule=DAILY), "anna", (), clock.now)
    assert given(store, clock) == []
    clock.now = DAY + timedelta(days=1, hours=1)
    making.open_due(means)
    making.make_all(means)
    assert given(store, clock) == [("waiting", 1, "rita")]
    due = DAY + timedelta(days=4)
    (said,) = caplog.messages
    assert said == (
        f"review 1 of default/syslog waits for rita until {due:%Y-%m-%d %H:%M} UTC: sign it off at "
        f"{URL}reviews/1"
    )
    assert given(store, clock) == []
    clock.now = due + timedelta(seconds=1)
    again = Store(store.database.path.parent)
    assert given(again, clock) == [("missed", 1, "rita")]
    again.close()
    assert given(store, clock) == []
    assert caplog.records[-1].levelno == logging.WARNING
    assert "was not signed off" in caplog.messages[-1]
    assert caplog.records[-1].msgid == "REVIEW-MISSED"  # type: ignore[attr-defined] # given as extra
    assert SECRET not in caplog.text
    assert "failed" not in caplog.text


def test_whoever_it_is_handed_to_is_reminded(means: Means, store: Store, clock: Clock) -> None:
    """A review that goes to somebody else is news to that one; a signed one is to nobody."""
    store.searches.add(draft(schedule=DAILY), "anna", (), clock.now)
    clock.now = DAY + timedelta(days=2, hours=1)
    making.open_due(means)
    assert given(store, clock) == [("waiting", 1, "rita"), ("waiting", 2, "rita")]
    store.queue.hand_over(1, "rolf", "rita", "I am away.", clock.now)
    assert given(store, clock) == [("waiting", 1, "rolf")]
    store.queue.sign(2, "rita", "Looked at.", clock.now)
    clock.now += timedelta(days=30)
    assert given(store, clock) == [("missed", 1, "rolf")]


def test_a_result_that_cannot_be_made_is_told(means: Means, store: Store, clock: Clock) -> None:
    """A review that nobody could sign off sensibly needs somebody: it says where the reason stands."""
    store.searches.add(draft(schedule=DAILY), "gone", (), clock.now)
    clock.now = DAY + timedelta(days=1, hours=1)
    making.open_due(means)
    making.make_all(means)
    assert given(store, clock) == [("waiting", 1, "rita"), ("unmade", 1, "rita")]
    assert given(store, clock) == []


def test_a_finding_is_told_when_its_day_has_passed(means: Means, store: Store, clock: Clock) -> None:
    """The day after, once; again when it gets another day that passes, too; never when it is resolved."""
    store.searches.add(draft(schedule=DAILY), "anna", (), clock.now)
    clock.now = DAY + timedelta(days=1, hours=1)
    making.open_due(means)
    given(store, clock)
    due = clock.now.date()
    number = store.findings.save("x", 1, by="rita", note="", at=clock.now, matter=Matter("anna", due))
    store.findings.save("stated", 1, by="rita", note="", at=clock.now)
    assert given(store, clock) == []
    clock.now += timedelta(days=1)
    assert given(store, clock) == [("overdue", number, "anna")]
    assert given(store, clock) == []
    store.findings.open(number, Matter("anna", clock.now.date()), "rita", "A day more.", clock.now)
    assert given(store, clock) == []
    clock.now += timedelta(days=1)
    assert given(store, clock) == [("overdue", number, "anna")]
    store.findings.open(number, Matter("anna", clock.now.date()), "rita", "A day more.", clock.now)
    store.findings.resolve(number, "anna", "Done.", clock.now)
    clock.now += timedelta(hours=47)
    assert "overdue" not in {kind for kind, _, _ in given(store, clock)}


def test_after_a_long_stop_the_number_is_told(
    means: Means, store: Store, clock: Clock, caplog: logged
) -> None:
    """A hundred missed reviews are some lines and one with the number, and all of them count as told."""
    store.searches.add(draft(schedule=DAILY), "anna", (), clock.now)
    clock.now = DAY + timedelta(days=100, hours=1)
    making.open_due(means)
    found = given(store, clock)
    assert len(found) == 100
    missed = sum(kind == "missed" for kind, _, _ in found)
    lines = [line for line in caplog.messages if "was not signed off" in line]
    assert len(lines) == MOST_AT_ONCE
    more = f"and {missed - MOST_AT_ONCE} more reviews were not signed off in time"
    assert f"{more}: {URL}reviews?show=missed lists them" in caplog.messages
    assert given(store, clock) == []


def test_an_owner_that_is_no_account_acts_on_no_terminal(caplog: logged) -> None:
    """Whoever opens a finding types its owner, which stands in the log without what is not printable."""
    tell([Reminder("overdue", 7, "ann\x1b[31m\u202e", "2026-11-20", "acme", "syslog", "")], URL)
    assert "\x1b" not in caplog.text
    assert "\u202e" not in caplog.text
    data = caplog.records[0].structured_data["review@32473"]  # type: ignore[attr-defined] # given as extra
    assert data == {
        "kind": "overdue", "finding": "7", "who": "ann?[31m?", "due": "2026-11-20", "tenant": "acme",
        "stream": "syslog",
    }  # fmt: skip
