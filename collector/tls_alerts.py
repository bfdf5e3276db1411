"""The alert that a refused peer gets (RFC 5425 section 5: bad_certificate or certificate_unknown).

pyOpenSSL lets a verify callback answer no, but not say why; without a reason OpenSSL sends internal_error,
which tells the peer's administrator nothing. Here the reason is put in. Should pyOpenSSL change, peers are
refused all the same, with the worse alert, which a test refuses to let pass in silence.
"""

from contextlib import suppress
from typing import Any, Final

from OpenSSL import SSL

_NO_ERROR: Final = 0  # X509_V_OK
_REJECTED: Final = 28  # X509_V_ERR_CERT_REJECTED, which becomes the alert bad_certificate


def say_why(context: SSL.Context, mode: int) -> None:
    """Let refusals by the context's verify callback say bad_certificate.

    Args:
        context: ``set_verify`` was called; its app data is used up.
        mode: as it was given there.
    """
    opened: Any = context
    with suppress(ImportError, AttributeError):
        from OpenSSL._util import ffi, lib  # noqa: PLC0415 - may go away, see above

        decide = opened._verify_helper.callback  # noqa: SLF001 - see above

        def decide_and_say(preverified: int, store: Any) -> int:
            accepted: int = decide(preverified, store)
            if not accepted and lib.X509_STORE_CTX_get_error(store) == _NO_ERROR:
                lib.X509_STORE_CTX_set_error(store, _REJECTED)
            return accepted

        callback = ffi.callback("int (*)(int, X509_STORE_CTX *)", decide_and_say)
        context.set_app_data(callback)  # nobody else keeps it
        lib.SSL_CTX_set_verify(opened._context, mode, callback)  # noqa: SLF001 - see above
