"""Real senders, and the octets they sent: what comes out of the archive is what was on the wire."""

import logging
import logging.handlers
import socket
import ssl
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from rfc5424logging import Rfc5424SysLogHandler

from tests.end_to_end.appliance import Appliance, Recorder
from tests.machine import await_true

Tool = Callable[[str], str]
Record = Callable[[str], Recorder]

LOGGER_FORMS: list[list[str]] = [
    ["--rfc5424", "plain"],
    ["--rfc5424=notq", "-t", "app", "--id=4242", "--msgid", "ID47", "no timeQuality"],
    ["--rfc5424=notime,notq,nohost", "NILVALUEs"],
    ["--rfc5424", "--sd-id", "ex@32473", "--sd-param", 'a="b"', "--sd-param", 'c="d"', "with data"],
    ["--rfc3164", "-t", "bsd", "-p", "local4.warning", "BSD form"],
    ["--rfc3164", "-t", "bsd", "--id=7", "Gr\u00f6\u00dfe in UTF-8"],
    ["-t", "default", "-p", "kern.emerg", "the default form"],
]


def log(tool: Tool, port: int, *options: str) -> None:
    """Send each form with logger(1)."""
    for form in LOGGER_FORMS:
        command = [tool("logger"), "-n", "127.0.0.1", "-P", str(port), *options, *form]
        subprocess.run(command, check=True, timeout=10)


def test_logger_by_udp(appliance: Appliance, record: Record, tool: Tool) -> None:
    """Each datagram of logger(1) comes back as it was, in every form logger has."""
    recorder = record("logger-udp")
    log(tool, recorder.port, "-d")
    appliance.await_count("logger-udp", len(LOGGER_FORMS))
    assert Counter(appliance.messages("logger-udp")) == Counter(recorder.datagrams)
    assert appliance.count("logger-udp", '"with data" sd:ex@32473') == 1
    assert appliance.count("logger-udp", "app:app pid:4242 msgid:ID47") == 1
    assert appliance.count("logger-udp", "severity:emerg") == 1


def test_logger_by_tcp_with_line_feeds(appliance: Appliance, record: Record, tool: Tool) -> None:
    """logger -T ends messages with LF; the messages come back without it."""
    recorder = record("logger-tcp")
    log(tool, recorder.port, "-T")
    appliance.await_count("logger-tcp", len(LOGGER_FORMS))
    sent = [line for octets in recorder.connections for line in octets.split(b"\n") if line]
    assert Counter(appliance.messages("logger-tcp")) == Counter(sent)


def test_logger_by_tcp_with_octet_counting(appliance: Appliance, record: Record, tool: Tool) -> None:
    """logger -T --octet-count counts octets; the same stream comes back."""
    recorder = record("logger-count")
    log(tool, recorder.port, "-T", "--octet-count")
    appliance.await_count("logger-count", len(LOGGER_FORMS))
    found = [b"%d %b" % (len(message), message) for message in appliance.messages("logger-count")]
    assert Counter(found) == Counter(recorder.connections)


def test_logging_handlers_by_udp(appliance: Appliance, record: Record) -> None:
    """Python's SysLogHandler (no header, NUL trailer) and rfc5424-logging-handler (BOM) come back whole."""
    recorder = record("handler-udp")
    address = ("127.0.0.1", recorder.port)
    handlers = [logging.handlers.SysLogHandler(address), Rfc5424SysLogHandler(address)]
    for handler in handlers:
        emit(handler, "failed for \u00fcser")
    appliance.await_count("handler-udp", 2)
    assert Counter(appliance.messages("handler-udp")) == Counter(recorder.datagrams)
    assert appliance.count("handler-udp", "\u00dcSER") == 2


@pytest.mark.parametrize(("name", "framing"), [("handler-tcp", 2), ("handler-count", 1)])
def test_rfc5424_handler_by_tcp(appliance: Appliance, record: Record, name: str, framing: int) -> None:
    """rfc5424-logging-handler by TCP, in both framings."""
    recorder = record(name)
    handler = Rfc5424SysLogHandler(("127.0.0.1", recorder.port), socktype=socket.SOCK_STREAM, framing=framing)
    for number in range(3):
        emit(handler, f"message {number}")
    handler.close()
    appliance.await_count(name, 3)
    found = appliance.messages(name)
    frames = [b"%d %b" % (len(octets), octets) if framing == 1 else octets + b"\n" for octets in found]
    assert b"".join(frames) == b"".join(recorder.connections)


def emit(handler: logging.Handler, text: str) -> None:
    """Log one message through one handler."""
    handler.handle(logging.LogRecord("test", logging.WARNING, __file__, 1, text, None, None))


