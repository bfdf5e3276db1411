"""Real messages to begin fuzzing with: a few of our own, and the standards' vectors where they are."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tests.shared import vectors

_RULE_FILES: Final = Path(__file__).resolve().parents[2] / "conf" / "rules"

MESSAGES: Final = (
    b'<34>1 2003-10-11T22:14:15.003Z h s 2 M [a@1 b="c\\"d\\]" e=""][meta sequenceId="7"] \xef\xbb\xbftext',
    b"<34>Oct 11 22:14:15 mymachine su[42]: 'su root' failed for lonvick on /dev/pts/8",
    b"<13>Feb  5 17:32:18 10.0.0.99 Use the BFG!",
    b"<189>30: foo: 000123: *Mar  4 2026 11:45:20.123 CET: %SEC-6-IPACCESSLOGP: list A denied 10.0.0.1(80)",
    b"<14>2026-11-20T12:00:00+01:00 host app: text without version\0",
    b"<134>1 1700000000.123456789 MX84 flows src=10.0.0.1 dst=10.0.0.2 mac=00:11:22:33:44:55 protocol=tcp",
    b"<13>CEF:0|Ven\\|dor|Pro\\\\duct|1.0|100|name|10|src=10.0.0.1 act=a \\= b msg=x\\ny cs1Label=l cs1=v",
    b"LEEF:2.0|Ven|Prod|1|42|0x5E|src=10.0.0.1^dst=10.0.0.2^sev=5cat=anomaly",
    b"<13>Nov 20 12:00:00 h LEEF:1.0|V|P|1|42|src=10.0.0.1\tdst=10.0.0.2#011usrName=joe",
    b'{"version":"1.1","host":"h","short_message":"m","timestamp":1385053862.3072,"level":1,"_a":{"b":[1,null]}}',
    b'<13>Nov 20 12:00:00 h app: @cee: {"a": {"b": "\\ud83d", "c": [{"d": 1.5e3}, true]}, "": "x"}',
    b'<189>date=2026-11-20 time=12:00:00 devname="F\\"T" level=notice src=10.0.0.1 msg="a b"',
    b"<14>Nov 20 12:00:00 h MSWinEventLog\t1\tSecurity\t123\tFri Nov 20 12:00 2026\t1\tM\tu\tN\tA\tW\t\tx\t1",
    b"<13>Nov 20 12:00:00 h sshd[7]: Failed password for invalid user x from 10.0.0.1 port 22 ssh2",
)  # fmt: skip
RULES: Final = (
    b"""version=2
prefix=%t:date-rfc3164% \nrule=a,b:user %u:word% from %ip:ipv4% port %p:number%
annotate=a:+k="v"
""",
    b"""version=2
type=@x:%a:char-to:,%, %b:rest%
rule=:%r:repeat{"parser":{"type":"number","name":"."},"while":{"type":"literal","text":","}}% %.:@x%
rule=:%j:json% %-:cef%
""",
    b"""rule=:%f:quoted-string% %{"type":"alternative","parser":[{"type":"ipv6"},{"type":"mac48"}]}%
""",
)
QUERIES: Final = (
    b'host:fw-* severity<=err "failed password" -app:cron (src:10.0.3.7 OR NOT flag:none)',
    b"seq:[100 TO *] time:2026-11-01..2026-11-03 msg:/^a(b|c)/ received>=2026-11-01T10:00",
)
_GROUPS: Final = (
    "5424",
    "5424-deviant",
    "3164",
    "3164-deviant",
    "vendor",
    "cef",
    "leef",
    "sd",
    "5848",
    "pri",
)


def of_group(*groups: str) -> list[bytes]:
    """Give the octets of these groups' vectors; none where shared/ is absent."""
    return [bytes.fromhex(vector["hex"]) for vector in vectors(*groups).values()]


def messages() -> list[bytes]:
    """Give messages of every dialect: ours, and the vectors'."""
    return [*MESSAGES, *of_group(*_GROUPS)]


def read_rules(file: str) -> str:
    """Read one of the rule files that we ship."""
    return (_RULE_FILES / file).read_text("utf-8")


def rulebases() -> dict[str, bytes]:
    """Give the rule files that we ship, and our own for fuzzing, by name."""
    shipped = {file.name: file.read_bytes() for file in sorted(_RULE_FILES.glob("*.rules"))}
    return {**shipped, **{f"fuzz {number}": text for number, text in enumerate(RULES)}}


def counted(several: Iterable[bytes]) -> bytes:
    """Give messages as octet-counted frames."""
    return b"".join(b"%d %b" % (len(message), message) for message in several)
