"""A signed checkpoint of a ledger: how many leaves it has, and their root, at a time.

The form is the one of the transparency logs, so that their programs can read and keep it:
https://c2sp.org/tlog-checkpoint in a https://c2sp.org/signed-note, signed with Ed25519 (RFC 8032).

    ORIGIN                       the ledger's name, which is its key's, too
    SIZE                         leaves, decimal
    BASE64 ROOT
    time 2026-11-21T14:00:00Z    when it was signed

    — ORIGIN BASE64(key id, 4 octets; signature, 64)

Lines of other keys (a witness may add one) are passed over. Whoever reads the signing key can sign another
ledger: only a checkpoint that somebody else has kept shows that.
"""

import binascii
import contextlib
import os
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

import durable
from storage.ledger_tree import HASH_OCTETS

PUBLIC_ENDING: Final = ".pub"
SECRET_MODE: Final = 0o600
_ED25519: Final = b"\x01"  # signed-note: signature type identifiers
_KEY_OCTETS: Final = 32
_ID_OCTETS: Final = 4
_MOST_OCTETS: Final = 16_384  # a checkpoint has about 250; more is no checkpoint
_NAME: Final = re.compile(r"[^\s+\x00-\x1f\x7f]{1,255}")
_SIGNATURE: Final = re.compile(r"— (\S+) (\S+)")
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,17}")
_TIME: Final = re.compile(r"time ([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})Z")


