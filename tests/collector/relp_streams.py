"""A sender of RELP's octets, and a session that is fed with them in every way."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from collector.relp import RelpSession
from collector.relp_answers import Run
from parsers.schema import Flag
from tests.collector.streams import cuts

OPEN = b"1 open 86 relp_version=0\nrelp_software=librelp,1.13.0,http://librelp.adiscon.com\ncommands=syslog\n"


def syslog(txnr: int, message: bytes) -> bytes:
    """A command."""
    return b"%d syslog %d %b\n" % (txnr, len(message), message) if message else b"%d syslog 0\n" % txnr


def session_of(*messages: bytes) -> bytes:
    """An opened session with these messages, from TXNR 2 on."""
    return OPEN + b"".join(syslog(txnr, message) for txnr, message in enumerate(messages, 2))


@dataclass
class Heard:
    """Everything that a session gave, however it was cut."""

    messages: list[bytes] = field(default_factory=list)
    flags: dict[int, tuple[Flag, ...]] = field(default_factory=dict)
    said: bytes = b""
    failure: str | None = None
    ended: bool = False
    discarded: int = 0


def take(heard: Heard, session: RelpSession, octets: bytes) -> list[Run]:
    """Feed a session, and note what it gives."""
    runs = session.feed(octets)
    for run in runs:
        for number, flags in run.flags.items():
            heard.flags[len(heard.messages) + number] = flags
        heard.messages += run.messages
    return runs


def hear(pieces: Iterable[bytes], *, stored: bool = True) -> Heard:
    """Feed a new session piece by piece; storage takes everything at once, or nothing ever."""
    session, heard = RelpSession(131_072), Heard()
    for piece in pieces:
        for run in take(heard, session, piece):
            if stored:
                session.answer(run)
        heard.said += session.take_outgoing()
    heard.failure, heard.ended, heard.discarded = session.failure, session.ended, session.discarded
    return heard


def hear_however_cut(stream: bytes, *, stored: bool = True) -> Heard:
    """Feed a stream whole, and assert that it gives the same cut in every way."""
    whole = hear([stream], stored=stored)
    for pieces in cuts(stream):
        assert hear(pieces, stored=stored) == whole, pieces
    return whole
