"""Which rulebase a message is for, and whose fields it gets."""

import pyarrow as pa
import pytest

from parsers.rules import load
from parsers.rules.choice import Choice, Chosen

WORDS = load("version=2\nrule=words:%first:word% %second:word%\n", "words")
NUMBERS = load("version=2\nrule=numbers:%number:number% %rest:rest%\n", "numbers")
ANY = load("version=2\nrule=any:%text:rest%\n", "any")


def records(*rows: tuple[str | None, str | None]) -> pa.RecordBatch:
    """Records with app_name and message."""
    apps, messages = zip(*rows, strict=True)
    return pa.RecordBatch.from_pydict(
        {"app_name": pa.array(apps, pa.string()), "message": pa.array(messages, pa.string())}
    )


def told(choice: Choice, batch: pa.RecordBatch) -> list[dict[str, str]]:
    """The fields of each record, without the tags; no name comes twice here."""
    found: list[dict[str, str]] = [{} for _ in range(len(batch))]
    for entries in choice.entries(batch):
        columns = (entries.rows.to_pylist(), entries.names.to_pylist(), entries.values.to_pylist())
        for row, name, value in zip(*columns, strict=True):
            if name != "event.tags":
                assert name not in found[row]
                found[row][name] = value
    return found


@pytest.mark.parametrize(
    ("patterns", "app_name", "takes"),
    [
        (("sshd",), "sshd", True),
        (("sshd",), "sshd-session", False),
        (("sshd",), "SSHD", False),
        (("postfix/*",), "postfix/smtpd", True),
        (("postfix/*",), "postfix", False),
        (("%ASA-*",), "%ASA-4-106023", True),
        (("*(pam_*)",), "sshd(pam_unix)", True),
        (("a?c", "d"), "abc", True),
        (("a[bc]",), "ab", False),
        (("a[bc]",), "a[bc]", True),
        (("*",), "a\nb", True),
        (("*",), None, False),
        ((), None, True),
        ((), "anything", True),
    ],
)
def test_patterns(patterns: tuple[str, ...], app_name: str | None, takes: bool) -> None:  # noqa: FBT001
    """Patterns are of the whole app_name; without any, all messages are meant."""
    assert Chosen("x", ANY, patterns).takes(app_name) is takes


def test_a_message_goes_to_the_first_file_that_gives_it_fields() -> None:
    """The second file sees what the first did not match, and only its own programs' messages."""
    choice = Choice([Chosen("numbers", NUMBERS, ("a", "b")), Chosen("words", WORDS, ("a", "c"))])
    batch = records(("a", "1 x"), ("a", "y x"), ("b", "y x"), ("c", "1 x"), ("d", "1 x"), (None, "1 x"))
    assert told(choice, batch) == [
        {"number": "1", "rest": "x"},
        {"first": "y", "second": "x"},
        {},
        {"first": "1", "second": "x"},
        {},
        {},
    ]


def test_a_text_that_must_be_there() -> None:
    """Messages without the text are passed over, whatever they would match."""
    choice = Choice([Chosen("any", ANY, (), "needle")])
    batch = records(("a", "a needle"), (None, "needle"), ("a", "hay"), ("a", None))
    assert told(choice, batch) == [{"text": "a needle"}, {"text": "needle"}, {}, {}]


def test_all_messages() -> None:
    """A file for all messages sees those without app_name, too."""
    assert told(Choice([Chosen("any", ANY)]), records((None, "x"), ("a", "y"), ("b", None))) == [
        {"text": "x"},
        {"text": "y"},
        {},
    ]


def test_fields_without_text_are_left_out() -> None:
    """What a rule reads as nothing is no field."""
    base = load("version=2\nrule=:%a:char-sep:,%,%b:char-sep:,%\n")
    assert told(Choice([Chosen("x", base)]), records(("a", ",1"), ("a", ","))) == [{"b": "1"}, {}]


def test_which_tells_the_same_as_entries() -> None:
    """The rule that a message matches is of the file that its fields are from."""
    choice = Choice([Chosen("numbers", NUMBERS, ("a",)), Chosen("words", WORDS, ("a", "c"))])
    batch = records(("a", "1 x"), ("a", "y x"), ("a", "y"), ("c", "1 x"), ("d", "1 x"), ("a", None))
    found = [([one.name for one in chosen], rule and rule.name) for chosen, rule in choice.which(batch)]
    assert found == [
        (["numbers"], "numbers"),
        (["numbers", "words"], "words"),
        (["numbers", "words"], None),
        (["words"], "words"),
        ([], None),
        ([], None),
    ]


def test_names_that_are_made_up_fill_no_memory() -> None:
    """What is remembered of programs' names is bounded in number and length, and still right."""
    choice = Choice([Chosen("any", ANY, ("app*",))])
    for start in range(0, 10_000, 1_000):
        batch = records(*((f"app{number}", "x") for number in range(start, start + 1_000)))
        assert told(choice, batch) == [{"text": "x"}] * 1_000
    assert told(choice, records(("app" + "x" * 1_000, "y"))) == [{"text": "y"}]
    remembered = choice._takers  # noqa: SLF001 - the bound is the promise
    assert len(remembered) <= 4_096
    assert max(len(name or "") for name in remembered) <= 255


def test_no_records() -> None:
    """An empty batch has no fields."""
    batch = records(("a", "x")).slice(0, 0)
    assert Choice([Chosen("any", ANY)]).entries(batch) == []
