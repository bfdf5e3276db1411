"""The inventory: what is kept of each source, and how much of it."""

from tests.watch.records import DAY, START, observed, taken
from watch.inventory import Inventory, Source

KEY = ("default", "192.0.2.1", "fw")


def only(inventory: Inventory) -> Source:
    """Give the only source."""
    (source,) = inventory.sources.values()
    return source


def test_counts_add_up_and_times_reach_out() -> None:
    """First and last seen, messages, kinds: of all that was observed together."""
    inventory = Inventory()
    taken(
        inventory,
        observed(START, 5, kinds={"listener": {"udp": 5}, "flag": {"truncated": 1}}, malformed=1),
        observed(START + 60, 2, kinds={"listener": {"tcp": 2}, "flag": {"truncated": 2}}, transport="tcp"),
    )
    source = inventory.sources[KEY]
    assert (source.first, source.last, source.messages, source.looks) == (START, START + 60, 7, 2)
    assert source.of("listener") == {"udp": 5, "tcp": 2}
    assert source.of("transport") == {"udp": 5, "tcp": 2}
    assert source.of("flag") == {"truncated": 3}
    assert source.of("stream") == {"syslog": 7}
    assert source.malformed == 1
    assert inventory.begun == START


def test_tenants_share_nothing() -> None:
    """The same peer and name in two tenants are two sources."""
    inventory = Inventory()
    inventory.add("one", "syslog", [observed(START)])
    inventory.add("two", "syslog", [observed(START)])
    assert len(inventory.sources) == 2


def test_rates_follow_what_is_sent() -> None:
    """Ten messages a second are that of late and usually; a day later of late is nothing."""
    inventory = Inventory()
    taken(inventory, *(observed(START + second, 10) for second in range(1_000)))
    recent, usual = only(inventory).rate_at(START + 1_000)
    assert abs(recent - 10) < 0.5
    assert abs(usual - 10) < 0.5
    later, still = only(inventory).rate_at(START + DAY)
    assert later < 0.001
    assert 0.03 < still < 0.2  # 10,000 messages in a day, of which the first are half forgotten


def test_the_bound_forgets_who_was_seen_once_first() -> None:
    """A flood of made-up names pushes out itself, not the sources that send again and again."""
    inventory = Inventory(most=100)
    for second in range(3):
        for number in range(50):
            taken(inventory, observed(START + second, host=f"real-{number}"))
    for number in range(1_000):
        taken(inventory, observed(START + 100 + number, host=f"flood-{number}"))
    assert len(inventory.sources) <= 100
    assert sum(source.host.startswith("real") for source in inventory.sources.values()) == 50
    assert inventory.forgotten + len(inventory.sources) == 1_050


def test_a_pause_is_learned_between_looks_and_within_them() -> None:
    """What lies between two observations is a pause, as what lies within one."""
    inventory = Inventory()
    taken(inventory, observed(START), observed(START + 30, gaps=(20.0, 10.0)), observed(START + 90))
    assert only(inventory).cadence.usual() == 30.0


def test_while_nobody_listened_nobody_was_silent() -> None:
    """A pause in which the collectors were not running counts from their start."""
    inventory = Inventory()
    taken(inventory, observed(START), observed(START + 10))
    inventory.add("default", "syslog", [observed(START + 1_000)], since=START + 995)
    inventory.add("default", "syslog", [observed(START + 1_006)], since=START + 995)
    assert only(inventory).cadence.usual() == 6.0


def test_usual_skew_follows_slowly_and_not_what_is_far() -> None:
    """The mean follows what wavers; a jump leaves it where it was, and is counted."""
    inventory = Inventory()
    taken(inventory, *(observed(START + number, skew=2.0 + number % 2) for number in range(50)))
    clock = only(inventory).clock
    assert clock is not None
    assert 2.0 <= clock.usual <= 3.0
    assert clock.off == 0
    taken(inventory, observed(START + 60, skew=-3_600.0), observed(START + 61, skew=-3_600.0))
    assert clock.off == 2
    assert 2.0 <= clock.usual <= 3.0
    taken(inventory, observed(START + 62, skew=2.0))
    assert clock.off == 0


def test_a_downgrade_is_from_encrypted_to_plain() -> None:
    """TLS before plain is one, plain before TLS and both side by side are none."""
    for transports, expected in (
        (("tls", "udp"), True),
        (("dtls", "relp"), True),
        (("udp", "tls"), False),
        (("udp", "tls", "udp"), False),
        (("tls", "tls"), False),
    ):
        inventory = Inventory()
        taken(inventory, *(observed(START + at, transport=name) for at, name in enumerate(transports)))
        assert (only(inventory).downgraded is not None) is expected, transports


def test_missing_messages_add_up_over_restarts_of_the_collector() -> None:
    """Each collector process counts from its start: only what is new is added, whoever reports."""
    inventory = Inventory()
    taken(inventory, observed(START))
    inventory.take_gaps({"c1 udp": (KEY, 3)}, {"c1"}, START + 1)
    inventory.take_gaps({"c1 udp": (KEY, 3)}, {"c1"}, START + 2)
    inventory.take_gaps({"c1 udp": (KEY, 2)}, {"c1"}, START + 3)  # one came late
    inventory.take_gaps({}, {"c1"}, START + 4)  # not among those that miss most, for once
    inventory.take_gaps({"c1 udp": (KEY, 2)}, {"c1"}, START + 5)
    assert only(inventory).missing == 2
    assert only(inventory).missing_at == START + 1
    inventory.take_gaps({"c2 udp": (KEY, 4)}, {"c2"}, START + 9)
    assert only(inventory).missing == 6
    assert list(inventory.gaps) == ["c2 udp"]
