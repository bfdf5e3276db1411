"""Devices' requests for certificates (PKCS #10), as far as an authority of ours looks at them."""

import ipaddress
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from collector.errors import CertificateError
from collector.peer_names import names_of

_WILDCARD: Final = "*"
_LEAST_KEY_BITS: Final = 2048  # what OpenSSL's security level 2 asks for
_UNREADABLE: Final = (OSError, ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion)


def read_request(file: Path) -> x509.CertificateSigningRequest:
    """Read a request, PEM or DER, and see that whoever made it has the key.

    Raises:
        CertificateError: when it cannot be used; the message says what to do.
    """
    try:
        octets = file.read_bytes()
        pem = octets.lstrip().startswith(b"-----")
        request = x509.load_pem_x509_csr(octets) if pem else x509.load_der_x509_csr(octets)
        key = request.public_key()
    except _UNREADABLE as error:
        raise CertificateError(
            f"{file}: no certificate request can be read from it ({error}): name a PKCS #10 file, PEM or DER"
        ) from error
    if not request.is_signature_valid:
        raise CertificateError(
            f"{file}: its signature is wrong, so that its sender may not have the key: ask for another"
        )
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < _LEAST_KEY_BITS:
        raise CertificateError(
            f"{file}: its RSA key has {key.key_size} bits, which no handshake accepts: "
            f"let the device make one of {_LEAST_KEY_BITS} or more"
        )
    return request


def names_in(file: Path, request: x509.CertificateSigningRequest) -> list[str]:
    """The names that a request asks for; its common name when that is all that there is.

    Raises:
        CertificateError: when there is none, or one that stands for others, too: that is not for a device
            to decide.
    """
    names = names_of(request)
    addresses = [str(ipaddress.ip_address(address)) for address in names.addresses]
    found = [*names.dns, *addresses] or list(names.common)
    if not found:
        raise CertificateError(f"{file} asks for no name: give the device's names with --name")
    if any(_WILDCARD in name for name in found):
        raise CertificateError(
            f"{file} asks for {', '.join(map(ascii, found))}, which is the name of others, too: "
            "give the device's names with --name"
        )
    return found


def subject_but_its_name(request: x509.CertificateSigningRequest) -> list[x509.NameAttribute[str | bytes]]:
    """Give what a request says of its subject, without the common name; nothing where it cannot be read."""
    try:
        return [one for one in request.subject if one.oid != NameOID.COMMON_NAME]
    except ValueError:
        return []
