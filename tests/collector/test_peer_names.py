"""RFC 5425 section 5.2: a certificate's names against the configured ones."""

from ipaddress import ip_address

import pytest

from collector.peer_names import CertificateNames, matching_name, names_of
from collector.tls_settings import configured_name
from tests.collector.identities import Identities

PLAIN = {"wildcards": False, "common_name": False}
WILD = {"wildcards": True, "common_name": False}
COMMON = {"wildcards": False, "common_name": True}
BOTH = {"wildcards": True, "common_name": True}


def dns(*names: str) -> CertificateNames:
    """A certificate with these dNSNames, and a common name that must not count beside them."""
    return CertificateNames(names, (), ("common.example",))


def common(*names: str) -> CertificateNames:
    """A certificate with nothing but common names."""
    return CertificateNames((), (), names)


def addresses(*texts: str) -> CertificateNames:
    """A certificate with these iPAddresses."""
    return CertificateNames((), tuple(ip_address(text).packed for text in texts), ())


@pytest.mark.parametrize(
    ("configured", "certificate", "switches", "fits"),
    [
        # the name itself, whatever its case
        ("a.example.com", dns("a.example.com"), PLAIN, True),
        ("A.Example.com", dns("a.exAMPLE.COM"), PLAIN, True),
        ("a.example.com", dns("b.example.com", "a.example.com"), PLAIN, True),
        ("a.example.com", dns("a.example.com."), PLAIN, True),
        ("a.example.com", dns("b.example.com"), PLAIN, False),
        ("a.example.com", dns("xa.example.com"), PLAIN, False),
        ("a.example.com", dns("a.example.com.evil.example"), PLAIN, False),
        ("a.example.com", dns("a.example.com\0.evil.example"), PLAIN, False),
        ("a.example.com", dns(), PLAIN, False),
        # internationalised
        ("bücher.example", dns("xn--bcher-kva.example"), PLAIN, True),
        ("xn--bcher-kva.example", dns("XN--BCHER-KVA.example"), PLAIN, True),
        ("bücher.example", dns("bucher.example"), PLAIN, False),
        # wildcards in certificates: the whole left-most label, only with the switch
        ("a.example.com", dns("*.example.com"), PLAIN, False),
        ("a.example.com", dns("*.example.com"), WILD, True),
        ("example.com", dns("*.example.com"), WILD, False),
        ("a.b.example.com", dns("*.example.com"), WILD, False),
        ("ab.example.com", dns("a*.example.com"), WILD, False),
        ("ab.example.com", dns("*b.example.com"), WILD, False),
        ("a.b.example.com", dns("a.*.example.com"), WILD, False),
        ("a.b.example.com", dns("*.*.example.com"), WILD, False),
        ("a", dns("*"), WILD, False),
        # wildcards in configured names
        ("*.example.com", dns("a.example.com"), PLAIN, True),
        ("*.example.com", dns("example.com"), PLAIN, False),
        ("*.example.com", dns("a.b.example.com"), PLAIN, False),
        ("fw-*.example.com", dns("fw-17.example.com"), PLAIN, True),
        ("fw-*.example.com", dns("fw-.example.com"), PLAIN, True),
        ("fw-*.example.com", dns("gw-17.example.com"), PLAIN, False),
        ("*-*-x.example.com", dns("a-b-x.example.com"), PLAIN, True),
        ("*.*.example.com", dns("a.b.example.com"), PLAIN, True),
        ("fw-*.example.com", dns("fw-\0\n.example.com"), PLAIN, False),
        ("*.example.com", dns("*.example.com"), PLAIN, False),
        ("*.example.com", dns("*.example.com"), WILD, True),
        # the common name: only with the switch, and only without a dNSName
        ("c.example", common("c.example"), PLAIN, False),
        ("c.example", common("c.example"), COMMON, True),
        ("c.example", common("d.example", "C.example"), COMMON, True),
        ("common.example", dns("a.example.com"), COMMON, False),
        ("c.example.com", common("*.example.com"), COMMON, False),
        ("c.example.com", common("*.example.com"), BOTH, True),
        # addresses, by octets
        ("192.0.2.7", addresses("192.0.2.7"), PLAIN, True),
        ("192.0.2.7", addresses("192.0.2.8"), PLAIN, False),
        ("2001:DB8::7", addresses("2001:db8:0:0::7"), PLAIN, True),
        ("192.0.2.7", addresses("::ffff:192.0.2.7"), PLAIN, False),
        ("192.0.2.7", dns("192.0.2.7"), PLAIN, False),
        ("192.0.2.7", common("192.0.2.7"), COMMON, False),
        ("*.0.2.7", addresses("192.0.2.7"), PLAIN, False),
    ],
)
def test_matching(
    configured: str,
    certificate: CertificateNames,
    switches: dict[str, bool],
    fits: bool,  # noqa: FBT001 - a column
) -> None:
    """Each kind of name fits what section 5.2 says that it does, and nothing else."""
    found = matching_name(configured_name(configured), certificate, **switches)
    assert (found is not None) == fits


def test_names_of_a_certificate(identities: Identities) -> None:
    """dNSNames, addresses and common names are read out of a real certificate."""
    found = names_of(identities.issued("a.example", "192.0.2.7", "2001:db8::7", subject="CN").certificate)
    assert found.dns == ("a.example",)
    assert found.addresses == (ip_address("192.0.2.7").packed, ip_address("2001:db8::7").packed)
    assert found.common == ("CN",)


def test_certificate_without_names(identities: Identities) -> None:
    """A certificate without alternative names has its common name alone."""
    found = names_of(identities.authority.certificate)
    assert found == CertificateNames((), (), ("Test authority",))
