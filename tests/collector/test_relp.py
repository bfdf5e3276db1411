"""A session of RELP as a play of octets: what is taken, what is answered and when, and how it ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.relp import RelpSession
from parsers.schema import Flag
from tests.collector.relp_streams import OPEN, Heard, hear, hear_however_cut, session_of, syslog, take
from tests.shared import Case, parameters, vectors

SERVERCLOSE = b"0 serverclose 0\n"
OFFERS = b"relp_version=0\nrelp_software=sysledger\ncommands=syslog"
OPENED = b"1 rsp %d 200 OK\n%b\n" % (len(b"200 OK\n" + OFFERS), OFFERS)
VECTORS = vectors("relp")
# What must be said to each stream of octets that is wrong; none of them is waited for.
REFUSALS = {
    "RELP-ERR01": b"1 rsp 24 500 relp_version missing\n",  # leading zeros are numbers, as librelp reads them
    "RELP-ERR02": b"1 rsp 24 500 relp_version missing\n",
    "RELP-ERR03": b"",
    "RELP-ERR04": b"",
    "RELP-ERR05": b"1 rsp 24 500 open must come first\n",
    "RELP-ERR06": b"",
    "RELP-ERR07": b"1 rsp 24 500 open must come first\n",
    "RELP-ERR08": b"2 rsp 24 500 open must come first\n",
    "RELP-ERR09": b"",
    "RELP-ERR10": b"1 rsp 24 500 relp_version missing\n",
    "RELP-ERR11": b"1 rsp 35 500 an offer of more than 64 values\n",
}


def opened(maximum_octets: int = 131_072) -> RelpSession:
    """A session that is open."""
    session = RelpSession(maximum_octets)
    session.feed(OPEN)
    session.take_outgoing()
    return session


@pytest.mark.parametrize("vector", parameters(VECTORS))
def test_vector(vector: Case) -> None:
    """Each vector gets the answer it expects, with our name in place of librelp's, however it is cut."""
    octets = bytes.fromhex(vector["hex"])
    match vector["id"]:
        case "RELP-OPEN":
            expected = bytes.fromhex(vector["expect"]["reply_hex"])
            name = b"librelp,1.13.0,http://librelp.adiscon.com"
            heard = hear_however_cut(octets)
            assert heard.said.split(b"\n")[1:] == expected.replace(name, b"sysledger").split(b"\n")[1:]
            assert heard.said == OPENED
        case "RELP-SERVERCLOSE":
            session = opened()
            session.leave()
            assert (session.take_outgoing(), session.ended) == (octets, True)
        case error if error in REFUSALS:
            heard = hear_however_cut(octets)
            assert heard.said == REFUSALS[error] + SERVERCLOSE
            assert heard.failure
            assert not heard.messages
        case kind:
            first = int(octets.split(b" ", 1)[0])
            earlier = session_of(*[b"<13>x"] * (first - 2))
            heard = hear_however_cut(earlier + octets)
            answers = b"".join(b"%d rsp 6 200 OK\n" % txnr for txnr in range(2, first))
            expected = bytes.fromhex(vector["expect"].get("reply_hex", ""))
            for txnr in vector["expect"].get("replies_in_order", []):
                expected += b"%d rsp 6 200 OK\n" % txnr
            if kind == "RELP-CLOSE":
                expected = b"4 rsp 0\n" + SERVERCLOSE
            assert heard.said == OPENED + answers + expected
            assert heard.failure is None


def test_nothing_is_acknowledged_before_storage_has_it() -> None:
    """Messages are taken without a word; the answers come when their run is stored, all at once."""
    session, heard = opened(), Heard()
    (run,) = take(heard, session, syslog(2, b"<13>a") + syslog(3, b"<13>b"))
    assert heard.messages == [b"<13>a", b"<13>b"]
    assert session.take_outgoing() == b""
    assert (session.answers.unacknowledged, session.answers.unacknowledged_octets) == (2, 10)
    session.answer(run)
    assert session.take_outgoing() == b"2 rsp 6 200 OK\n3 rsp 6 200 OK\n"
    assert (session.answers.unacknowledged, session.answers.unacknowledged_octets) == (0, 0)


def test_answers_come_in_the_order_of_the_commands() -> None:
    """A run that is stored before an earlier one waits for it, and so does the answer to any command."""
    session = opened()
    (first,) = session.feed(syslog(2, b"<13>a"))
    (second,) = session.feed(syslog(3, b"<13>b") + b"4 starttls 0\n")
    session.answer(second)
    assert session.take_outgoing() == b""
    session.answer(first)
    assert session.take_outgoing() == (b"2 rsp 6 200 OK\n3 rsp 6 200 OK\n4 rsp 19 500 unknown command\n")


