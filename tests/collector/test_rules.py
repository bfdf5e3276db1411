"""Rule files in the collector: which are read, what is told of faults, and the fields that records get."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from collector.reader import Reader
from collector.rule_settings import SHIPPED
from collector.rules import RuleFiles, file_of, load_file, load_rules, rules_for, shipped_folder
from collector.settings import CollectorSettings, ListenerSettings
from collector.sources import Sources
from parsers.pipeline import Arrival

NOW = 1_795_262_400 * 10**9  # 2026-11-21T12:00:00Z
LOGIN = b"<38>Nov 20 10:00:00 host sshd[1]: Failed password for root from 203.0.113.5 port 22 ssh2"
CEF = b"<38>Nov 20 10:00:00 host sshd: CEF:0|V|P|1|2|n|3|src=192.0.2.1 act=x"


def settings(**own: Any) -> CollectorSettings:
    """Settings as the configuration's merging makes them: the defaults with ``own`` laid over."""
    tables = CollectorSettings().model_dump(exclude_none=True)
    rules = {**tables["rules"], **own.pop("rules", {})}
    return CollectorSettings.model_validate({**tables, **own, "rules": rules})


def fields(collector: CollectorSettings, folder: Path, *frames: bytes, stream: str = "syslog") -> list[Any]:
    """The fields of frames as a reader with the rules of ``stream`` gives them."""
    loaded, _ = load_rules(collector, folder)
    listener = ListenerSettings(transport="udp", port=0, timezone="UTC")
    reader = Reader("l", "udp", Sources("l", listener, {}), rules_for(loaded, stream))
    records = reader.read(frames, [Arrival(NOW, "192.0.2.9", len(frames))], {})
    records.validate(full=True)
    return [None if pairs is None else dict(pairs) for pairs in records["fields"].to_pylist()]


def test_shipped_rules_by_default(tmp_path: Path) -> None:
    """Without any configuration the shipped files are read, without a fault, and their fields are there."""
    loaded, problems = load_rules(CollectorSettings(), tmp_path)
    assert not problems
    assert {one.name for one in loaded} == set(SHIPPED)
    (found,) = fields(CollectorSettings(), tmp_path, LOGIN)
    assert (found["src"], found["user"], found["src_port"]) == ("203.0.113.5", "root", "22")


def test_shipped_rules_can_be_off(tmp_path: Path) -> None:
    """All together, or one by one; own files stay."""
    (tmp_path / "own.rules").write_text("version=2\nrule=:%text:rest%\n")
    own = {"own": {"file": "own.rules", "apps": ["sshd"]}}
    loaded, _ = load_rules(settings(shipped_rules=False, rules=own), tmp_path)
    assert [one.name for one in loaded] == ["own"]
    off = {"sshd": {"enabled": False, "apps": ["sshd"]}}
    loaded, _ = load_rules(settings(rules=off), tmp_path)
    assert {one.name for one in loaded} == set(SHIPPED) - {"sshd"}
    assert rules_for([], "syslog") is None


def test_own_rules_come_first(tmp_path: Path) -> None:
    """A message that an own file reads is none of ours; what it does not match is."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "own.rules").write_text("version=2\nrule=:Accepted %own:rest%\n")
    own = settings(rules={"own": {"file": "rules/own.rules", "apps": ["sshd"]}})
    accepted = LOGIN.replace(b"Failed", b"Accepted")
    found = fields(own, tmp_path, accepted, LOGIN)
    assert found[0] == {"own": "password for root from 203.0.113.5 port 22 ssh2"}
    assert found[1]["user"] == "root"


def test_own_file_in_place_of_a_shipped_one(tmp_path: Path) -> None:
    """A table with a shipped file's name and a file of one's own replaces it."""
    (tmp_path / "sshd.rules").write_text("version=2\nrule=:%all:rest%\n")
    own = settings(rules={"sshd": {"file": "sshd.rules", "apps": ["sshd"]}})
    (found,) = fields(own, tmp_path, LOGIN)
    assert list(found) == ["all"]
    assert file_of("sshd", SHIPPED["sshd"], tmp_path) == shipped_folder() / "sshd.rules"


def test_streams(tmp_path: Path) -> None:
    """A file for a stream is for no other."""
    (tmp_path / "a.rules").write_text("version=2\nrule=:%all:rest%\n")
    own = settings(shipped_rules=False, rules={"a": {"file": "a.rules", "streams": ["office"]}})
    assert fields(own, tmp_path, LOGIN) == [None]
    assert list(fields(own, tmp_path, LOGIN, stream="office")[0]) == ["all"]


def test_fields_come_behind_those_that_are_there(tmp_path: Path) -> None:
    """What a message's payload says stays, and what rules say comes behind it; other rows are untouched."""
    (tmp_path / "a.rules").write_text("version=2\nrule=:CEF:%all:rest%\n")
    own = settings(shipped_rules=False, rules={"a": {"file": "a.rules", "apps": ["sshd"]}})
    plain, cef = fields(settings(shipped_rules=False), tmp_path, LOGIN, CEF)
    found = fields(own, tmp_path, LOGIN, CEF)
    assert plain is None
    assert found[0] is None
    assert found[1] == {**cef, "all": "0|V|P|1|2|n|3|src=192.0.2.1 act=x"}
    assert list(found[1])[-1] == "all"


