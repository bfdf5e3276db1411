"""The shortcut past the devices' words lets no device's message by."""

import re
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from parsers import bsd_words

PROGRAM: Final = re.compile(bsd_words._PROGRAM.encode())  # noqa: SLF001 - a shortcut, seen from the inside
DEVICE: Final = re.compile(bsd_words.DEVICE_PATTERN.encode())
TEXTS: Final = st.lists(
    st.sampled_from(
        [
            b"sshd", b"svm_", b"kern", b"user", b"last", b"message", b"repeated", b"info", b"a", b"7", b"[",
            b"]: ", b": ", b":", b" ", b".", b"|", b"/", b"=", b"%", b"-", b"@", b"<Code> ", b"0123abcd.",
            b"]", b"x: ", b"[x] ", b"10.0.0.1 ", b"notice ", b"security", b" -: ", b"cef", b"{", b'"',
        ]
    ),
    max_size=9,
).map(b"".join)  # fmt: skip


@given(TEXTS)
def test_a_programs_tag_is_no_device(text: bytes) -> None:
    """Where a text begins with a program's TAG as it is meant there, none of the devices' shapes match it."""
    assert PROGRAM.match(text) is None or DEVICE.match(text) is None


def test_programs_are_found_by_the_shortcut() -> None:
    """With a PID and without."""
    for text in (
        b"sshd[7]: Connection closed",
        b"cron: x",
        b"systemd-logind[1]: New session 2 of user root.",
    ):
        assert PROGRAM.match(text)