def test_close_waits_for_storage() -> None:
    """close is answered after every message before it; then serverclose, and the connection may close."""
    session = opened()
    (run,) = session.feed(syslog(2, b"<13>a") + b"3 close 0\n" + b"4 syslog 1 x\n")
    assert not session.ended
    assert session.take_outgoing() == b""
    assert session.feed(b"5 syslog 1 x\n") == []
    session.answer(run)
    assert session.take_outgoing() == b"2 rsp 6 200 OK\n3 rsp 0\n" + SERVERCLOSE
    assert session.ended
    assert session.failure is None
    assert session.discarded == 2 * len(b"4 syslog 1 x\n")


def test_stopping_answers_what_was_taken() -> None:
    """When the appliance stops, no more is read; what was taken is answered, then serverclose is said."""
    session = opened()
    (run,) = session.feed(syslog(2, b"<13>a") + b"3 sysl")
    session.leave()
    assert session.feed(syslog(3, b"<13>b")) == []
    assert not session.ended
    session.answer(run)
    session.leave()
    assert session.take_outgoing() == b"2 rsp 6 200 OK\n" + SERVERCLOSE
    assert session.ended


def test_what_storage_does_not_take_is_never_answered() -> None:
    """librelp throws away what 500 answers: the session ends instead, and the sender sends again."""
    session = opened()
    (first,) = session.feed(syslog(2, b"<13>a"))
    (second,) = session.feed(syslog(3, b"<13>b"))
    session.fail("storage did not take its messages")
    session.answer(first)
    session.answer(second)
    assert session.take_outgoing() == SERVERCLOSE
    assert session.answers.unacknowledged == 2
    assert session.ended


@pytest.mark.parametrize(
    "offers",
    [
        b"relp_version=0\nrelp_software=librelp\ncommands=syslog",
        b"\nrelp_version=1\nrelp_software=x\ncommands=syslog",
        b"relp_version=1\n",
        b"RELP_VERSION=7\nstarttls=required\nnonsense\ncommands=syslog,eventlog",
    ],
    ids=["librelp", "LF before each", "LF at the end", "later version, unknown offers"],
)
def test_offers(offers: bytes) -> None:
    """Offers are read with LF before, between and after them; the lower version of the two is spoken."""
    heard = hear([b"1 open %d %b\n" % (len(offers), offers)])
    version = b"0" if b"version=0" in offers else b"1"
    assert heard.said == OPENED.replace(b"relp_version=0", b"relp_version=" + version)
    assert heard.failure is None


@pytest.mark.parametrize(
    "offers",
    [
        b"relp_version=",
        b"relp_version=one",
        b"relp_version=0\n" + b"x" * 33 + b"=1",
        b"relp_version=0\nx=" + b"y" * 256,
        b"relp_version=0" + b"\nx=1" * 65,
        b"relp_version=" + b"9" * 5000,
    ],
)
def test_impossible_offers_are_refused(offers: bytes) -> None:
    """An open without a version, or with more than the specification allows, is answered by 500."""
    heard = hear([b"1 open %d %b\n" % (len(offers), offers)])
    assert b" 500 " in heard.said
    assert heard.said.endswith(SERVERCLOSE)
    assert heard.failure


def test_second_open_is_a_protocol_error_and_costs_nothing_else() -> None:
    """A second open is answered by 500; messages after it are taken."""
    heard = hear_however_cut(session_of(b"<13>a") + b"3 open 14 relp_version=0\n" + syslog(4, b"<13>b"))
    assert heard.messages == [b"<13>a", b"<13>b"]
    assert b"\n3 rsp 38 500 protocol error: open a second time\n4 rsp 6 200 OK\n" in heard.said
    assert heard.failure is None


@pytest.mark.parametrize(
    ("octets", "failure"),
    [
        (b"4 syslog 1 x\n", "TXNR is not the next one"),
        (b"2 syslog 1 x\n", "TXNR is not the next one"),
        (b"0 syslog 1 x\n", "TXNR is not the next one"),
        (b"3 syslog 3 abcX", "no LF after the octets that DATALEN counts"),
        (b"3 syslog 3 ab\n4 syslog 1 x\n", "no LF after the octets that DATALEN counts"),
        (b"3 syslog 3\nabc\n", "no SP after DATALEN"),
        (b"3 syslog -1 x\n", "no frame where one should begin"),
        (b"3 syslog x", "no frame where one should begin"),
        (b"<13>plain syslog\n", "no frame where one should begin"),
        (b"3 syslog 16777217 ", "DATALEN over 16777216"),
        (b"3 open 131073 ", "DATALEN too large for this command"),
    ],
)
def test_what_is_no_frame_ends_the_session_at_once(octets: bytes, failure: str) -> None:
    """Nothing can be found after a broken frame: what came before it is taken, no more is waited for."""
    heard = hear_however_cut(session_of(b"<13>a") + octets, stored=False)
    assert heard.messages == [b"<13>a"]
    assert heard.failure == failure
    assert heard.said == OPENED + SERVERCLOSE
    assert heard.discarded > 0


