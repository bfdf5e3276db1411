"""Whom a listener accepts by certificate (RFC 5425 sections 4.2.1 and 5), decided within the handshake.

A peer is accepted when its end-entity certificate has a configured fingerprint, whoever signed it and however
old it is (section 4.2.1, the second method); or when its path leads to a configured authority (RFC 5280) and,
where names are configured, one of its names is among them.

OpenSSL asks ``Authorisation.consider`` for each certificate of the path and each error in it, and at last,
with no error, for the end-entity certificate (depth 0). An answer of False ends the handshake with an alert.
"""

from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from collector.certificate import fingerprint
from collector.peer_names import matching_name, names_of
from collector.settings import ListenerSettings

NOT_ACCEPTED: Final = "certificate not accepted"
_LABELS: Final = ("sha-256", "sha-1")
_LONGEST_SUBJECT: Final = 256  # characters of it that are kept with every message
# What X509_verify_cert(3) finds most often, in words; others are told by their number.
_PATH_ERRORS: Final = {
    2: "its issuer is not in client_ca",
    7: "a signature in its path is wrong",
    9: "not valid yet",
    10: "expired",
    18: "self-signed, and not in client_ca",
    19: "its authority is not in client_ca",
    20: "its issuer is not in client_ca",
    21: "its issuer is not in client_ca",
    23: "revoked",
    24: "an issuer in its path is no authority",
    26: "it is not for clients (extended key usage)",
    47: "its names are outside of what its authority may certify",
    48: "its names are outside of what its authority may certify",
    66: "its key is too short",
    67: "an authority's key is too short",
    68: "signed with a hash that is too weak",
    79: "an issuer in its path is no authority",
}


@dataclass(frozen=True, slots=True)
class Policy:
    """Whom a listener accepts.

    Attributes:
        names: as ``peer_names.configured_name`` gives them; none of them: every path to an authority will do.
        fingerprints: as ``certificate.fingerprint`` writes them.
        wildcards: whether wildcards in certificates count.
        common_name: whether the common name counts where there is no dNSName.
    """

    names: tuple[str, ...] = ()
    fingerprints: frozenset[str] = frozenset()
    wildcards: bool = False
    common_name: bool = False

    @classmethod
    def of(cls, settings: ListenerSettings) -> "Policy":
        """Give the policy that a listener's settings ask for."""
        return cls(
            names=settings.client_names,
            fingerprints=frozenset(settings.client_fingerprints),
            wildcards=settings.client_wildcards,
            common_name=settings.client_common_name,
        )

    def knows(self, certificate: x509.Certificate) -> bool:
        """Whether the certificate's fingerprint is configured."""
        if not self.fingerprints:
            return False
        der = certificate.public_bytes(Encoding.DER)
        return not self.fingerprints.isdisjoint(fingerprint(der, label) for label in _LABELS)

    def name_in(self, certificate: x509.Certificate) -> str | None:
        """Give the first name of the certificate that is configured, or None."""
        names = names_of(certificate)
        found = (
            matching_name(name, names, wildcards=self.wildcards, common_name=self.common_name)
            for name in self.names
        )
        return next(filter(None, found), None)


class Authorisation:
    """The decision on one peer.

    Attributes:
        identity: for ``tls_identity``: the SHA-256 fingerprint, and the name that was accepted: one that is
            configured, else the subject. None until a certificate was accepted.
        refusal: why it was not, in words of which there are few, or None.
        refused: the SHA-256 fingerprint of the peer's own certificate, where it was the one that was not.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._known = False  # by fingerprint
        self._path_error = 0
        self.identity: str | None = None
        self.refusal: str | None = None
        self.refused: str | None = None

    def consider(self, certificate: x509.Certificate, error: int, depth: int) -> bool:
        """Answer OpenSSL's question.

        Args:
            certificate: the one in question.
            error: of X509_verify_cert, 0 for none.
            depth: of the certificate in its path; 0 is the peer's own.
        """
        if not depth and not self._known:
            self._known = self._policy.knows(certificate)
        if self._known:  # what is wrong with the path does not matter
            return bool(error or depth) or self._accept(certificate, subject_of(certificate))
        self._path_error = self._path_error or error
        undecided = self.identity is None  # name constraints are checked after the decision
        if depth and undecided and self._policy.fingerprints:
            return True  # the peer may be known by its fingerprint
        if error:
            return self._refuse(None if depth else certificate, self._path_reason())
        return bool(depth) or self._decide(certificate)

    def refuse_unreadable(self) -> bool:
        """Refuse a certificate that cannot be read; the answer to OpenSSL."""
        return self._refuse(None, "it cannot be read")

    def _decide(self, certificate: x509.Certificate) -> bool:
        policy = self._policy
        if self._path_error:
            return self._refuse(certificate, self._path_reason())
        if not policy.names:
            return self._accept(certificate, subject_of(certificate))
        if (name := policy.name_in(certificate)) is not None:
            return self._accept(certificate, name)
        return self._refuse(certificate, "none of its names is in client_names")

    def _path_reason(self) -> str:
        told = _PATH_ERRORS.get(self._path_error, f"X.509 error {self._path_error}")
        return f"not in client_fingerprints, and {told}" if self._policy.fingerprints else told

    def _accept(self, certificate: x509.Certificate, name: str) -> bool:
        self.identity = f"{_sha_256(certificate)} {name}".rstrip()
        return True

    def _refuse(self, certificate: x509.Certificate | None, reason: str) -> bool:
        self.identity = None
        self.refusal = f"{NOT_ACCEPTED}: {reason}"
        self.refused = None if certificate is None else _sha_256(certificate)
        return False


def subject_of(certificate: x509.Certificate) -> str:
    """Give the subject as text (RFC 4514), within a bound and without control characters; "" for none."""
    try:
        told = certificate.subject.rfc4514_string()
    except ValueError:
        return ""
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in told)[
        :_LONGEST_SUBJECT
    ]


def _sha_256(certificate: x509.Certificate) -> str:
    return fingerprint(certificate.public_bytes(Encoding.DER), "sha-256")
