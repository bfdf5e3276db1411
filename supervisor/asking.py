"""Asks the status listener of a running appliance; for `sysledger status`."""

import json
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from supervisor.status import SUPERVISOR, URL, read_report
from supervisor.status_settings import StatusSettings

_SECONDS: Final = 5.0  # it answers within two, whatever hangs
_MOST_OCTETS: Final = 1 << 26

_ANY: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - told apart here, not bound


def listener_url(run: Path, settings: StatusSettings) -> str | None:
    """Give where the status listener is: as the supervisor reported it, or else as it is set."""
    reported = read_report(run, SUPERVISOR).get(URL)
    if isinstance(reported, str) and reported:
        return local(reported)
    if not settings.enabled or not settings.port:
        return None
    host = f"[{settings.address}]" if ip_address(settings.address).version == 6 else settings.address  # noqa: PLR2004 - IPv6
    return local(f"http://{host}:{settings.port}/")


def local(url: str) -> str:
    """Give an address that can be connected to for one that means all addresses of this machine."""
    parts = urlsplit(url)
    host = _ANY.get(parts.hostname or "", parts.hostname or "")
    return f"http://[{host}]:{parts.port}/" if ":" in host else f"http://{host}:{parts.port}/"


def ask(url: str) -> dict[str, Any] | None:
    """Give what the status listener says of the appliance; None when it does not answer."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=_SECONDS)
    with suppress(OSError, HTTPException, ValueError):
        connection.request("GET", "/status.json")
        response = connection.getresponse()
        document = json.loads(response.read(_MOST_OCTETS))
        if response.status == 200 and isinstance(document, Mapping) and "roles" in document:  # noqa: PLR2004 - OK
            return dict(document)
    connection.close()
    return None
