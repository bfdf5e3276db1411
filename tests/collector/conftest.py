"""What the collector's tests share: a folder short enough for a socket's path, and certificates."""

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from collector.certificate import CertificateFiles, own_certificate, self_signed
from tests.collector.identities import Identities


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short path, as ipc:// wants it."""
    with tempfile.TemporaryDirectory(prefix="sl-") as path:
        yield Path(path)


class Certificates(NamedTuple):
    """The appliance's own certificate, and one of a sender."""

    server: CertificateFiles
    client: CertificateFiles


@pytest.fixture(scope="session")
def certificates() -> Iterator[Certificates]:
    """Certificates made once for all tests, because keys take their time."""
    with tempfile.TemporaryDirectory(prefix="sl-") as path:
        server = own_certificate(Path(path) / "tls")
        client = CertificateFiles(Path(path) / "client.pem", Path(path) / "client.key")
        key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
        certificate = self_signed(key, ["sender.test"], datetime.now(UTC))
        client.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        client.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        yield Certificates(server, client)


@pytest.fixture(scope="session")
def identities() -> Iterator[Identities]:
    """Makes certificates of senders; one authority for all tests."""
    with tempfile.TemporaryDirectory(prefix="sl-") as path:
        yield Identities(Path(path))
