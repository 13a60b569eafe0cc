"""Codes of six digits that change every half minute (RFC 6238), and recovery codes that work once."""

from __future__ import annotations

import base64
import hmac
import secrets

import pyotp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from notifier.access.secrets import hashed
from notifier.errors import Refused

STEP = 30  # seconds
AROUND = 1  # steps that a phone's clock may be off (RFC 6238 section 5.2)
RECOVERY_CODES = 10
RECOVERY_BYTES = 10  # 80 bits: nobody finds one from its hash
NONCE = 12  # bytes, as AES-GCM takes them (NIST SP 800-38D section 5.2.1.1)


def new_totp_secret() -> str:
    """160 bits in base32, as authenticator apps take them (RFC 4226 section 4, R6)."""
    return pyotp.random_base32(32)


def totp_address(secret: str, name: str, site: str) -> str:
    """What the QR code says."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=site)


def step_of(secret: str, code: str, wall: float, last: int) -> int | None:
    """The step that `code` belongs to, if it is one of now and after the `last` that was used; else None.

    `wall`: seconds since 1970. A code that was used, or is older than one that was, is refused (RFC 6238, 5.2).
    """
    written = "".join(sign for sign in code if sign.isascii() and sign.isdigit())
    now, found = int(wall // STEP), None
    totp = pyotp.TOTP(secret)
    for step in range(now - AROUND, now + AROUND + 1):  # all of them, so that the time tells nothing
        if hmac.compare_digest(totp.at(step * STEP), written) and step > last:
            found = step
    return found


def new_recovery_codes() -> list[str]:
    """To be shown once and written down."""
    made = [base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode().lower() for _ in range(RECOVERY_CODES)]
    return ["-".join(code[at : at + 4] for at in range(0, 16, 4)) for code in made]


def recovery_id(account: str, code: str) -> str:
    """What is kept of one; signs, case and the letters that people confuse do not matter."""
    bare = "".join(sign for sign in code.lower() if sign.isalnum()).replace("0", "o").replace("1", "l")
    return f"recovery:{hashed(f'{account}:{bare}')}"


def seal(key: bytes, secret: str) -> str:
    """A secret that we must be able to read again, encrypted with the node's own key."""
    nonce = secrets.token_bytes(NONCE)
    return base64.b64encode(nonce + AESGCM(key).encrypt(nonce, secret.encode(), None)).decode()


def unseal(key: bytes, sealed: str) -> str:
    """Raises Refused if it was sealed with another key: a store that was restored without the node's keys."""
    raw = base64.b64decode(sealed)
    try:
        return AESGCM(key).decrypt(raw[:NONCE], raw[NONCE:], None).decode()
    except InvalidTag:
        text = "The codes of this account were made on another machine and cannot be checked here. Use a recovery code."
        raise Refused(text, 409) from None
