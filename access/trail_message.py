"""What the trail keeps of one deed: an RFC 5424 message. Pure: values in, octets out.

    <110>1 2026-11-20T22:51:03.123456Z desk sysledger 4711 search [meta sequenceId="7"][access@32473
    who="alice" role="auditor" means="session" from="192.0.2.7" action="search" target="default/syslog"
    outcome="done" query="failed password" matches="17"] alice: search of default/syslog, done

Facility 13 is log audit (RFC 5424 section 6.2.1). The parameters of ``access@32473`` become the fields
``access.who``, ``access.action`` and so on (parsers/payloads/iana_sd.py), so that the trail is searched like
everything else. Every value may come from a stranger: it is escaped, made UTF-8, and has a bound.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Literal, get_args

Outcome = Literal["begun", "done", "refused", "failed", "broken off"]

OUTCOMES: Final[tuple[Outcome, ...]] = get_args(Outcome)
SD_ID: Final = "access@32473"  # 32473 is for documentation (RFC 5612); a number of our own we have not
APP_NAME: Final = "sysledger"
LONGEST_VALUE: Final = 4_000  # characters of one value, which may be four octets each and escaped
LONGEST_MESSAGE: Final = 60_000  # octets; the trail's listener keeps as many whole
LAST_NUMBER: Final = 2_147_483_647  # RFC 5424 section 7.3.1; then it begins again with 1
_CUT: Final = "…"
_AUDIT: Final = 13
_SEVERITIES: Final[Mapping[str, int]] = {"refused": 4, "failed": 3, "broken off": 4}
_INFO: Final = 6
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,31}")  # of SD-PARAMs and MSGID: 32 at most
_NOT_PRINTABLE: Final = re.compile(r"[^\x21-\x7e]+")
_SPECIAL: Final = re.compile(r'["\\\]]')


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody did, or tried to.

    Attributes:
        who: the account's name; an API token's is ``ACCOUNT/TOKEN``.
        role: of the account.
        means: how it was known who asked: session, token, console or nobody.
        action: what: ``search``, ``view``, ``export``, ``sign-in``, ``user.add`` …
        target: on what: ``TENANT/STREAM``, ``TENANT/STREAM/SEQ``, an account's name, a setting.
        outcome: how it ended.
        session: the session's public number, empty without one.
        origin: the address that was asked from, empty where there is none.
        details: whatever else is worth keeping, by name. Never a secret.
    """

    who: str
    role: str
    means: str
    action: str
    target: str = ""
    outcome: Outcome = "done"
    session: str = ""
    origin: str = ""
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sender:
    """Which process tells: its HOSTNAME and PROCID."""

    host: str
    process: int


def encode(deed: Deed, sender: Sender, now: datetime, number: int) -> bytes:
    """Give the message.

    Args:
        deed: what is told.
        sender: who tells.
        now: when, with its zone.
        number: of the sender's messages, from 1; 0 where they are not numbered.

    Raises:
        ValueError: for the name of an action, or of a detail, that RFC 5424 does not allow: ours to mend.
    """
    params = _params(deed)
    stamp = now.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    severity = _SEVERITIES.get(deed.outcome, _INFO)
    host = _NOT_PRINTABLE.sub("-", sender.host)[:255] or "-"
    head = f"<{_AUDIT * 8 + severity}>1 {stamp} {host} {APP_NAME} {sender.process} {deed.action} "
    if number:
        head += f'[meta sequenceId="{(number - 1) % LAST_NUMBER + 1}"]'
    told = f"{head}[{SD_ID}{_written(params)}] {sentence(deed)}"
    octets = told.encode(errors="replace")
    if len(octets) <= LONGEST_MESSAGE:
        return octets
    few = {name: shortened(value, LONGEST_VALUE // 20) for name, value in params.items()}
    shorter = _written(few | {"cut": "yes"})
    return f"{head}[{SD_ID}{shorter}]".encode(errors="replace")


def sentence(deed: Deed) -> str:
    """Say in a line what was done."""
    what = f"{deed.action} of {shortened(deed.target)}" if deed.target else deed.action
    return f"{shortened(deed.who) or 'nobody'}: {what}, {deed.outcome}"


def shortened(value: str, most: int = LONGEST_VALUE) -> str:
    """Give a value within its bound; one that was longer ends with an ellipsis."""
    return value if len(value) <= most else value[: most - 1] + _CUT


def _params(deed: Deed) -> dict[str, str]:
    if _NAME.fullmatch(deed.action) is None:
        raise ValueError(f"{deed.action!r} cannot be a MSGID: use a letter first, then a-z, 0-9, '.', '-'")
    own = {
        "who": deed.who,
        "role": deed.role,
        "means": deed.means,
        "session": deed.session,
        "from": deed.origin,
        "action": deed.action,
        "target": deed.target,
        "outcome": deed.outcome,
    }
    for name in deed.details:
        if _NAME.fullmatch(name) is None or name in own:
            raise ValueError(f"{name!r} cannot be the name of a detail: use another")
    given = own | {name: _text(value) for name, value in deed.details.items()}
    return {name: shortened(value) for name, value in given.items() if value}


def _text(value: object) -> str:
    """Give a detail as text; None and empty ones are left out by ``_params``."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(map(str, value))
    return str(value)


def _written(params: Mapping[str, str]) -> str:
    return "".join(f' {name}="{_escaped(value)}"' for name, value in params.items())


def _escaped(value: str) -> str:
    r"""Escape ``"``, ``\`` and ``]`` (RFC 5424 section 6.3.3)."""
    return _SPECIAL.sub(r"\\\g<0>", value)
