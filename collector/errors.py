"""What can keep a collector from starting. The exit codes are sysexits'."""

import os


class CollectorError(Exception):
    """A collector cannot do its work; the message says what to do about it."""

    exit_code = os.EX_SOFTWARE


class ListenerError(CollectorError):
    """A listener cannot be opened: its address is in use, not here, or not ours to take."""

    exit_code = os.EX_UNAVAILABLE


class KeyFileError(CollectorError):
    """A key or certificate cannot be written: there is one already, or the folder is not ours."""

    exit_code = os.EX_CANTCREAT


class CertificateError(CollectorError):
    """A key, certificate or list of authorities cannot be used."""

    exit_code = os.EX_CONFIG
