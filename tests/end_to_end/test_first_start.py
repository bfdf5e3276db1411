"""The first start: one link makes the first administrator, and nobody else learns of it."""

import json
import re
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from collector.settings import CollectorSettings
from tests.machine import free_port
from tests.web.signing import PASSWORD, Browser

pytestmark = pytest.mark.timeout(180)


@dataclass
class Started:
    """A running appliance, and what it printed until it was up."""

    printed: str
    folder: Path
    port: int

    @property
    def link(self) -> str:
        """The link that it printed; empty without one."""
        found = re.search(r"https?://\S+/welcome/\S+", self.printed)
        return found[0] if found else ""

    def browser(self) -> Browser:
        """Give a browser that trusts its certificate."""
        trusted = ssl.create_default_context(cafile=str(self.folder / "var" / "tls" / "certificate.pem"))
        return Browser(httpx.Client(base_url=f"https://localhost:{self.port}", verify=trusted))


@contextmanager
def started(folder: Path, *options: str) -> Iterator[Started]:
    """Start an appliance whose pages are served to other machines, and stop it."""
    port = free_port()
    lines = ["[supervisor.status]", "port = 0", "[watch]", "enabled = false"]
    for name in CollectorSettings().listeners:
        lines += [f"[collector.listeners.{name}]", "enabled = false"]
    lines += ["[web]", f"port = {port}", 'address = "0.0.0.0"', *options]
    (folder / "sysledger.toml").write_text("\n".join(lines))
    files = ("--config", str(folder / "sysledger.toml"), "--data", str(folder / "var"))
    command = [sys.executable, "-m", "sysledger", "run", *files]
    with (
        (folder / "log").open("ab") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as process,
    ):
        assert process.stdout is not None
        printed = ""
        for line in process.stdout:
            printed += line
            if "Ctrl-C stops it" in line:
                break
        else:
            raise AssertionError(printed + (folder / "log").read_text())
        try:
            yield Started(printed, folder, port)
        finally:
            process.send_signal(signal.SIGTERM)
            process.stdout.read()
            assert process.wait(60) == 0


def test_the_link(tmp_path: Path) -> None:
    """It is printed once, works once, by TLS, and is in no file; a later start prints none."""
    with started(tmp_path) as appliance:
        secret = appliance.link.rpartition("/")[2]
        assert secret.startswith("sl-welcome-")
        assert "The certificate of the pages has the fingerprint" in appliance.printed
        browser = appliance.browser()
        assert browser.get("/").url.path == "/sign-in"
        assert "There is no account yet" in browser.page.text
        browser.get(f"/welcome/{secret}")
        page = browser.submit(action="", name="ada", password=PASSWORD, again=PASSWORD)
        assert "Signed in as administrator" in page.text
        assert browser.client.cookies.get("__Host-sysledger-session")
        assert appliance.browser().get(f"/welcome/{secret}").status_code == 404
        data = tmp_path / "var"
        kept = [path for path in (*data.rglob("*"), tmp_path / "log") if path.is_file()]
        assert [path for path in kept if secret.encode() in path.read_bytes()] == []
        assert (data / "access" / "access.sqlite").stat().st_mode & 0o077 == 0
        assert told(data, "welcome")["who"] == "ada"
    with started(tmp_path) as appliance:
        assert appliance.link == ""
        assert appliance.browser().get("/").url.path == "/sign-in"


def told(data: Path, action: str) -> dict[str, str]:
    """Give what the trail has of an action, by the command line."""
    files = ("--config", str(data.parent / "sysledger.toml"), "--data", str(data))
    words = ("search", f"access.action:{action}", "--tenant", "trail", "--stream", "access")
    command = [sys.executable, "-m", "sysledger", *words, "--output", "json", *files]
    for _ in range(100):
        found = subprocess.run(command, capture_output=True, check=True, text=True).stdout
        if found.strip():
            fields: dict[str, str] = json.loads(found.splitlines()[0])["fields"]
            return {name.removeprefix("access."): value for name, value in fields.items()}
    raise AssertionError(f"the trail has no {action}")