class NoteError(Exception):
    """A checkpoint or a key cannot be read, or is not what it says it is."""

    exit_code = os.EX_DATAERR


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a ledger was at a time.

    Attributes:
        origin: the ledger's name.
        size: how many leaves it has.
        root: of the Merkle tree over them (storage/ledger_tree.py).
        at: when it was signed, UTC, whole seconds.
    """

    origin: str
    size: int
    root: bytes
    at: datetime

    def text(self) -> str:
        """Give the text that is signed; it ends with LF."""
        lines = (
            self.origin,
            str(self.size),
            _base64(self.root),
            f"time {self.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        )
        return "".join(f"{line}\n" for line in lines)


class VerifierKey:
    """The public half of a ledger's key: enough to check every checkpoint.

    Attributes:
        name: of the ledger.
        vkey: the key as a line of text, without LF: NAME+KEY ID+BASE64.
    """

    def __init__(self, name: str, public: Ed25519PublicKey) -> None:
        self.name = name
        octets = _ED25519 + public.public_bytes_raw()
        self.key_id = sha256(name.encode() + b"\n" + octets).digest()[:_ID_OCTETS]
        self.vkey = f"{name}+{self.key_id.hex()}+{_base64(octets)}"
        self._public = public

    @classmethod
    def parse(cls, vkey: str) -> "VerifierKey":
        """Read a key as `sysledger ledger key` prints it.

        Raises:
            NoteError: when it is none.
        """
        name, _, rest = vkey.strip().partition("+")
        key_id, _, text = rest.partition("+")
        octets = _octets(text)
        if (
            _NAME.fullmatch(name) is None
            or octets is None
            or octets[:1] != _ED25519
            or len(octets) != 1 + _KEY_OCTETS
        ):
            raise NoteError(
                f"{vkey[:100]!r} is no key of a ledger: use the line that `sysledger ledger key` prints, "
                "NAME+8 HEX DIGITS+BASE64"
            )
        key = cls(name, Ed25519PublicKey.from_public_bytes(octets[1:]))
        if key_id != key.key_id.hex():
            raise NoteError(f"the key of {name} has a slip in it, its digits do not fit: copy it once more")
        return key

    def read(self, note: str) -> Checkpoint:
        """Check a note's signature, and give its checkpoint.

        Raises:
            NoteError: when this key has not signed it, or it is no checkpoint of this ledger.
        """
        text, signatures = _parted(note)
        mine = [
            octets[_ID_OCTETS:]
            for name, octets in signatures
            if (name, octets[:_ID_OCTETS]) == (self.name, self.key_id)
        ]
        if not mine:
            raise NoteError(
                f"the checkpoint has no signature of {self.name} with key {self.key_id.hex()}: use the key "
                "that its ledger had, or a checkpoint of this ledger"
            )
        for signature in mine:
            self._check(text, signature)
        checkpoint = _checkpoint(text)
        if checkpoint.origin != self.name:
            raise NoteError(
                f"the checkpoint is of {checkpoint.origin[:100]!r}, but its key is of {self.name}"
            )
        return checkpoint

    def _check(self, text: str, signature: bytes) -> None:
        try:
            self._public.verify(signature, text.encode())
        except InvalidSignature as error:
            raise NoteError(
                f"the signature of the checkpoint of {self.name} is wrong: it was altered since it was "
                "signed; take it anew from whoever keeps it"
            ) from error


class SigningKey:
    """The private half of a ledger's key.

    Attributes:
        name: of the ledger.
        verifier: the public half.
    """

    def __init__(self, name: str, private: Ed25519PrivateKey) -> None:
        if _NAME.fullmatch(name) is None:
            raise NoteError(
                f"{name[:100]!r} is no name of a ledger: use 1 to 255 characters, no spaces and no '+'"
            )
        self.name = name
        self.verifier = VerifierKey(name, private.public_key())
        self._private = private

    @property
    def vkey(self) -> str:
        """The public half as a line of text, without LF."""
        return self.verifier.vkey

    @classmethod
    def make(cls, name: str) -> "SigningKey":
        """Make a new key.

        Raises:
            NoteError: when no ledger can have that name.
        """
        return cls(name, Ed25519PrivateKey.generate())

    @classmethod
    def load(cls, path: Path) -> "SigningKey":
        """Read the key from ``path``, and its name from the public half beside it.

        Raises:
            NoteError: when either is no key, they are no pair, or others may read the private one.
            OSError: when one of them is missing or cannot be read.
        """
        if path.stat().st_mode & 0o077:
            raise NoteError(
                f"{path} may be read by others: chmod 600 {path}, and think of who may have read it"
            )
        verifier = VerifierKey.parse(public_path(path).read_text(errors="replace"))
        try:
            private = serialization.load_pem_private_key(path.read_bytes(), None)
        except (ValueError, TypeError) as error:
            raise NoteError(f"{path} is no private key: restore it from a backup") from error
        if not isinstance(private, Ed25519PrivateKey):
            raise NoteError(f"{path} is no Ed25519 key: restore it from a backup")
        key = cls(verifier.name, private)
        if key.vkey != verifier.vkey:
            raise NoteError(f"{path} and {public_path(path).name} are no pair: restore both from one backup")
        return key

    def save(self, path: Path) -> None:
        """Write the key to ``path``, for its owner only, and the public half beside it.

        The private one goes last: when it is there, so is the public one.

        Raises:
            FileExistsError: when there is one: a ledger's key is never replaced.
            OSError: when they cannot be written.
        """
        if path.exists():
            raise FileExistsError(f"{path} is there already")
        durable.make_folder(path.parent)
        durable.write_file(public_path(path), f"{self.vkey}\n".encode())
        pem = self._private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        temporary = durable.temporary_name(path)
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, SECRET_MODE), "wb") as file:
            file.write(pem)
        durable.publish(temporary, path)

    def sign(self, checkpoint: Checkpoint) -> str:
        """Give the checkpoint as a signed note.

        Raises:
            NoteError: when it is of another ledger.
        """
        if checkpoint.origin != self.name:
            raise NoteError(f"a checkpoint of {checkpoint.origin} is not signed with the key of {self.name}")
        return self.sign_text(checkpoint.text())

    def sign_text(self, text: str) -> str:
        """Give any text that ends with LF as a signed note."""
        signature = self.verifier.key_id + self._private.sign(text.encode())
        return f"{text}\n— {self.name} {_base64(signature)}\n"


def public_path(path: Path) -> Path:
    """Give where the public half of the key in ``path`` lies."""
    return path.with_suffix(PUBLIC_ENDING)


def origin_of(note: str) -> str:
    """Give the ledger that a note says it is of; nothing is checked."""
    return note.partition("\n")[0]


def _parted(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Give a note's text and its signatures: name, key id and signature.

    Raises:
        NoteError: when it is no signed note.
    """
    head, blank, lines = note.rpartition("\n\n")
    found = []
    if len(note) <= _MOST_OCTETS and blank and lines.endswith("\n") and not set(note) & _CONTROLS:
        for line in lines[:-1].split("\n"):
            match = _SIGNATURE.fullmatch(line)
            octets = _octets(match[2]) if match else None
            if match is None or octets is None or len(octets) <= _ID_OCTETS:
                break
            found.append((match[1], octets))
        else:
            return f"{head}\n", found
    raise NoteError(
        "this is no signed checkpoint (lines of text, an empty line, and lines that begin with an em dash): "
        "use a file as `sysledger ledger checkpoint` gives it, unchanged"
    )


_CONTROLS: Final = {chr(each) for each in range(32)} - {"\n"}


def _checkpoint(text: str) -> Checkpoint:
    lines = text[:-1].split("\n")
    root = _octets(lines[2]) if len(lines) > 2 else None  # noqa: PLR2004 - origin, size, root
    times = [match[1] for line in lines[3:] if (match := _TIME.fullmatch(line))]
    if root is None or len(root) != HASH_OCTETS or _SIZE.fullmatch(lines[1]) is None or len(times) != 1:
        raise NoteError("what was signed is no checkpoint of a ledger by Sysledger: take another")
    try:
        at = datetime.fromisoformat(times[0]).replace(tzinfo=UTC)
    except ValueError as error:
        raise NoteError(f"the checkpoint's time {times[0]} is none: take another") from error
    return Checkpoint(lines[0], int(lines[1]), root, at)


def _base64(octets: bytes) -> str:
    return b64encode(octets).decode()


def _octets(text: str) -> bytes | None:
    """Read Base64 as it must be written (RFC 4648 section 3.5: no bit is free); None when it is not."""
    try:
        octets = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return octets if _base64(octets) == text else None