def test_numbers_begin_again_after_the_last() -> None:
    """TXNR 999999999 is followed by 1, also within a run."""
    session = opened()
    session._expected = 999_999_998  # noqa: SLF001 - the only way there that takes no hours
    numbers = [999_999_998, 999_999_999, 1, 2]
    (run,) = session.feed(b"".join(syslog(txnr, b"<13>x") for txnr in numbers))
    session.answer(run)
    assert session.take_outgoing() == b"".join(b"%d rsp 6 200 OK\n" % txnr for txnr in numbers)
    assert session.feed(b"1000000000 syslog 1 x\n") == []
    assert session.failure == "no frame where one should begin"


def test_longest_messages() -> None:
    """131072 octets are kept whole, whatever the listener's limit; one more is cut, flagged and answered."""
    session, heard = opened(maximum_octets=2048), Heard()
    whole, longer = b"x" * 131_072, b"y" * 131_073
    take(heard, session, syslog(2, whole) + syslog(3, longer) + syslog(4, b"<13>after"))
    assert heard.messages == [whole, longer[:-1], b"<13>after"]
    assert heard.flags == {1: (Flag.TRUNCATED,)}
    assert session.discarded == 1


@pytest.mark.parametrize("size", [1, 1000, 65_536])
def test_cut_message_however_it_comes(size: int) -> None:
    """The rest of a message that is too long is passed over as it comes, and never kept."""
    stream = session_of(b"x" * 135_000, b"<13>after")
    pieces = (stream[position : position + size] for position in range(0, len(stream), size))
    heard = hear(pieces)
    assert [len(message) for message in heard.messages] == [131_072, 9]
    assert heard.flags == {0: (Flag.TRUNCATED,)}
    assert heard.said.endswith(b"\n2 rsp 6 200 OK\n3 rsp 6 200 OK\n")


def test_cut_message_with_a_wrong_count_is_no_frame() -> None:
    """Where the LF is missing after a message that is too long, the session ends and it is not answered."""
    heard = hear([OPEN, b"2 syslog 131073 " + b"x" * 131_073 + b"yyy"])
    assert heard.messages == []
    assert heard.failure == "no LF after the octets that DATALEN counts"


def test_empty_messages_are_answered_and_not_stored() -> None:
    """A message without octets is answered in its turn, and nothing goes to storage for it."""
    heard = hear_however_cut(session_of(b"", b"<13>a", b"", b"", b"<13>b") + b"7 syslog 0 \n")
    assert heard.messages == [b"<13>a", b"<13>b"]
    answers = b"".join(b"%d rsp 6 200 OK\n" % txnr for txnr in range(2, 8))
    assert heard.said == OPENED + answers


def test_session_is_bounded() -> None:
    """With too many commands or octets unanswered nothing more should be read, until they are."""
    session = opened()
    (run,) = session.feed(b"".join(syslog(txnr, b"x") for txnr in range(2, 202)))
    assert not session.answers.crowded
    (more,) = session.feed(b"".join(syslog(txnr, b"x") for txnr in range(202, 17_000)))
    assert session.answers.crowded
    session.answer(run)
    session.answer(more)
    assert not session.answers.crowded
    for txnr in range(17_000, 17_070):
        session.feed(syslog(txnr, b"x" * 131_072))
    assert session.answers.crowded


def test_other_commands_count_for_the_bound() -> None:
    """Answers that wait for a message are bounded, too."""
    session = opened()
    session.feed(syslog(2, b"x"))
    session.feed(b"".join(b"%d nonsense 0\n" % txnr for txnr in range(3, 17_000)))
    assert session.answers.crowded


@given(messages=st.lists(st.binary(max_size=30), max_size=8), cut=st.integers(1, 40))
def test_any_octets_come_back(messages: list[bytes], cut: int) -> None:
    """DATA may hold any octets, LF and what looks like a frame among them."""
    stream = session_of(*messages)
    pieces = [stream[position : position + cut] for position in range(0, len(stream), cut)]
    heard = hear(pieces)
    assert heard.messages == [message for message in messages if message]
    assert heard.said.count(b"200 OK\n") == len(messages) + 1
    assert heard.failure is None


PARTS = st.sampled_from(
    [b"1", b"2", b"3", b" ", b"\n", b"syslog", b"open", b"close", b"0", b"x", b"999999999", OPEN]
)


@given(st.lists(PARTS | st.binary(max_size=4), max_size=30), st.sampled_from([b"", OPEN]))
def test_hostile_octets_raise_nothing(parts: list[bytes], before: bytes) -> None:
    """Whatever comes, nothing is raised, and every cut of it gives the same."""
    stream = before + b"".join(parts)
    whole = hear([stream], stored=False)
    pieces = [stream[position : position + 1] for position in range(len(stream))]
    assert hear(pieces, stored=False) == whole


def test_inner_payload_is_left_alone() -> None:
    """DATA is the message to the octet: a LF at its end, which rsyslog's templates put there, stays."""
    heard = hear([session_of(b"<13>1 - h a - - - x\n", b'{"version":"1.1"}', b"\0\xff")])
    assert heard.messages == [b"<13>1 - h a - - - x\n", b'{"version":"1.1"}', b"\0\xff"]
