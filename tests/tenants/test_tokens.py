"""Tokens: taken out of STRUCTURED-DATA wherever they stand there, and nothing else is touched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.structured_data import elements
from tenants.tokens import PREFIX, digest, new_token, take_out

HEADER = b"<13>1 2026-11-20T22:51:03Z fw-1 app 7 ID "
TOKEN = b'[tenant@32473 token="slt_abc"]'


def nobodys(_token: bytes) -> bool:
    """Know no token."""
    return False


def taken(structured_data: bytes, header: bytes = HEADER) -> tuple[bytes, tuple[bytes, ...]] | None:
    """What is left behind the header, and the tokens."""
    found = take_out(header + structured_data, nobodys)
    if found is None:
        return None
    assert found.octets.startswith(header)
    return found.octets[len(header) :], found.tokens


def test_a_token_alone_leaves_nilvalue() -> None:
    """STRUCTURED-DATA without an SD-ELEMENT is NILVALUE (RFC 5424 section 6.3); MSG stays as it is."""
    assert taken(TOKEN + b" text") == (b"- text", (b"slt_abc",))
    assert taken(TOKEN) == (b"-", (b"slt_abc",))


def test_other_elements_and_params_stay() -> None:
    """Only the SD-PARAM goes, and its SD-ELEMENT when it says nothing else."""
    assert taken(b'[a x="1"]' + TOKEN + b'[b y="2"] m') == (b'[a x="1"][b y="2"] m', (b"slt_abc",))
    mixed = b'[tenant@32473 site="Graz" token="t" room="2"] m'
    assert taken(mixed) == (b'[tenant@32473 site="Graz" room="2"] m', (b"t",))


def test_every_token_goes() -> None:
    """A second token, and a second element, are secrets as well."""
    assert taken(b'[tenant@32473 token="a" token="b"][tenant@32473 token="c"] m') == (
        b"- m",
        (b"a", b"b", b"c"),
    )


def test_what_senders_get_wrong_hides_no_token() -> None:
    """Spaces too many, values without quotes, and a missing VERSION, as devices write them."""
    assert taken(b"[ tenant@32473  token = abc ] m") == (b"- m", (b"abc",))
    assert taken(TOKEN + b" m", b"<13>2026-11-20T22:51:03Z fw-1 app 7 ID ") == (b"- m", (b"slt_abc",))
    assert taken(b'[tenant@32473 token="a\\"]b"] m') == (b"- m", (b'a\\"]b',))


def test_msg_and_values_of_others_are_not_looked_into() -> None:
    """What users and attackers write is in MSG and in values: nothing of it is a token."""
    assert taken(b"- " + TOKEN) is None
    assert taken(b'[a x="1"] ' + TOKEN) is None
    assert taken(b'[a x="[tenant@32473 token=\\"t\\"\\]"] m') is None
    assert taken(b'[tenant@32473 site="token=x"] m') is None
    assert take_out(b"<13>Nov 20 22:51:03 fw-1 app: " + TOKEN, nobodys) is None
    assert take_out(TOKEN, nobodys) is None


@pytest.mark.parametrize(
    ("message", "left"),
    [
        (b'%s[tenant@32473 token="%s" site] m', b'%s[tenant@32473 token="" site] m'),
        (b'%s[bad x][tenant@32473 token="%s"] m', b'%s[bad x][tenant@32473 token=""] m'),
        (b'%s[a x="1"][tenant@32473\ttoken="%s"] m', b'%s[a x="1"][tenant@32473\ttoken=""] m'),
        (b'%s[tenant@32473 token="%s', b'%s[tenant@32473 token="'),
        (b'\xef\xbb\xbf%s[tenant@32473 token="%s"] m', b'\xef\xbb\xbf%s[tenant@32473 token=""] m'),
    ],
)
def test_a_token_that_stands_where_nothing_can_be_read_is_not_stored(message: bytes, left: bytes) -> None:
    """A sender's mistake shows its secret to nobody, and what stands there says nothing of the tenant."""
    for header in (HEADER, HEADER.replace(b" ID", b""), HEADER.replace(b"fw-1 app", b"fw-1\tapp")):
        found = take_out(message % (header, new_token().encode()), nobodys)
        assert found is not None
        assert (found.octets, found.tokens) == (left % header, ())
    assert take_out(HEADER + b'- [tenant@32473 token="' + new_token().encode() + b'"]', nobodys) is None


def test_the_id_is_compared_whole() -> None:
    """Another SD-ID that begins or ends like ours is another's."""
    assert taken(b'[tenant@324735 token="t"] m') is None
    assert taken(b'[xtenant@32473 token="t"] m') is None
    assert taken(b'[tenant@32473 tokens="t"] m') is None


def test_a_broken_element_ends_the_search() -> None:
    """What cannot be read as STRUCTURED-DATA is left as it came."""
    assert taken(b'[tenant@32473 token="t') is None
    assert taken(b'[a "b"]' + TOKEN) is None


def test_new_tokens_are_random_and_need_no_escapes() -> None:
    """Two are never the same, and a token comes back as it was made."""
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    for token in tokens:
        assert token.startswith(PREFIX)
        assert taken(b'[tenant@32473 token="%b"] m' % token.encode()) == (b"- m", (token.encode(),))
    assert len({digest(token.encode()) for token in tokens}) == 100


@given(st.binary(max_size=80), st.binary(max_size=40))
def test_nothing_raises_and_what_has_no_sign_is_left(before: bytes, after: bytes) -> None:
    """Any octets are read, and only those with the sign can have a token."""
    found = take_out(before + after, nobodys)
    assert found is None or b"tenant@32473" in before + after
    take_out(HEADER + before + TOKEN + after, nobodys)


@pytest.mark.parametrize(
    "message", [b"<13>Nov 20 22:51:03 fw-1 app: key=%s.", HEADER + b"- %s", b"%s", b"{%s"]
)
def test_a_known_token_is_taken_out_wherever_it_stands(message: bytes) -> None:
    """It would be stored for others to read; it says nothing there. What only looks like one stays."""
    known = new_token().encode()
    found = take_out(message % (b"slt_slt_" + known + b"-x " + known), known.__eq__)
    assert found is not None
    assert (found.octets, found.tokens) == (message % b"slt_slt_-x ", ())
    assert take_out(message % new_token().encode(), known.__eq__) is None


names = st.text("abcxyz", min_size=1, max_size=5)
values = st.text(st.characters(codec="ascii", exclude_characters='"\\]\n'), max_size=10)
sd_elements = st.lists(st.tuples(names, st.lists(st.tuples(names, values), max_size=3)), max_size=3)


@given(sd_elements, st.integers(0, 3))
def test_the_rest_of_any_structured_data_stays(
    several: list[tuple[str, list[tuple[str, str]]]], place: int
) -> None:
    """Wherever the token's element stands among others, these read the same afterwards."""
    written = [
        "[" + " ".join([sd_id, *(f'{name}="{value}"' for name, value in params)]) + "]"
        for sd_id, params in several
    ]
    written.insert(min(place, len(written)), TOKEN.decode())
    found = taken("".join(written).encode() + b" m")
    assert found is not None
    structured_data, _, message = found[0].rpartition(b" ")
    assert message == b"m"
    assert elements(structured_data.decode()) == several or (structured_data == b"-" and not several)
