"""A Unix datagram socket at a path, as syslog(3) sends to one, from its making to its removal."""

import errno
import os
import socket
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from collector.errors import ListenerError
from collector.settings import ListenerSettings

_NO_FOLDER: Final = frozenset({errno.ENOENT, errno.ENOTDIR})
_NOT_OURS: Final = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


class UnixSocket:
    """The socket. What an earlier run left at the path is removed; what another program has there stays.

    Attributes:
        opened: the socket, bound and non-blocking.

    Args:
        name: the listener's name, for errors.
        settings: its settings, with a path.

    Raises:
        ListenerError: when the path cannot be had; it names the setting to change.
    """

    def __init__(self, name: str, settings: ListenerSettings) -> None:
        assert settings.path is not None  # noqa: S101 - the settings' own check
        self._path = settings.path
        self.opened = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.opened.setblocking(False)
        try:
            stuck = _make_way(self._path)
            if stuck is None:
                mode = int(settings.mode, 8)
                os.fchmod(self.opened.fileno(), mode)  # so that nobody else may write to it for a moment
                self.opened.bind(os.fspath(self._path))
                self._path.chmod(mode)  # whatever the umask is
                self._inode = self._path.lstat().st_ino
        except OSError as error:
            stuck = _explain(error)
        if stuck is not None:
            self.opened.close()
            raise ListenerError(_told(name, self._path, stuck))

    def change_mode(self, mode: int) -> None:
        """Change who may write to the socket."""
        with suppress(OSError):  # somebody else has removed it
            if self._path.lstat().st_ino == self._inode:
                self._path.chmod(mode)

    def retire(self) -> None:
        """Take no more, which senders are told; what they have sent can still be read.

        The path is removed, if it is still ours. Otherwise what comes after the last look would be lost, and
        neither the sender nor we would know.
        """
        if self.opened.fileno() < 0:
            return
        self.opened.shutdown(socket.SHUT_RD)
        try:
            if self._path.lstat().st_ino == self._inode:
                self._path.unlink()
        except OSError:
            pass  # somebody else has removed it, or its folder

    def close(self) -> None:
        """Close the socket, and see that its path is gone."""
        self.retire()
        self.opened.close()


def _make_way(path: Path) -> str | None:
    """Remove a socket that nobody listens on any more; give what stands in the way, or None."""
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            return "is there and is no socket: remove it"
    except FileNotFoundError:
        return None
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as probe:
        if probe.connect_ex(os.fspath(path)) != errno.ECONNREFUSED:
            return "is taken by another program: stop that program"
    path.unlink()
    return None


def _told(name: str, path: Path, stuck: str) -> str:
    setting = f"collector.listeners.{name}"
    return f"{setting}: {path} {stuck}, or set {setting}.path to another path"


def _explain(error: OSError) -> str:
    if error.errno in _NO_FOLDER:
        return "cannot be made, because its folder is not there: make the folder"
    if error.errno in _NOT_OURS:
        return "may not be made by this user: give the user the right to write in its folder"
    return f"cannot be made ({error.strerror or error}): see to its folder"
