"""Masks: a masked value stands nowhere in its record, in no spelling."""

import html
import json
import re
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.rebuild import exact_octets
from parsers.render import records_to_json
from parsers.schema import ARCHIVE_SCHEMA
from storage.masking import MASK
from storage.masks import MASKABLE, masked, masks_of

SECRET = "s3cret-Bob"


def shown(make_table: Any, row: dict[str, Any], *masks: str) -> dict[str, Any]:
    """Give a record as masks leave it."""
    records = masked(make_table([row]), masks_of(masks))
    assert records.schema == ARCHIVE_SCHEMA
    found: dict[str, Any] = records.drop_columns(["received_at"]).to_pylist()[0]
    return found


def test_a_field_is_hidden_wherever_it_stands(make_table: Any) -> None:
    """Neither MSG, STRUCTURED-DATA, header nor other fields show the value of a masked one."""
    row = {
        "message": f"login of {SECRET} from 10.0.0.1, user={SECRET.upper()}",
        "structured_data": f'[x@1 who="{SECRET}"]',
        "app_name": SECRET, "hostname": f"pc-of.{SECRET}", "tls_identity": f"CN={SECRET}",
        "fields": [("user", SECRET), ("home", f"/home/{SECRET}/x"), ("src", "10.0.0.1"), (SECRET, "1")],
        "raw": SECRET.encode(), "message_form": f"{SECRET} {{message}}",
    }  # fmt: skip
    found = shown(make_table, row, "user")
    assert SECRET.lower() not in repr(found).lower()
    assert found["message"] == f"login of {MASK} from 10.0.0.1, user={MASK}"
    assert found["structured_data"] == f'[x@1 who="{MASK}"]'
    assert found["fields"] == [("user", MASK), ("home", f"/home/{MASK}/x"), ("src", "10.0.0.1"), (MASK, "1")]


def test_octets_are_not_there(make_table: Any) -> None:
    """Whoever asks for the octets of a masked record gets the mask, whichever way they were kept."""
    rows = [{"message": "x", "raw": b"<13>x"}, {"message": "y", "message_form": "{pri} secret {message}"}]
    records = masked(make_table(rows), masks_of(("user",)))
    assert records["raw"].null_count == 2
    assert exact_octets(records).to_pylist() == [MASK.encode()] * 2


@pytest.mark.parametrize(
    "spelled",
    [
        lambda value: json.dumps({"user": value}),
        lambda value: json.dumps({"user": value}, ensure_ascii=False),
        lambda value: json.dumps({"user": value}).replace("/", r"\/"),
        lambda value: f"<user>{html.escape(value)}</user>",
        lambda value: f"/login?user={quote(value, safe='')}&x=1",
        lambda value: "suser=" + value.replace("\\", r"\\").replace("=", r"\="),
        lambda value: value.upper(),
    ],
    ids=["json", "json in utf-8", "json with slashes", "xml", "url", "cef", "capitals"],
)
@pytest.mark.parametrize("value", ["bob", 'a"b\\c', "dom\\bob=x", "bob@x/y", "jérôme", "<b>&"])
def test_a_value_is_found_as_formats_escape_it(make_table: Any, spelled: Any, value: str) -> None:
    """What a format escapes is hidden in its escaped form."""
    row = {"message": f"{spelled(value)} and more", "fields": [("user", value)]}
    message = shown(make_table, row, "user")["message"]
    assert message.endswith(" and more")
    assert MASK in message
    assert spelled(value) not in message


def test_rather_too_much_than_too_little(make_table: Any) -> None:
    """A text that shows a field's value in no way we know is hidden as a whole, and with it all fields."""
    row: dict[str, Any] = {"message": "who=Ym9i", "structured_data": '[x@1 a="Ym9i"]'}
    row["fields"] = [("user", "bob"), ("b64", "Ym9i")]
    found = shown(make_table, row, "user")
    assert (found["message"], found["structured_data"]) == (MASK, MASK)
    assert found["fields"] == [("user", MASK), ("b64", MASK)]
    long = "x" * 600
    assert shown(make_table, {"message": long, "fields": [("user", long)]}, "user")["message"] == MASK


