"""Trying rules on messages: the counts, and what falls through."""

import json

import pyarrow as pa

from parsers.rules import load
from parsers.rules.choice import Choice, Chosen
from parsers.rules.trial import Trial, bare_records, fields_told, of_app, sample_records
from parsers.schema import BATCH_SCHEMA

BASE = load(
    "version=2\nrule=a,b:user %user:word% came\nrule=:user %user:word% left at %hour:number%\n", "x.rules"
)
LINES = [
    b"user ada came\n",
    b"user bob came\n",
    b"user ada left at 7\n",
    b"user ada left at noon\n",
    b"user ada left at 12h\n",
    b"user bob left at 13h",
]


def a_trial(app_name: str | None = "door", pattern: str = "door") -> Trial:
    """A trial of the lines, as messages of one program."""
    trial = Trial(Choice([Chosen("x", BASE, (pattern,))]))
    for records in bare_records(LINES, app_name):
        trial.add(records)
    return trial


def test_counts() -> None:
    """Each message is counted once: for its rule, as matching none, or as being for no rules."""
    trial = a_trial()
    assert (trial.messages, trial.matched, trial.unmatched) == (6, 3, 3)
    assert [(rule.line, count) for rule, count in trial.hits] == [(2, 2), (3, 1)]
    other = a_trial("window")
    assert (other.messages, other.matched, other.unmatched) == (6, 0, 0)
    assert other.unconcerned == {"window": 6}
    assert a_trial(None).unconcerned == {"(none)": 6}


def test_what_falls_through() -> None:
    """Messages that differ in numbers only are one kind; each tells where no rule goes on."""
    kinds = [(one.message, one.rest, one.count) for one in a_trial().fallen(10)]
    assert kinds == [
        ("user ada left at noon", "noon", 1),
        ("user ada left at 12h", "h", 1),
        ("user bob left at 13h", "h", 1),
    ]
    assert len(a_trial().fallen(1)) == 1


def test_document() -> None:
    """The document is JSON, with file, line, tags, count and percentage of each rule."""
    document = json.loads(json.dumps(a_trial().document(1)))
    assert document["rules"] == [
        {"file": "x.rules", "line": 2, "tags": ["a", "b"], "count": 2, "percent": 33.33},
        {"file": "x.rules", "line": 3, "tags": [], "count": 1, "percent": 16.67},
    ]
    assert document["fallen"] == [
        {
            "app_name": "door",
            "count": 1,
            "message": "user ada left at noon",
            "stopped_at": 17,
            "rest": "noon",
        }
    ]
    assert a_trial().rows()[0] == ("x.rules:2", "a, b", "2", "33.3 %")
    sentences = list(a_trial().sentences(10))
    assert sentences[0].startswith("6 messages: 3 match a rule (50.0 %), 3 match none")
    assert "character 18: noon" in sentences[2]


def test_nothing() -> None:
    """Without messages there is nothing to divide by."""
    assert next(iter(Trial(Choice([])).sentences(3))).startswith("0 messages: 0 match a rule (0.0 %)")


def test_many_kinds_fill_no_memory() -> None:
    """Of endlessly many kinds of messages a bounded number is remembered; all are counted."""
    trial = Trial(Choice([Chosen("x", BASE)]))
    words = [
        f"{first}{second}{third}\n".encode() for first in _LETTERS for second in _LETTERS for third in "ab"
    ]
    for records in bare_records(words, None):
        trial.add(records)
    assert trial.unmatched == len(words)
    assert len(trial.fallen(len(words))) == 1_000


_LETTERS = "ghijklmnopqrstuvwxyzäöüßéèêëàáâãåæçñø"


def test_samples_and_programs() -> None:
    """Lines are read by whoever reads frames, without their LF; of_app keeps one program's."""
    read = list(
        sample_records([b"a\n", b"b"], lambda frames: pa.RecordBatch.from_pydict({"raw": list(frames)}))
    )
    assert [batch["raw"].to_pylist() for batch in read] == [[b"a", b"b"]]
    (records,) = bare_records([b"x", b"\xff"], "postfix/smtpd")
    assert of_app(records, "postfix/*")["message"].to_pylist() == ["x", "\ufffd"]
    assert of_app(records, "sshd").num_rows == 0


def test_one_record_is_told() -> None:
    """`explain` shows the rule with its place and source, and the fields behind those that were there."""
    columns = {
        name: pa.nulls(1, kind) for name, kind in zip(BATCH_SCHEMA.names, BATCH_SCHEMA.types, strict=True)
    }
    columns |= {"message": pa.array(["user ada came"]), "app_name": pa.array(["door"])}
    columns["fields"] = pa.array([[("old", "1")]], BATCH_SCHEMA.field("fields").type)
    record = pa.RecordBatch.from_arrays([columns[name] for name in BATCH_SCHEMA.names], BATCH_SCHEMA.names)
    told = list(fields_told(record, Choice([Chosen("x", BASE)])))
    assert told == [
        "rule: x.rules:2: rule=a,b:user %user:word% came",
        "fields:",
        "  old: 1",
        "  user: ada",
        "  event.tags: a",
        "  event.tags: b",
    ]
    columns["message"] = pa.array(["user ada went"])
    record = pa.RecordBatch.from_arrays([columns[name] for name in BATCH_SCHEMA.names], BATCH_SCHEMA.names)
    assert (
        next(iter(fields_told(record, Choice([Chosen("x", BASE)])))) == "rule: none of x goes on from: went"
    )
    assert list(fields_told(record, Choice([]))) == ["fields:", "  old: 1"]
