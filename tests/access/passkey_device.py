"""A passkey device in software: P-256, attestation `none` (W3C WebAuthn level 2, 6.1 and 6.5), and able to lie."""

import hashlib
import json
import struct
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

PRESENT, VERIFIED, HAS_KEY = 0x01, 0x04, 0x40


class PasskeyDevice:
    """`count` is sent with each answer, after it grew by one; 0 for a device that counts nothing."""

    def __init__(self, rp: str = "alerts.example.org", *, counts: bool = True) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.rp, self.origin = rp, f"https://{rp}"
        self.id = bytes_to_base64url(hashlib.sha256(self._cose()).digest()[:16])
        self.counts, self.count = counts, 0
        self.flags = PRESENT | VERIFIED
        self.handle = ""

    def registers(self, options: str) -> str:
        asked = json.loads(options)
        self.handle = asked["user"]["id"]
        raw = base64url_to_bytes(self.id)
        data = self._data(HAS_KEY) + bytes(15) + b"\x01" + struct.pack(">H", len(raw)) + raw + self._cose()
        packed = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", asked["challenge"])
        return self._answer(clientDataJSON=client, attestationObject=packed)

    def answers(self, options: str, **more: Any) -> str:
        data = self._data()
        client = self._client("webauthn.get", json.loads(options)["challenge"])
        signed = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        told = {"userHandle": base64url_to_bytes(self.handle), **more}
        return self._answer(clientDataJSON=client, authenticatorData=data, signature=signed, **told)

    def _data(self, flags: int = 0) -> bytes:
        self.count += self.counts
        return hashlib.sha256(self.rp.encode()).digest() + bytes([self.flags | flags]) + struct.pack(">I", self.count)

    def _client(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _cose(self) -> bytes:
        """RFC 9053, 7.1.1: an EC2 key for ES256."""
        at = self.key.public_key().public_numbers()
        key = {1: 2, 3: -7, -1: 1, -2: at.x.to_bytes(32, "big"), -3: at.y.to_bytes(32, "big")}
        return bytes(cbor2.dumps(key))

    def _answer(self, **response: bytes) -> str:
        said = {name: bytes_to_base64url(value) for name, value in response.items()}
        return json.dumps({"id": self.id, "rawId": self.id, "type": "public-key", "response": said})
