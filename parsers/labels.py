"""Labels of facility and severity (RFC 5427), and the aliases under which people know them."""

from collections.abc import Mapping
from typing import Final

# RFC 5427 section 3: SyslogFacility, by code.
FACILITIES: Final = (
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
    "ntp", "audit", "console", "cron2",
    "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
)  # fmt: skip
# RFC 5427 section 3: SyslogSeverity, by code.
SEVERITIES: Final = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")

# syslog.h, RFC 5424 tables 1 and 2, RFC 9742, and the loggers that follow them.
FACILITY_ALIASES: Final[Mapping[str, int]] = {
    "kernel": 0, "system": 3, "security": 4, "logaudit": 13, "logalert": 14, "solaris-cron": 15, "clock": 15,
}  # fmt: skip
SEVERITY_ALIASES: Final[Mapping[str, int]] = {
    "emergency": 0, "panic": 0, "critical": 2, "error": 3, "warn": 4, "informational": 6, "information": 6,
}  # fmt: skip

_FACILITY_CODES: Final = {**{label: code for code, label in enumerate(FACILITIES)}, **FACILITY_ALIASES}
_SEVERITY_CODES: Final = {**{label: code for code, label in enumerate(SEVERITIES)}, **SEVERITY_ALIASES}


def facility_code(label: str) -> int:
    """Give the code, 0 to 23, of a facility's label or alias (any case), or of the code as digits.

    Raises:
        ValueError: when there is no such facility; the message lists the known ones.
    """
    return _code(label, "facility", FACILITIES, _FACILITY_CODES)


def severity_code(label: str) -> int:
    """Give the code, 0 (emerg) to 7 (debug), of a severity's label or alias (any case), or of digits.

    Raises:
        ValueError: when there is no such severity; the message lists the known ones.
    """
    return _code(label, "severity", SEVERITIES, _SEVERITY_CODES)


def _code(label: str, kind: str, labels: tuple[str, ...], codes: Mapping[str, int]) -> int:
    name = label.strip().casefold()
    if name in codes:
        return codes[name]
    if name in map(str, range(len(labels))):
        return int(name)
    aliases = sorted(set(codes) - set(labels))
    raise ValueError(
        f"no {kind} {label!r}: use 0 to {len(labels) - 1}, one of {', '.join(labels)}, "
        f"or an alias of them ({', '.join(aliases)})"
    )
