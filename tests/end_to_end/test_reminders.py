"""People hear once of what they missed: by the appliance's own log, which the relay sends on."""

import socket
import threading
from datetime import date
from pathlib import Path

from reviews.findings import Matter
from reviews.store import Store
from storage.layout import Layout, StreamName
from tests.end_to_end.appliance import Appliance, running
from tests.machine import DEADLINE, await_true
from tests.web.archives import stored
from tests.web.reviewed import NEXT, reviewed


class Receiver:
    """Another machine, to which the appliance's own log goes on by TCP."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.received = b""
        self._thread = threading.Thread(target=self._receive, daemon=True)
        self._thread.start()

    def _receive(self) -> None:
        connection, _ = self._listening.accept()
        with connection:
            while octets := connection.recv(65536):
                self.received += octets

    def close(self) -> None:
        """Wait for the sender's end."""
        self._thread.join(DEADLINE)
        self._listening.close()


def waits(appliance: Appliance) -> object:
    """Give what the role of the pages says that waits."""
    return appliance.status()["roles"]["web"].get("waits", {}).get("reviews_missed")


def missed(layout: Layout) -> None:
    """Leave one review that rita was to sign off years ago, and no schedule that would make more."""
    reviewed(layout, reviewer="rita")
    store = Store(layout.reviews)
    store.searches.remove(1, "rita", NEXT)
    store.close()


def overdue(layout: Layout) -> None:
    """Open a finding that is past its day."""
    store = Store(layout.reviews)
    store.findings.save("Open", 1, by="rita", note="", at=NEXT, matter=Matter("ada", date(2020, 3, 20)))
    store.close()


def test_missed_reviews_are_told_once_and_sent_on(tmp_path: Path) -> None:
    """A review that nobody signed is told at the start, with where to go, and again at no other start."""
    layout, receiver = Layout(tmp_path / "var"), Receiver()
    stored(layout, StreamName(), [b"<35>1 - web-01 sshd - - - failed"])
    missed(layout)
    relay = '[relay.destinations.office]\nprotocol = "tcp"\nhost = "127.0.0.1"\nstream = "sysledger"\n'
    with running(tmp_path, {}, f"{relay}port = {receiver.port}\n") as appliance:
        await_true(lambda: b"REVIEW-MISSED" in receiver.received, "the other machine hears of it")
        await_true(lambda: waits(appliance) == 1, "the status has the number")
        assert "MISSED: 1 review not signed off" in appliance.printed("status")
        assert (
            f"it off, or hand it over, at http://127.0.0.1:{appliance.web}/reviews/1".encode()
            in receiver.received
        )
        assert b"waits for rita" in receiver.received
        assert (
            b"Failed sign-ins" not in receiver.received
        )  # its title: who reads the log may not see its stream
    receiver.close()
    overdue(layout)
    with running(tmp_path, {}) as again:
        await_true(lambda: again.count("sysledger", "msgid:FINDING-OVERDUE") == 1, "what is new is told")
        assert again.count("sysledger", "msgid:REVIEW-MISSED") == 1
