"""What a refused certificate means, in words for whoever looks after the mail server (RFC 5280; OpenSSL verify(1))."""

from __future__ import annotations

import ssl

EXPIRED, NOT_YET, OTHER_NAME, OTHER_ADDRESS = 10, 9, 62, 64
UNKNOWN_AUTHORITY = frozenset({18, 19, 20, 21})
"""X509_V_ERR codes: self-signed, or signed by an authority that is not among those we trust."""


def certificate_fault(error: BaseException | None, host: str) -> str:
    """One sentence if a certificate stands behind `error`, else nothing."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, ssl.SSLCertVerificationError):
            return _words(error.verify_code, host)
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return ""


def _words(code: int, host: str) -> str:
    if code == EXPIRED:
        return "The mail server's certificate has expired: renew it there."
    if code == NOT_YET:
        return "The mail server's certificate is not valid yet: compare its clock and ours."
    if code in (OTHER_NAME, OTHER_ADDRESS):
        return f"The mail server's certificate is not for {host}: write the name that it is for as `host`."
    if code in UNKNOWN_AUTHORITY:
        return "Nobody we trust has signed the mail server's certificate: name the school's authority as `ca_file`."
    return f"The mail server's certificate does not verify (OpenSSL {code})."
