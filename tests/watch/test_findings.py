"""Findings: each is told once, and so is its end."""

import random

import pytest

from tests.watch.records import DAY, START, observed, situation, taken
from watch.findings import Finding, Findings, limit, same_names
from watch.inventory import Inventory

HOUR = 3_600.0


def looked(
    findings: Findings, inventory: Inventory, now: float, **settings: object
) -> list[tuple[str, bool]]:
    """Look once; give the kinds that began (True) and ended (False)."""
    names = same_names(inventory.sources.values(), now, 3_600)
    news = findings.look(inventory, situation(now, inventory, same_name=names, **settings))
    return [(one.finding.kind, one.begins) for one in news]


def sending(inventory: Inventory, times: range) -> None:
    """Let a source send at these seconds after START."""
    for second in times:
        taken(inventory, observed(START + second))


def test_a_silent_source_is_told_once_and_its_return_once() -> None:
    """Who sends every minute is silent after five, by default; looks in between tell nothing again."""
    inventory, findings = Inventory(), Findings()
    sending(inventory, range(0, 7_200, 60))
    last = START + 7_140
    assert looked(findings, inventory, last + 299) == []
    assert looked(findings, inventory, last + 301) == [("silent", True)]
    assert looked(findings, inventory, last + 900) == []
    assert "expected to send within 5 min" in next(iter(findings.lasting.values())).text
    taken(inventory, observed(last + 1_000))
    assert looked(findings, inventory, last + 1_001) == [("silent", False)]
    assert looked(findings, inventory, last + 1_002) == []
    assert [one.ended for one in findings.ended] == [last + 1_001]


def test_who_was_hardly_heard_is_not_expected() -> None:
    """A burst that never comes again is no silent source."""
    inventory, findings = Inventory(), Findings()
    sending(inventory, range(60))
    assert looked(findings, inventory, START + 30 * DAY) == []


def test_a_configured_cadence_comes_first() -> None:
    """silent_seconds of the source's own settings counts from the first message on; 0 is never."""
    inventory, findings = Inventory(), Findings()
    taken(inventory, observed(START))
    assert looked(findings, inventory, START + 11, silent_of=lambda _: 10.0) == [("silent", True)]
    assert looked(findings, inventory, START + 12, silent_of=lambda _: 0.0) == [("silent", False)]


def test_nobody_is_silent_while_nobody_listens() -> None:
    """Without a collector, or since its start, silence is not counted."""
    inventory, findings = Inventory(), Findings()
    sending(inventory, range(0, 7_200, 60))
    late = START + 9 * HOUR
    assert looked(findings, inventory, late, listening=None) == []
    assert looked(findings, inventory, late, listening=late - 200) == []
    assert looked(findings, inventory, late + 200, listening=late - 200) == [("silent", True)]


def test_a_day_and_night_source_is_told_of_twice_at_most() -> None:
    """Fourteen days of messages between 7 and 19 h, at random: nights are news until they are a habit."""
    inventory, findings, chance = Inventory(), Findings(), random.Random(5)
    told: list[tuple[int, str, bool]] = []
    for day in range(14):
        second = 7 * HOUR
        while second < 19 * HOUR:
            second += chance.expovariate(1 / 90)
            taken(inventory, observed(START + day * DAY + second))
            told += [(day, *one) for one in looked(findings, inventory, START + day * DAY + second)]
        for hour in range(20, 30):
            told += [(day, *one) for one in looked(findings, inventory, START + day * DAY + hour * HOUR)]
    begins = [day for day, kind, begins in told if (kind, begins) == ("silent", True)]
    assert 1 <= len(begins) <= 2
    assert all(day <= 1 for day in begins)


@pytest.mark.parametrize("seed", range(5))
def test_a_busy_source_is_never_told_of(seed: int) -> None:
    """Messages at random, a second to a minute apart, for a day: no finding."""
    inventory, findings, chance = Inventory(), Findings(), random.Random(seed)
    second = 0.0
    while second < DAY / 4:
        second += chance.uniform(1, 60)
        taken(inventory, observed(START + second))
        assert looked(findings, inventory, START + second) == []


def test_an_hourly_source_is_given_time() -> None:
    """Who sends once an hour is silent after three."""
    inventory, findings = Inventory(), Findings()
    sending(inventory, range(0, 10 * 3_600, 3_600))
    last = START + 9 * HOUR
    assert looked(findings, inventory, last + 2.9 * HOUR) == []
    assert looked(findings, inventory, last + 3.1 * HOUR) == [("silent", True)]


def test_a_new_source_is_told_once_after_the_first_hour() -> None:
    """In the beginning everybody is new; later a new one is told, and is that for a day."""
    inventory, findings = Inventory(), Findings()
    taken(inventory, observed(START), observed(START + 600, host="early"))
    assert looked(findings, inventory, START + 601) == []
    taken(inventory, observed(START + 2 * HOUR, host="late"))
    assert looked(findings, inventory, START + 2 * HOUR + 1) == [("new", True)]
    assert looked(findings, inventory, START + 3 * HOUR) == []
    assert looked(findings, inventory, START + 27 * HOUR) == [("new", False)]


