"""/sources/one: a source with everything that is known of it, and its newest messages explained."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from access.visitor import Limits, Visitor
from storage.layout import Layout, StreamName
from tests.watch.records import observed
from tests.web.archives import RECEIVED_AT, stored
from tests.web.operators import HOSTILE, client_of, document_of, inventory, listener, seen, telling
from watch.findings import Finding
from web.annotated import question
from web.appliance import Appliance, Certificate, Document
from web.device import ending

AT = RECEIVED_AT / 10**9
FINGERPRINT = "sha-256:AB:CD"
FRAMES = [
    b"<38>1 2026-11-20T22:51:03Z fw sshd 7 - - Failed password for root",
    b"<38>1 2026-11-20T22:51:03Z fw-2 sshd 7 - - of another host",
    b"<13>Nov 20 22:51:03 fw kernel: an old form",
    b"<13>1 bad fw - - - - the time cannot be read",
]


def known(*sources: Any, **more: Any) -> Appliance:
    """Give an appliance that knows some sources, and is well."""
    told: Document = inventory(*sources, findings=more.pop("findings", ()))
    return Appliance(inventory=telling(told), look=telling(seen()), **more)


def address(host: str = "fw", peer: str = "192.0.2.1", tenant: str = "default") -> str:
    """Give a source's address."""
    return f"/sources/one?{urlencode({'tenant': tenant, 'peer': peer, 'host': host})}"


def test_a_source_and_its_messages(layout: Layout) -> None:
    """Activity, clock, ways and findings; of the messages just its own, newest first, with their parts."""
    stored(layout, StreamName(), FRAMES)
    silent = Finding("silent", "default", "192.0.2.1", "fw", AT, "has been silent for 3 h")
    source = observed(
        AT,
        3,
        skew=-7200.0,
        kinds={"listener": {"tcp": 3}, "flag": {"year_inferred": 1}, "severity": {"err": 2}},
    )
    with client_of(layout, known(source, findings=[silent])) as client:
        answer = client.get(address())
    assert answer.status_code == 200, answer.text
    for said in (
        "2 h behind", "has been silent for 3 h", "year_inferred", "an old form", "TIMESTAMP",
        "Failed password",
        "Where it departs from the standard", "/message/default/syslog/1", "severity-err",
    ):  # fmt: skip
        assert said in answer.text, said
    assert "of another host" not in answer.text
    assert answer.text.index("the time cannot be read") < answer.text.index("an old form")


def test_a_source_without_a_name(layout: Layout) -> None:
    """Messages without HOSTNAME are those of a source without one."""
    stored(layout, StreamName(), [b"<13>1 - - app - - - nameless", b"<13>1 - fw app - - - named"])
    with client_of(layout, known(observed(AT, host=""))) as client:
        answer = client.get(address(host=""))
    assert "nameless" in answer.text
    assert "named</bdi>" not in answer.text.replace("nameless", "")


@pytest.mark.parametrize("host", [HOSTILE, 'a"b\\c', "*", "[x]", "\u00fc\u4f60", "a b  c", "-", "x" * 3000])
def test_strange_names(layout: Layout, host: str) -> None:
    """A source's name is anything that a message claims: its page is there, and the name is text."""
    with client_of(layout, known(observed(AT, host=host))) as client:
        listing = client.get("/sources").text
        answer = client.get(address(host=host))
    assert answer.status_code == (200 if len(host) <= 1000 else 404)
    assert listing
    for text in (answer.text, listing):
        assert "<script>document" not in text
        assert "\x1b" not in text
        assert "\u202e" not in text


def test_what_is_not_there(layout: Layout) -> None:
    """An unknown source is 404 with what to do; so is one that the visitor may not see, in the same words."""
    with client_of(layout, known(observed(AT))) as client:
        unknown = client.get(address(host="nobody"))
        assert client.get("/sources/one").status_code == 404
    assert unknown.status_code == 404
    assert "The inventory has no such source" in unknown.text
    told = inventory(observed(AT))
    foreign = {**told, "sources": [{**told["sources"][0], "tenant": "trail"}]}
    appliance = Appliance(inventory=telling(foreign))
    with client_of(layout, appliance, Visitor("ann", "operator")) as client:
        hidden = client.get(address(tenant="trail"))
        assert (hidden.status_code, hidden.text) == (404, client.get(address(host="x", tenant="trail")).text)
    with client_of(layout) as client:
        assert "not known yet" in client.get(address()).text


