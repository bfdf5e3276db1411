"""Where processes of one box meet: Unix sockets in the folder run/."""

import hashlib
import os
import stat
import tempfile
from pathlib import Path
from typing import Final

# sun_path holds 108 octets on Linux, and ZeroMQ wants some of them.
_LONGEST_PATH: Final = 100
_STORAGE: Final = "storage.ipc"
_TRAIL: Final = "trail.sock"


class EndpointError(Exception):
    """There is no folder for the socket; the message says what to do."""

    exit_code = os.EX_CANTCREAT


def storage_endpoint(run: Path) -> str:
    """Give the ZeroMQ address that storage of the data folder binds, the same for every role of the box.

    Raises:
        EndpointError: as socket_path.
    """
    return f"ipc://{socket_path(run, _STORAGE)}"


def trail_socket(run: Path) -> Path:
    """Give the socket by which the processes of the data folder tell the trail.

    Raises:
        EndpointError: as socket_path.
    """
    return socket_path(run, _TRAIL)


def socket_path(run: Path, name: str) -> Path:
    """Give the path of a socket of the data folder.

    Under a data folder with a long path the socket lies in a folder of this user's in the temporary folder,
    since the path of a Unix socket is short by design.

    Raises:
        EndpointError: when that folder cannot be had, or is another user's.
    """
    path = run.absolute() / name
    return path if len(os.fsencode(path)) <= _LONGEST_PATH else _short_folder(path.with_name(_STORAGE)) / name


def _short_folder(path: Path) -> Path:
    digest = hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"sysledger-{os.getuid()}-{digest}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise EndpointError(
            f"{folder} cannot be made: {error.strerror}; use a shorter path with --data"
        ) from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        # Somebody who could replace the socket would receive what collectors send.
        raise EndpointError(f"{folder} is open to others: remove it, or use a shorter path with --data")
    return folder
