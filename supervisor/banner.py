"""What `sysledger run` prints when everything is up: where to send, what to try, where to look."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from supervisor.status import URL

OWN_LISTENER: Final = "self"  # takes the appliance's own log
TRAIL_LISTENER: Final = "trail"  # takes what the appliance tells of its users, and nothing of others

_ANY: Final = frozenset({"::", "0.0.0.0"})  # noqa: S104 - told apart here, not bound
_LOGGER_OPTIONS: Final = {"udp": "--udp", "tcp": "--tcp"}


@dataclass(frozen=True, slots=True)
class Listening:
    """A listener that is bound: what a sender needs to know of it."""

    name: str
    transport: str
    address: str
    port: int
    fingerprints: Sequence[str] = field(default=())

    @property
    def place(self) -> str:
        """Where it listens, in words."""
        if self.transport == "unix":
            return f"UNIX {self.address}"
        host = "all addresses of this machine" if self.address in _ANY else self.address
        return f"{self.transport.upper():<4} port {self.port:<5}  {host}"


def listeners(reports: Sequence[Mapping[str, Any]]) -> list[Listening]:
    """Give the listeners of all collectors' reports, each once."""
    found = {
        name: Listening(name, item["transport"], item["address"], item["port"], item.get("fingerprints", ()))
        for report in reports
        for name, item in report.get("listeners", {}).items()
        if name != TRAIL_LISTENER
    }
    return list(found.values())


def banner(version: str, data: str, reports: Sequence[Mapping[str, Any]], welcome: str = "") -> str:
    """Give the text.

    Args:
        version: of this release.
        data: the data folder.
        reports: what the roles said when they were ready. A collector's has ``listeners`` by name, each with
            ``transport``, ``address``, ``port`` and, for TLS, ``fingerprints``; the web role has ``url``
            and, for TLS, ``fingerprint``; the supervisor ``status_url``.
        welcome: the link that makes the first account, while there is none.
    """
    there = listeners(reports)
    lines = [f"Sysledger {version} is running on data folder {data}", ""]
    lines += [f"  {'Own log' if item.name == OWN_LISTENER else 'Send to'}  {item.place}" for item in there]
    lines += _fingerprints(there, [report["fingerprint"] for report in reports if "fingerprint" in report])
    if attempt := _attempt(there):
        lines += ["", f"  Try it   {attempt}"]
    urls = [
        f"  Status   {report[URL]}readyz, /healthz, /status.json, /metrics"
        for report in reports
        if URL in report
    ]
    urls += [f"  Search   {report['url']}" for report in reports if "url" in report]
    lines += ["", *urls] if urls else []
    if welcome:
        lines += ["", "  There is no account yet. This link makes the first, once, within a day:", ""]
        lines += [f"           {welcome}"]
    return "\n".join([*lines, "", "  Ctrl-C stops it.", ""])


def _fingerprints(there: Sequence[Listening], of_pages: Sequence[str]) -> Iterator[str]:
    """The first fingerprint (SHA-256) of each certificate, with the listeners that show it."""
    names: dict[str, list[str]] = {}
    for item in there:
        for mark in item.fingerprints[:1]:
            names.setdefault(mark, []).append(item.name)
    for mark in of_pages:
        names.setdefault(mark, []).append("the pages")
    for mark, of in names.items():
        yield ""
        yield f"  The certificate of {', '.join(of)} has the fingerprint"
        yield f"           {mark}"


def _attempt(there: Sequence[Listening]) -> str | None:
    """A line for logger(1), to the first listener that it can speak to."""
    for item in there:
        if item.name != OWN_LISTENER and (option := _LOGGER_OPTIONS.get(item.transport)):
            host = "127.0.0.1" if item.address in _ANY else item.address
            return f'logger --server {host} --port {item.port} {option} --rfc5424 "hello, Sysledger"'
    return None
