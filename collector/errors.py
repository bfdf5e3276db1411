"""What can keep a collector from starting. The exit codes are sysexits'."""

import os


class CollectorError(Exception):
    """A collector cannot do its work; the message says what to do about it."""

    exit_code = os.EX_SOFTWARE


class ListenerError(CollectorError):
    """A listener cannot be opened: its address is in use, not here, or not ours to take."""

    exit_code = os.EX_UNAVAILABLE


class CertificateError(CollectorError):
    """A key, certificate or list of authorities cannot be used."""

    exit_code = os.EX_CONFIG
