"""The pages in a real Chromium: they load whole, the script runs, hostile text does not."""

import re
import subprocess
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest

Store = Callable[..., None]
HOSTILE = (
    b"<33>1 2026-11-20T22:51:03Z <b>host</b> <i>app</i> - - - "
    b'<script>document.title="owned"</script><img src=x onerror=document.title="owned"> '
    b"\x1b[31m\x00\xe2\x80\xae"
)


@pytest.fixture
def dump(tool: Callable[[str], str], tmp_path: Path) -> Callable[[str], str]:
    """Give a function that loads an address in Chromium and gives the page as it stands then."""
    chromium = tool("chromium")

    def load(address: str) -> str:
        command = [
            chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--disable-dev-shm-usage", "--enable-logging=stderr", "--virtual-time-budget=5000",
            f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", address,
        ]  # fmt: skip
        result = subprocess.run(command, capture_output=True, text=True, timeout=90, check=True)
        complaints = re.findall(r"CONSOLE.*(?:Refused|violates|Error).*", result.stderr)
        assert not complaints, complaints
        return result.stdout

    return load


def test_the_search_page(url: str, store: Store, dump: Callable[[str], str]) -> None:
    """Style, script and histogram pass our own policy; a hostile message changes nothing on the page."""
    store([HOSTILE, b"<38>1 2026-11-20T22:51:03Z web-01 nginx - - - hello"])
    page = dump(f"{url}search?q=*")
    assert "<title>* · Sysledger</title>" in page
    assert "Open all</button>" in page  # added by the script
    assert "On your clock" in page
    assert '<img src="x"' not in page
    assert '&lt;script&gt;document.title="owned"&lt;/script&gt;' in page
    assert 'data-names="ESC"' in page
    assert page.count('<rect class="fill-') >= 2


def test_the_message_page(url: str, store: Store, dump: Callable[[str], str]) -> None:
    """The detail of a hostile message loads, and every part of it is text."""
    store([HOSTILE])
    page = dump(f"{url}message/default/syslog/1")
    assert "<title>Message 1 of syslog · Sysledger</title>" in page
    assert "&lt;b&gt;host&lt;/b&gt;" in page
    assert '<img src="x"' not in page
    assert "Hex dump" in unescape(page)
