"""key=value: bodies that are of this kind as a whole, and no sentence with an equals sign in it."""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.payloads import keyvalue
from tests.parsers.payloads.conftest import Pairs, pairs
from tests.shared import corpus, parameters

# No key is the type of a distinguished name's part: with nothing but those it would be such a name.
KEYS: Final = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.\-/]{3,20}", fullmatch=True)
UTF_8: Final = st.text(st.characters(codec="utf-8"))


def read(text: str) -> Pairs:
    """Read one text: its fields without what tells the payload."""
    (found,) = pairs(1, keyvalue.read([text]))
    return [] if found is None else found[1:]


def test_firewalls() -> None:
    """Quoted and bare values of FortiGate, Sophos and SonicWall, and empty ones."""
    assert read('date=2015-08-11 time=19:19:43 vd="root" msg="User \\"x\\" in C:\\\\d\\e" q="" x= y=2/3') == [
        ("date", "2015-08-11"), ("time", "19:19:43"), ("vd", "root"), ("msg", 'User "x" in C:\\d\\e'),
        ("q", ""),
        ("x", ""), ("y", "2/3"),
    ]  # fmt: skip
    assert read('id=firewall sn=C0EFE33057B0 time="2021-10-01 10:00:00 UTC" msg="Connection Closed"') == [
        ("id", "firewall"), ("sn", "C0EFE33057B0"), ("time", "2021-10-01 10:00:00 UTC"),
        ("msg", "Connection Closed"),
    ]  # fmt: skip
    assert read("type=vpn vpn_type='site-to-site' peer='1.1.1.1:51856 \\' ok=no") == [
        ("type", "vpn"), ("vpn_type", "site-to-site"), ("peer", "1.1.1.1:51856 \\"), ("ok", "no"),
    ]  # fmt: skip


def test_quotes_in_quotes() -> None:
    """Quotes are doubled in quoted values, too, and then commas and equals signs in them mean nothing."""
    assert read('a="x ""y"" z, b=1",c="",d=""""') == [("a", 'x "y" z, b=1'), ("c", ""), ("d", '"')]


def test_flags_between_pairs() -> None:
    """Netfilter's words are fields without value; a prefix is not in the way."""
    line = "[1.5] [UFW BLOCK] IN=eth0 OUT= MAC= SRC=1.2.3.4 LEN=60 ID=3 DF PROTO=TCP SPT=1 ACK SYN URGP=0 "
    found = read(line)
    assert found[:4] == [("IN", "eth0"), ("OUT", ""), ("MAC", ""), ("SRC", "1.2.3.4")]
    assert {("DF", ""), ("ACK", ""), ("SYN", ""), ("ID", "3"), ("SPT", "1"), ("URGP", "0")} <= set(found)
    assert len(found) == 12
    assert read("[LAN-A]IN=eth0.2004 OUT= SRC=10.254.3.1")[0] == ("IN", "eth0.2004")


def test_logfmt() -> None:
    """logfmt is the same, whatever language wrote it."""
    assert read('ts=2026-11-20T10:00:00Z level=info msg="request done" http.status=200 took=1.5ms') == [
        ("ts", "2026-11-20T10:00:00Z"), ("level", "info"), ("msg", "request done"), ("http.status", "200"),
        ("took", "1.5ms"),
    ]  # fmt: skip


@pytest.mark.parametrize("separator", [",", ", ", ";", "; ", " ; ", "|", "\t"])
def test_separators_between_which_blanks_may_stand(separator: str) -> None:
    """Where more than a blank separates, values have blanks in them, the last one, too."""
    written = separator.join(
        ["event=logout", "who=unknown (asdf) user", 'site="a b"', "text=Failed to fetch"]
    )
    assert read(written) == [
        ("event", "logout"), ("who", "unknown (asdf) user"), ("site", "a b"), ("text", "Failed to fetch"),
    ]  # fmt: skip