def test_a_jump_of_the_clock_is_told_at_the_second_look() -> None:
    """One odd time is none; two are, and the way back is the end."""
    inventory, findings = Inventory(), Findings()
    for second in range(10):
        taken(inventory, observed(START + second, skew=0.1))
    taken(inventory, observed(START + 20, skew=3_600.0))
    assert looked(findings, inventory, START + 21) == []
    taken(inventory, observed(START + 22, skew=3_600.0))
    assert looked(findings, inventory, START + 23) == [("skew", True)]
    assert "60 min ahead of ours" in next(iter(findings.lasting.values())).text
    taken(inventory, observed(START + 24, skew=3_600.0))
    assert looked(findings, inventory, START + 25) == []
    taken(inventory, observed(START + 26, skew=0.1))
    assert looked(findings, inventory, START + 27) == [("skew", False)]


def test_a_clock_that_stays_is_usual_after_a_day() -> None:
    """What lasts a day is no jump any more, and the way back is one."""
    inventory, findings = Inventory(), Findings()
    taken(inventory, *(observed(START + second, skew=0.0) for second in range(5)))
    taken(inventory, *(observed(START + 10 + second, skew=-900.0) for second in range(2)))
    assert looked(findings, inventory, START + 12) == [("skew", True)]
    taken(inventory, observed(START + DAY + 20, skew=-900.0))
    assert ("skew", False) in looked(findings, inventory, START + DAY + 21)
    taken(inventory, *(observed(START + DAY + 30 + second, skew=0.0) for second in range(2)))
    assert ("skew", True) in looked(findings, inventory, START + DAY + 40)


def test_a_downgrade_lasts_until_it_is_encrypted_again() -> None:
    """TLS, then in the clear: told; TLS again, and nothing in the clear for ten minutes: over."""
    inventory, findings = Inventory(), Findings()
    taken(inventory, observed(START, transport="tls"))
    assert looked(findings, inventory, START + 1) == []
    taken(inventory, observed(START + 2, transport="udp"))
    assert looked(findings, inventory, START + 3) == [("downgrade", True)]
    taken(inventory, observed(START + 4, transport="tls"))
    assert looked(findings, inventory, START + 5) == []
    assert looked(findings, inventory, START + 700) == [("downgrade", False)]


def test_one_name_from_two_addresses_at_a_time() -> None:
    """Two that send in turns are told of once, under the name; a device that moved is not."""
    inventory, findings = Inventory(), Findings()
    taken(inventory, observed(START), observed(START + 10, peer="192.0.2.2"))
    assert looked(findings, inventory, START + 11) == []
    taken(inventory, observed(START + 20, host="FW"), observed(START + 21))
    assert looked(findings, inventory, START + 22) == [("same-name", True)]
    assert "192.0.2.1 and 192.0.2.2" in next(iter(findings.lasting.values())).text
    assert looked(findings, inventory, START + 30) == []
    assert looked(findings, inventory, START + 2 * HOUR) == [("same-name", False)]


@pytest.mark.parametrize("host", ["", "localhost"])
def test_names_that_many_rightly_have_are_no_finding(host: str) -> None:
    """Messages without HOSTNAME, and those of localhost, come from many addresses."""
    inventory, findings = Inventory(), Findings()
    for second, peer in enumerate(("192.0.2.1", "192.0.2.2") * 2):
        taken(inventory, observed(START + second, peer=peer, host=host))
    assert looked(findings, inventory, START + 5) == []


def test_a_rise_of_malformed_messages() -> None:
    """A tenth is usual and no news; that it is half now is, until it is a tenth again."""
    inventory, findings = Inventory(), Findings()
    for minute in range(120):
        taken(inventory, observed(START + minute * 60, 100, malformed=10))
        assert looked(findings, inventory, START + minute * 60 + 1) == []
    told = []
    for minute in range(120, 140):
        taken(inventory, observed(START + minute * 60, 100, malformed=60))
        told += looked(findings, inventory, START + minute * 60 + 1)
    assert told == [("malformed", True)]
    for minute in range(140, 170):
        taken(inventory, observed(START + minute * 60, 100, malformed=10))
        told += looked(findings, inventory, START + minute * 60 + 1)
    assert told == [("malformed", True), ("malformed", False)]


def test_missing_messages_are_told_and_forgotten_after_an_hour() -> None:
    """A gap in a sender's numbers is told; no further one within an hour ends it."""
    inventory, findings = Inventory(), Findings()
    taken(inventory, observed(START))
    inventory.take_gaps({"c udp": (("default", "192.0.2.1", "fw"), 7)}, {"c"}, START + 1)
    assert looked(findings, inventory, START + 2) == [("missing", True)]
    assert "7 of them never came" in next(iter(findings.lasting.values())).text
    assert looked(findings, inventory, START + 2 * HOUR) == [("missing", False)]


def test_what_is_forgotten_has_no_findings() -> None:
    """The finding of a source that the inventory has no more, ends."""
    inventory, findings = Inventory(), Findings()
    taken(inventory, observed(START))
    looked(findings, inventory, START + 11, silent_of=lambda _: 10.0)
    findings.begin(Finding("canary", "default", "", "udp", START, "not found"))
    inventory.sources.clear()
    assert looked(findings, inventory, START + 12) == [("silent", False)]
    assert findings.counts() == {**dict.fromkeys(findings.counts(), 0), "canary": 1}


def test_what_was_over_before_the_watch_began_is_history() -> None:
    """An archive of years has many sources that are no more: none of them is told of."""
    inventory, findings = Inventory(), Findings()
    sending(inventory, range(0, 7_200, 60))
    at = situation(START + 50 * DAY, inventory)
    began_late = type(at)(at.now, at.settings, at.begun, START + 40 * DAY, at.listening, at.silent_of)
    assert findings.look(inventory, began_late) == []
    assert limit(inventory.sources["default", "192.0.2.1", "fw"], at) == 300.0
