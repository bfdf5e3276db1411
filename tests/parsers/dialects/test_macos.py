"""macOS: the PID tells where a program's name of several words ends."""

from collections.abc import Callable
from typing import Any

import pytest

Parse = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(
    ("rest", "app_name", "proc_id", "message"),
    [
        (b"Google Chrome[85294]: objc[85294]: x", "Google Chrome", "85294", "objc[85294]: x"),
        (b"BezelServices 255.10[94]: ASSERTION FAILED", "BezelServices 255.10", "94", "ASSERTION FAILED"),
        (b"Microsoft Teams WebView Helper (GPU)[9]: x", "Microsoft Teams WebView Helper (GPU)", "9", "x"),
        (b"Slack Helper (Renderer)[7]: x", "Slack Helper (Renderer)", "7", "x"),
        (b"Use the BFG[1]: x", "Use", None, "the BFG[1]: x"),
        (b"kernel: Foo Bar[12]: x", "kernel", None, "Foo Bar[12]: x"),
        (b"com.apple.xpc.launchd[1] (com.apple.quicklook[21]): x", "com.apple.xpc.launchd", "1",
         "(com.apple.quicklook[21]): x"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("pri", [b"", b"<13>"])
def test_a_programs_name_may_have_words(
    parse: Parse, pri: bytes, rest: bytes, app_name: str, proc_id: str | None, message: str
) -> None:
    """Words with capitals before [PID]: are one TAG; others end at SP (RFC 3164 section 4.1.3)."""
    row = parse(pri + b"Dec 13 11:35:57 a-mac " + rest)
    assert (row["hostname"], row["app_name"], row["proc_id"], row["message"]) == (
        "a-mac", app_name, proc_id, message,
    )  # fmt: skip


def test_under_rfc_3164_a_space_ends_the_tag(parse: Parse) -> None:
    """With format = rfc3164 no device is known, and the TAG is what rsyslog and syslog-ng read."""
    row = parse(b"<13>Dec 13 11:35:57 a-mac Google Chrome[85294]: x", format="rfc3164")
    assert (row["app_name"], row["message"]) == ("Google", "Chrome[85294]: x")