def test_a_long_body_may_be_less_tidy() -> None:
    """Six pairs and more tolerate a value without quotes, or an end that is cut off, in one of three."""
    tail = "logType=WF app=TLSv1.2 x=1"
    assert read(f"src=10.1.1.1 spt=33217 details=GeoIP Policy Match group=Forceful Browsing {tail}")[2:4] == [
        ("details", "GeoIP Policy Match"),
        ("group", "Forceful Browsing"),
    ]
    assert read('a=1 b=2 c=3 d=4 e=5 msg="User cut o')[-1] == ("msg", '"User cut o')


@pytest.mark.parametrize(
    "text",
    [
        "", "=", "===", "a=1", "a=1 b=2", "Failed with err=5 in x", "x = 3, y = 4 and z = 5",
        "the option a=1 means that b=2 and therefore c=3 holds",
        "a=1 the quick brown b=2 fox jumps over c=3 dogs",
        "GET /index.html?a=1&b=2&c=3 HTTP/1.1", "64 bytes from 192.0.2.1: seq=69 ttl=37 time=33.918 ms",
        "user=[*SMS] src=192.168.11.11 iface=5 access=9 Update State Reset",
        "Kernel command line: root=LABEL=/ console=tty0 console=ttyS0,19200 fastboot BOOT_IMAGE=/vmlinuz",
        "if a==b and c==d and e==f then stop", "http://example.com/?q=1 http://example.com/?q=2 http://x/?q=3",
        "x" * 120 + " a=1 b=2 c=3",
        '<?xml version="1.0" encoding="UTF-8" standalone="no"?>',
        '<Software Name="a b" Version="1" Family="c"><Event/></Software>',
        "[Name] CN=krbtgt,CN=Users,DC=corp,DC=com [Class] user", "1=2 3=4 5=6",
        "key = value key = value key = value", "aGVsbG8= d29ybGQ= Zm9v=", "a== b== c==", "a==b,c==d,e==f",
        "SELECT a FROM t WHERE a=1 AND b=2 AND c=3", "UPDATE t SET a=1, b=2, c=3 WHERE id=4",
        "see http://example.com/q?x=1;y=2;z=3;k=4",
    ],
)  # fmt: skip
def test_prose_is_not_taken_apart(text: str) -> None:
    """A sentence with pairs in it, few pairs, or something that only looks like pairs is no body."""
    assert read(text) == []


@pytest.mark.parametrize(
    "name", parameters((name, {"name": name}) for name in ("loghub_structured", "ossec_predecode"))
)
def test_real_prose_is_hardly_hit(name: dict[str, str]) -> None:
    """Of the corpora's messages by programs written for people, only those that end in pairs are bodies."""
    messages = [case["expect"].get("message") or "" for case in corpus(name["name"])]
    for message, found in zip(messages, pairs(len(messages), keyvalue.read(messages)), strict=True):
        if found is not None:
            assert message.count("=") >= keyvalue.PAIRS
            lead = message[: message.index("=")].rsplit(" ", 1)[0]
            assert "=" not in lead


@given(st.lists(st.tuples(KEYS, UTF_8), min_size=3))
def test_what_was_quoted_comes_back(members: Pairs) -> None:
    """Values of any text, in double quotes with two escapes, are read as they were."""
    values = [value.replace("\\", "\\\\").replace('"', '\\"') for _, value in members]
    written = " ".join(f'{key}="{value}"' for (key, _), value in zip(members, values, strict=True))
    assert read(written) == members


@given(st.lists(st.tuples(KEYS, st.from_regex(r"[^\s\"'=,;|\]]*", fullmatch=True)), min_size=2))
def test_what_was_written_bare_comes_back(members: Pairs) -> None:
    """So are bare values without blanks, quotes and separators, if there is one at all."""
    members = [*members, ("key", "value")]
    assert read(" ".join(f"{key}={value}" for key, value in members)) == members


@given(
    st.lists(
        st.sampled_from(["a", "=", " ", '"', "'", "\\", ",", ";", "|", "\t", "AB", "b=", "]", "\n"]),
        max_size=60,
    )
)
def test_nothing_raises(pieces: list[str]) -> None:
    """Whatever is put together of the format's own characters is read, or is none."""
    read("".join(pieces))
    read('a=1 b=2 c="3" ' + "".join(pieces))
