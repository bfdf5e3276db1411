"""How much of the corpora's real messages each shipped rule file reads, and that none comes with a fault."""

import re
from collections import Counter
from pathlib import Path

import pytest

from collector.rule_settings import SHIPPED
from collector.rules import choice_for, load_file, load_rules, shipped_folder
from collector.settings import CollectorSettings
from parsers.rules.trial import Trial
from storage import query_fields
from tests.conf.lines import choice, corpora, rulebase
from tests.shared import ABSENT, SHARED

DOCUMENT = Path(__file__).parents[2] / "parsers" / "rules" / "RULES.md"


@pytest.mark.parametrize("name", SHIPPED)
def test_files_have_no_faults(name: str) -> None:
    """Every shipped file loads whole, and each of its rules stands for itself."""
    sources = [(rule.name, rule.line) for rule in rulebase(name).rules]
    assert sources
    assert all(rule.tags for rule in rulebase(name).rules)


def test_every_file_is_used() -> None:
    """No rule file is shipped that no setting and no other file names."""
    files = {path.name for path in shipped_folder().glob("*.rules")}
    included = {
        found
        for path in shipped_folder().glob("*.rules")
        for found in re.findall(r"^include=(.*)$", path.read_text("utf-8"), re.MULTILINE)
    }
    assert files == {f"{name}.rules" for name in SHIPPED} | included
    assert not [problem for path in shipped_folder().glob("*.rules") for problem in load_file(path)[1]]


def test_every_field_is_documented_and_can_be_asked_for() -> None:
    """Each name that a shipped file gives stands in RULES.md, and a query takes it for no slip of another."""
    text = DOCUMENT.read_text("utf-8")
    names = {
        field
        for name in SHIPPED
        for rule in rulebase(name).rules
        for field in (*rule.fields, *dict(rule.annotations))
    }
    assert {name for name in names if f"`{name}`" not in text} == set()
    assert {name for name in names if query_fields.find(name) or query_fields.close_name(name)} == set()


# Messages of the corpora that match a rule of each file: somewhat fewer than do today, because how a header is
# read decides which messages are a program's.
COVERAGE = {
    "sshd": 2_100,
    "sudo": 20,
    "login": 36,
    "pam": 1_600,
    "postfix": 10,
    "iptables": 14,
    "dhcpd": 115,
    "named": 23,
    "web": 45,
    "haproxy": 7,
    "cisco_asa": 185,
}
# Programs whose messages have rules, nearly all of them, and how many of the corpora's may match none. (PAM's
# rules look at other programs' messages, too, and find few there.)
FALLEN = {"sshd": 12, "sudo": 2, "su": 2, "login": 2, "kernel": 2, "dhcpd": 2, "named": 2, "haproxy": 2}


@pytest.mark.skipif(not SHARED.is_dir(), reason=ABSENT)
@pytest.mark.parametrize("name", SHIPPED)
def test_coverage(name: str) -> None:
    """At least so many real messages match a rule of the file."""
    trial = Trial(choice(name))
    for records in corpora():
        trial.add(records)
    assert trial.matched >= COVERAGE[name]


@pytest.mark.skipif(not SHARED.is_dir(), reason=ABSENT)
def test_little_falls_through() -> None:
    """With all files together, next to none of these programs' real messages match no rule."""
    loaded, _ = load_rules(CollectorSettings(), Path())
    trial = Trial(choice_for(loaded, "syslog"))
    for records in corpora():
        trial.add(records)
    fallen = Counter[str | None]()
    for one in trial.fallen(trial.unmatched):
        fallen[one.app_name] += one.count
    assert {app for app, most in FALLEN.items() if fallen[app] > most} == set()
    assert sum(count for app, count in fallen.items() if str(app).startswith(("%ASA", "%FTD"))) <= 10
