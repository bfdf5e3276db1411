"""The promises of signed checkpoints: what was signed is read back, and nothing else is believed."""

import re
from base64 import b64decode, b64encode
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from storage.ledger_note import Checkpoint, NoteError, SigningKey, VerifierKey, origin_of, public_path
from storage.ledger_tree import leaf_hash

NAME = "log.example/sysledger/default"
MADE = Checkpoint(NAME, 4711, leaf_hash(b"root"), datetime(2026, 11, 21, 14, 0, tzinfo=UTC))
KEY = SigningKey.make(NAME)
NOTE = KEY.sign(MADE)

# The key and note in the documentation of Go's golang.org/x/mod/sumdb/note.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNX"
    "gKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_what_is_signed_is_read() -> None:
    """A checkpoint comes back from its note, with the key as text, in the form of C2SP."""
    assert VerifierKey.parse(f"{KEY.vkey}\n").read(NOTE) == MADE
    text = f"{NAME}\n4711\n{b64encode(MADE.root).decode()}\ntime 2026-11-21T14:00:00Z\n\n— {NAME} "
    assert NOTE.startswith(text)
    assert re.fullmatch(r"[A-Za-z0-9+/]{91}=\n", NOTE.removeprefix(text))
    assert origin_of(NOTE) == NAME


def test_a_key_and_signature_of_others() -> None:
    """The key and the signature in the documentation of Go's note package fit; its text is no checkpoint."""
    assert VerifierKey.parse(GO_KEY).vkey == GO_KEY
    with pytest.raises(NoteError, match="no checkpoint of a ledger"):
        VerifierKey.parse(GO_KEY).read(GO_NOTE)
    with pytest.raises(NoteError, match="altered since it was signed"):
        VerifierKey.parse(GO_KEY).read(GO_NOTE.replace("cryptography", "calligraphy"))


def test_every_octet_counts() -> None:
    """A note with any one character altered or left out is refused."""
    key = VerifierKey.parse(KEY.vkey)
    for place in range(len(NOTE)):
        for other in ("", "0", "A", "\n", " "):
            altered = NOTE[:place] + other + NOTE[place + 1 :]
            if altered != NOTE:
                with pytest.raises(NoteError):
                    key.read(altered)


def test_other_keys() -> None:
    """A signature by another key of the same name, or of another name, is none of this key."""
    for other in (SigningKey.make(NAME), SigningKey.make("other")):
        with pytest.raises(NoteError, match="has no signature of"):
            other.verifier.read(NOTE)


def test_witnesses() -> None:
    """Signatures of others beside ours are passed over, wherever they stand."""
    text, _, ours = NOTE.rpartition("\n\n")
    theirs = f"— witness.example {b64encode(b'0123 whatever they sign').decode()}\n"
    assert KEY.verifier.read(f"{text}\n\n{theirs}{ours}{theirs}") == MADE


def test_two_signatures_of_ours() -> None:
    """A wrong signature by our key beside a right one is refused: one of the two is a forgery."""
    text, _, ours = NOTE.rpartition("\n\n")
    wrong = KEY.sign(replace(MADE, size=1)).rpartition("\n\n")[2]
    with pytest.raises(NoteError, match="altered"):
        KEY.verifier.read(f"{text}\n\n{ours}{wrong}")


@pytest.mark.parametrize(
    "text",
    [
        "other\n4711\nROOT\ntime 2026-11-21T14:00:00Z\n",
        f"{NAME}\n04711\nROOT\ntime 2026-11-21T14:00:00Z\n",
        f"{NAME}\n-1\nROOT\ntime 2026-11-21T14:00:00Z\n",
        f"{NAME}\n4711\nAAAA\ntime 2026-11-21T14:00:00Z\n",
        f"{NAME}\n4711\nROOT\n",
        f"{NAME}\n4711\nROOT\ntime 2026-13-21T14:00:00Z\n",
        f"{NAME}\n4711\nROOT\ntime 2026-11-21T14:00:00Z\ntime 2026-11-22T14:00:00Z\n",
        f"{NAME}\n",
    ],
)
def test_signed_but_no_checkpoint(text: str) -> None:
    """What the key has signed but is no checkpoint of its ledger is refused, too."""
    root = b64encode(MADE.root).decode()
    with pytest.raises(NoteError):
        KEY.verifier.read(KEY.sign_text(text.replace("ROOT", root)))


def test_further_lines() -> None:
    """Lines that a later release adds do not matter."""
    text = MADE.text() + "more of a later release\n"
    assert KEY.verifier.read(KEY.sign_text(text)) == MADE


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "x",
        GO_KEY.replace("+c7", "+c8"),
        GO_KEY[:-4],
        GO_KEY.replace("PeterN", "Peter N"),
        f"{GO_KEY}AAAA",
    ],
)
def test_no_key(vkey: str) -> None:
    """A key with a slip in it is refused, and the next step named."""
    with pytest.raises(NoteError, match=r"ledger key|copy it once more"):
        VerifierKey.parse(vkey)


def test_a_key_on_disk(tmp_path: Path) -> None:
    """A key comes back from disk with its name; only its owner can read it, and it is never replaced."""
    path = tmp_path / "tls" / "ledger" / "a.b.key"
    KEY.save(path)
    assert SigningKey.load(path).sign(MADE) == NOTE
    assert path.stat().st_mode & 0o777 == 0o600
    assert public_path(path).name == "a.b.pub"
    assert public_path(path).read_text() == f"{KEY.vkey}\n"
    with pytest.raises(FileExistsError):
        SigningKey.make(NAME).save(path)
    assert SigningKey.load(path).vkey == KEY.vkey
    assert sorted(each.name for each in path.parent.iterdir()) == ["a.b.key", "a.b.pub"]


def test_a_key_that_is_none(tmp_path: Path) -> None:
    """A key that others may read, that is no pair, no key or of another kind is refused."""
    path = tmp_path / "t.key"
    KEY.save(path)
    good = path.read_bytes()
    path.chmod(0o640)
    with pytest.raises(NoteError, match="may be read by others"):
        SigningKey.load(path)
    path.chmod(0o600)
    public_path(path).write_text(SigningKey.make(NAME).vkey)
    with pytest.raises(NoteError, match="are no pair"):
        SigningKey.load(path)
    public_path(path).write_text(KEY.vkey)
    other = rsa.generate_private_key(65537, 2048).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    for octets in (good[:-40], b"", other):
        path.write_bytes(octets)
        with pytest.raises(NoteError, match="restore it from a backup"):
            SigningKey.load(path)


def test_names() -> None:
    """A name that a note could not carry makes no key; a key signs its own ledger's checkpoints only."""
    for name in ("", "a b", "a+b", "a\nb", "x" * 256):
        with pytest.raises(NoteError, match="no name of a ledger"):
            SigningKey.make(name)
    with pytest.raises(NoteError, match="not signed with"):
        KEY.sign(replace(MADE, origin="other"))


def test_a_signature_is_canonical() -> None:
    """Free bits of Base64 are no second way to write the same note."""
    head, _, text = NOTE[:-1].rpartition(" ")
    loose = (
        text[:-2]
        + "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".index(text[-2]) ^ 1
        ]
        + "="
    )
    assert b64decode(loose) == b64decode(text)
    with pytest.raises(NoteError):
        KEY.verifier.read(f"{head} {loose}\n")
