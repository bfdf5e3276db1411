"""What can be set of the web role."""

import pytest
from pydantic import ValidationError

from web.settings import WebSettings


def test_defaults() -> None:
    """Without configuration the pages are on this machine only, port 8514."""
    assert (WebSettings().address, WebSettings().port) == ("127.0.0.1", 8514)


@pytest.mark.parametrize("address", ["0.0.0.0", "192.0.2.1", "::"])
def test_other_machines_are_kept_out(address: str) -> None:
    """While there is no login, only a loopback address can be set; the error says how to come from afar."""
    with pytest.raises(ValidationError, match="ssh -L"):
        WebSettings(address=address)


def test_a_name_is_no_address() -> None:
    """A host name is refused with what to write."""
    with pytest.raises(ValidationError, match=r"write 127\.0\.0\.1 or ::1"):
        WebSettings(address="localhost")


def test_unknown_settings_are_refused() -> None:
    """A misspelt setting is an error, not a silence."""
    with pytest.raises(ValidationError, match="prot"):
        WebSettings.model_validate({"prot": 1})