def test_masked_values_are_not_explained(layout: Layout) -> None:
    """Where values are masked no octets are shown, which would hold them."""
    stored(layout, StreamName(), FRAMES)
    visitor = Visitor("ann", "operator", Limits(masked=("message",)))
    with client_of(layout, known(observed(AT)), visitor) as client:
        answer = client.get(address()).text
    assert "(masked)" in answer
    assert "Failed password" not in answer
    assert "some of its values are masked for you" in answer


def test_gaps_of_its_numbers(layout: Layout) -> None:
    """What the collectors say of a source's numbers is told with listener and field; no other source's is."""
    sender = {"field": "meta.sequenceId", "peer": "192.0.2.1", "missing": 3, "restarts": 1, "late": 0}
    gaps = {"missing": 7, "senders": [{**sender, "host": "fw"}, {**sender, "host": "other", "missing": 4}]}
    told = document_of()
    told["roles"]["collector"]["listeners"] = {"udp": listener(sequence_gaps=gaps)}
    appliance = Appliance(inventory=telling(inventory(observed(AT))), look=telling(seen(told)))
    with client_of(layout, appliance) as client:
        answer = client.get(address()).text
    assert "3 messages never came" in answer
    assert "meta.sequenceId" in answer
    assert "4 messages never came" not in answer


def test_the_end_of_a_certificate() -> None:
    """It is known by the fingerprint in the identity, and marked when it is near or past."""
    now = datetime(2026, 11, 21, tzinfo=UTC)

    def at(days: int) -> list[Certificate]:
        return [Certificate(("tls",), "senders", "ca.pem", "CN=fw", FINGERPRINT, now + timedelta(days=days))]

    far, near, past = (ending(f"{FINGERPRINT} fw.example.com", at(days), now) for days in (400, 10, -3))
    assert far is not None
    assert near is not None
    assert past is not None
    assert (far.left, far.is_soon) == ("in 400 days", False)
    assert (near.left, near.is_soon) == ("in 10 days", True)
    assert (past.left, past.is_soon) == ("3 days ago", True)
    unknown = ending("sha-256:00", at(10), now)
    assert unknown is not None
    assert unknown.ends == ""
    assert ending(None, at(10), now) is None


def test_the_question_finds_its_messages() -> None:
    """Quotes and backslashes of a name end no phrase."""
    assert question("192.0.2.1", 'a"b\\c') == 'peer:"192.0.2.1" host:"a\\"b\\\\c"'
    assert question("::1", None) == 'peer:"::1" -host:*'


def test_it_is_for_operators(layout: Layout) -> None:
    """An auditor is refused, whether or not there is such a source."""
    with client_of(layout, known(observed(AT)), Visitor("ann", "auditor")) as client:
        assert client.get(address()).status_code == 403
        assert client.get(address(host="x")).status_code == 403


def test_who_looked_at_whom_is_told(layout: Layout, told: list[str]) -> None:
    """The trail has each look at the sources, at one of them, and at the books; not those at the overview."""
    with client_of(layout, known(observed(AT)), Visitor("ann", "operator")) as client:
        for path in ("/sources?q=fw*", address(), "/balance?date=2026-11-20", "/overview", "/listeners"):
            assert client.get(path).status_code == 200
    wanted = (
        ('target="sources"', 'query="fw*"'),
        ('target="source 192.0.2.1"', 'host="fw"'),
        ('target="balance"', 'day="2026-11-20"'),
    )
    assert len(told) == len(wanted)
    for text, parts in zip(told, wanted, strict=True):
        assert [part for part in ('action="view"', 'who="ann"', *parts) if part not in text] == [], text
