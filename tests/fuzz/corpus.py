"""What each target's fuzzing begins with."""

import zlib
from collections.abc import Callable
from functools import cache
from typing import Final

from tests.fuzz.seeds import MESSAGES, QUERIES, RULES, counted, messages, of_group

_RELP: Final = (
    b"1 open 85 relp_version=0\nrelp_software=librelp,1.2.13,http://librelp.adiscon.com\ncommands=syslog\n"
    b"2 syslog 19 <13>1 - h a - - - x\n3 syslog 0\n4 syslog 3 abc\n5 close 0\n"
)
_RELP_ANSWERS: Final = (
    b"1 rsp 50 200 OK\nrelp_version=0\nrelp_software=x\ncommands=syslog\n2 rsp 6 200 OK\n3 rsp 6 200 OK\n"
)
_GELF: Final = b'{"version":"1.1","host":"h","short_message":"m {}"}'
_GELF_STREAMS: Final = (
    _GELF + b"\0" + _GELF + b"\0",
    _GELF + b"\n" + _GELF + b"\r\n",
    b'{\n  "version": "1.1",\n  "host": "h", "short_message": "m"\n}\n' * 2 + b"\0" + _GELF,
    b"<13>no GELF\n" + _GELF,
)
_OPENINGS: Final = (
    b"PROXY TCP4 192.0.2.1 192.0.2.2 1 65535\r\n<13>x\n",
    b"PROXY TCP6 2001:db8::1 ::1 1 2\r\n",
    b"PROXY UNKNOWN x\r\n",
    b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x13\xc0\0\2\1\xc0\0\2\2\0\1\0\2\4\0\4\0\0\0\0<13>x",
    b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0",
    b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n",
    b"SSH-2.0-OpenSSH_9.2\r\n",
    b"RPY 0 0 . 0 110\r\n",
    b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
    b'{"version":"1.1","host":"h","short_message":"m"}\0',
    b"x\x9cK\xcb\xcf\x07\0\2\x82\1E",
    b"\x1e\x0f12345678\0\2{",
    b"M-SEARCH * HTTP/1.1\r\n",
)
# ClientHellos: of openssl s_client without extensions, TLS 1.2; of DTLS 1.2.
_TLS: Final = bytes.fromhex(
    "16030100370100003303035555555555555555555555555555555555555555555555555555555555555555"
    "00000cc02fc030cca8009c003c002f010000000000"
)
_DTLS: Final = bytes.fromhex(
    "16fefd000000000000000000360100002a000000000000002afefd55555555555555555555555555555555"
    "55555555555555555555555555555555000000040 02f00ff0100".replace(" ", "")
)


def _streams() -> list[bytes]:
    streams = [
        counted(MESSAGES[:3]),
        b"\n".join(MESSAGES[:3]) + b"\n",
        b"\0".join(MESSAGES[2:4]),
        b"99 <13>x\n<14>y\n",
    ]
    return [*streams, *of_group("framing"), *_OPENINGS[:4]]


def _sd() -> list[bytes]:
    return [b'[a@1 b="c\\"d\\]" e=f][g:"h"; i:"j"] [ x y= "z', *of_group("sd", "5848")]


_CHOSEN: Final = bytes(4)  # the octets that tests.fuzz.targets.Choices takes
_SEEDS: Final[dict[str, Callable[[], list[bytes]]]] = {
    "framing": lambda: [_CHOSEN + one for one in _streams()],
    "records": lambda: [_CHOSEN + one for one in _streams()],
    "parsing": lambda: [_CHOSEN + one for one in messages()],
    "dialects": lambda: [_CHOSEN + one for one in messages()],
    "payload": lambda: [*MESSAGES[6:], *of_group("cef", "leef", "gelf", "sd", "vendor")],
    "structured_data": _sd,
    "explaining": lambda: [_CHOSEN + one for one in messages()],
    "rules": lambda: [one.partition(b": ")[2] for one in messages() if b": " in one] + list(MESSAGES[-1:]),
    "rule_file": lambda: list(RULES),
    "query": lambda: list(QUERIES),
    "guests": lambda: [_CHOSEN + one for one in (*_OPENINGS, _TLS, _DTLS, _RELP)],
    "opening": lambda: [_CHOSEN + one for one in (*_OPENINGS, _RELP)],
    "proxy": lambda: list(_OPENINGS[:5]),
    "datagrams": lambda: [
        b"\xff\0\0\0" + one for one in (*_OPENINGS, *MESSAGES, b"z" + zlib.compress(MESSAGES[0]))
    ],
    "gelf_stream": lambda: [_CHOSEN + one for one in _GELF_STREAMS],
    "gelf_chunks": lambda: [b"\x05\0\0\0" + bytes(range(256)), bytes(range(8, 40)) * 9],
    "gelf_datagrams": lambda: [b"\1\n\1\0" + one for one in (*_GELF_STREAMS, *_OPENINGS, *of_group("gelf"))],
    "inflating": lambda: [*(b"\1\2\0\0" + one for one in MESSAGES), *map(zlib.compress, MESSAGES)],
    "relp": lambda: [bytes([0, 1, 5, 1]) + _RELP, bytes([1, 1, 5, 1]) + _RELP.partition(b"\n2 ")[2]],
    "relp_client": lambda: [_CHOSEN + _RELP_ANSWERS],
    "tls": lambda: [_CHOSEN + _TLS],
    "dtls": lambda: [_CHOSEN + _DTLS],
}


@cache
def seeds(target: str) -> tuple[bytes, ...]:
    """Give real inputs of a target."""
    return tuple(_SEEDS[target]())
