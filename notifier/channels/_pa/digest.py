"""HTTP digest for devices (RFC 7616): MD5 and SHA-256, qop `auth`, asked for before a body is streamed."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

_PAIR = re.compile(r'(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')
HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


class NoChallenge(ValueError):
    """The device asks for a proof that is not known here; the text says which."""


@dataclass(slots=True)
class Challenge:
    """What one device asked for; counts its answers."""

    realm: str
    nonce: str
    opaque: str
    algorithm: str
    qop: bool
    answers: int = 0

    def answer(self, user: str, password: str, method: str, uri: str) -> str:
        """The value of Authorization for one request."""
        self.answers += 1
        count, ours = f"{self.answers:08x}", secrets.token_hex(8)
        ha1 = self._hash(f"{user}:{self.realm}:" + password)  # a secret inside an f-string prints as dots
        ha2 = self._hash(f"{method}:{uri}")
        middle = f"{self.nonce}:{count}:{ours}:auth" if self.qop else self.nonce
        said = {
            "username": user, "realm": self.realm, "nonce": self.nonce, "uri": uri,
            "response": self._hash(f"{ha1}:{middle}:{ha2}"),
        } | ({"opaque": self.opaque} if self.opaque else {})  # fmt: skip
        text = ", ".join(f'{name}="{value}"' for name, value in said.items()) + f", algorithm={self.algorithm}"
        return f"Digest {text}" + (f', qop=auth, nc={count}, cnonce="{ours}"' if self.qop else "")

    def _hash(self, text: str) -> str:
        return HASHES[self.algorithm](text.encode(), usedforsecurity=False).hexdigest()


def challenge_of(offered: Iterable[str]) -> Challenge:
    """The strongest that we know of the device's `WWW-Authenticate` headers. Raises NoChallenge."""
    found = []
    for header in offered:
        scheme, _, rest = header.strip().partition(" ")
        if scheme.lower() != "digest":
            continue
        said = {name.lower(): quoted or plain for name, quoted, plain in _PAIR.findall(rest)}
        algorithm = said.get("algorithm", "MD5").upper()
        qops = {each.strip() for each in said.get("qop", "").split(",")} - {""}
        if algorithm in HASHES and (not qops or "auth" in qops) and said.get("nonce"):
            found.append(Challenge(said.get("realm", ""), said["nonce"], said.get("opaque", ""), algorithm, bool(qops)))
    if not found:
        raise NoChallenge("It asks for another proof than digest with MD5 or SHA-256; switch digest on at the device.")
    return max(found, key=lambda each: each.algorithm == "SHA-256")