RSYSLOG = """
module(load="imuxsock" SysSock.Use="off")
global(workDirectory="{folder}" defaultNetstreamDriverCAFile="{folder}/ca.pem")
input(type="imuxsock" Socket="{folder}/log" CreatePath="on")
template(name="T" type="string" string="<%PRI%>1 %TIMESTAMP:::date-rfc3339% %HOSTNAME% %APP-NAME% %PROCID% %MSGID% %STRUCTURED-DATA% %msg%\\n")
action(type="omfile" file="{folder}/sent" template="T")
action(type="omfwd" target="127.0.0.1" port="{rsyslog-udp}" protocol="udp" template="T")
action(type="omfwd" target="127.0.0.1" port="{rsyslog-lf}" protocol="tcp" template="T")
action(type="omfwd" target="127.0.0.1" port="{rsyslog-count}" protocol="tcp" TCP_Framing="octet-counted" template="T")
action(type="omfwd" target="127.0.0.1" port="{rsyslog-tls}" protocol="tcp" TCP_Framing="octet-counted"
       StreamDriver="ossl" StreamDriverMode="1" StreamDriverAuthMode="x509/certvalid" template="T")
"""  # noqa: E501 - rsyslog's template is one line


def test_rsyslogd(appliance: Appliance, tool: Tool, tmp_path: Path) -> None:
    """A real rsyslogd forwards by UDP, TCP in both framings and TLS what it also writes to a file."""
    count = 50
    names = ("rsyslog-udp", "rsyslog-lf", "rsyslog-count", "rsyslog-tls")
    certificate = ssl.get_server_certificate(("127.0.0.1", appliance.ports["rsyslog-tls"]))
    (tmp_path / "ca.pem").write_text(certificate)
    configuration = RSYSLOG
    for word, value in {"folder": tmp_path, **appliance.ports}.items():
        configuration = configuration.replace(f"{{{word}}}", str(value))
    (tmp_path / "rsyslog.conf").write_text(configuration)
    command = [tool("rsyslogd"), "-n", "-iNONE", "-f", str(tmp_path / "rsyslog.conf")]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        try:
            wait_for_socket(tmp_path / "log")
            feed = "".join(f"event {number} f\u00fcr alle\n" for number in range(count))
            command = [tool("logger"), "-u", str(tmp_path / "log"), "-t", "feeder"]
            subprocess.run(command, input=feed.encode(), check=True, timeout=10)
            for name in names:
                appliance.await_count(name, count)
        finally:
            process.terminate()
            process.wait(20)
    sent = (tmp_path / "sent").read_bytes().splitlines()
    assert len(sent) == count
    for name in names:
        # rsyslogd counts the template's LF into MSG-LEN and sends it in the datagram: part of the message.
        trailer = b"" if name == "rsyslog-lf" else b"\n"
        assert Counter(appliance.messages(name)) == Counter(line + trailer for line in sent), name
        assert appliance.count(name, 'app:feeder "event 7"') == 1


def wait_for_socket(path: Path) -> None:
    """Wait until somebody listens at a Unix datagram socket."""

    def listens() -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as probe:
            return path.exists() and probe.connect_ex(str(path)) == 0

    await_true(listens, f"rsyslogd opens {path}")


LOGGEN = {
    "loggen-udp": ["--inet", "--dgram"],
    "loggen-tcp": ["--inet", "--stream"],
    "loggen-count": ["--inet", "--stream", "--syslog-proto", "--sdata", '[test@1 name="value"]'],
    "loggen-tls": ["--use-ssl", "--syslog-proto"],
}


@pytest.mark.parametrize("name", LOGGEN)
def test_loggen(appliance: Appliance, tool: Tool, name: str) -> None:
    """syslog-ng's loggen: every message once, none lost, in the order of its own numbers."""
    count = 400
    address = ["127.0.0.1", str(appliance.ports[name])]
    command = [tool("loggen"), *LOGGEN[name], "--rate", "4000", "--number", str(count), *address]
    subprocess.run(command, check=True, timeout=30, capture_output=True)
    appliance.await_count(name, count)
    numbers = [int(octets.split(b"seq: ")[1].split(b",")[0]) for octets in appliance.messages(name)]
    assert numbers == list(range(count))


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_openssl(appliance: Appliance, tool: Tool, version: str) -> None:
    """An independent TLS client of either version delivers, and the close is answered."""
    message = f"<13>1 - h tls{version} - - - by s_client".encode()
    address = f"127.0.0.1:{appliance.ports['openssl']}"
    command = [tool("openssl"), "s_client", version, "-quiet", "-no_ign_eof", "-connect", address]
    framed = b"%d %b" % (len(message), message)
    subprocess.run(command, input=framed, capture_output=True, check=True, timeout=20)
    appliance.await_count("openssl", 1)
    await_true(lambda: message in appliance.messages("openssl"), "the message over TLS")


@pytest.mark.parametrize("octets", [480, 2048, 8192, 65507])
def test_large_datagrams(appliance: Appliance, octets: int) -> None:
    """Datagrams up to the largest that UDP over IPv4 carries come back whole (RFC 5426 section 3.2)."""
    message = b"<13>1 - h size - - - ".ljust(octets, b"x")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(message, ("127.0.0.1", appliance.ports["sizes"]))
    await_true(lambda: message in appliance.messages("sizes"), f"a datagram of {octets} octets")