def test_faults_cost_themselves(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A faulty statement, a missing file and one that is no text are told; everything else works."""
    (tmp_path / "a.rules").write_text("version=2\nrule=:%b:nosuch%\nrule=:%all:rest%\nnonsense\n")
    (tmp_path / "c.rules").write_bytes(b"\xff\xfe")
    rules = {name: {"file": f"{name}.rules", "apps": ["sshd"]} for name in ("a", "missing", "c")}
    own = settings(rules=rules)
    loaded, problems = load_rules(own, tmp_path)
    assert loaded[0].name == "a"
    assert len(loaded) == 1 + len(SHIPPED)
    assert problems[0].startswith(f"{tmp_path / 'a.rules'}:2:8: nosuch: is no type")
    assert problems[1].startswith(f"{tmp_path / 'a.rules'}:4:1: no statement")
    assert problems[2].startswith(f"{tmp_path / 'missing.rules'}: cannot be read")
    assert "collector.rules.missing.file" in problems[2]
    assert "octet 0 is not UTF-8" in problems[3]
    assert list(fields(own, tmp_path, LOGIN)[0]) == ["all"]
    RuleFiles(tmp_path).load_and_tell(own)
    assert [record.levelname for record in caplog.records] == ["ERROR"] * 4
    assert problems[0] in caplog.text


def test_what_has_not_changed_is_not_compiled_again(tmp_path: Path) -> None:
    """At a reload a file is read again, with what it includes, and compiled when any of them has changed."""
    (tmp_path / "a.rules").write_text("version=2\ninclude=b.rules\n")
    (tmp_path / "b.rules").write_text("version=2\nrule=:one %a:word%\n")
    own = settings(rules={"a": {"file": "a.rules", "apps": ["sshd"]}}, shipped_rules=False)
    files = RuleFiles(tmp_path)
    (first,) = files.load_and_tell(own)
    (again,) = files.load_and_tell(own)
    assert again.base is first.base
    (tmp_path / "b.rules").write_text("version=2\nrule=:two %a:word%\n")
    (changed,) = files.load_and_tell(own)
    assert changed.base is not first.base


def test_included_files_are_beside(tmp_path: Path) -> None:
    """include= looks beside the file that includes."""
    (tmp_path / "main.rules").write_text("version=2\ninclude=other.rules\ninclude=nosuch.rules\n")
    (tmp_path / "other.rules").write_text("version=2\nrule=:%all:rest%\n")
    base, problems = load_file(tmp_path / "main.rules")
    assert [rule.name for rule in base.rules] == ["other.rules"]
    assert len(problems) == 1
    assert ":3:9:" in problems[0]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"own": {"apps": ["x"]}}, "file is missing"),
        ({"own": {"file": "a.rules"}}, "apps or streams"),
        ({"own": {"file": "a.rules", "apps": ["x"], "colour": "red"}}, "colour"),
        ({"an own": {"file": "a.rules", "apps": ["x"]}}, "pattern"),
    ],
)
def test_wrong_settings(wrong: dict[str, Any], told: str) -> None:
    """What cannot be meant is refused with what to write."""
    with pytest.raises(ValidationError, match=told):
        CollectorSettings.model_validate({"rules": wrong})
