"""Logging libraries of other languages: the octets that they put on the wire come out of the archive."""

import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.end_to_end.appliance import Appliance, Recorder
from tests.machine import DEADLINE

Tool = Callable[[str], str]
Record = Callable[[str], Recorder]

SENDERS = Path(__file__).parents[1] / "senders"
LINES = [f"line {number} f\u00fcr alle" for number in range(5)]
FEED = "".join(f"{line}\n" for line in LINES).encode()


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_perl(appliance: Appliance, record: Record, tool: Tool, transport: str) -> None:
    """Perl's Sys::Syslog: an empty first datagram by UDP, LF and NUL after each message by TCP."""
    name = f"perl-{transport}"
    recorder = record(name)
    command = [tool("perl"), str(SENDERS / "sender.pl"), transport, str(recorder.port)]
    subprocess.run(command, input=FEED, check=True, timeout=30)
    appliance.await_count(name, len(LINES))
    if transport == "udp":
        sent = [datagram for datagram in recorder.datagrams if datagram]
    else:
        octets = b"".join(recorder.closed())
        sent = [message.removesuffix(b"\n") for message in octets.split(b"\0") if message.strip(b"\n")]
    assert Counter(appliance.messages(name)) == Counter(sent)
    assert appliance.count(name, 'app:perl "line 3"') == 1


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_winston(appliance: Appliance, record: Record, tool: Tool, transport: str) -> None:
    """winston: RFC 5424 by UDP; by TCP and TLS it frames nothing at all."""
    name = f"winston-{transport}"
    port = appliance.ports[name] if transport == "tls" else (recorder := record(name)).port
    count = len(LINES) if transport == "udp" else 1
    feed = FEED if transport == "udp" else FEED.splitlines()[0]
    with node(tool, feed, "winston", transport, port):
        appliance.await_count(name, count)
    if transport == "udp":
        assert Counter(appliance.messages(name)) == Counter(recorder.datagrams)
    elif transport == "tcp":
        assert appliance.messages(name) == recorder.closed()
    assert appliance.count(name, 'format:rfc5424 app:winston host:node1 "line 0"') == 1


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_syslog_client(appliance: Appliance, record: Record, tool: Tool, transport: str) -> None:
    """npm's syslog-client: RFC 3164 by UDP, RFC 5424 with LF by TCP."""
    name = f"syslogclient-{transport}"
    recorder = record(name)
    with node(tool, FEED, "syslog-client", transport, recorder.port):
        appliance.await_count(name, len(LINES))
    sent = recorder.datagrams if transport == "udp" else b"".join(recorder.closed()).split(b"\n")
    found = Counter(appliance.messages(name))
    assert found == Counter(message for message in sent if message)
    # Its RFC 3164 has no TAG, so that MSG's first word stands in TAG's place.
    assert appliance.count(name, 'host:node1 "3 f\u00fcr alle"') == 1


@contextmanager
def node(tool: Tool, feed: bytes, *words: object) -> Iterator[None]:
    """Run the npm senders, whose libraries stand beside the tools, for as long as they are waited for."""
    modules = Path(tool("log4j")).parent / "node" / "node_modules"
    command = [tool("node"), str(SENDERS / "node.js"), *map(str, words)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, env={"NODE_PATH": str(modules)})
    try:
        assert process.stdin is not None
        process.stdin.write(feed)
        process.stdin.close()
        yield
    finally:
        process.terminate()
        process.wait(DEADLINE)


LOG4J = """
<Configuration status="error">
  <Appenders>
    <Syslog name="out" host="127.0.0.1" port="{port}" protocol="{protocol}" format="RFC5424" appName="log4j"
            facility="LOCAL1" mdcId="mdc" messageId="Lines" newLine="{newline}" enterpriseNumber="32473">
      {ssl}
    </Syslog>
  </Appenders>
  <Loggers><Root level="info"><AppenderRef ref="out"/></Root></Loggers>
</Configuration>
"""


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_log4j(appliance: Appliance, record: Record, tool: Tool, tmp_path: Path, transport: str) -> None:
    """Java's log4j2: by UDP, TCP with LF, and TLS, where it counts octets."""
    name = f"log4j-{transport}"
    port = appliance.ports[name] if transport == "tls" else (recorder := record(name)).port
    ssl = '<SSL verifyHostName="false"><TrustStore location="{}" password="secret" type="PKCS12"/></SSL>'
    text = LOG4J.format(
        port=port,
        protocol={"tls": "SSL"}.get(transport, transport.upper()),
        newline=str(transport == "tcp").lower(),
        ssl=ssl.format(trust_store(appliance, tool, tmp_path)) if transport == "tls" else "",
    )
    (tmp_path / "log4j2.xml").write_text(text)
    subprocess.run([tool("log4j"), str(tmp_path / "log4j2.xml")], input=FEED, check=True, timeout=60)
    appliance.await_count(name, len(LINES))
    if transport == "udp":
        assert Counter(appliance.messages(name)) == Counter(recorder.datagrams)
    elif transport == "tcp":
        assert appliance.messages(name) == b"".join(recorder.closed()).split(b"\n")[:-1]
    assert appliance.count(name, 'format:rfc5424 app:log4j facility:local1 "line 3"') == 1


def trust_store(appliance: Appliance, tool: Tool, folder: Path) -> Path:
    """Make a store for Java with the appliance's certificate."""
    files = [str(appliance.folder / "var" / "tls" / name) for name in ("certificate.pem",)]
    store = folder / "trust.p12"
    words = ["-importcert", "-noprompt", "-storepass", "secret", "-storetype", "PKCS12", "-file", *files]
    command = [tool("keytool"), *words, "-alias", "sysledger", "-keystore", str(store)]
    subprocess.run(command, check=True, timeout=60, capture_output=True)
    return store
