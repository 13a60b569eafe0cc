"""The far end of HTTP digest (RFC 7616, SHA-256 or MD5, qop=auth): hands out challenges and checks answers."""

from __future__ import annotations

import hmac
import re
import secrets
from enum import StrEnum
from hashlib import md5, sha256
from typing import Literal

Algorithm = Literal["SHA-256", "MD5"]
"""MD5 is what older cameras and intercoms still ask for."""

_PAIR = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,]+))')


class Verdict(StrEnum):
    ACCEPTED = "accepted"
    REFUSED = "refused"
    STALE = "stale"  # the answer is right and its nonce is not ours any more


class DigestGuard:
    """One realm with one user. Each nonce counts: an answer with a count seen before is a replay and refused."""

    def __init__(self, realm: str, user: str = "admin", algorithm: Algorithm = "SHA-256") -> None:
        self.realm, self.user, self.algorithm = realm, user, algorithm
        self._counts: dict[str, set[int]] = {}

    def challenge(self, *, stale: bool = False) -> str:
        """The value of WWW-Authenticate, with a nonce of its own."""
        nonce = secrets.token_hex(8)
        self._counts[nonce] = set()
        end = ", stale=true" if stale else ""
        return f'Digest qop="auth", realm="{self.realm}", nonce="{nonce}", algorithm={self.algorithm}{end}'

    def forget_nonces(self) -> None:
        """Every nonce handed out so far is stale from here on."""
        self._counts.clear()

    def judge(self, authorization: str | None, method: str, uri: str, password: str) -> Verdict:
        """What an Authorization header is worth for this request."""
        scheme, _, rest = (authorization or "").partition(" ")
        given = {name: quoted or plain for name, quoted, plain in _PAIR.findall(rest)}
        if scheme.lower() != "digest" or given.get("uri") != uri or given.get("qop") != "auth":
            return Verdict.REFUSED
        if given.get("username") != self.user or given.get("realm") != self.realm:
            return Verdict.REFUSED
        nonce, count = given.get("nonce", ""), given.get("nc", "")
        ha1 = _hash(f"{self.user}:{self.realm}:{password}", self.algorithm)
        ha2 = _hash(f"{method}:{uri}", self.algorithm)
        wanted = _hash(f"{ha1}:{nonce}:{count}:{given.get('cnonce', '')}:auth:{ha2}", self.algorithm)
        if not hmac.compare_digest(wanted, given.get("response", "")):
            return Verdict.REFUSED
        if nonce not in self._counts or not re.fullmatch(r"[0-9a-f]{8}", count):
            return Verdict.STALE
        if int(count, 16) in self._counts[nonce]:
            return Verdict.STALE
        self._counts[nonce].add(int(count, 16))
        return Verdict.ACCEPTED


def _hash(text: str, algorithm: Algorithm = "SHA-256") -> str:
    return (md5 if algorithm == "MD5" else sha256)(text.encode()).hexdigest()
