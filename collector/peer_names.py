"""Matching the names in a peer's certificate against names that are configured here (RFC 5425 section 5.2).

Pure. The names come from the configuration and the certificate alone, never from the DNS (section 6.2).
"""

import ipaddress
import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID

_WILDCARD: Final = "*"
_UNREADABLE: Final = (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType)


@dataclass(frozen=True, slots=True)
class CertificateNames:
    """The names that a certificate has. DNS names are as they stand there, addresses as octets."""

    dns: tuple[str, ...]
    addresses: tuple[bytes, ...]
    common: tuple[str, ...]


def names_of(certificate: x509.Certificate | x509.CertificateSigningRequest) -> CertificateNames:
    """Give the names of a certificate, or of a request for one; none at all where some cannot be read.

    Otherwise the common name would count in a certificate whose dNSName is merely unreadable.
    """
    try:
        dns, addresses = _alternative_names(certificate)
        common = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return CertificateNames(dns, addresses, tuple(str(one.value) for one in common))
    except _UNREADABLE:
        return CertificateNames((), (), ())


def _alternative_names(
    certificate: x509.Certificate | x509.CertificateSigningRequest,
) -> tuple[tuple[str, ...], tuple[bytes, ...]]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return (), ()
    addresses = names.get_values_for_type(x509.IPAddress)
    return (
        tuple(names.get_values_for_type(x509.DNSName)),
        tuple(one.packed for one in addresses if isinstance(one, IPv4Address | IPv6Address)),
    )


def matching_name(
    configured: str, names: CertificateNames, *, wildcards: bool, common_name: bool
) -> str | None:
    """Give the certificate's name that a configured name allows, or None.

    Args:
        configured: as ``tls_settings.configured_name`` gave it.
        names: the certificate's.
        wildcards: whether ``*.example.com`` in the certificate stands for each name one label longer.
        common_name: whether the common name counts in a certificate without any dNSName.
    """
    try:
        wanted = ipaddress.ip_address(configured).packed
    except ValueError:
        pass
    else:
        return configured if wanted in names.addresses else None
    candidates = names.dns or (names.common if common_name else ())
    return next((name for name in candidates if _fits(configured, name.lower(), wildcards=wildcards)), None)


def _fits(configured: str, name: str, *, wildcards: bool) -> bool:
    wanted, offered = configured.split("."), name.removesuffix(".").split(".")
    if len(wanted) != len(offered):
        return False
    if wildcards and offered[0] == _WILDCARD and len(offered) > 1:  # the whole left-most label, nothing less
        wanted, offered = wanted[1:], offered[1:]
    return _WILDCARD not in "".join(offered) and all(map(_label_fits, wanted, offered))


def _label_fits(wanted: str, offered: str) -> bool:
    if _WILDCARD not in wanted:
        return wanted == offered
    pattern = "[a-z0-9_-]*".join(map(re.escape, re.split(r"\*+", wanted)))
    return re.fullmatch(pattern, offered) is not None
