"""The pages by TLS: the appliance's own certificate where other machines come, or one that is named."""

import asyncio
import contextlib
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import serialization

from collector.certificate import (
    fingerprints,
    key_octets,
    new_key,
    own_certificate,
    self_signed,
    write_new,
)
from storage.layout import Layout
from web.run import WebError, run
from web.settings import WebSettings
from web.tls import (
    CertificateFileError,
    CertificateFiles,
    Renewal,
    check_files,
    fingerprint,
    names,
    server_context,
)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> CertificateFiles:
    """Give a certificate of our own, as the appliance makes it."""
    own = own_certificate(tmp_path_factory.mktemp("tls"))
    return CertificateFiles(own.certificate, own.key)


async def asked(
    settings: WebSettings, layout: Layout, files: CertificateFiles | None, host: str = "localhost"
) -> tuple[httpx.Response, list[Mapping[str, Any]]]:
    """Run the role, ask it for a page when it is ready, and stop it."""
    reports: list[Mapping[str, Any]] = []
    ready, stop = asyncio.Event(), asyncio.Event()
    role = asyncio.create_task(
        run(settings, layout=layout, report=reports.append, ready=ready.set, stop=stop, certificate=files)
    )
    bound = asyncio.create_task(ready.wait())
    async with asyncio.timeout(30):
        await asyncio.wait([role, bound], return_when=asyncio.FIRST_COMPLETED)
        if role.done():
            bound.cancel()
            await role
        trusted = ssl.create_default_context(cafile=str(files.certificate)) if files else True
        port = httpx.URL(reports[0]["url"]).port
        async with httpx.AsyncClient(verify=trusted) as client:
            response = await client.get(f"https://localhost:{port}/search", headers={"Host": host})
        stop.set()
        await role
    return response, reports


def test_own_certificate(layout: Layout, files: CertificateFiles) -> None:
    """On all addresses the pages come by TLS with it; a browser that trusts it is led to the sign-in."""
    settings = WebSettings(address="0.0.0.0", port=0)
    response, reports = asyncio.run(asked(settings, layout, files))
    assert response.status_code == 303
    assert response.headers["location"].startswith("/sign-in")
    assert reports[0]["url"].startswith("https://")
    assert reports[0]["fingerprint"] == fingerprints(files.certificate)[0]


def test_another_name(layout: Layout, files: CertificateFiles) -> None:
    """By TLS, too, a name that another site gave this machine is refused, and the page says what to set."""
    response, _ = asyncio.run(asked(WebSettings(address="0.0.0.0", port=0), layout, files, "evil.example"))
    assert response.status_code == 400
    assert "web.names" in response.text


def test_named_files(layout: Layout, files: CertificateFiles) -> None:
    """A certificate that the settings name is served, on a loopback address as well."""
    settings = WebSettings(port=0, certificate=files.certificate, key=files.key)
    response, reports = asyncio.run(asked(settings, layout, files))
    assert response.status_code == 303
    assert reports[0]["url"].startswith("https://127.0.0.1:")


def test_no_certificate(layout: Layout) -> None:
    """Without any, the role does not start without TLS."""
    with pytest.raises(WebError, match="there is none for TLS"):
        asyncio.run(asked(WebSettings(address="0.0.0.0", port=0), layout, None))


def test_old_protocols(files: CertificateFiles) -> None:
    """Nothing older than TLS 1.2 is spoken."""
    assert server_context(files).minimum_version == ssl.TLSVersion.TLSv1_2


def shown(context: ssl.SSLContext) -> bytes | None:
    """Give the certificate that a server with this context shows, by a handshake in memory."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [client.wrap_bio(to_client, to_server), context.wrap_bio(to_server, to_client, server_side=True)]
    for _ in range(4):
        for end in ends:
            with contextlib.suppress(ssl.SSLWantReadError):
                end.do_handshake()
    return ends[0].getpeercert(binary_form=True)


def test_a_renewed_certificate(tmp_path: Path) -> None:
    """A certificate that was replaced on disk is shown from then on; a broken one is told, once."""
    own = own_certificate(tmp_path)
    files = CertificateFiles(own.certificate, own.key)
    context = server_context(files)
    renewal = Renewal(context, files)
    first = shown(context)
    assert first is not None
    assert not renewal.look()
    own.certificate.unlink()
    with pytest.raises(CertificateFileError):
        renewal.look()
    assert not renewal.look()
    assert shown(context) == first
    key = new_key()
    write_new(own.key, key_octets(key))
    made = self_signed(key, ["box.example"], datetime.now(UTC))
    write_new(own.certificate, made.public_bytes(serialization.Encoding.PEM))
    assert renewal.look()
    assert shown(context) == made.public_bytes(serialization.Encoding.DER)
    assert not renewal.look()


def test_what_check_config_tells(files: CertificateFiles, tmp_path: Path) -> None:
    """Files that cannot be used are told before anything starts, each with its setting."""
    provider = {"issuer": "https://login.example", "client_id": "x", "client_secret_file": tmp_path / "no"}
    given = {"certificate": files.certificate, "key": tmp_path / "no", "openid": {"site": provider}}
    told = check_files(WebSettings.model_validate(given))
    assert [line.partition(":")[0] for line in told] == [
        "web.certificate",
        "web.openid.site.client_secret_file",
    ]
    assert check_files(WebSettings(certificate=files.certificate, key=files.key)) == []
    assert check_files(WebSettings()) == []


def test_its_names_and_its_mark(files: CertificateFiles) -> None:
    """The names are those that a browser compares; the fingerprint is the one that `sysledger tls` prints."""
    assert "localhost" in names(files)
    assert fingerprint(files) == fingerprints(files.certificate)[0]


def test_files_that_cannot_be_used(files: CertificateFiles, tmp_path: Path) -> None:
    """A missing file, one that holds something else, and the key of another: the error names the setting."""
    other = tmp_path / "other.pem"
    key = new_key()
    other.write_bytes(key_octets(key))
    text = tmp_path / "text.pem"
    text.write_text("no certificate")
    for wrong in (
        CertificateFiles(tmp_path / "nowhere.pem", files.key),
        CertificateFiles(files.certificate, other),
        CertificateFiles(text, files.key),
    ):
        with pytest.raises(CertificateFileError, match=r"^web\.certificate: "):
            server_context(wrong)
    with pytest.raises(CertificateFileError, match="cannot be read"):
        names(CertificateFiles(text, other))


def test_the_names_of_another(tmp_path: Path) -> None:
    """A certificate that the settings name says what the appliance is called; its addresses are no names."""
    key = new_key()
    file = tmp_path / "certificate.pem"
    made = self_signed(key, ["box.example", "192.0.2.1"], datetime.now(UTC))
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    assert names(CertificateFiles(file, file)) == ["box.example"]