def test_longer_words_are_others(make_table: Any) -> None:
    """A value inside a longer word is another word, unless it stands nowhere else."""
    row = {"message": "root runs rootkit", "fields": [("user", "root")]}
    assert shown(make_table, row, "user")["message"] == f"{MASK} runs rootkit"
    row = {"message": "id=xroot9", "fields": [("user", "root")]}
    assert shown(make_table, row, "user")["message"] == f"id=x{MASK}9"


def test_values_that_hold_each_other(make_table: Any) -> None:
    """Of several values none is left, though one is a part of another."""
    row = {
        "message": "bob, bob smith and smith",
        "fields": [("user", "bob"), ("user", "bob smith"), ("x", "smith")],
    }
    assert shown(make_table, row, "user")["message"] == f"{MASK}, {MASK} and smith"


@pytest.mark.parametrize(
    "text",
    [
        "user=bob", "user = bob;", 'user="bob"', "user: bob", '{"user": "bob"}', "'user' => 'bob'",
        "x,USER=bob,y",
        'user="bob', "login(user=bob)", "user=bob and BOB", '[a@1 user="bob"]',
    ],
)  # fmt: skip
@pytest.mark.parametrize("column", ["message", "structured_data"])
@pytest.mark.parametrize("mask", ["user", "us*"])
def test_what_a_text_assigns_is_hidden(make_table: Any, text: str, column: str, mask: str) -> None:
    """A value is hidden where a text gives it the name of a masked field, though no field was read there."""
    found = shown(make_table, {column: text, "app_name": "bob"}, mask)
    assert "bob" not in found[column].lower()
    assert found["app_name"] == MASK


@pytest.mark.parametrize("text", ["superuser=bob", "users=bob", "the user bob", "useful: bob", "userx=bob"])
def test_other_names_assign_other_things(make_table: Any, text: str) -> None:
    """What a text says of other names is shown."""
    assert shown(make_table, {"message": text}, "user")["message"] == text


def test_long_texts_are_masked_in_time(make_table: Any) -> None:
    """A text of a megabyte, made to be slow to look through, is masked like another."""
    for text in ("a-" * 500_000, "user" * 250_000, 'user="' * 150_000, "user =" + " " * 1_000_000):
        found = shown(make_table, {"message": text + " user=bob"}, "*user", "u*r", "us?r")
        assert "bob" not in found["message"]


@pytest.mark.parametrize("name", ["user", "USER", "us*", "u?er", "fields.user", "*"])
def test_names_of_fields(make_table: Any, name: str) -> None:
    """A field is named as queries name it, whatever the case; * and ? stand for anything."""
    row = {"message": "by bob", "fields": [("User", "bob")]}
    nested = {"message": "by bob", "fields": [("user.name", "bob")]}
    assert shown(make_table, nested, name)["message"] == f"by {MASK}"
    assert shown(make_table, row, name)["message"] == f"by {MASK}"


@pytest.mark.parametrize("name", ["suser", "user.name", "use", ".*", "user|x"])
def test_other_names_are_other_fields(make_table: Any, name: str) -> None:
    """What is not named is shown."""
    row = {"message": "by bob", "fields": [("user", "bob")]}
    assert shown(make_table, row, name)["message"] == "by bob"


@pytest.mark.parametrize("name", ["message", "msg"])
def test_masked_text_takes_its_fields_along(make_table: Any, name: str) -> None:
    """With MSG goes what was read out of it."""
    found = shown(make_table, {"message": "by bob", "fields": [("user", "bob")], "hostname": "fw-1"}, name)
    assert (found["message"], found["fields"], found["hostname"]) == (MASK, None, "fw-1")


def test_a_masked_host_is_not_named_in_texts(make_table: Any) -> None:
    """A host is hidden in MSG as well, with its domain and without."""
    row = {
        "hostname": "web-01.example.com", "message": "restarting WEB-01 (web-01.example.com), not web-012",
        "fields": [("dvc", "web-01")],
    }  # fmt: skip
    found = shown(make_table, row, "host")
    assert found["message"] == f"restarting {MASK} ({MASK}), not web-012"
    assert (found["hostname"], found["fields"]) == (MASK, [("dvc", MASK)])
    found = shown(make_table, {"hostname": "10.0.0.1", "message": "from 10.0.0.1 and 10"}, "hostname")
    assert found["message"] == f"from {MASK} and 10"


