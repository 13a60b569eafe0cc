"""Encryption for one browser (RFC 8291, aes128gcm of RFC 8188), and who we say we are (VAPID, RFC 8292)."""

from __future__ import annotations

import json
import os
from hashlib import sha256
from hmac import digest

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from notifier.model.push import Subscription, decoded, encoded

LARGEST = 4096
"""Bytes of a body that every push service takes (RFC 8030, 7.2)."""
OVERHEAD = 16 + 4 + 1 + 65 + 1 + 16
"""Salt, record size, length of the key's name, our key, the last record's mark, the tag."""
ROOM = LARGEST - OVERHEAD

_CURVE = ec.SECP256R1()


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(_CURVE)


def key_from(written: str) -> ec.EllipticCurvePrivateKey:
    """A private key as 32 bytes in base64url; raises ValueError."""
    raw = decoded(written)
    if len(raw) != 32:
        raise ValueError("a VAPID private key is 32 bytes in base64url")
    return ec.derive_private_key(int.from_bytes(raw), _CURVE)


def written(key: ec.EllipticCurvePrivateKey) -> str:
    return encoded(key.private_numbers().private_value.to_bytes(32))


def public_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def sealed(
    plain: bytes, to: Subscription, *, salt: bytes | None = None, once: ec.EllipticCurvePrivateKey | None = None
) -> bytes:
    """`plain` so that only the subscribed browser can read it; raises ValueError for a key that is on no curve.

    `salt` and `once` (our key for this one message) are random; a test may give those of the RFC.
    """
    salt, once = salt or os.urandom(16), once or new_key()
    ours = public_bytes(once)
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, to.p256dh)
    shared = once.exchange(ec.ECDH(), theirs)
    secret = _derived(to.auth, shared, b"WebPush: info\0" + to.p256dh + ours, 32)
    key = _derived(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(salt, secret, b"Content-Encoding: nonce\0", 12)
    record = AESGCM(key).encrypt(nonce, plain + b"\x02", None)
    return salt + LARGEST.to_bytes(4) + bytes((len(ours),)) + ours + record


def signed_claim(key: ec.EllipticCurvePrivateKey, origin: str, until: float, contact: str) -> str:
    """The value of the Authorization header for one push service, good until `until` (seconds since 1970)."""
    head = encoded(b'{"typ":"JWT","alg":"ES256"}')
    body = encoded(json.dumps({"aud": origin, "exp": int(until), "sub": contact}).encode())
    r, s = decode_dss_signature(key.sign(f"{head}.{body}".encode(), ec.ECDSA(hashes.SHA256())))
    return f"vapid t={head}.{body}.{encoded(r.to_bytes(32) + s.to_bytes(32))}, k={encoded(public_bytes(key))}"


def _derived(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    """HKDF with SHA-256 for at most 32 bytes (RFC 5869)."""
    return digest(digest(salt, secret, sha256), info + b"\x01", sha256)[:length]
