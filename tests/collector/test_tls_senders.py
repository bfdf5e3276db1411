"""TLS with real senders: OpenSSL's client in every version and suite, rsyslogd with both of its drivers."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from collector.certificate import CertificateFiles
from tests.collector.conftest import Certificates
from tests.collector.identities import Identities, Identity
from tests.collector.running import LOOPBACK, Running, collecting, listeners, play
from tests.collector.streams import counted
from tests.machine import await_true

Tool = Callable[[str], str]
MESSAGE = b"<13>1 - h a - - - x"
VERSIONS = pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])


def s_client(
    tool: Tool, running: Running, certificates: Certificates, identity: Identity | None, *options: str
) -> list[str]:
    """OpenSSL's client; it verifies us."""
    files = identity and identity.files
    return [
        *(tool("openssl"), "s_client", "-connect", f"{LOOPBACK}:{running.port('tls')}", "-no_ign_eof"),
        *("-CAfile", str(certificates.server.certificate), "-verify_return_error"),
        *(["-cert", str(files.certificate), "-key", str(files.key)] if files else []),
        *options,
    ]


async def execute(command: list[str], feed: bytes = b"", *, succeeds: bool = True) -> bytes:
    """Run a program to its end with its input at an end, and give what it printed."""
    pipe, both = asyncio.subprocess.PIPE, asyncio.subprocess.STDOUT
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=both)
    printed, _ = await asyncio.wait_for(process.communicate(feed), 30)
    assert (process.returncode == 0) == succeeds, printed
    return printed


@pytest.mark.parametrize(
    ("options", "legacy", "chosen"),
    [
        (["-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"], False, b"ECDHE-RSA-AES128-GCM-SHA256"),
        (["-tls1_2", "-cipher", "AES128-SHA"], True, b"AES128-SHA"),
        (
            ["-tls1_2", "-cipher", "AES128-SHA:ECDHE-RSA-AES128-GCM-SHA256"],
            True,
            b"ECDHE-RSA-AES128-GCM-SHA256",
        ),
        ([], True, b"TLSv1.3"),
    ],
    ids=["ECDHE-GCM alone", "RSA-CBC alone", "both", "any version"],
)
def test_suites(
    folder: Path,
    tool: Tool,
    certificates: Certificates,
    options: list[str],
    legacy: bool,  # noqa: FBT001 - a column
    chosen: bytes,
) -> None:
    """RFC 9662 sections 3 and 4: each mandatory suite alone, our preference, and TLS 1.3 before all."""

    async def scene() -> None:
        settings = listeners(legacy_cipher=legacy)
        async with collecting(folder, certificates.server.key.parent, listeners=settings) as running:
            command = s_client(tool, running, certificates, None, *options)
            printed = await execute(command, counted(MESSAGE))
            assert b"Cipher is " + chosen in printed or b"New, " + chosen in printed, printed
            await running.storage.await_messages(1)
            assert running.storage.messages() == [MESSAGE]

    play(scene)


