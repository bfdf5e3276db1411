"""Whom a policy accepts: OpenSSL's questions, in the orders in which it asks them."""

from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from collector.authorisation import Authorisation, Policy, subject_of
from collector.settings import ListenerSettings
from tests.collector.identities import Identities

SELF_SIGNED, UNKNOWN_ROOT, NOT_PERMITTED = 18, 19, 47


@pytest.fixture(scope="module")
def leaf(identities: Identities) -> x509.Certificate:
    """A sender's certificate."""
    return identities.issued("a.example").certificate


@pytest.fixture(scope="module")
def issuer(identities: Identities) -> x509.Certificate:
    """Its issuer's."""
    return identities.authority.certificate


def policy(**settings: Any) -> Policy:
    """The policy of a listener."""
    given = {"transport": "tls", "port": 1, "client_certificate": "required", "client_ca": "ca.pem"}
    return Policy.of(ListenerSettings.model_validate({**given, **settings}))


OTHER = {"client_fingerprints": [f"sha-1{':00' * 20}"]}


@pytest.mark.parametrize("settings", [{}, OTHER, {"client_names": ["a.example"]}])
def test_whole_path(leaf: x509.Certificate, issuer: x509.Certificate, settings: dict[str, Any]) -> None:
    """A path without errors is accepted, the end-entity certificate last."""
    asked = Authorisation(policy(**settings))
    assert asked.consider(issuer, 0, 1)
    assert asked.identity is None
    assert asked.consider(leaf, 0, 0)
    assert asked.identity is not None


@pytest.mark.parametrize("settings", [{}, OTHER])
@pytest.mark.parametrize("depth", [0, 1])
def test_constraints_that_are_checked_last(
    leaf: x509.Certificate, issuer: x509.Certificate, settings: dict[str, Any], depth: int
) -> None:
    """OpenSSL checks name constraints after the path: what was accepted is refused after all."""
    asked = Authorisation(policy(**settings))
    assert asked.consider(leaf, 0, 0)
    assert not asked.consider(issuer if depth else leaf, NOT_PERMITTED, depth)
    assert asked.identity is None
    assert asked.refusal is not None
    assert asked.refusal.endswith("outside of what its authority may certify")


def test_errors_above_a_known_fingerprint(identities: Identities, issuer: x509.Certificate) -> None:
    """Errors anywhere in the path of a certificate that is known do not matter, whenever they come."""
    known = identities.issued("a.example")
    asked = Authorisation(policy(client_fingerprints=[known.fingerprint("sha-1")]))
    assert asked.consider(issuer, UNKNOWN_ROOT, 1)
    assert asked.consider(known.certificate, SELF_SIGNED, 0)
    assert asked.identity is None
    assert asked.consider(known.certificate, 0, 0)
    assert asked.consider(issuer, NOT_PERMITTED, 1)
    assert asked.identity == f"{known.fingerprint()} CN=a.example"


def test_errors_above_an_unknown_fingerprint(leaf: x509.Certificate, issuer: x509.Certificate) -> None:
    """An error above the end-entity certificate is remembered until that is seen, and then refused."""
    asked = Authorisation(policy(**OTHER))
    assert asked.consider(issuer, UNKNOWN_ROOT, 1)
    assert not asked.consider(leaf, 0, 0)
    assert asked.refusal == (
        "certificate not accepted: not in client_fingerprints, and its authority is not in client_ca"
    )
    assert asked.refused is not None


def test_unknown_errors_are_told_by_number(leaf: x509.Certificate) -> None:
    """An error that is in no table of ours is told by OpenSSL's number for it."""
    asked = Authorisation(policy())
    assert not asked.consider(leaf, 99, 0)
    assert asked.refusal == "certificate not accepted: X.509 error 99"


def test_unreadable_certificates(leaf: x509.Certificate) -> None:
    """What cannot be read is refused, whatever was said before."""
    asked = Authorisation(policy())
    asked.consider(leaf, 0, 0)
    assert not asked.refuse_unreadable()
    assert asked.identity is None


def test_hostile_subjects() -> None:
    """A subject is kept within a bound and without control characters, which would reach terminals."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "\x1b[31mred\nline\u202e", _validate=False)
    more = [x509.NameAttribute(x509.NameOID.ORGANIZATIONAL_UNIT_NAME, "x" * 60, _validate=False)] * 9
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([name, *more]))
        .sign(key, hashes.SHA256())
    )
    told = subject_of(request)  # type: ignore[arg-type]  # it has a subject, which is all that is looked at
    assert told.isprintable()
    assert len(told) == 256
