"""Secrets of accounts and buttons: made here, shown once, kept as a hash.

They are random and at least 192 bits long, so nobody can guess one from its hash and a slow hash would only slow the
press down (NIST SP 800-63B section 5.1.2.2 asks for slow hashes below 112 bits of entropy only).
"""

from __future__ import annotations

import hashlib
import secrets

BEARER_BYTES = 32
BUTTON_BYTES = 24  # a button's secret stands in an address, and cheap devices keep short ones only


def new_bearer() -> str:
    """A bearer token of 256 bits; the prefix lets scanners of public files find one that leaked."""
    return f"nt_{secrets.token_urlsafe(BEARER_BYTES)}"


def new_button_secret() -> str:
    """A button's secret of 192 bits, safe in the path of an address."""
    return secrets.token_urlsafe(BUTTON_BYTES)


def new_one_time() -> str:
    """What stands in a link that works once: 192 bits, safe in the path of an address."""
    return secrets.token_urlsafe(BUTTON_BYTES)


def new_session() -> str:
    """What a signed-in browser keeps: 256 bits."""
    return secrets.token_urlsafe(BEARER_BYTES)


def new_account_id() -> str:
    return secrets.token_hex(6)


def hashed(secret: str) -> str:
    """What is kept of a secret; never raises, whatever somebody sends."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