@pytest.mark.parametrize(
    ("options", "alert"),
    [
        (["-tls1_2", "-cipher", "AES128-SHA"], b"alert handshake failure"),
        (["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], b"alert protocol version"),
        (["-tls1", "-cipher", "ALL:@SECLEVEL=0"], b"alert protocol version"),
        (["-tls1_2", "-cipher", "eNULL:aNULL:@SECLEVEL=0"], b"alert handshake failure"),
    ],
    ids=["RSA-CBC when not asked for", "TLS 1.1", "TLS 1.0", "NULL suites"],
)
def test_what_is_never_spoken(
    folder: Path, tool: Tool, certificates: Certificates, options: list[str], alert: bytes
) -> None:
    """RFC 5425 section 4.2: what is older or weaker is refused with an alert that the sender sees."""

    async def scene() -> None:
        async with collecting(folder, certificates.server.key.parent, listeners=listeners()) as running:
            command = s_client(tool, running, certificates, None, *options)
            printed = await execute(command, succeeds=False)
            assert alert in printed, printed

    play(scene)


@VERSIONS
def test_wrong_certificates_see_an_alert(
    folder: Path, tool: Tool, certificates: Certificates, identities: Identities, version: str
) -> None:
    """RFC 5425 section 5: the handshake is aborted; a client of TLS 1.3 reads the alert after it."""
    refused = [
        (None, b"alert certificate required" if version == "-tls1_3" else b"alert handshake failure"),
        (identities.self_signed("a.example"), b"alert unknown ca"),
        (identities.issued("b.example"), b"alert bad certificate"),
    ]
    settings = listeners(client_certificate="required", client_ca=identities.ca, client_names=["a.example"])

    async def scene() -> None:
        async with collecting(folder, certificates.server.key.parent, listeners=settings) as running:
            for identity, alert in refused:
                command = s_client(tool, running, certificates, identity, version, "-ign_eof")
                printed = await execute(command, counted(MESSAGE), succeeds=False)
                assert alert in printed, printed
            await running.finish()
            assert sum(running.listener("tls")["refused"].values()) == len(refused)
            assert running.storage.messages() == []

    play(scene)


@VERSIONS
def test_self_signed_by_fingerprint(
    folder: Path, tool: Tool, certificates: Certificates, identities: Identities, version: str
) -> None:
    """RFC 5425 section 4.2.1: a self-signed sender in the list is received, with its certificate recorded."""
    known = identities.self_signed("a.example")
    settings = listeners(client_certificate="required", client_fingerprints=[known.fingerprint("sha-1")])

    async def scene() -> None:
        async with collecting(folder, certificates.server.key.parent, listeners=settings) as running:
            await execute(s_client(tool, running, certificates, known, version), counted(MESSAGE))
            await running.storage.await_messages(1)
            assert running.storage.column("tls_identity") == [f"{known.fingerprint()} CN=a.example"]

    play(scene)


def test_no_early_data_and_no_resumption(folder: Path, tool: Tool, certificates: Certificates) -> None:
    """RFC 9662 section 6: whatever session a client keeps, it allows no early data and is not resumed."""
    kept = folder / "session"

    async def scene() -> None:
        async with collecting(folder, certificates.server.key.parent, listeners=listeners()) as running:
            for version in ("-tls1_2", "-tls1_3"):
                kept.unlink(missing_ok=True)
                options = [version, "-sess_out", str(kept)]
                await execute(s_client(tool, running, certificates, None, *options), counted(MESSAGE))
                if not kept.exists():  # TLS 1.3 without a ticket: there is nothing to keep
                    continue
                told = await execute([tool("openssl"), "sess_id", "-in", str(kept), "-noout", "-text"])
                assert b"Max Early Data" not in told or b"Max Early Data: 0" in told, told
                options = [version, "-sess_in", str(kept)]
                printed = await execute(s_client(tool, running, certificates, None, *options), b"")
                assert b"Reused" not in printed, printed

    play(scene)


RSYSLOG = """
module(load="imuxsock" SysSock.Use="off")
global(workDirectory="{folder}" defaultNetstreamDriverCAFile="{ca}"
       defaultNetstreamDriverCertFile="{certificate}" defaultNetstreamDriverKeyFile="{key}")
input(type="imuxsock" Socket="{folder}/log" CreatePath="on")
template(name="T" type="string" string="<%PRI%>1 %TIMESTAMP:::date-rfc3339% h %APP-NAME% - - - %msg%")
action(type="omfwd" target="127.0.0.1" port="{port}" protocol="tcp" TCP_Framing="octet-counted"
       StreamDriver="{driver}" StreamDriverMode="1" StreamDriverAuthMode="x509/name"
       StreamDriverPermittedPeers="localhost" template="T")
"""


@asynccontextmanager
async def rsyslogd(
    program: str, folder: Path, configuration: dict[str, object]
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A real rsyslogd that listens at a socket in ``folder``; it ends with the block."""
    text = RSYSLOG
    for word, value in {"folder": folder, **configuration}.items():
        text = text.replace(f"{{{word}}}", str(value))
    (folder / "rsyslog.conf").write_text(text)
    command = [program, "-n", "-iNONE", "-f", str(folder / "rsyslog.conf")]
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
    try:
        await asyncio.to_thread(await_true, lambda: listens(folder / "log"), "rsyslogd opens its socket")
        yield process
    finally:
        process.terminate()
        await process.wait()


def listens(path: Path) -> bool:
    """Whether somebody listens at a Unix datagram socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as probe:
        return path.exists() and probe.connect_ex(str(path)) == 0


@pytest.mark.parametrize("driver", ["ossl", "gtls"])
def test_rsyslogd_proves_itself_and_we_do(
    folder: Path, tool: Tool, identities: Identities, driver: str
) -> None:
    """rsyslogd with OpenSSL and with GnuTLS: x509/name at both ends, every message with its identity."""
    ours, theirs = identities.issued("localhost"), identities.issued("rsyslog.example")
    settings = listeners(
        certificate=ours.files.certificate,
        key=ours.files.key,
        client_certificate="required",
        client_ca=identities.ca,
        client_names=["*.example"],
    )
    count = 20

    async def scene() -> None:
        async with collecting(folder, listeners={"tls": settings["tls"]}) as running:
            configuration = {
                "ca": identities.ca,
                "certificate": theirs.files.certificate,
                "key": theirs.files.key,
                "port": running.port("tls"),
                "driver": driver,
            }
            async with rsyslogd(tool("rsyslogd"), folder, configuration):
                feed = "".join(f"event {number}\n" for number in range(count)).encode()
                await execute([tool("logger"), "-u", str(folder / "log"), "-t", "feeder"], feed)
                await running.storage.await_messages(count)
            found = running.storage.column("message")
            assert [text.strip() for text in found] == [f"event {number}" for number in range(count)]
            assert set(running.storage.column("tls_identity")) == {f"{theirs.fingerprint()} rsyslog.example"}

    play(scene)


def test_renewed_files_drop_no_connection(folder: Path, tool: Tool, identities: Identities) -> None:
    """New files are shown to new connections; the old connection goes on, and so does the listener."""
    old, new = identities.issued("localhost"), identities.issued("localhost")
    shown = CertificateFiles(folder / "shown.pem", folder / "shown.key")
    settings = listeners(certificate=shown.certificate, key=shown.key)

    def show(identity: Identity) -> None:
        shown.certificate.write_bytes(identity.files.certificate.read_bytes())
        shown.key.write_bytes(identity.files.key.read_bytes())

    async def scene() -> None:
        show(old)
        async with collecting(folder, listeners={"tls": settings["tls"]}) as running:
            place = f"{LOOPBACK}:{running.port('tls')}"
            command = [tool("openssl"), "s_client", "-connect", place, "-CAfile", str(identities.ca)]
            first = await asyncio.create_subprocess_exec(
                *command,
                "-quiet",
                "-no_ign_eof",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
            )
            assert first.stdin is not None
            first.stdin.write(counted(b"<13>before"))
            await running.storage.await_messages(1)
            show(new)
            await running.reported(lambda: running.listener("tls")["fingerprints"][0] == new.fingerprint())
            assert b"Verify return code: 0" in await execute([*command, "-no_ign_eof"], counted(b"<13>new"))
            await running.storage.await_messages(2)
            shown.certificate.write_text("broken")
            count = len(running.reports)
            await running.reported(lambda: len(running.reports) > count + 2)  # it was looked at and told
            await execute([*command, "-no_ign_eof"], counted(b"<13>still"))
            first.stdin.write(counted(b"<13>after"))
            await running.storage.await_messages(4)
            first.stdin.close()
            await first.wait()
            assert running.listener("tls")["fingerprints"][0] == new.fingerprint()
            assert sorted(running.storage.messages()) == [
                b"<13>after",
                b"<13>before",
                b"<13>new",
                b"<13>still",
            ]

    play(scene)
