"""The keys by which collectors and storage on different machines know each other (CURVE, ZeroMQ's RFC 26).

    tls/handoff.public    40 characters (Z85, ZeroMQ's RFC 32), for the other machine's configuration
    tls/handoff.secret    likewise; nobody else may read it

One pair a machine, made when it is first needed, used by its collectors and by its storage. Trust: whoever
has the secret can send messages as this machine's collectors, or pass for its storage.
"""

import fcntl
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import durable

PUBLIC_NAME: Final = "handoff.public"
SECRET_NAME: Final = "handoff.secret"  # noqa: S105 - a name of a file
SECRET_MODE: Final = 0o600

_KEY: Final = re.compile(r"[0-9A-Za-z.\-:+=^!/*?&<>()\[\]{}@%$#]{40}")


class KeysError(Exception):
    """The keys cannot be used; the message says what to do."""

    exit_code = os.EX_CONFIG


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A machine's keys, 40 characters each; the secret one is not shown."""

    public: str
    secret: str = field(repr=False)


def public_key(text: str) -> str:
    """Give a public key back.

    Raises:
        ValueError: when it is none.
    """
    if _KEY.fullmatch(text) is None:
        raise ValueError(
            f"{text!r} is no public key: it has 40 characters, as `sysledger handoff key` prints it"
        )
    return text


def own_keys(folder: Path) -> KeyPair:
    """Give this machine's keys, made when there are none; two processes that begin together get the same.

    Args:
        folder: the data folder's tls.

    Raises:
        KeysError: when the files hold something else.
        OSError: when they cannot be read or made.
    """
    durable.make_folder(folder)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if not (folder / SECRET_NAME).exists():
            _make(folder)
    finally:
        os.close(descriptor)
    return _read(folder)


def _make(folder: Path) -> None:
    import zmq  # noqa: PLC0415 - seldom needed, and slow to import

    public, secret = zmq.curve_keypair()
    durable.write_file(folder / PUBLIC_NAME, public + b"\n")
    # The secret goes last: when it is there, so is the public key. Nobody may read it at any time.
    mask = os.umask(0o777 & ~SECRET_MODE)
    try:
        durable.write_file(folder / SECRET_NAME, secret + b"\n")
    finally:
        os.umask(mask)


def _read(folder: Path) -> KeyPair:
    import zmq  # noqa: PLC0415 - seldom needed, and slow to import

    secret = folder / SECRET_NAME
    if secret.stat().st_mode & 0o077:
        raise KeysError(
            f"others may read {secret}: run chmod 600, or remove it and give out the new public key"
        )
    text = secret.read_text("ascii", errors="replace").strip()
    if _KEY.fullmatch(text) is None:
        raise KeysError(f"{secret} is no secret key: remove it, and give out the new public key")
    return KeyPair(zmq.curve_public(text.encode()).decode(), text)
