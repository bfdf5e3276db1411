"""Tokens of messages that are JSON objects: taken out with their comma, and nothing else is touched."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.token_member import MEMBER, is_object, take_members


@pytest.mark.parametrize(
    ("octets", "left"),
    [
        (b'{"a": 1, "_tenant_token" : "t", "b":2}', b'{"a": 1, "b":2}'),
        (b'{"_tenant_token":"t","b":2}', b'{"b":2}'),
        (
            b'{"a": [1,{"_tenant_token":"x"}] , "_tenant_token":"t" }\n',
            b'{"a": [1,{"_tenant_token":"x"}] }\n',
        ),
        (b'{ "_tenant_token":"t" }', b"{ }"),
        (
            b'\xef\xbb\xbf {"_tenant_token":"t","a":"\\u00e9\xff"}behind',
            b'\xef\xbb\xbf {"a":"\\u00e9\xff"}behind',
        ),
        (
            b'{"\\u005ftenant_token":"\\u0074","a":1e999,"b":%s}' % (b"9" * 5000),
            b'{"a":1e999,"b":%s}' % (b"9" * 5000),
        ),
    ],
)
def test_the_member_goes_with_its_comma(octets: bytes, left: bytes) -> None:
    """Wherever it stands, however it is written; every other octet stays as it came."""
    assert is_object(octets)
    assert take_members(octets) == (left, (b"t",))


def test_only_texts_of_the_object_itself_are_tokens() -> None:
    """Not what stands in a value, which users and attackers write, nor what is no text."""
    for octets in (
        b'{"a":{"_tenant_token":"t"}}', b'{"_tenant_token":["t"]}', b'{"a":"\\"_tenant_token\\":\\"t\\""}',
        b"{}", b'{"_tenant_token":1}',
    ):  # fmt: skip
        assert take_members(octets) == (octets, ())


def test_every_token_goes() -> None:
    """Of a name that stands there twice, too."""
    assert take_members(b'{"_tenant_token":"a","x":1,"_tenant_token":"b"}') == (b'{"x":1}', (b"a", b"b"))


@pytest.mark.parametrize(
    "octets",
    [
        b'{"_tenant_token":"t"', b'{"_tenant_token":"t",}', b'{"_tenant_token" "t"}',
        b'{"_tenant_token":"t" "a":1}',
        b'{"a":' + b"[" * 100_000, b'{1:2,"_tenant_token":"t"}', b"{", b'{"_tenant_token":"t\n"}',
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_nothing(octets: bytes) -> None:
    """Cut off, no JSON, nested without end: no token, and no error."""
    assert take_members(octets) is None


keys = st.text(max_size=4) | st.just(MEMBER)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("slt_x"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(keys, values, max_size=5), st.sampled_from([None, 1]))
def test_the_rest_of_any_object_stays(document: dict[str, object], indent: int | None) -> None:
    """It reads as the object without the member, in the same order."""
    found = take_members(json.dumps(document, indent=indent, ensure_ascii=False).encode())
    assert found is not None
    token = document.get(MEMBER)
    wanted = {key: value for key, value in document.items() if key != MEMBER or not isinstance(token, str)}
    assert list(json.loads(found[0]).items()) == list(wanted.items())
    assert found[1] == ((token.encode(),) if isinstance(token, str) else ())
