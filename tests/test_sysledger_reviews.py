"""`sysledger findings` and `sysledger reviews`, as people and scripts use them: one process a command."""

import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from reviews.findings import Matter
from reviews.store import Store
from storage.layout import Layout, StreamName
from tests.reviews.conftest import keeper
from tests.storage.ledgers import ledgered
from tests.web.archives import stored
from tests.web.reviewed import DAY, found, reviewed

HOSTILE = "\x1b[31mred\u202e"


def sysledger(data: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run one command over a data folder."""
    command = [sys.executable, "-P", "-m", "sysledger", *words, "--data", str(data)]
    return subprocess.run(command, cwd=data.parent, capture_output=True, check=False, timeout=60, text=True)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Give a data folder with a missed review, and a finding of its result."""
    layout = Layout(tmp_path / "data")
    stored(layout, StreamName(), [b"<35>1 - web-01 sshd - - - failed"])
    reviewed(layout, title=f"Failed {HOSTILE}")
    found(layout, f"Nothing {HOSTILE}")
    return layout


def test_findings_are_listed(layout: Layout) -> None:
    """As a table, in which nothing acts on the terminal, and as JSON with the digest."""
    table = sysledger(layout.data, "findings", "list")
    assert "Nothing" in table.stdout
    assert "\x1b" not in table.stdout + table.stderr
    (one,) = json.loads(sysledger(layout.data, "findings", "list", "--output", "json").stdout)
    assert one["title"] == f"Nothing {HOSTILE}"
    assert one["result"]["evidence"]["count"] == 0
    assert len(one["result"]["evidence"]["sha256"]) == 64
    assert json.loads(sysledger(layout.data, "findings", "list", "--open", "--output", "json").stdout) == []


def test_findings_are_verified(layout: Layout) -> None:
    """The same archive: exit code 0; an archive that is another: exit code 65, and what differs."""
    assert sysledger(layout.data, "findings", "verify").returncode == 0
    at = Layout(layout.data.parent / "later")
    layout.data.rename(at.data)
    keeper(at)([b"late"], DAY + timedelta(hours=1))
    changed = sysledger(at.data, "findings", "verify", "1", "--output", "json")
    assert changed.returncode == 65
    (one,) = json.loads(changed.stdout)
    assert (one["then"], one["now"], one["same"]) == (0, 1, False)
    assert "0 matched then, 1 match now." in one["said"]


def test_a_finding_that_is_not_there(layout: Layout) -> None:
    """Its number is named, with what to do."""
    done = sysledger(layout.data, "findings", "verify", "7")
    assert done.returncode == 64
    assert "there is no finding 7" in done.stderr


def test_missed_reviews_are_listed(layout: Layout) -> None:
    """For a monitor: exit code 65 when somebody did not sign off in time."""
    done = sysledger(layout.data, "reviews", "list", "--missed", "--output", "json")
    assert done.returncode == 65
    (one,) = json.loads(done.stdout)
    assert (one["state"], one["reviewer"], one["from"]) == (
        "missed",
        "console",
        "2020-03-10T00:00:00.000000Z",
    )
    assert "missed" in sysledger(layout.data, "reviews", "list").stdout


def test_a_record_is_printed(layout: Layout) -> None:
    """The reviews of a range with who signed what, as a table and as JSON; no range at all is refused."""
    store = Store(layout.reviews)
    store.queue.sign(1, "rita", f"Only ours. {HOSTILE}", DAY)
    store.close()
    month = ("--from", "2020-03-01", "--to", "2020-03-31")
    done = sysledger(layout.data, "reviews", "record", *month, "--output", "json")
    (one,) = json.loads(done.stdout)
    assert (one["signed_by"], one["note"]) == ("rita", f"Only ours. {HOSTILE}")
    table = sysledger(layout.data, "reviews", "record", *month).stdout
    assert "rita" in table
    assert "\x1b" not in table
    assert json.loads(sysledger(layout.data, "reviews", "record", "--output", "json").stdout) == []
    refused = sysledger(layout.data, "reviews", "record", "--from", "2020-04-01", "--to", "2020-03-01")
    assert refused.returncode == 2
    assert "swap them" in refused.stderr


def test_what_waits_for_whom(layout: Layout) -> None:
    """Of one reviewer: what waits for that one, and nothing of anybody else."""
    for account, number in (("console", 1), ("rita", 0)):
        done = sysledger(layout.data, "reviews", "list", "--reviewer", account, "--output", "json")
        assert len(json.loads(done.stdout)) == number


def test_overdue_findings_are_listed(layout: Layout) -> None:
    """For a monitor: exit code 65 when one is open past its day; those that are not are left out."""
    assert sysledger(layout.data, "findings", "list", "--overdue").returncode == 0
    store = Store(layout.reviews)
    for day in (DAY.date(), date.max):
        store.findings.save("Open", 1, by="rita", note="", at=DAY, matter=Matter("ada", day))
    store.close()
    done = sysledger(layout.data, "findings", "list", "--overdue", "--output", "json")
    assert done.returncode == 65
    assert [one["due"] for one in json.loads(done.stdout)] == [DAY.date().isoformat()]


def test_where_nothing_was_saved_no_file_is_made(tmp_path: Path) -> None:
    """Looking makes nothing, so that nobody else's file stands in the appliance's way."""
    data = tmp_path / "data"
    data.mkdir()
    done = sysledger(data, "findings", "list")
    assert done.returncode == 0
    assert "nothing was ever saved" in done.stderr
    assert list(data.iterdir()) == []


def test_findings_and_the_ledger(tmp_path: Path) -> None:
    """A finding keeps the ledger's checkpoint; verifying it says whether today's ledger goes on from that."""
    layout = Layout(tmp_path / "data")
    stored(layout, StreamName(), [b"<35>1 - web-01 sshd - - - failed"])
    ledgered(layout)
    reviewed(layout)
    found(layout)
    (one,) = json.loads(sysledger(layout.data, "findings", "verify", "--output", "json").stdout)
    assert (one["same"], one["ledger_goes_on"]) == (True, True)
    for path in (*layout.ledger("default").iterdir(), *layout.ledger_key("default").parent.iterdir()):
        path.unlink()
    ledgered(layout)
    told = sysledger(layout.data, "findings", "verify", "--output", "json")
    (one,) = json.loads(told.stdout)
    assert (told.returncode, one["ledger_goes_on"], one["then"]) == (65, False, one["now"])
    assert "begun anew" in " ".join(one["said"])
