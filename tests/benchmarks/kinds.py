"""Messages by kind, as real senders write them: what tests/benchmarks/parse.py measures one by one.

Each kind is made by a function of a number, so that numbers, addresses and ids differ from message to
message, as in a real stream; names and programs are few, as there, too.
"""

from collections.abc import Callable, Mapping
from itertools import islice
from random import Random
from types import MappingProxyType
from typing import Final

from tests.benchmarks.messages import real, synthetic

SEED: Final = 7

_WORDS: Final = (
    "the", "session", "of", "user", "was", "opened", "by", "root", "connection", "from", "closed", "device",
)  # fmt: skip


def _text(number: int) -> str:
    return f"{' '.join(Random(number % 997).choices(_WORDS, k=14))} {number}"


def _header(number: int, structured_data: str = "-") -> str:
    second, host, program = number // 1000 % 60, number % 40, number % 17
    return (
        f"<34>1 2026-11-20T22:00:{second:02}.{number * 37 % 1000000:06}Z host{host}.example.net app{program} "
        f"{number % 999} ID47 {structured_data} "
    )


def _bsd(number: int, tag: str) -> str:
    return f"<38>Nov 20 22:{number // 60000 % 60:02}:{number // 1000 % 60:02} host{number % 40} {tag}: "


def _address(number: int) -> str:
    return f"203.0.113.{number % 251}"


def _rfc5424(number: int) -> str:
    return _header(number) + _text(number)


def _rfc5424_iana(number: int) -> str:
    quality = f'[timeQuality tzKnown="1" isSynced="1" syncAccuracy="{number % 5000}"]'
    return _header(number, f'{quality}[meta sequenceId="{number}"]') + _text(number)


def _rfc3164(number: int) -> str:
    return _bsd(number, f"app{number % 17}[{number % 999}]") + _text(number)


def _rfc3164_without_host(number: int) -> str:
    return f"<38>Nov 20 22:00:{number // 1000 % 60:02} app{number % 17}[{number % 999}]: {_text(number)}"


def _cisco_ios(number: int) -> str:
    forms = (
        "<189>{count}: *{time}: %LINEPROTO-5-UPDOWN: Line protocol on Gi0/{port}, changed state to up",
        "<187>{count}: {time} UTC: %SYS-5-CONFIG_I: Configured from console by vty0 (203.0.113.{port})",
        "<190>{count}: router{port}: {time}: %SEC-6-IPACCESSLOGP: list 110 denied {count} to 22, 1 pack",
    )
    stamp = f"Nov 20 22:00:{number // 1000 % 60:02}.{number % 1000:03}"
    return forms[number % len(forms)].format(count=number, time=stamp, port=number % 24)


def _cisco_asa(number: int) -> str:
    return (
        f"<166>Nov 20 2026 22:00:{number // 1000 % 60:02} fw{number % 4}: %ASA-6-302013: Built outbound TCP "
        f"connection {number} for outside:{_address(number)}/443 ({_address(number)}/443) to "
        f"inside:192.0.2.{number % 99}/{number % 60000} (192.0.2.{number % 99}/{number % 60000})"
    )


def _fortigate(number: int) -> str:
    return (
        f'<189>date=2026-11-20 time=22:00:{number // 1000 % 60:02} devname="FG{number % 10}" devid="FGT60E" '
        f'logid="0102043014" type="event" subtype="user" level="notice" vd="root" '
        f"srcip=10.0.0.{number % 250} srcport={number % 60000} dstip={_address(number)} dstport=443 "
        f'action="accept" policyid={number % 90} msg="traffic was accepted"'
    )


def _keyvalue(number: int) -> str:
    return _header(number) + _fortigate(number).partition(">")[2]


def _cef(number: int) -> str:
    return (
        f"<134>Nov 20 22:00:{number // 1000 % 60:02} gw{number % 4} CEF:0|Example|Threats|1.0|"
        f"{number % 90}|worm stopped|8|src={_address(number)} dst=192.0.2.9 spt={number % 60000} dpt=443 "
        f"act=blocked msg=something blocked duser=root cs1Label=Rule cs1=r{number % 40} externalId={number}"
    )


def _leef(number: int) -> str:
    return _header(number) + (
        f"LEEF:2.0|Example|Sensor|1.0|41|^|src={_address(number)}^dst=192.0.2.9^sev=5^"
        f"srcPort={number % 60000}^dstPort=21^usrName=joe^msg=hello"
    )


def _json(number: int) -> str:
    return _header(number) + (
        f'{{"time":"2026-11-20T10:00:00Z","level":"info","user":"u{number % 500}","src":"{_address(number)}",'
        f'"port":{number},"msg":"user logged in","ok":true}}'
    )