def test_every_text_column_can_be_masked(make_table: Any) -> None:
    """Each is its mask; where there is nothing, there is nothing."""
    names = (
        "hostname",
        "app_name",
        "proc_id",
        "msg_id",
        "structured_data",
        "message",
        "peer",
        "tls_identity",
    )
    for name in names:
        assert shown(make_table, {name: "value"}, name)[name] == MASK
        if name != "peer":
            assert shown(make_table, {}, name)[name] is None
    found = shown(make_table, dict.fromkeys(names, "value"), "any", "peer", "tls")
    assert {found[name] for name in names} == {MASK}


def test_only_what_is_needed_is_read() -> None:
    """Where no text is asked for, none is read."""
    assert not masks_of(("user",)).needs(["seq", "received_at", "severity"])
    assert {"message", "fields"} <= masks_of(("user",)).needs(["hostname"])
    assert not masks_of(()).needs(["message"])


def test_nothing_to_mask_changes_nothing(make_table: Any) -> None:
    """Records without a masked value stay as they are, their octets aside."""
    table = make_table([{"message": "x", "fields": [("a", "b")]}, {"message": None}])
    found = masked(table, masks_of(("user",)))
    others = [name for name in ARCHIVE_SCHEMA.names if name not in {"raw", "message_form"}]
    assert found.select(others).equals(table.select(others))
    assert masked(table, masks_of(())) is table
    assert masked(table.slice(0, 0), masks_of(("user",))).num_rows == 0


pieces = st.text('aAbB1_ -."\\é', max_size=8)


@given(value=st.text("aAbB1_é", min_size=1, max_size=4), before=pieces, after=pieces, in_json=st.booleans())
def test_no_word_is_left(make_table: Any, value: str, before: str, after: str, in_json: bool) -> None:  # noqa: FBT001 - a parameter
    """Wherever a word stands that is masked: as a whole word it is in the record no more."""
    message = f"{before}{json.dumps(value) if in_json else value}{after}"
    found = shown(make_table, {"message": message, "fields": [("user", value)]}, "user")
    assert found["fields"] == [("user", MASK)]
    if value != "_":
        left = found["message"].replace(MASK, "\0")
        assert re.search(rf"(?<!\w){re.escape(value)}(?!\w)", left, re.IGNORECASE) is None
        assert MASK in found["message"]


def test_masked_records_are_rendered_like_others(make_table: Any) -> None:
    """JSON, with the elements of STRUCTURED-DATA, is made of a masked record without complaint."""
    row = {"structured_data": '[x@1 who="bob"][y@1 z="1"]', "message": "m", "fields": [("who", "bob")]}
    for masks in (("who",), ("structured_data",)):
        (record,) = records_to_json(masked(make_table([row]), masks_of(masks)))
        assert "bob" not in json.dumps(record)
        assert record["raw_base64"] is None


def test_pieces_do_not_matter(make_table: Any) -> None:
    """A table in several pieces is masked as a whole one."""
    rows = [
        {"message": f"by {name}", "fields": [("user", name)] if name else None}
        for name in ("a1", "", "b2", "c3")
    ]
    table = make_table([row | {"peer": f"10.0.0.{place}"} for place, row in enumerate(rows)])
    places = ([0], [1, 2], [3])  # each made for itself, with dictionaries of its own
    pieces = pa.concat_tables(
        make_table([rows[place] | {"peer": f"10.0.0.{place}"} for place in some], some[0] + 1)
        for some in places
    )
    assert pieces["peer"].chunk(0).dictionary != pieces["peer"].chunk(1).dictionary
    masks = masks_of(("user",))
    found, expected = masked(pieces, masks), masked(table, masks)
    assert [found[name].to_pylist() for name in MASKABLE] == [expected[name].to_pylist() for name in MASKABLE]
    assert masked(table, masks)["message"].to_pylist() == [f"by {MASK}", "by ", f"by {MASK}", f"by {MASK}"]
