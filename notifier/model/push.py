"""A browser's push subscription, as it stands in a person's `push` address (W3C Push API; RFC 8030)."""

from __future__ import annotations

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

MARK = "webpush:"
"""Tells such an address from a topic of another push service."""
LONGEST_ENDPOINT = 1000
POINT, AUTH = 65, 16
"""Bytes of an uncompressed point on P-256, and of the shared secret (RFC 8291, 2)."""


@dataclass(frozen=True, slots=True)
class Subscription:
    endpoint: str
    p256dh: bytes
    """The browser's public key."""
    auth: bytes

    def address(self) -> str:
        body = json.dumps([self.endpoint, encoded(self.p256dh), encoded(self.auth)], separators=(",", ":"))
        return MARK + encoded(body.encode())


def subscription_in(address: str) -> Subscription | None:
    """The subscription that an address holds; None if it holds none."""
    if not address.startswith(MARK):
        return None
    try:
        endpoint, key, auth = json.loads(decoded(address.removeprefix(MARK)))
        return subscription(endpoint, key, auth)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None


def subscription(endpoint: str, p256dh: str, auth: str) -> Subscription:
    """From what a browser gives (`PushSubscription.toJSON`); raises ValueError if it cannot be one."""
    if not endpoint.isascii() or len(endpoint) > LONGEST_ENDPOINT:
        raise ValueError("the endpoint is no address, or longer than any push service's")
    found = Subscription(endpoint, decoded(p256dh), decoded(auth))
    if len(found.p256dh) != POINT or found.p256dh[0] != 4 or len(found.auth) != AUTH:
        raise ValueError("p256dh is 65 bytes and auth 16, in base64url")
    return found


def encoded(raw: bytes) -> str:
    """base64url without padding (RFC 7515, 2)."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """Raises ValueError."""
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, TypeError) as error:
        raise ValueError("this is not base64url") from error
