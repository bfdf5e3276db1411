"""The ledger of a running appliance: what comes in is signed, exported with proofs, and checked elsewhere."""

import json
import socket
import urllib.request
from pathlib import Path

from storage.ledger_check import check
from tests.end_to_end.appliance import Appliance, running
from tests.machine import DEADLINE, await_true

COUNT = 50
FINISHED = f"[storage.journal]\nmessages = {COUNT}"


def records(appliance: Appliance) -> int:
    """Say how many records of the default tenant are in its ledger."""
    told = {one["tenant"]: one for one in json.loads(appliance.run("ledger", "show", "--output", "json"))}
    return told.get("default", {}).get("records") or 0


def test_what_comes_in_can_be_proven(tmp_path: Path) -> None:
    """Messages that came by TCP are in the ledger when they are archived; the export proves them."""
    with running(tmp_path, {}, FINISHED) as appliance:
        with socket.create_connection(("127.0.0.1", appliance.ports["tcp"]), DEADLINE) as connection:
            connection.sendall(
                b"".join(b"<13>1 - host app - - - number %d\n" % number for number in range(COUNT))
            )
        await_true(lambda: records(appliance) >= COUNT, f"{COUNT} records in the ledger")
        kept, key = tmp_path / "kept", appliance.printed("ledger", "key").strip()
        kept.write_bytes(appliance.run("ledger", "checkpoint"))
        address = f"http://127.0.0.1:{appliance.web}/export?format=csv&proofs=yes&q=number"
        with urllib.request.urlopen(address, timeout=DEADLINE) as answer:
            (tmp_path / "export.zip").write_bytes(answer.read())
        assert appliance.run("ledger", "verify", "--against", str(kept))
    checked = check(tmp_path / "export.zip", key)
    assert (checked.faults, checked.proven, checked.unproven) == ([], COUNT, 0)
