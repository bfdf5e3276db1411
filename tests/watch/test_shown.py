"""What `sysledger sources` shows."""

import logging

import pytest

from tests.watch.records import START, observed, situation, taken
from watch.findings import Finding, Findings
from watch.inventory import Inventory
from watch.shown import chosen, document, finding_rows, rows
from watch.telling import MOST_TOLD, sentence, subject, tell

HOSTILE = "evil\x1b[31m\u202e\n" + "x" * 300


def test_a_source_is_told_with_all_that_is_known() -> None:
    """Times are RFC 3339, severities by name; who shares the peer or the name is counted."""
    inventory, findings = Inventory(), Findings()
    taken(
        inventory,
        observed(START, 3, skew=-7_200.0, kinds={"severity": {"err": 1, "info": 2}}),
        observed(START + 5, host="other"),
        observed(START + 6, peer="192.0.2.2", host="FW"),
    )
    findings.begin(Finding("new", "default", "192.0.2.1", "fw", START, "is new"))
    told = document(inventory, findings, situation(START + 60, inventory))
    first = next(one for one in told["sources"] if one["host"] == "fw")
    assert first["first_seen"] == "2027-01-15T08:00:00.000Z"
    assert first["severities"] == {"err": 1, "info": 2}
    assert (first["hosts_at_peer"], first["peers_of_host"]) == (2, 2)
    assert first["findings"] == ["new"]
    assert first["clock_seconds"] == -7_200.0
    assert told["findings"][0]["about"] == "source fw at 192.0.2.1"
    shown = rows(told["sources"])
    assert [row[0] for row in shown] == ["fw", "FW", "other"]
    assert shown[0][7:] == ("2 h behind", "new")


def test_hosts_and_peers_are_chosen_by_pattern() -> None:
    """Either may match, whatever the case; silent ones alone on demand."""
    inventory, findings = Inventory(), Findings()
    taken(inventory, observed(START), observed(START, host="web-1"), observed(START, peer="2001:db8::1"))
    findings.begin(Finding("silent", "default", "192.0.2.1", "web-1", START, "is silent"))
    told = document(inventory, findings, situation(START + 60, inventory))

    def names(pattern: str | None, *, silent: bool = False) -> list[tuple[str, str]]:
        return [(one["host"], one["peer"]) for one in chosen(told, pattern, silent=silent)["sources"]]

    assert names("WEB-*") == [("web-1", "192.0.2.1")]
    assert names("2001:*") == [("fw", "2001:db8::1")]
    assert names("fw") == [("fw", "192.0.2.1"), ("fw", "2001:db8::1")]
    assert names(None, silent=True) == [("web-1", "192.0.2.1")]
    assert not names("nobody")


def test_hostile_names_steer_no_terminal() -> None:
    """Controls, direction marks and endless names are shown as codes and cut, in tables and in sentences."""
    inventory, findings = Inventory(), Findings()
    taken(inventory, observed(START, host=HOSTILE))
    news = findings.begin(Finding("silent", "default", "192.0.2.1", HOSTILE, START, "is silent"))
    told = document(inventory, findings, situation(START + 60, inventory))
    cells = [str(cell) for row in (*rows(told["sources"]), *finding_rows(told["findings"])) for cell in row]
    for text in (*cells, sentence(news), subject(news.finding)):
        assert text.isprintable()
        assert len(text) < 200


def test_many_findings_at_once_are_told_as_a_number(caplog: pytest.LogCaptureFixture) -> None:
    """A cut network makes hundreds silent: some are named, the others counted."""
    caplog.set_level(logging.INFO)
    findings = Findings()
    made = [
        Finding("silent", "default", f"192.0.2.{number}", "fw", START, "is silent") for number in range(200)
    ]
    tell([findings.begin(one) for one in made])
    assert len(caplog.records) == MOST_TOLD + 1
    assert "180 more findings of kind silent" in caplog.records[-1].getMessage()
    first = vars(caplog.records[0])
    assert first["msgid"] == "SILENT"
    assert first["structured_data"] == {
        "finding@32473": {"kind": "silent", "tenant": "default", "peer": "192.0.2.0", "host": "fw"}
    }