def _json_nested(number: int) -> str:
    return _json(number)[:-1] + (
        f',"request":{{"id":"{number}","path":"/items"}},"tags":["a","b"],"took":{number % 900}.5}}'
    )


def _iptables(number: int) -> str:
    return _bsd(number, "kernel") + (
        f"[UFW BLOCK] IN=eth0 OUT= MAC=b4:fb:00:11 SRC={_address(number)} DST=192.0.2.9 LEN=60 TOS=0x00 "
        f"PREC=0x00 TTL=52 ID={number % 65536} DF PROTO=TCP SPT={number % 60000} DPT=22 WINDOW=64240 "
        "RES=0x00 SYN URGP=0 "
    )


def _sshd(number: int) -> str:
    forms = (
        "Failed password for root from {address} port {port} ssh2",
        "Failed password for invalid user admin{port} from {address} port {port} ssh2",
        "Accepted publickey for ada from {address} port {port} ssh2: RSA SHA256:mVPwvezndPv/ARoIad{port}",
        "Connection closed by {address} port {port} [preauth]",
        "pam_unix(sshd:session): session opened for user ada(uid=1000) by (uid=0)",
        "Received disconnect from {address}: 11: Bye Bye [preauth]",
        "Invalid user test{port} from {address} port {port}",
        "error: kex_exchange_identification: something that no rule knows {port}",
    )
    text = forms[number * 7 // 3 % len(forms)].format(address=_address(number), port=1024 + number % 60000)
    return _bsd(number, f"sshd[{300 + number % 9000}]") + text


def _sudo(number: int) -> str:
    forms = (
        "     ada : TTY=pts/{small} ; PWD=/home/ada ; USER=root ; COMMAND=/usr/bin/apt update {number}",
        "pam_unix(sudo:session): session opened for user root(uid=0) by ada(uid=1000)",
        "pam_unix(sudo:session): session closed for user root",
        "     bob : 3 incorrect password attempts ; TTY=pts/{small} ; PWD=/ ; USER=root ; COMMAND=/bin/sh",
    )
    return _bsd(number, "sudo") + forms[number % len(forms)].format(number=number, small=number % 9)


def _postfix(number: int) -> str:
    forms = (
        ("smtpd", "connect from mail{small}.example.net[{address}]"),
        ("smtpd", "disconnect from unknown[{address}] ehlo=1 auth=0/1 quit=1 commands=2/3"),
        ("smtpd", "{queue}: client=mail{small}.example.net[{address}]"),
        ("cleanup", "{queue}: message-id=<20261120100000.{number}@example.net>"),
        ("qmgr", "{queue}: from=<bob@example.net>, size={number}, nrcpt=1 (queue active)"),
        (
            "smtp",
            (
                "{queue}: to=<ada@example.com>, relay=mx.example.com[{address}]:25, delay=1.2, "
                "delays=0.1/0/0.4/0.7, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as {queue})"
            ),
        ),
        ("qmgr", "{queue}: removed"),
    )
    program, form = forms[number % len(forms)]
    text = form.format(
        number=number, small=number % 30, address=_address(number), queue=f"{number * 7919 % 2**36:010X}"
    )
    return _bsd(number, f"postfix/{program}[{300 + number % 900}]") + text


def _junk(number: int) -> str:
    return f"{_text(number)}; nothing that any standard knows, line {number}"


_KINDS: Final[Mapping[str, Callable[[int], str]]] = MappingProxyType(
    {
        "RFC 5424": _rfc5424,
        "RFC 5424, IANA's SD": _rfc5424_iana,
        "RFC 3164": _rfc3164,
        "RFC 3164 without host": _rfc3164_without_host,
        "Cisco IOS": _cisco_ios,
        "Cisco ASA": _cisco_asa,
        "FortiGate, no header": _fortigate,
        "key=value": _keyvalue,
        "iptables": _iptables,
        "CEF": _cef,
        "LEEF": _leef,
        "JSON": _json,
        "JSON, nested": _json_nested,
        "sshd": _sshd,
        "sudo": _sudo,
        "postfix": _postfix,
        "junk": _junk,
    }
)
MIXED: Final = "all kinds, mixed"
SETS: Final = ("synthetic", "real")
NAMES: Final = (*SETS, MIXED, *_KINDS)


def messages_of(kind: str, count: int) -> list[bytes]:
    """Give ``count`` messages of a kind of NAMES; the mixture has them in no order."""
    if kind in SETS:
        return list({"synthetic": synthetic, "real": real}[kind](count))
    if kind != MIXED:
        return [_KINDS[kind](number).encode() for number in range(count)]
    draw, makers = Random(SEED), list(_KINDS.values())
    made = (draw.choice(makers)(number).encode() for number in range(count))
    return list(islice(made, count))
